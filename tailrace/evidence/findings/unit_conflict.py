"""An invoice line with something open, and a receipt of the same goods in another unit."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(
    reads=(
        "line_state",
        "demand",
        "supply",
        "strange",
        "line",
        "claim",
    ),
    writes="found_unit_conflict",
    version=2,
)
def unit_conflict() -> str:
    """An invoice line with something open, and a receipt of the same goods in another unit."""
    query = """
        with open_line as (
            select d.*, s.net_minor - s.proven_net_minor as open_net_minor
            from line_state s join demand d using (line_id) where s.received < s.quantity),
        pair as (
            select o.line_id, r.line_id as other_line_id from open_line o join supply r
              on r.buyer_id = o.buyer_id and r.seller_id = o.seller_id
             and r.order_ref = o.order_ref and r.order_line_ref = o.order_line_ref
            where r.unit <> o.unit and r.line_id not in (from strange)
            union
            select o.line_id, r.line_id from open_line o join supply r
              on r.buyer_id = o.buyer_id and r.seller_id = o.seller_id and r.item = o.item
             and (r.order_ref = o.order_ref or r.despatch_ref = o.despatch_ref)
            where r.unit <> o.unit and o.item <> ''),
        one as (select line_id, min(other_line_id) as other_line_id from pair group by 1)
        select o.claim_id, o.line_id, c.document_id, c.number, c.currency, l.line_ref, o.unit,
               r.unit as other_unit, r.document_id as receipt_id, r.receipt_ref, o.open_net_minor
        from one join open_line o using (line_id) join line l using (line_id)
        join claim c on c.claim_id = o.claim_id join supply r on r.line_id = one.other_line_id"""
    return test_of(
        "unit_conflict",
        query,
        cause="line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        other_id="receipt_id",
        amount_minor="open_net_minor",
        currency="currency",
        what="""'line ' || line_ref || ' of invoice ' || number || ' counts in '
            || case when unit = '' then 'a unit not said' else unit end || '; receipt '
            || receipt_ref || ' counts in '
            || case when other_unit = '' then 'a unit not said' else other_unit end
            || ': units are not converted, so it proves nothing here'""",
    )
