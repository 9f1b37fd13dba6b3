"""The civil calendar on arrays of days since 1970-01-01."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]


def civil(day: Days) -> tuple[Days, Days, Days]:
    """Return year, month (1 to 12) and day of the month."""
    month = _month(day)
    return 1970 + month // 12, month % 12 + 1, day - _first(month) + 1


def first_of_year(year: Days) -> Days:
    """Return the day that is 1 January of each year."""
    return _first((year - 1970) * 12)


def add_months(day: Days, months: Days, end_of_month: NDArray[np.bool_]) -> Days:
    """Return the day so many months on: the same day of the month, or its last where it has none.

    Where `end_of_month` holds, the last day of a month shorter than 31 days goes to the last day
    (ACTUS endOfMonthConvention EOM; SD keeps the day).
    """
    month = _month(day)
    target = month + months
    number = day - _first(month)
    last, last_there = _length(month) - 1, _length(target) - 1
    sticks = end_of_month & (number == last) & (last < 30)
    return _first(target) + np.where(sticks, last_there, np.minimum(number, last_there))


def _month(day: Days) -> Days:
    """Return months since January 1970."""
    return day.astype("M8[D]").astype("M8[M]").astype(np.int64)


def _first(month: Days) -> Days:
    return month.astype("M8[M]").astype("M8[D]").astype(np.int64)


def _length(month: Days) -> Days:
    return _first(month + 1) - _first(month)
