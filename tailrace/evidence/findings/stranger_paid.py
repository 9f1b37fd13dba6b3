"""Money from, to or asked for an account that is not the named party's."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of, together

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


@step(
    reads=(
        "paid",
        "paid_once",
        "claim",
        "account",
        "firm",
        "affiliate",
    ),
    writes="found_stranger_paid",
    version=2,
)
def stranger_paid() -> str:
    """Find accounts of strangers on payments and invoices."""
    return together([_paid_by_stranger(), _paid_to_stranger(), _asks_for_stranger()])


def _paid_by_stranger() -> str:
    """A claim paid from an account that is another firm's, or nobody's while the debtor has one.

    Grave, unless the account is that of an affiliate of the debtor which is none of the creditor: a
    group's treasury pays for its firms, and says nothing of whether the claim is real.
    """
    query = f"""
        with asked as (
            select x.payment_id, c.claim_id, c.document_id, c.number, x.amount_minor, c.currency,
                   p.debtor_account as account, c.debtor_id as firm_id,
                   c.debtor_id as other_firm_id, c.debtor_id as known_id, c.creditor_id
            from paid x join paid_once p using (payment_id) join claim c using (claim_id)
            where p.debtor_account is not null),
        {_OWN},
        kin as (
            select distinct a.account, g.other_id from account a join affiliate g using (firm_id)
            where a.banked)
        select s.*, k.account is not null and c.account is null as of_group
        from strange s left join kin k on k.account = s.account and k.other_id = s.firm_id
        left join kin c on c.account = s.account and c.other_id = s.creditor_id"""
    return test_of(
        "stranger_paid",
        query,
        grave="not of_group",
        cause="payment_id || ' ' || claim_id || ' from'",
        claim_id="claim_id",
        document_id="document_id",
        payment_id="payment_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'invoice ' || number || ': ' || {words.money("amount_minor", "currency")}
            || ' came from account ' || account || ', which is '
            || coalesce('that of ' || name, 'not one the debtor is known by')
            || case when of_group then ', an affiliate of the debtor' else '' end""",
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
        grave=True,
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
        grave=True,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoice ' || number || ' asks for payment to account ' || account
            || ', which is ' || coalesce('that of ' || name, 'not one the creditor is known by')""",
    )
