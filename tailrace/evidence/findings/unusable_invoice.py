"""An invoice that does not say who owes whom how much: it makes no claim."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(
    reads=(
        "paper",
        "document",
        "bill",
    ),
    writes="found_unusable_invoice",
    version=1,
)
def unusable_invoice() -> str:
    """An invoice that does not say who owes whom how much: it makes no claim."""
    query = """
        select p.document_id, p.number, p.buyer_id, p.seller_id, d.currency
        from paper p join document d using (document_id) anti join bill using (document_id)
        where p.kind = 'invoice' and coalesce(d.payable_minor, 0) >= 0"""
    return test_of(
        "unusable_invoice",
        query,
        cause="document_id",
        document_id="document_id",
        what="""'invoice ' || number || ' makes no claim: it does not say '
            || concat_ws(', ', case when seller_id is null then 'who sells' end,
                         case when buyer_id is null then 'who buys' end,
                         case when currency is null then 'in which currency' end,
                         case when seller_id is not null and buyer_id is not null
                              and currency is not null then 'an amount that can be meant' end)""",
    )
