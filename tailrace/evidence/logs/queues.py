"""Queues on arrays: what a cancellation takes back, and which row answers which, in turn.

Rows stand in order of case and time; `case` is a number that never falls. Every function works on
all cases at once, by running sums and minima, and none of them loops over rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NONE = -1


def starts(case: Ints) -> Flags:
    """Return where a case begins."""
    first = np.ones(len(case), dtype=np.bool_)
    np.not_equal(case[1:], case[:-1], out=first[1:])
    return first


def running(case: Ints, delta: Ints) -> tuple[Ints, Ints, Ints]:
    """Return for each row the sum so far in its case, and its lowest so far after and before it.

    The lowest is zero or below: how often something was asked for that was not there, negated.
    """
    if not len(case):
        return delta, delta, delta
    first = starts(case)
    total = np.cumsum(delta)
    begun = np.flatnonzero(first)
    which = np.cumsum(first) - 1
    total = total - (total[begun] - delta[begun])[which]
    # Each case lies below all those before it, so that one running minimum serves them all.
    shift = which * (int(np.abs(total).max(initial=0)) + 1)
    after = np.minimum.accumulate(np.minimum(total, 0) - shift) + shift
    before = np.concatenate([[0], after[:-1]])
    before[first] = 0
    return total, after, before


def taken_back(case: Ints, delta: Ints) -> Ints:
    """Return for each row +1 the row -1 that takes it back, else NONE: the oldest goes first.

    A log does not say which entry a cancellation means. One before which nothing stands that it
    could take back is void.
    """
    found = np.full(len(case), NONE, dtype=np.int64)
    cancels = np.unique(case[delta < 0])
    busy = np.flatnonzero(np.isin(case, cancels)) if len(cancels) else cancels
    if len(busy):  # few cases cancel anything
        by = served(case[busy], delta[busy])
        asks = np.flatnonzero(by != NONE)
        found[busy[by[asks]]] = busy[asks]
    return found


def served(case: Ints, delta: Ints) -> Ints:
    """Return for each row -1 the row +1 that serves it, first in, first out, else NONE.

    A row -1 before which nothing is left is never served.
    """
    found = np.full(len(case), NONE, dtype=np.int64)
    if not len(case):
        return found
    _, after, before = running(case, delta)
    asks = np.flatnonzero((delta < 0) & (after == before))
    gives = np.flatnonzero(delta > 0)
    found[asks] = nth_of(case, asks, gives)
    return found


def nth_of(case: Ints, asks: Ints, gives: Ints) -> Ints:
    """Return for the k-th asking row of a case its k-th giving row, else NONE."""
    if not len(gives) or not len(asks):
        return np.full(len(asks), NONE, dtype=np.int64)
    first_give = np.searchsorted(case[gives], case[asks])
    place = first_give + nth(case[asks])
    inside = np.minimum(place, len(gives) - 1)
    there = (place < len(gives)) & (case[gives][inside] == case[asks])
    return np.where(there, gives[inside], NONE)


def nth(case: Ints) -> Ints:
    """Return which row of its case each row is, from 0."""
    if not len(case):
        return np.zeros(0, dtype=np.int64)
    first = starts(case)
    begun = np.flatnonzero(first)
    return np.arange(len(case)) - begun[np.cumsum(first) - 1]
