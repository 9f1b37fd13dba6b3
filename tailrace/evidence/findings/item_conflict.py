"""A receipt of another item than is invoiced under its order line."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of


@step(
    reads=("strange", "supply", "demand", "line", "claim", "line_state"),
    writes="found_item_conflict",
    version=2,
)
def item_conflict() -> str:
    """Tell receipts that name an order line and another item: they prove nothing of that line.

    Not grave: the verdict leaves the amount open, and one side may number items its own way.
    """
    query = """
        select r.line_id, r.document_id, r.quantity, r.unit, r.receipt_ref as number, r.order_ref,
               r.order_line_ref,
               l.item_ref, l.item_name, min(d.claim_id) as claim_id, min(c.number) as claim_number,
               min(i.item_ref) as invoiced_ref, min(c.currency) as currency,
               cast(sum(s.net_minor - s.proven_net_minor) as bigint) as open_minor
        from strange join supply r using (line_id) join line l on l.line_id = r.line_id
        join demand d on d.buyer_id = r.buyer_id and d.seller_id = r.seller_id
             and d.order_ref = r.order_ref and d.order_line_ref = r.order_line_ref
        join line i on i.line_id = d.line_id join line_state s on s.line_id = d.line_id
        join claim c on c.claim_id = d.claim_id
        group by all having sum(s.net_minor - s.proven_net_minor) > 0"""
    return test_of(
        "item_conflict",
        query,
        cause="line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        amount_minor="open_minor",
        currency="currency",
        what=f"""'receipt ' || number || ' says ' || {words.unit("quantity", "unit")} || ' of '
            || coalesce(item_ref, item_name, 'another item') || ' came for order ' || order_ref
            || ' line ' || order_line_ref || '; invoice ' || claim_number || ' asks for '
            || coalesce(invoiced_ref, 'another item') || ': it proves nothing of it'""",
    )
