"""A seller whose last thirty days are unlike its own past: in volume, terms or counterparties."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of, together
from tailrace.evidence.rules import EvidenceRules

WINDOW = 30  # days


@step(reads=("claim", "firm"), writes="found_sudden_change", version=1)
def sudden_change(on: date, evidence: EvidenceRules) -> str:
    """Tell sellers whose last window stands out against the median of the windows before.

    The windows are of thirty days, counted back from `on`, `sudden_history` of them with invoices.
    Volume: above `sudden_factor` medians and above the median by `sudden_spread` median absolute
    deviations. Counterparties: half of such a jump, and most of it asked of debtors never seen
    before. Terms: the middle term more than twice the longest middle before it, and two weeks more.
    """
    return together([_volume(on, evidence), _terms(on, evidence)])


def _windows(on: date) -> str:
    return f"""
        windowed as (
            select *, cast(date '{on}' - issued_on as bigint) // {WINDOW} as back,
                   min(issued_on) over (partition by creditor_id, debtor_id) as met_on
            from claim where issued_on <= date '{on}'),
        named as (select distinct firm_id, name from firm)"""


def _volume(on: date, evidence: EvidenceRules) -> str:
    factor, spread = evidence.sudden_factor, evidence.sudden_spread
    query = f"""
        with {_windows(on)},
        sums as (
            select creditor_id, currency, back, sum(amount_minor) as sum_minor,
                   coalesce(sum(amount_minor) filter (date '{on}' - met_on < {WINDOW}), 0)
                       as new_minor
            from windowed group by 1, 2, 3),
        middle as (
            select creditor_id, currency, quantile_disc(sum_minor, 0.5) as median_minor,
                   count(*) as windows
            from sums where back > 0 group by 1, 2 having count(*) >= {evidence.sudden_history}),
        deviation as (
            select s.creditor_id, s.currency,
                   quantile_disc(abs(s.sum_minor - m.median_minor), 0.5) as spread_minor
            from sums s join middle m using (creditor_id, currency) where s.back > 0 group by 1, 2)
        select s.*, m.median_minor, m.windows, n.name
        from sums s join middle m using (creditor_id, currency)
        join deviation d using (creditor_id, currency) join named n on n.firm_id = s.creditor_id
        where s.back = 0
          and ((s.sum_minor > {factor} * m.median_minor
                and s.sum_minor - m.median_minor > {spread} * d.spread_minor)
            or (2 * s.sum_minor > {factor} * m.median_minor
                and 2 * (s.sum_minor - m.median_minor) > {spread} * d.spread_minor
                and 2 * s.new_minor > s.sum_minor))"""
    return test_of(
        "sudden_change",
        query,
        cause="creditor_id || ' ' || currency",
        amount_minor="cast(sum_minor as bigint)",
        currency="currency",
        count="windows",
        what=f"""name || ' invoiced ' || {words.money("sum_minor", "currency")}
            || ' in the last {WINDOW} days; the middle of ' || windows || ' such windows before is '
            || {words.money("median_minor", "currency")} || case when 2 * new_minor > sum_minor
               then '; ' || {words.money("new_minor", "currency")} || ' of it from new debtors'
               else '' end""",
    )


def _terms(on: date, evidence: EvidenceRules) -> str:
    query = f"""
        with {_windows(on)},
        terms as (
            select creditor_id, back, quantile_disc(due_on - issued_on, 0.5) as days,
                   count(*) as claims
            from windowed where due_on > issued_on group by 1, 2),
        past as (
            select creditor_id, max(days) as days, count(*) as windows from terms
            where back > 0 group by 1 having count(*) >= {evidence.sudden_history})
        select t.creditor_id, t.days, p.days as before, p.windows, n.name
        from terms t join past p using (creditor_id) join named n on n.firm_id = t.creditor_id
        where t.back = 0 and t.claims > 1 and t.days > 2 * p.days and t.days - p.days >= 14"""
    return test_of(
        "sudden_change",
        query,
        cause="creditor_id || ' terms'",
        count="windows",
        what=f"""name || ' gives ' || days || ' days to pay in the last {WINDOW} days; in '
            || windows || ' windows before the middle was at most ' || before""",
    )
