"""Cyclic schedules of many contracts at once, in rows of (contract, day).

Source: ACTUS technical specification 1.1, section 3.1, "Schedules": dates are stepped from the
anchor, never from one another, so that 31 January, 28 February, 31 March does not drift.
"""

from __future__ import annotations

import re

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from tailrace.base.errors import BadTerms
from tailrace.contracts.functions.calendar import add_months, civil

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_CYCLE = re.compile(r"P(\d{1,4})([DWMQHY])L([01])", re.ASCII)
_UNITS = {"D": (1, 0), "W": (7, 0), "M": (0, 1), "Q": (0, 3), "H": (0, 6), "Y": (0, 12)}


class Cycle(Struct, frozen=True):
    """A step of days or months, and whether a last part is joined to the period before it."""

    days: int
    months: int
    long_stub: bool


NO_CYCLE = Cycle(0, 0, False)


def cycle(text: str) -> Cycle:
    """Return the cycle a text spells, as P1ML0; raise `BadTerms` for anything else.

    L0 is a long last stub, L1 a short one (ACTUS dictionary 1.4, cycle terms).
    """
    found = _CYCLE.fullmatch(text.strip())
    if not found or int(found[1]) == 0:
        mend = "write P, a number, one of D W M Q H Y, then L0 or L1, as P1ML0"
        raise BadTerms(f"{text.strip()[:20]!r} is not a cycle", where="cycle", mend=mend)
    days, months = _UNITS[found[2]]
    return Cycle(days * int(found[1]), months * int(found[1]), found[3] == "0")


class Cycles(Struct, frozen=True, kw_only=True):
    """The cycles of many contracts; one that has none steps by no days and no months."""

    anchor: Ints
    days: Ints
    months: Ints
    long_stub: Flags
    end_of_month: Flags

    @property
    def some(self) -> Flags:
        return (self.days + self.months) > 0


def dates(cycles: Cycles, end: Ints) -> tuple[Ints, Ints]:
    """Return (contract, day) of every date from the anchor to before the end, and the end itself.

    A contract without a cycle has its end alone. Where the end is not on the grid, a long stub
    drops the last date before it, unless only the anchor would be left.
    """
    counts = _counts(cycles, end)
    follows = _step(cycles, np.arange(len(end)), counts)
    stub = cycles.some & cycles.long_stub & (follows != end) & (counts > 1)
    counts = counts - stub
    owner = np.repeat(np.arange(len(end)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    days = _step(cycles, owner, place)
    return np.concatenate([owner, np.arange(len(end))]), np.concatenate([days, end])


def _counts(cycles: Cycles, end: Ints) -> Ints:
    """Return how many dates of each cycle stand before the end."""
    span = np.maximum(end - cycles.anchor, 0)
    by_days = -(-span // np.maximum(cycles.days, 1))
    year, month, _ = civil(cycles.anchor)
    last_year, last_month, _ = civil(end)
    months = np.maximum(12 * (last_year - year) + last_month - month, 0)
    whole = months // np.maximum(cycles.months, 1)
    every = np.arange(len(end))
    by_months = whole + (_step(cycles, every, whole) < end)
    counts = np.where(cycles.months > 0, by_months, by_days)
    return np.where(cycles.some & (span > 0), counts, 0)


def _step(cycles: Cycles, owner: Ints, place: Ints) -> Ints:
    """Return the day `place` steps after the owner's anchor."""
    anchor = cycles.anchor[owner]
    moved = add_months(anchor, cycles.months[owner] * place, cycles.end_of_month[owner])
    return np.where(cycles.months[owner] > 0, moved, anchor + cycles.days[owner] * place)
