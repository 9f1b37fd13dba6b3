"""One account that pays the invoices of several debtors and is none of theirs."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=("paid", "paid_once", "claim", "account", "affiliate", "firm"),
    writes="found_common_payer",
    version=1,
)
def common_payer(evidence: EvidenceRules) -> str:
    """Find claims paid from an account that pays for `common_payer_min` debtors or more.

    An account that is a debtor's own, as banks or its own papers say, or that of an affiliate of
    the debtor, does not count for that debtor; one that
    payments give to so many debtors is nobody's own. Grave: the money may be the seller's own, sent round.
    """
    query = f"""
        with from_account as (
            select x.payment_id, x.claim_id, x.amount_minor, p.debtor_account as account,
                   c.debtor_id, c.document_id, c.number, c.currency
            from paid x join paid_once p using (payment_id) join claim c using (claim_id)
            where p.debtor_account is not null),
        owned as (
            select distinct account, firm_id from account where banked
            qualify count(distinct firm_id) over (partition by account)
                < {evidence.common_payer_min}),
        strange as (
            select f.* from from_account f
            anti join owned o on o.account = f.account and o.firm_id = f.debtor_id
            anti join (
                select o.account, a.other_id from owned o join affiliate a using (firm_id)) g
              on g.account = f.account and g.other_id = f.debtor_id),
        common as (
            select account, count(distinct debtor_id) as debtors from strange group by 1
            having count(distinct debtor_id) >= {evidence.common_payer_min}),
        named as (select distinct firm_id, name from firm),
        owner as (
            select account, min(name) as name from owned join named using (firm_id) group by 1)
        select s.*, k.debtors, o.name from strange s join common k using (account)
        left join owner o using (account)"""
    return test_of(
        "common_payer",
        query,
        grave=True,
        cause="payment_id || ' ' || claim_id",
        claim_id="claim_id",
        document_id="document_id",
        payment_id="payment_id",
        amount_minor="amount_minor",
        currency="currency",
        count="debtors",
        what=f"""'invoice ' || number || ': ' || {words.money("amount_minor", "currency")}
            || ' came from account ' || account || coalesce(', that of ' || name, '')
            || ', which pays for ' || debtors || ' debtors'""",
    )
