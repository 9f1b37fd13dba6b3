"""An invoice that its buyer has rejected: no acceptance of it proves anything any more."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of

_NAMED = "named as (select distinct firm_id, name from firm)"


@step(
    reads=("paper", "document", "reference", "bill", "firm"),
    writes="found_rejected_by_buyer",
    version=1,
)
def rejected_by_buyer() -> str:
    """An invoice its buyer answered with RE (UNTDID 4343), and did not accept later."""
    query = f"""
        with {_NAMED},
        answer as (
            select p.document_id, p.number, p.writer_id, p.seller_id, p.issued_on, d.status_code,
                   d.note, b.claim_id, b.number as invoice, b.amount_minor, b.currency,
                   p.kind = 'acceptance' and coalesce(d.status_code, 'AP') in ('AP', 'PD') as yes
            from paper p join document d using (document_id) join reference r using (document_id)
            join bill b on b.debtor_id = p.writer_id and b.number = r.to_number
                 and b.creditor_id = coalesce(p.seller_id, b.creditor_id)
                 and b.issued_on = coalesce(r.to_issued_on, b.issued_on)
            where p.kind in ('acceptance', 'response') and r.to_kind = 'invoice'
              and r.line_id is null),
        last as (
            select * from answer where yes or status_code = 'RE'
            qualify row_number() over (
                partition by claim_id order by issued_on desc, yes, document_id) = 1)
        select l.*, n.name from last l left join named n on n.firm_id = l.writer_id where not yes"""
    return test_of(
        "rejected_by_buyer",
        query,
        cause="claim_id || document_id",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoice ' || invoice || ' was rejected by ' || coalesce(name, 'its buyer') || ' on '
            || issued_on || ' (' || number || ')' || coalesce(': ' || note, '')""",
    )
