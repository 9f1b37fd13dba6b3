"""A number of another document its issuer used twice in a year for different content."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(reads=("twice", "document"), writes="found_number_reused", version=1)
def number_reused() -> str:
    """Find despatches, receipts and credit notes told twice in a year: the first one counts."""
    query = """
        select t.document_id, t.kept_id, t.kind, d.number
        from twice t join document d using (document_id)
        where not t.alike and t.kind not in ('order', 'invoice')"""
    return test_of(
        "number_reused",
        query,
        cause="document_id",
        document_id="document_id",
        other_id="kept_id",
        what="""replace(kind, '_', ' ') || ' ' || number || ' was told twice in one year with '
            || 'different content; the earlier one counts'""",
    )
