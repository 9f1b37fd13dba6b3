"""What a change asks for, and how much: whole numbers of minor units, rounded down.

    order volume up      a week more x days from order to payment / 7     pre-finance, the seller's
    order size up        ordered since x rise / (1 + rise) / days x order to payment; the same
    lead time longer     ordered since / days since x days longer         stock, the buyer's
    fill rate lower      ordered since x share no longer delivered        second source, the buyer's
    dispute rate higher  open x share disputed more                       dilution reserve, the seller's
    price higher         invoiced since x rise / (1 + rise) a 30 days     working capital, the buyer's
    terms longer         invoiced since / days since x days longer        renegotiate, the seller's
    terms shorter        the same, days shorter                           renegotiate, the buyer's
    delay longer         open, for the days longer                        bridge, the seller's

What is ordered is taken at sales prices: for what must be bought it is an upper bound. Shares enter
in hundredths of a per cent, days as whole days, both rounded half up from the size of the change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tailrace.evidence.changes.measures import (
    DELAY,
    DISPUTE,
    FILL,
    LEAD,
    MEASURES,
    PRICE,
    SIZE,
    TERMS,
    VOLUME,
    Measure,
)

PREFINANCE, BRIDGE, RENEGOTIATE = "pre-finance", "bridge", "renegotiate the term"
STOCK, SECOND_SOURCE = "stock for the longer wait", "second source"
RESERVE, CAPITAL = "dilution reserve", "working capital for the price"
MONTH = 30
WHOLE = 10_000  # a share of one, in hundredths of a per cent


class Sums(NamedTuple):
    """What the book tells of one change's firms: whole minor units and days."""

    open: int
    invoiced: int  # since the day
    ordered: int  # since the day
    before: int  # ordered in the weeks before, of order volume
    after: int  # ordered in the weeks since
    weeks_before: int
    weeks_after: int
    cycle_days: int  # order to payment
    days: int  # from the day to `on`, both counted


class Need(NamedTuple):
    """What is asked for, whose need it is (`seller` or `buyer`), how long and how much."""

    need: str | None
    whose: str
    days: int | None
    amount_minor: int | None


NONE = Need(None, "seller", None, None)


def need_of(measure: Measure, effect: float, s: Sums) -> Need:
    """Return the need a change suggests; a change for the better suggests none."""
    if measure is VOLUME and effect > 0:
        weeks = s.weeks_before * s.weeks_after
        more = s.after * s.weeks_before - s.before * s.weeks_after  # a week more, x weeks
        amount = max(more, 0) * s.cycle_days // (7 * weeks) if weeks else 0
        return Need(PREFINANCE, "seller", s.cycle_days, amount)
    if measure in (LEAD, TERMS, DELAY):
        return _of_days(measure, _half_up(effect), s)
    share = _half_up(effect * WHOLE)
    if measure is SIZE and share > 0:
        larger = s.ordered * share * s.cycle_days // ((WHOLE + share) * max(s.days, 1))
        return Need(PREFINANCE, "seller", s.cycle_days, larger)
    if measure is FILL and share < 0:
        return Need(SECOND_SOURCE, "buyer", s.days, s.ordered * -share // WHOLE)
    if measure is DISPUTE and share > 0:
        return Need(RESERVE, "seller", None, s.open * share // WHOLE)
    if measure is PRICE and share > 0:
        dearer = s.invoiced * share * MONTH // ((WHOLE + share) * max(s.days, 1))
        return Need(CAPITAL, "buyer", MONTH, dearer)
    return NONE


def _of_days(measure: Measure, days: int, s: Sums) -> Need:
    per = max(s.days, 1)
    if measure is LEAD and days > 0:
        return Need(STOCK, "buyer", days, s.ordered * days // per)
    if measure is TERMS and days:
        return Need(
            RENEGOTIATE, "seller" if days > 0 else "buyer", abs(days), s.invoiced * abs(days) // per
        )
    if measure is DELAY and days > 0:
        return Need(BRIDGE, "seller", days, s.open)
    return NONE


def cycles(group: np.ndarray, measure: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """Return the days from order to payment of each group: mean wait, term and delay, added.

    Takes what is over by the day; each mean is rounded half up.
    """
    total = np.zeros(count, np.int64)
    for m in (LEAD, TERMS, DELAY):
        of = measure == MEASURES.index(m)
        many = np.bincount(group[of], minlength=count)
        summed = np.bincount(group[of], weights=value[of], minlength=count)
        total += np.floor(summed / np.maximum(many, 1) + 0.5).astype(np.int64)
    return np.maximum(total, 0)


def _half_up(value: float) -> int:
    return int(np.floor(value + 0.5))
