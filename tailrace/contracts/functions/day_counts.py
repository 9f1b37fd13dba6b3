"""Day counts: the fraction of a year between two days, by convention.

Days are int64 counts since 1970-01-01. Names are those of the ACTUS dictionary 1.4, term
`dayCountConvention`; meanings are those of the ISDA 2006 Definitions, section 4.16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tailrace.base.errors import BadTerms
from tailrace.contracts.functions.calendar import civil, first_of_year

Days = NDArray[np.int64]
Floats = NDArray[np.float64]


def _a360(start: Days, end: Days) -> Floats:
    return (end - start) / 360


def _a365(start: Days, end: Days) -> Floats:
    return (end - start) / 365


def _aa(start: Days, end: Days) -> Floats:
    """Actual/Actual ISDA: each calendar year counts its own days, split at 1 January."""
    year, last = civil(start)[0], civil(end)[0]
    opens, closes = first_of_year(year), first_of_year(year + 1)
    last_opens, last_closes = first_of_year(last), first_of_year(last + 1)
    first = (closes - start) / (closes - opens)
    return first + (last - year - 1) + (end - last_opens) / (last_closes - last_opens)


def _30e360(start: Days, end: Days) -> Floats:
    """30E/360: every month has 30 days; the 31st is the 30th."""
    y1, m1, d1 = civil(start)
    y2, m2, d2 = civil(end)
    days = 360 * (y2 - y1) + 30 * (m2 - m1) + np.minimum(d2, 30) - np.minimum(d1, 30)
    return days / 360


DAY_COUNTS: dict[str, Callable[[Days, Days], Floats]] = {
    "A360": _a360,
    "A365": _a365,
    "AA": _aa,
    "30E360": _30e360,
}
NAMES = tuple(DAY_COUNTS)
BASES = {"A360": 360, "A365": 365}  # conventions that are actual days over a fixed year


def codes(names: Sequence[str]) -> NDArray[np.int64]:
    """Return each convention's number; raise `BadTerms` for one that is not known."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        mend = f"use one of {', '.join(NAMES)}"
        raise BadTerms(f"unknown day count {unknown[0]!r}", where="dayCountConvention", mend=mend)
    number = {name: i for i, name in enumerate(NAMES)}
    return np.array([number[name] for name in names], dtype=np.int64)


def year_fraction(convention: NDArray[np.int64], start: Days, end: Days) -> Floats:
    """Return the fraction of a year from start to end, each row by its own convention."""
    found = np.zeros(len(start))
    for code, name in enumerate(NAMES):
        mine = convention == code
        if mine.any():
            found[mine] = DAY_COUNTS[name](start[mine], end[mine])
    return found


def basis(name: str) -> int:
    """Return the days of a year of a convention of actual days; raise `BadTerms` for others."""
    try:
        return BASES[name]
    except KeyError:
        mend = f"simple rates are quoted on {' or '.join(BASES)}"
        raise BadTerms(
            f"no fixed year in day count {name!r}", where="day_count", mend=mend
        ) from None
