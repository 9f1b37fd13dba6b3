"""An invoice dated on a Sunday by an issuer that never writes on one."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules

SHARE = 50  # at most one in so many of the issuer's invoices


@step(reads=("claim",), writes="found_date_anomaly", version=1)
def date_anomaly(evidence: EvidenceRules) -> str:
    """Tell the only Sunday invoice of an issuer with more than `number_history` others and 50 in all.

    Not grave: it says where to look first. Month ends and Saturdays are not tested: honest firms
    bill on them.
    """
    query = f"""
        with counted as (
            select *, count(*) over (partition by creditor_id) as total,
                   count(*) filter (dayofweek(issued_on) = 0) over (partition by creditor_id)
                       as sundays
            from claim)
        select * from counted
        where dayofweek(issued_on) = 0 and total > {evidence.number_history} and sundays = 1
          and total >= {SHARE}"""
    return test_of(
        "date_anomaly",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        count="total",
        what="""'invoice ' || number || ' is of Sunday, ' || issued_on || '; none of its issuer''s '
            || (total - 1) || ' others is of a Sunday'""",
    )
