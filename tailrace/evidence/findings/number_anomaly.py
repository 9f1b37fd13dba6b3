"""An invoice number out of its issuer's sequence. Gaps are normal and not told."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of, together
from tailrace.evidence.rules import EvidenceRules

NEIGHBOURS = 3  # numbers on one side that must all speak against the day
SHARE = 50  # a shape is foreign where the issuer has this many times more invoices


@step(reads=("claim",), writes="found_number_anomaly", version=1)
def number_anomaly(evidence: EvidenceRules) -> str:
    """Tell numbers dated out of order, of a foreign shape, and one sequence number used twice."""
    return together([_misdated(evidence), _foreign(evidence), _repeated(evidence)])


_SERIES = """
    numbered as (
        select claim_id, document_id, number, creditor_id, debtor_id, amount_minor, currency,
               issued_on, regexp_extract(number, '^(.*?)([0-9]{1,15})$', 1) as prefix,
               try_cast(nullif(regexp_extract(number, '^(.*?)([0-9]{1,15})$', 2), '') as bigint) as n
        from claim)"""


def _misdated(evidence: EvidenceRules) -> str:
    """A number dated well before all of the numbers just below it and just above it.

    Both sides must speak: a new year's sequence, or one low number of a wrong day, is no finding.
    """
    window = "over (partition by creditor_id, prefix order by n, claim_id rows between"
    before = f"{window} {NEIGHBOURS} preceding and 1 preceding)"
    after = f"{window} 1 following and {NEIGHBOURS} following)"
    query = f"""
        with {_SERIES},
        placed as (
            select *, min(issued_on) {before} as low_on, count(*) {before} as below,
                   min(issued_on) {after} as high_on
            from numbered where n is not null)
        select * from placed
        where below = {NEIGHBOURS} and low_on - issued_on > {evidence.number_days}
          and coalesce(high_on - issued_on > {evidence.number_days}, true)"""
    return test_of(
        "number_anomaly",
        query,
        cause="claim_id || ' day'",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        what=f"""'invoice ' || number || ' is of ' || issued_on || '; the {NEIGHBOURS} numbers before'
            || ' it are of ' || low_on || ' or later'""",
    )


def _foreign(evidence: EvidenceRules) -> str:
    """A number whose letters, digits and signs no other invoice of its issuer follows."""
    query = f"""
        with shaped as (
            select *, regexp_replace(regexp_replace(number, '[0-9]+', '9', 'g'),
                                     '\\p{{L}}+', 'A', 'g') as shape
            from claim),
        counted as (
            select *, count(*) over (partition by creditor_id, shape) as alike,
                   count(*) over (partition by creditor_id) as total from shaped)
        select * from counted
        where alike = 1 and total > {max(evidence.number_history, 1)} and total >= {SHARE}"""
    return test_of(
        "number_anomaly",
        query,
        cause="claim_id || ' shape'",
        claim_id="claim_id",
        document_id="document_id",
        amount_minor="amount_minor",
        currency="currency",
        count="total",
        what="""'invoice number ' || number || ' is written as no other of its issuer''s ' || total
            || ' invoices'""",
    )


def _repeated(evidence: EvidenceRules) -> str:
    """One running number behind two prefixes, for the same parties and amount within `number_days`."""
    query = f"""
        with {_SERIES}
        select b.*, a.number as first_number, a.document_id as first_id
        from numbered a join numbered b
          on a.creditor_id = b.creditor_id and a.debtor_id = b.debtor_id and a.n = b.n
         and a.amount_minor = b.amount_minor and a.currency = b.currency and a.prefix <> b.prefix
         and (a.issued_on, a.claim_id) < (b.issued_on, b.claim_id)
        where a.n >= 100 and b.issued_on - a.issued_on <= {evidence.number_days}
        qualify row_number() over (partition by b.claim_id order by a.claim_id) = 1"""
    return test_of(
        "number_anomaly",
        query,
        cause="claim_id || ' prefix'",
        claim_id="claim_id",
        document_id="document_id",
        other_id="first_id",
        amount_minor="amount_minor",
        currency="currency",
        what="""'invoices ' || first_number || ' and ' || number || ' carry one running number for the'
            || ' same parties and amount'""",
    )
