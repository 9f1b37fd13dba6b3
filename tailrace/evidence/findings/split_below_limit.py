"""Several invoices of one pair just below an approval limit that their sum exceeds."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(reads=("claim", "demand", "firm", "known_by"), writes="found_split_below_limit", version=1)
def split_below_limit(evidence: EvidenceRules) -> str:
    """Tell each invoice that lies just below a limit beside another one of its pair.

    Both ask for at least (1 - `split_share`) of the limit and for less than it, within
    `split_days`, and are of one day or one order. A buyer's own limit goes before the limit of all.
    Not grave: repeat orders of one full load look the same.
    """
    query = f"""
        with {_below(evidence)},
        {_BESIDE.format(days=evidence.split_days)}
        select * from beside where sum_minor >= limit_minor"""
    return test_of(
        "split_below_limit",
        query,
        cause="claim_id",
        claim_id="claim_id",
        document_id="document_id",
        other_id="other_document",
        amount_minor="amount_minor",
        currency="currency",
        count="others + 1",
        what=f"""'invoice ' || number || ' over ' || {words.money("amount_minor", "currency")}
            || ' is just below the limit of ' || {words.money("limit_minor", "currency")}
            || ', and so are ' || others || ' beside it, as ' || other_number || ': together '
            || {words.money("sum_minor", "currency")}""",
    )


def _below(evidence: EvidenceRules) -> str:
    """Return the common tables of claims just below the limit of their buyer."""
    rows = ", ".join(
        f"({_quoted(x.buyer)}, {_quoted(x.currency)}, {x.limit_minor})"
        for x in evidence.approval_limit
    )
    share = f"cast({evidence.split_share} as decimal(38, 6))"
    return f"""
        said(buyer, currency, limit_minor) as (values {rows or "(null, null, null)"}),
        own as (
            select distinct f.firm_id, s.currency, s.limit_minor from said s
            join known_by k on k.token = s.buyer join firm f using (party_id)
            union select distinct f.firm_id, s.currency, s.limit_minor
            from said s join firm f on f.name = s.buyer),
        below as (
            select c.*, coalesce(o.limit_minor, s.limit_minor) as limit_minor
            from claim c
            left join (select firm_id, currency, min(limit_minor) as limit_minor
                       from own group by 1, 2) o
              on o.firm_id = c.debtor_id and o.currency = c.currency
            left join (select currency, min(limit_minor) as limit_minor
                       from said where buyer is null group by 1) s on s.currency = c.currency
            where amount_minor < coalesce(o.limit_minor, s.limit_minor)
              and coalesce(o.limit_minor, s.limit_minor) - amount_minor
                  <= {share} * coalesce(o.limit_minor, s.limit_minor))"""


# Those of them that have another of their pair beside them, of one day or one order.
_BESIDE = """
        ordered as (
            select claim_id, min(order_ref) as order_ref from demand semi join below
            using (claim_id) group by 1 having count(distinct order_ref) = 1),
        beside as (
            select a.claim_id, a.document_id, a.number, a.amount_minor, a.currency, a.limit_minor,
                   count(*) as others, sum(b.amount_minor) + a.amount_minor as sum_minor,
                   min(b.document_id) as other_document, min(b.number) as other_number
            from below a join below b
              on b.creditor_id = a.creditor_id and b.debtor_id = a.debtor_id
             and b.currency = a.currency and b.claim_id <> a.claim_id
             and abs(b.issued_on - a.issued_on) <= {days}
            left join ordered x on x.claim_id = a.claim_id
            left join ordered y on y.claim_id = b.claim_id
            where a.issued_on = b.issued_on or x.order_ref = y.order_ref
            group by 1, 2, 3, 4, 5, 6)"""


def _quoted(text: str | None) -> str:
    return "null" if text is None else "'" + text.replace("'", "''") + "'"
