"""An invoice whose lines do not add up to the line total it states (BT-106)."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=(
        "claim",
        "claim_state",
        "document",
    ),
    writes="found_total_conflict",
    version=1,
)
def total_conflict(evidence: EvidenceRules) -> str:
    """An invoice whose lines do not add up to the line total it states (BT-106)."""
    query = f"""
        select c.claim_id, c.document_id, c.number, c.currency, d.line_total_minor, s.net_minor
        from claim c join claim_state s using (claim_id) join document d using (document_id)
        where s.lines > 0
          and abs(d.line_total_minor - s.net_minor) > {evidence.amount_tolerance_minor}"""
    return test_of(
        "total_conflict",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="abs(line_total_minor - net_minor)",
        currency="currency",
        what=f"""'the lines of invoice ' || number || ' add up to '
            || {words.money("net_minor", "currency")} || '; it states '
            || {words.money("line_total_minor", "currency")}""",
    )
