"""An invoice credited in full and billed again to the same buyer."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(reads=("claim", "credit"), writes="found_credit_and_rebill", version=1)
def credit_and_rebill(evidence: EvidenceRules) -> str:
    """Tell invoices that ask again for what was credited, within `duplicate_days` of the credit.

    Not grave: the credited claim owes nothing, so only one of the two is open, and a corrected
    invoice looks the same. Two payees are `sold_twice`; both paid is `overpaid`. The words say how
    many days both stood open: in that time a lender could have held either.
    """
    query = f"""
        with undone as (
            select claim_id, max(issued_on) as credited_on, max(document_id) as note_id
            from credit where claim_id is not null group by 1),
        pair as (
            select b.claim_id, b.document_id, b.number, b.amount_minor, b.currency, b.issued_on,
                   a.number as first_number, a.document_id as first_id, u.credited_on,
                   greatest(u.credited_on - b.issued_on, 0) as days
            from claim a join undone u using (claim_id) join claim b
              on b.creditor_id = a.creditor_id and b.debtor_id = a.debtor_id
             and b.currency = a.currency and b.amount_minor = a.amount_minor
             and b.claim_id <> a.claim_id
            where a.amount_minor > 0 and a.credited_minor = a.amount_minor
              and b.credited_minor < b.amount_minor and b.issued_on > a.issued_on
              and abs(b.issued_on - u.credited_on) <= {evidence.duplicate_days})
        select * from pair qualify row_number() over (partition by claim_id order by first_id) = 1"""
    return test_of(
        "credit_and_rebill",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="first_id",
        amount_minor="amount_minor",
        currency="currency",
        count="days",
        what=f"""'invoice ' || number || ' asks again for the '
            || {words.money("amount_minor", "currency")} || ' of invoice ' || first_number
            || ', credited in full on ' || credited_on
            || case when days > 0 then '; both stood open for ' || days || ' days' else '' end""",
    )
