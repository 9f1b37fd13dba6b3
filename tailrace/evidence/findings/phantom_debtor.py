"""A debtor of several invoices that never ordered, received or paid anything."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(reads=("claim", "paper", "paid_once", "firm"), writes="found_phantom_debtor", version=1)
def phantom_debtor(on: date, evidence: EvidenceRules) -> str:
    """Tell pairs of `phantom_claims` invoices or more to a debtor of whom there is no other record.

    It is told only of sellers most of whose debtors do leave records, and once the oldest invoice
    is `receipt_days` old. Not grave: a buyer outside the book looks the same, and `no_goods` holds
    each of the invoices.
    """
    query = f"""
        with alive as (
            select buyer_id as firm_id from paper
            where kind <> 'invoice' and kind <> 'credit_note' and writer_id = buyer_id
            union select writer_id from paper where writer_id is not null
            union select debtor_id from paid_once where debtor_id is not null and not reversed
            union select debtor_id from claim where paid_minor > 0),
        pair as (
            select c.creditor_id, c.debtor_id, c.currency, count(*) as claims,
                   sum(c.amount_minor) as sum_minor, min(c.issued_on) as first_on,
                   min(c.document_id) as document_id,
                   c.debtor_id in (select firm_id from alive) as known
            from claim c group by 1, 2, 3),
        seller as (
            select creditor_id from pair group by 1
            having 2 * count(distinct debtor_id) filter (known) > count(distinct debtor_id)),
        named as (select distinct firm_id, name from firm)
        select p.*, b.name as buyer, s.name as seller
        from pair p semi join seller using (creditor_id)
        join named b on b.firm_id = p.debtor_id join named s on s.firm_id = p.creditor_id
        where not p.known and p.claims >= {evidence.phantom_claims}
          and date '{on}' - p.first_on > {evidence.receipt_days}"""
    return test_of(
        "phantom_debtor",
        query,
        cause="creditor_id || ' ' || debtor_id || ' ' || currency",
        document_id="document_id",
        amount_minor="cast(sum_minor as bigint)",
        currency="currency",
        count="claims",
        what=f"""seller || ' asks ' || {words.money("sum_minor", "currency")} || ' of ' || buyer
            || ' by ' || claims || ' invoices since ' || first_on
            || '; no order, receipt or payment of ' || buyer || ' is here'""",
    )
