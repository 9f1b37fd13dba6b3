"""A receipt that the seller wrote, or nobody named: it proves nothing."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of

_NAMED = "named as (select distinct firm_id, name from firm)"


@step(
    reads=(
        "paper",
        "firm",
    ),
    writes="found_own_receipt",
    version=2,
)
def own_receipt() -> str:
    """A receipt that the seller wrote, or nobody named: it proves nothing."""
    query = f"""
        with {_NAMED}
        select p.document_id, p.number, n.name
        from paper p left join named n on n.firm_id = p.writer_id
        where p.kind = 'receipt' and (p.writer_id is null or (
            p.writer_id = p.seller_id and p.writer_id is distinct from p.buyer_id))"""
    return test_of(
        "own_receipt",
        query,
        cause="document_id",
        document_id="document_id",
        what="""'receipt ' || number || ' was written by ' || coalesce(name, 'somebody not named')
            || ', not by the buyer: it proves nothing'""",
    )
