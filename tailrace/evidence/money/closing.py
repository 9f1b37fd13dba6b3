"""What a short payment closes: a discount of the terms taken in time, a difference too small to ask for.

Anything else that is not paid stays owed, whatever reason the payer gives for it: the creditor's
word on a deduction is a credit note. Source of the discount's form: XRechnung, BR-DE-18 (BT-20).
"""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.rules import EvidenceRules

_TERMS = (
    "#SKONTO#TAGE=([0-9]{1,3})#PROZENT=([0-9]{1,2}\\.[0-9]{2})#(?:BASISBETRAG=([0-9.]{1,15})#)?"
)


@step(reads=("bill", "credit", "paid", "document"), writes="closed", version=1)
def closed(evidence: EvidenceRules) -> str:
    """Say which rests of claims that were paid are no longer owed.

    A discount: all was paid by its last day and the bank's days of grace, and what is left is no
    more than its share of the amount it is for. A small difference: what is left lies within the
    rule set's share of what was owed and within its amount for the currency.
    """
    return f"""
        with {_short(evidence)},
        {_discounted(evidence)}
        select claim_id, rest_minor as amount_minor, 'discount of the terms' as rule,
               {words.number("percent")} || ' per cent within ' || days || ' days' as words
        from discounted
        union all
        select claim_id, rest_minor, 'small difference',
               'up to {evidence.short_payment} of the claim and '
               || {words.money("least_minor", "currency")}
        from short anti join discounted using (claim_id)
        where rest_minor <= least_minor
          and rest_minor <= owed_minor * cast({evidence.short_payment} as decimal(12, 6))"""


def _short(evidence: EvidenceRules) -> str:
    """Return the common tables of claims that were paid and not in full, with what is left."""
    return f"""
        off as (
            select claim_id, sum(amount_minor) as amount_minor from credit
            where claim_id is not null group by 1),
        gave as (
            select claim_id, sum(amount_minor) as amount_minor, max(booked_on) as last_on
            from paid group by 1),
        short as (
            select b.claim_id, b.document_id, b.currency, b.issued_on, p.last_on,
                   b.amount_minor - coalesce(o.amount_minor, 0) as owed_minor,
                   b.amount_minor - coalesce(o.amount_minor, 0) - p.amount_minor as rest_minor,
                   {_least(evidence.short_payment_minor)} as least_minor
            from bill b join gave p using (claim_id) left join off o using (claim_id)
            where p.amount_minor > 0
              and b.amount_minor - coalesce(o.amount_minor, 0) > p.amount_minor)"""


def _least(by_currency: dict[str, int]) -> str:
    """Return the SQL of the amount up to which a rest is small; none where no currency has one."""
    cases = " ".join(
        f"when '{code}' then {int(minor)}"
        for code, minor in sorted(by_currency.items())
        if code.isalpha()
    )
    return f"case b.currency {cases} else 0 end" if cases else "0"


def _discounted(evidence: EvidenceRules) -> str:
    """Return the common tables of the discounts that were taken in time."""
    one = " ".join(f"when {places} then {10**places}" for places in range(5))
    in_minor = f"t.base * case {words.places('s.currency')} {one} end"
    return f"""
        terms as (
            select s.claim_id, unnest(regexp_extract_all(d.terms_text, '{_TERMS}')) as term
            from short s join document d using (document_id) where d.terms_text like '%#SKONTO#%'),
        term as (
            select claim_id, cast(regexp_extract(term, '{_TERMS}', 1) as integer) as days,
                   cast(regexp_extract(term, '{_TERMS}', 2) as decimal(5, 2)) as percent,
                   try_cast(nullif(regexp_extract(term, '{_TERMS}', 3), '') as decimal(38, 4))
                       as base
            from terms),
        discounted as (
            select s.claim_id, s.rest_minor, t.percent, t.days
            from short s join term t using (claim_id)
            where s.last_on <= s.issued_on + t.days + {evidence.discount_days}
              and cast(s.rest_minor - {evidence.amount_tolerance_minor} as decimal(20, 0)) * 100
                  <= t.percent * coalesce({in_minor}, s.owed_minor)
            qualify row_number() over (
                partition by s.claim_id order by t.percent, t.days, t.base) = 1)"""
