"""A receipt written by a firm that is not independent of the seller: it proves nothing."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of

KINDS = "('receipt', 'timesheet', 'acceptance')"


@step(reads=("paper", "affiliate", "firm"), writes="found_affiliate_receipt", version=1)
def affiliate_receipt() -> str:
    """Tell receipts, timesheets and acceptances that an affiliate of the seller wrote.

    Not grave: such a record proves nothing, so there is nothing it could pass off as proven.
    """
    query = f"""
        with named as (select distinct firm_id, name from firm)
        select p.document_id, p.kind, p.number, w.name as writer, s.name as seller, a.reason
        from paper p
        join affiliate a on a.firm_id = p.writer_id and a.other_id = p.seller_id
        join named w on w.firm_id = p.writer_id join named s on s.firm_id = p.seller_id
        where p.kind in {KINDS}"""
    return test_of(
        "affiliate_receipt",
        query,
        cause="document_id",
        document_id="document_id",
        what="""kind || ' ' || number || ' was written by ' || writer || ', an affiliate of '
            || seller || ' (' || reason || '): it proves no more than the seller''s own word'""",
    )
