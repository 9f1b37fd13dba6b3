"""An invoice dated before the order it rests on."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(
    reads=(
        "share_order",
        "demand",
        "claim",
        "goods",
        "paper",
    ),
    writes="found_invoice_before_order",
    version=1,
)
def invoice_before_order() -> str:
    """An invoice dated before the order it rests on."""
    query = """
        select c.claim_id, c.document_id, c.number, c.issued_on, c.amount_minor, c.currency,
               min(p.document_id) as order_id, min(p.number) as order_number,
               min(p.issued_on) as ordered_on
        from (select distinct line_id, with_line_id from share_order) s
        join demand d using (line_id) join claim c using (claim_id)
        join goods g on g.line_id = s.with_line_id join paper p on p.document_id = g.document_id
        group by all having min(p.issued_on) > c.issued_on"""
    return test_of(
        "invoice_before_order",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="order_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoice ' || number || ' is of ' || issued_on || ', before order ' || order_number
            || ' of ' || ordered_on""",
    )
