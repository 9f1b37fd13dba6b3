"""A credit note that names no invoice of its issuer: it takes nothing off any claim."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of


@step(
    reads=(
        "credit",
        "document",
    ),
    writes="found_unmatched_credit",
    version=1,
)
def unmatched_credit() -> str:
    """A credit note that names no invoice of its issuer: it takes nothing off any claim."""
    query = """
        select k.document_id, d.number, k.amount_minor, k.currency
        from credit k join document d using (document_id) where k.claim_id is null"""
    return test_of(
        "unmatched_credit",
        query,
        cause="document_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'credit note ' || number || ' over ' || {words.money("amount_minor", "currency")}
            || ' names no invoice that is here; a preceding invoice reference (BG-3) would place it'
            """,
    )
