"""An invoice line of which a part was received and more was invoiced."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=(
        "line_state",
        "demand",
        "line",
        "claim",
        "verdict",
        "tolerance",
    ),
    writes="found_over_quantity",
    version=2,
)
def over_quantity(evidence: EvidenceRules) -> str:
    """An invoice line of which a part was received and more was invoiced."""
    query = f"""
        select s.*, d.unit, l.line_ref, c.document_id, c.number, c.currency
        from line_state s join demand d using (line_id) join line l using (line_id)
        join claim c on c.claim_id = s.claim_id join verdict v on v.claim_id = s.claim_id
        left join tolerance t on t.firm_id = d.buyer_id
        where s.received > 0 and v.open_minor > 0
          and s.quantity > s.received
              + {words.wide("s.received")}
                * cast(coalesce(t.quantity_rel, {evidence.quantity_tolerance}) as decimal(9, 6))
              + coalesce(t.quantity_abs, {evidence.quantity_tolerance_absolute})"""
    return test_of(
        "over_quantity",
        query,
        cause="line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        amount_minor="net_minor - proven_net_minor",
        currency="currency",
        what=f"""'line ' || line_ref || ' of invoice ' || number || ' asks for '
            || {words.unit("quantity", "unit")} || '; ' || {words.unit("received", "unit")}
            || ' were received for it'""",
    )
