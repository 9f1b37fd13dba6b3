"""The town's calendar: days as whole numbers since 1970-01-01, months, weekdays, payment runs."""

from __future__ import annotations

from datetime import date

import numpy as np

from tailrace.base.errors import BadTerms

EPOCH = date(1970, 1, 1).toordinal()
MONTHS_MAX = 24
THURSDAY, FRIDAY, SATURDAY, SUNDAY = 3, 4, 5, 6


def number(day: date) -> int:
    """Return a day as a whole number."""
    return day.toordinal() - EPOCH


def day(number: int) -> date:
    """Return the day of a whole number."""
    return date.fromordinal(number + EPOCH)


def months(on: date, count: int) -> list[date]:
    """Return the first day of each of the last `count` months, that of `on` last.

    Raises `BadTerms` for a count that is no number of months.
    """
    if not 1 <= count <= MONTHS_MAX:
        mend = f"ask for 1 to {MONTHS_MAX} months"
        raise BadTerms(f"{count} months", where="town", mend=mend)
    last = on.year * 12 + on.month - 1
    return [date(m // 12, m % 12 + 1, 1) for m in range(last - count + 1, last + 1)]


def weekday(days: np.ndarray) -> np.ndarray:
    """Return 0 for Monday to 6 for Sunday."""
    return (days + 3) % 7


def working(days: np.ndarray) -> np.ndarray:
    """Return the days, Saturdays and Sundays moved to the Monday after."""
    late = weekday(days)
    return days + np.where(late >= SATURDAY, 7 - late, 0)


def run_day(days: np.ndarray, thursday: np.ndarray) -> np.ndarray:
    """Return the payment run on or after each day: a Thursday, or else a Friday."""
    wanted = np.where(thursday, THURSDAY, FRIDAY)
    return days + (wanted - weekday(days)) % 7


def month_of(days: np.ndarray) -> np.ndarray:
    """Return the months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_end(months: np.ndarray) -> np.ndarray:
    """Return the last day of each month counted from January 1970."""
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]")
    return following.astype(np.int64) - 1
