"""The documents that count: issued by the day, once each, with firms in place of parties.

A document told twice (the same kind, writer, number and year of issue) is one document. The first
issued counts, the smaller amount first on one day; of orders the last, for an order may be changed
under its number. Whether the others say the same is kept beside them.
"""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step

# Who writes which kind when the document does not say: the buyer orders, receives and remits.
_BOUGHT = "('order', 'receipt', 'acceptance', 'response')"
_WRITER = f"case when kind in {_BOUGHT} then {{buyer}} else {{seller}} end"
_KINDS = (
    "('order', 'despatch', 'receipt', 'timesheet', 'acceptance', 'response', 'invoice', "
    "'credit_note')"
)


@step(reads=("document", "line", "firm"), writes="twice", version=2)
def twice(on: date) -> str:
    """Find the documents that repeat one that counts, and whether they are alike."""
    main = _WRITER.format(buyer="b.firm_id", seller="s.firm_id")
    return f"""
        with seen as (
            select d.document_id, d.kind, coalesce(i.firm_id, {main}) as writer_id, d.number,
                   d.issued_on,
                   s.firm_id as seller_id, b.firm_id as buyer_id, d.currency, d.payable_minor,
                   year(d.issued_on) as in_year
            from document d left join firm s on s.party_id = d.seller_id
            left join firm b on b.party_id = d.buyer_id
            left join firm i on i.party_id = d.issuer_id
            where d.kind in {_KINDS} and d.issued_on <= date '{on}'),
        repeated as (
            select kind, writer_id, number, in_year from seen
            where writer_id is not null group by all having count(*) > 1),
        ranked as (
            select seen.*, first_value(document_id) over same as kept_id
            from seen join repeated using (kind, writer_id, number, in_year)
            window same as (
                partition by kind, writer_id, number, in_year
                order by case when kind = 'order' then date '2200-01-01' - issued_on
                              else issued_on - date '1900-01-01' end,
                         payable_minor nulls last, document_id)),
        content as (
            select r.document_id, string_agg(concat_ws('|', l.line_ref, l.item_ref, l.quantity,
                       l.unit, l.price, l.net_minor, l.rejected_quantity), '/'
                       order by l.line_ref, l.quantity, l.net_minor, l.line_id) as lines
            from ranked r left join line l using (document_id) group by 1)
        select r.document_id, r.kept_id, r.kind,
               (r.seller_id, r.buyer_id, r.currency, r.payable_minor, r.issued_on, x.lines)
                   is not distinct from
               (k.seller_id, k.buyer_id, k.currency, k.payable_minor, k.issued_on, y.lines) as alike
        from ranked r join ranked k on k.document_id = r.kept_id
        join content x on x.document_id = r.document_id
        join content y on y.document_id = r.kept_id
        where r.document_id <> r.kept_id"""


@step(reads=("document", "firm", "twice"), writes="paper", version=1)
def paper(on: date) -> str:
    """List the documents that count, with the firms they name."""
    writer = _WRITER.format(buyer="b.firm_id", seller="s.firm_id")
    return f"""
        select d.document_id, d.kind, d.number, d.issued_on,
               coalesce(i.firm_id, {writer}) as writer_id, s.firm_id as seller_id,
               b.firm_id as buyer_id, p.firm_id as payee_id,
               coalesce(d.delivered_on, d.issued_on) as day
        from document d
        left join firm s on s.party_id = d.seller_id
        left join firm b on b.party_id = d.buyer_id
        left join firm i on i.party_id = d.issuer_id
        left join firm p on p.party_id = d.payee_id
        where d.kind in {_KINDS} and d.issued_on <= date '{on}'
          and d.document_id not in (select document_id from twice)"""
