"""An invoice that came in again in another format: a UBL file and its CSV, counted once."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(reads=("twice", "document", "source", "claim"), writes="found_twin_format", version=1)
def twin_format() -> str:
    """Tell invoices whose repeat stands in a file of another format, whether or not it is alike.

    Not grave: the repeat makes no claim of its own. Content that differs is `duplicate_invoice`.
    """
    query = """
        with read_as as (select source_id, min(format) as format from source group by 1)
        select t.document_id, t.kept_id, d.number, t.alike, a.format, b.format as kept_format,
               c.claim_id
        from twice t join document d using (document_id)
        join document k on k.document_id = t.kept_id
        join read_as a on a.source_id = d.source_id join read_as b on b.source_id = k.source_id
        left join claim c on c.document_id = t.kept_id
        where t.kind = 'invoice' and a.format <> b.format"""
    return test_of(
        "twin_format",
        query,
        cause="document_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="kept_id",
        what="""'invoice ' || number || ' came in as ' || kept_format || ' and again as ' || format
            || case when alike then ', alike' else ', with other content' end || '; it counts once'""",
    )
