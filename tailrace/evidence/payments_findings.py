"""What is odd in payments: made twice, too much, from or to a stranger, for nothing known."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.findings import test_of, together


@step(
    reads=("paid_once", "meant", "paid", "claim", "account", "firm", "payment"),
    writes="found_payments",
    version=1,
)
def found_payments() -> str:
    """Run the tests of payments; see each for what it finds."""
    return together(
        [
            _repeated_payment(),
            _overpaid_claim(),
            _overpaid_payment(),
            _unmatched_payment(),
            _paid_by_stranger(),
            _paid_to_stranger(),
            _asks_for_stranger(),
        ]
    )


def _repeated_payment() -> str:
    """A payment made more than once under one reference; without a reference, on one day."""
    query = """
        with alike as (
            select *, case when end_to_end_ref is null then cast(booked_on as varchar) end as only_on
            from paid_once where not reversed),
        many as (
            select made_id, only_on, told_by, min(payment_id) as payment_id, count(*) as times,
                   min(amount_minor) as amount_minor, min(currency) as currency,
                   min(end_to_end_ref) as end_to_end_ref, min(booked_on) as first_on,
                   max(booked_on) as last_on
            from alike group by 1, 2, 3 having count(*) > 1)
        select * from many m where told_by = 'bank' or not exists (
            select 1 from many b where b.told_by = 'bank' and b.end_to_end_ref = m.end_to_end_ref)"""
    return test_of(
        "repeated_payment",
        query,
        cause="payment_id",
        payment_id="payment_id",
        amount_minor="amount_minor * (times - 1)",
        currency="currency",
        count="times",
        what=f"""'payment ' || coalesce(end_to_end_ref, 'without a reference') || ' of '
            || {words.money("amount_minor", "currency")} || ' was made ' || times
            || ' times, from ' || first_on || ' to ' || last_on""",
    )


def _overpaid_claim() -> str:
    """A claim paid beyond what is owed after credit notes."""
    query = """
        select c.*, c.amount_minor - c.credited_minor as owed_minor, p.payment_id
        from claim c join (select claim_id, max(payment_id) as payment_id from paid group by 1) p
          using (claim_id)
        where c.paid_minor > c.amount_minor - c.credited_minor"""
    return test_of(
        "overpaid",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        payment_id="payment_id",
        amount_minor="paid_minor - owed_minor",
        currency="currency",
        what=f"""'invoice ' || number || ' was paid ' || {words.money("paid_minor", "currency")}
            || '; ' || {words.money("owed_minor", "currency")} || ' was owed'""",
    )


def _overpaid_payment() -> str:
    """A payment for several claims that is more than they owe together."""
    query = """
        select p.payment_id, p.amount_minor, p.currency, p.end_to_end_ref,
               p.amount_minor - coalesce(sum(x.amount_minor), 0) as left_minor,
               count(distinct m.claim_id) as claims
        from paid_once p join meant m using (payment_id)
        left join paid x on x.payment_id = m.payment_id and x.claim_id = m.claim_id
        group by p.payment_id, p.amount_minor, p.currency, p.end_to_end_ref
        having p.amount_minor > coalesce(sum(x.amount_minor), 0)"""
    return test_of(
        "overpaid",
        query,
        cause="payment_id",
        payment_id="payment_id",
        amount_minor="left_minor",
        currency="currency",
        count="claims",
        what=f"""'payment ' || coalesce(end_to_end_ref, 'without a reference') || ' of '
            || {words.money("amount_minor", "currency")} || ' is '
            || {words.money("left_minor", "currency")} || ' more than the ' || claims
            || ' claims it means'""",
    )


def _unmatched_payment() -> str:
    """A payment by bank between two named parties that means no claim in the book.

    One that names no other side (wages, card takings) is other business of the account.
    """
    query = """
        select p.*, n.name from paid_once p anti join meant using (payment_id)
        left join (select distinct firm_id, name from firm) n
          on n.firm_id = coalesce(p.creditor_id, p.debtor_id)
        where p.told_by = 'bank' and not p.reversed and p.debtor_id is not null
          and p.creditor_id is not null"""
    return test_of(
        "unmatched_payment",
        query,
        cause="payment_id",
        payment_id="payment_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'payment of ' || {words.money("amount_minor", "currency")} || ' on ' || booked_on
            || coalesce(' (' || name || ')', '') || ' means no invoice that is here'""",
    )


# An account is a firm's own if a bank gives it to the firm; where no bank gives the firm any, if the
# firm's documents do. A firm whose account is known and is not this one was not paid, or did not pay.
_OWN = """
    banked as (select distinct firm_id from account where banked),
    own as (
        select account, firm_id from account
        where banked or firm_id not in (select firm_id from banked)),
    owner as (
        select a.account, min(n.name) as name, min(a.firm_id) as firm_id
        from account a join (select distinct firm_id, name from firm) n using (firm_id)
        where a.strong and a.banked group by 1),
    strange as (
        select a.*, o.name from asked a
        left join owner o on o.account = a.account and o.firm_id <> a.firm_id
             and o.firm_id <> a.other_firm_id
        left join own w on w.account = a.account and w.firm_id = a.firm_id
        left join own v on v.account = a.account and v.firm_id = a.other_firm_id
        where w.account is null and v.account is null and (o.name is not null or a.known_id in (select firm_id from banked)))"""


def _paid_by_stranger() -> str:
    """A claim paid from an account that is another firm's, or nobody's while the debtor has one."""
    query = f"""
        with asked as (
            select x.payment_id, c.claim_id, c.document_id, c.number, x.amount_minor, c.currency,
                   p.debtor_account as account, c.debtor_id as firm_id,
                   c.debtor_id as other_firm_id, c.debtor_id as known_id
            from paid x join paid_once p using (payment_id) join claim c using (claim_id)
            where p.debtor_account is not null),
        {_OWN}
        select * from strange"""
    return test_of(
        "stranger_paid",
        query,
        cause="payment_id || ' ' || claim_id || ' from'",
        claim_id="claim_id",
        document_id="document_id",
        payment_id="payment_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'invoice ' || number || ': ' || {words.money("amount_minor", "currency")}
            || ' came from account ' || account || ', which is '
            || coalesce('that of ' || name, 'not one the debtor is known by')""",
    )


def _paid_to_stranger() -> str:
    """A claim paid to an account that is neither the creditor's nor the named payee's."""
    query = f"""
        with asked as (
            select x.payment_id, c.claim_id, c.document_id, c.number, x.amount_minor, c.currency,
                   p.creditor_account as account, c.creditor_id as firm_id,
                   coalesce(c.payee_id, c.creditor_id) as other_firm_id, other_firm_id as known_id
            from paid x join paid_once p using (payment_id) join claim c using (claim_id)
            where p.creditor_account is not null),
        {_OWN}
        select * from strange"""
    return test_of(
        "stranger_paid",
        query,
        cause="payment_id || ' ' || claim_id || ' to'",
        claim_id="claim_id",
        document_id="document_id",
        payment_id="payment_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'invoice ' || number || ': ' || {words.money("amount_minor", "currency")}
            || ' went to account ' || account || ', which is '
            || coalesce('that of ' || name, 'not one the creditor is known by')""",
    )


def _asks_for_stranger() -> str:
    """An invoice that asks for payment to an account that is not the creditor's or the payee's."""
    query = f"""
        with asked as (
            select claim_id, document_id, number, amount_minor, currency, payee_account as account,
                   creditor_id as firm_id, coalesce(payee_id, creditor_id) as other_firm_id,
                   other_firm_id as known_id
            from claim where payee_account is not null),
        {_OWN}
        select * from strange"""
    return test_of(
        "stranger_paid",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoice ' || number || ' asks for payment to account ' || account
            || ', which is ' || coalesce('that of ' || name, 'not one the creditor is known by')""",
    )
