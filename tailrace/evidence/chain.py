"""The chain behind a claim, row by row: what was ordered, sent, received, invoiced, credited, paid.

A `match` says which rows bear on a claim. A chain says it in the words of the documents, so that a
person can read it as a table or see it drawn.
"""

from __future__ import annotations

from tailrace.base.ids import sql_id
from tailrace.base.steps import step
from tailrace.base.tables import COUNT, DAY, MINOR, QUANTITY, TEXT, Column, Schema

CHAIN = Schema(
    "chain",
    "The chains of the claims a report draws, one row for each thing that bears on one of their "
    "lines; the lines as invoiced stand among them.",
    (
        Column("chain_id", TEXT, "digest of the claim, the line and what bears on it"),
        Column("claim_id", TEXT, "the claim"),
        Column("place", COUNT, "of the claim among those drawn, 1 first"),
        Column("line_id", TEXT, "the invoice line; null where it bears on the whole", null=True),
        Column("line_ref", TEXT, "the invoice line as written", null=True),
        Column("item", TEXT, "what it is, in words", null=True),
        Column("role", TEXT, "invoiced, ordered, despatched, received, ..., credited, paid"),
        Column("document", TEXT, "the other document's number; a payment's reference", null=True),
        Column("document_line", TEXT, "its line as written", null=True),
        Column("told_by", TEXT, "the name of who asserted it", null=True),
        Column("standing", TEXT, "of who asserted it", null=True),
        Column("day", DAY, "its day", null=True),
        Column("quantity", QUANTITY, "in `unit`", null=True),
        Column("unit", TEXT, "the invoice line's unit", null=True),
        Column("amount_minor", MINOR, "net of lines, gross of payments"),
        Column("currency", TEXT, "ISO 4217"),
        Column("rule", TEXT, "the rule that joined it", null=True),
    ),
    ("chain_id",),
)
READS = ("claim", "match", "line", "document", "firm", "payment")
DRAWN = 4  # of each kind of claim: most left to prove, most held by grave findings, most proven
_PICKED = f"""
    select claim_id, row_number() over (order by kind, amount_minor desc, claim_id) as place
    from (
        select claim_id, min(kind) as kind, max(amount_minor) as amount_minor from (
            select claim_id, 1 as kind, open_minor as amount_minor from verdict
            where verdict = 'partly' and open_minor > 0
            qualify row_number() over (order by open_minor desc, claim_id) <= {DRAWN}
            union all
            select f.claim_id, 2, max(v.proven_minor + v.open_minor)
            from finding f join verdict v using (claim_id) where f.grave group by 1
            qualify row_number() over (
                order by max(v.proven_minor + v.open_minor) desc, f.claim_id) <= {DRAWN}
            union all
            select claim_id, 3, proven_minor from verdict
            where verdict = 'proven' and proven_minor > 0
            qualify row_number() over (order by proven_minor desc, claim_id) <= {DRAWN})
        group by 1)"""


@step(reads=(*READS, "verdict", "finding"), writes="chain", version=1)
def chain() -> str:
    """Tell the chains of the claims that say most: partly proven, held, proven; DRAWN of each."""
    return rows(_PICKED)


def rows(picked: str) -> str:
    """Return the SQL of the chains of claims; `picked` gives their claim_id and place."""
    return f"""
        with picked as ({picked}),
        named as (select distinct firm_id, name from firm),
        bears as (
            select p.place, c.currency, m.* from picked p join claim c using (claim_id)
            join match m using (claim_id)),
        billed as (
            select p.place, p.claim_id, c.currency, c.number, c.issued_on, c.creditor_id, l.*
            from picked p join claim c using (claim_id) join line l using (document_id))
        select {sql_id("'chain'", "match_id")} as chain_id, b.claim_id, b.place, b.line_id,
               i.line_ref, coalesce(i.item_name, i.item_ref) as item, b.role,
               coalesce(d.number, y.end_to_end_ref, y.remittance_text) as document,
               w.line_ref as document_line, n.name as told_by, b.standing,
               coalesce(w.delivered_on, d.delivered_on, d.issued_on, y.booked_on) as day,
               b.quantity, i.unit, b.amount_minor, b.currency, b.rule
        from bears b left join line i on i.line_id = b.line_id
        left join line w on w.line_id = b.with_line_id
        left join document d on d.document_id = b.with_document_id
        left join payment y on y.payment_id = b.with_payment_id
        left join named n on n.firm_id = b.told_by_id
        union all
        select {sql_id("'chain'", "line_id")}, b.claim_id, b.place, b.line_id, b.line_ref,
               coalesce(b.item_name, b.item_ref), 'invoiced', b.number, b.line_ref, n.name, null,
               b.issued_on, b.quantity, b.unit, coalesce(b.net_minor, 0), b.currency, null
        from billed b left join named n on n.firm_id = b.creditor_id"""
