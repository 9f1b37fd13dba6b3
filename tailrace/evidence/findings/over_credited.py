"""Credit notes for more than the invoice they name."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of


@step(
    reads=(
        "credit",
        "claim",
    ),
    writes="found_over_credited",
    version=1,
)
def over_credited() -> str:
    """Credit notes for more than the invoice they name."""
    query = """
        select c.claim_id, c.document_id, c.number, c.currency, c.amount_minor,
               sum(k.amount_minor) as credited, max(k.document_id) as note_id, count(*) as notes
        from credit k join claim c using (claim_id)
        group by all having sum(k.amount_minor) > c.amount_minor"""
    return test_of(
        "over_credited",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="note_id",
        amount_minor="credited - amount_minor",
        currency="currency",
        count="notes",
        what=f"""'credit notes take ' || {words.money("credited", "currency")} || ' off invoice '
            || number || ' over ' || {words.money("amount_minor", "currency")}""",
    )
