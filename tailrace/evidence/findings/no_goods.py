"""An invoice of which nothing was received, and nothing shows that anything will be."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules

_NAMED = "named as (select distinct firm_id, name from firm)"


@step(
    reads=(
        "paper",
        "share_despatch",
        "demand",
        "share_order",
        "line_state",
        "reference",
        "claim",
        "verdict",
        "claim_state",
        "firm",
        "document",
    ),
    writes="found_no_goods",
    version=2,
)
def no_goods(on: date, evidence: EvidenceRules) -> str:
    """An invoice of which nothing was received, and nothing shows that anything will be.

    After `despatch_days` where the seller tells its despatches and told none of these goods, or
    where the buyer tells its orders and told none; after `receipt_days` in any case. An invoice
    without lines, or one that names a receipt that is there, is not judged. A prepayment (386) asks
    before its goods: it is judged after `receipt_days`, if no final invoice has proven any of it.
    """
    query = f"""
        with {_NAMED},
        sends as (select distinct seller_id from paper where kind = 'despatch'),
        orders as (select distinct buyer_id from paper where kind = 'order'),
        sent as (select distinct d.claim_id from share_despatch s join demand d using (line_id)),
        ordered as (select distinct d.claim_id from share_order s join demand d using (line_id)),
        arrived as (select distinct claim_id from line_state where received > 0),
        names_one as (
            select distinct r.document_id from reference r join paper p
              on p.kind = 'receipt' and p.number = r.to_number join paper i
              on i.document_id = r.document_id and i.buyer_id = p.buyer_id
            where r.to_kind = 'receipt'),
        ahead as (select document_id from document where type_code = '386'),
        bare as (
            select c.*, v.open_minor, date '{on}' - c.issued_on as age,
                   c.document_id in (select document_id from ahead) as ahead,
                   c.claim_id not in (select claim_id from sent) as unsent,
                   c.claim_id not in (select claim_id from ordered) as unordered,
                   c.creditor_id in (select seller_id from sends) as sends,
                   c.debtor_id in (select buyer_id from orders) as orders
            from claim c join verdict v using (claim_id) join claim_state s using (claim_id)
            where v.open_minor > 0 and s.lines > 0 and s.proven_net_minor = 0
              and c.claim_id not in (select claim_id from arrived)
              and c.document_id not in (select document_id from names_one)
              and (v.proven_minor = 0 or c.document_id not in (select document_id from ahead)))
        select b.*, n.name from bare b join named n on n.firm_id = b.debtor_id
        where (unsent and not ahead and age > {evidence.despatch_days}
               and (sends or (orders and unordered)))
           or age > {evidence.receipt_days}"""
    return test_of(
        "no_goods",
        query,
        grave=True,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="open_minor",
        currency="currency",
        what=f"""'invoice ' || number || ' over ' || {words.money("open_minor", "currency")}
            || ' is ' || age || ' days old and ' || name || ' received nothing of it'
            || case when unsent then '; no despatch of it is told' else '' end
            || case when unordered then '; no order stands behind it' else '' end""",
    )
