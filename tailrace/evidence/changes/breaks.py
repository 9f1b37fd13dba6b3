"""How large a change is, with its interval, and on which day it broke: for series that did.

Days and prices are sized by the shift that takes the change away (Hodges and Lehmann 1963), the
interval by the shifts which the same test does not refuse; volumes and shares by the difference of
their means within strata, the interval by their pooled variance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tailrace.evidence.changes.ranks import Judged, Laid, judge

Z95 = 1.959964
NEAR = 3.84  # chi-square of one degree, 95 %: days whose split is worse by less are as likely
SIDE_MIN = 3  # observations on either side of a day that may divide a series
HALVINGS = 24


class Size(NamedTuple):
    """For each series: the figure before, the change and its 95 % interval."""

    before: np.ndarray
    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Dated(NamedTuple):
    """For each series: the day that divides it best, and the first and last nearly as good."""

    best: np.ndarray
    first: np.ndarray
    last: np.ndarray


def by_shift(laid: Laid) -> Size:
    """Return middle, shift and interval; a series without an open end is bracketed by its range."""
    if len(laid.value) == 0:
        none = np.zeros(laid.many)
        return Size(none, none, none, none)
    low = np.full(laid.many, np.inf)
    high = np.full(laid.many, -np.inf)
    np.minimum.at(low, laid.series, laid.value)
    np.maximum.at(high, laid.series, laid.value)
    span = np.where(np.isfinite(high - low), high - low, 0.0) + 1.0
    ends = [_root(laid, span, lambda j: j.sum > 0), _root(laid, span, lambda j: j.sum >= 0)]
    low = _root(laid, span, lambda j: j.z > Z95)
    high = _root(laid, span, lambda j: j.z >= -Z95)
    return Size(middle(laid), (ends[0] + ends[1]) / 2, low, high)


def _root(laid: Laid, span: np.ndarray, above: Callable[[Judged], np.ndarray]) -> np.ndarray:
    """Return the shift at which the later part is no longer `above`: it falls as more is taken off."""
    low, high = -span, span.copy()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        moved = laid.value - np.where(laid.since, middle[laid.series], 0.0)
        still = above(judge(laid._replace(value=np.round(moved, 6))))
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    return np.asarray((low + high) / 2)


def middle(laid: Laid) -> np.ndarray:
    """Return the median before, the lower of two; what is open counts as it stands."""
    earlier = laid.some(~laid.since)
    order = np.lexsort((earlier.value, earlier.series))
    series, value = earlier.series[order], earlier.value[order]
    count = np.bincount(series, minlength=laid.many)
    place = np.cumsum(count) - count + np.maximum(count - 1, 0) // 2
    return np.where(count > 0, value[np.minimum(place, max(len(value) - 1, 0))], 0.0)


def by_mean(laid: Laid) -> Size:
    """Return mean before, difference and interval; strata weigh as their two parts allow."""
    _, stratum = np.unique(laid.stratum, return_inverse=True)
    count = int(stratum.max(initial=-1)) + 1
    owner = np.zeros(count, np.int64)
    owner[stratum] = laid.series
    part = stratum * 2 + laid.since
    n = np.bincount(part, minlength=2 * count).astype(float)
    mean = np.bincount(part, weights=laid.value, minlength=2 * count) / np.maximum(n, 1)
    n0, n1 = n[::2], n[1::2]
    weight = n0 * n1 / np.maximum(n0 + n1, 1)
    whole = np.maximum(np.bincount(owner, weights=weight, minlength=laid.many), 1e-12)
    before = np.bincount(owner, weights=weight * mean[::2], minlength=laid.many) / whole
    after = np.bincount(owner, weights=weight * mean[1::2], minlength=laid.many) / whole
    rest = (laid.value - mean[part]) ** 2
    parts = np.bincount(owner, weights=(n0 > 0) * 1.0 + (n1 > 0), minlength=laid.many)
    free = np.maximum(np.bincount(laid.series, minlength=laid.many) - parts, 1.0)
    variance = np.bincount(laid.series, weights=rest, minlength=laid.many) / free
    error = Z95 * np.sqrt(variance / whole)
    return Size(before, after - before, after - before - error, after - before + error)


def dated(laid: Laid, score: np.ndarray) -> Dated:
    """Return the day on or after which the scores differ most, among the days of the later part."""
    order = np.lexsort((laid.day, laid.series))
    series, day, since, a = (c[order] for c in (laid.series, laid.day, laid.since, score))
    n = np.bincount(series, minlength=laid.many)
    first = np.cumsum(n) - n
    running = np.concatenate(([0.0], np.cumsum(a)))
    end = first + n
    rows = np.arange(len(series))
    later_sum = running[end[series]] - running[rows]
    later = end[series] - rows
    earlier = n[series] - later
    square = np.bincount(series, weights=a**2, minlength=laid.many)
    whole = n[series].astype(float)
    variance = later * earlier * square[series] / np.maximum(whole * (whole - 1), 1)
    ahead = np.ones(len(series), bool)
    ahead[1:] = (day[1:] != day[:-1]) | (series[1:] != series[:-1])
    fit = since & ahead & (earlier > 0) & (variance > 0)
    long = fit & (later >= SIDE_MIN)
    has_long = np.bincount(series, weights=long, minlength=laid.many) > 0
    fit = np.where(has_long[series], long, fit)
    split = np.where(fit, later_sum**2 / np.where(variance > 0, variance, 1.0), -1.0)
    best = np.full(laid.many, -1.0)
    np.maximum.at(best, series, split)
    top = (split == best[series]) & fit
    near = (split >= best[series] - NEAR) & fit
    far = np.iinfo(np.int64).max
    found = [np.full(laid.many, far), np.full(laid.many, far), np.full(laid.many, -far)]
    np.minimum.at(found[0], series[top], day[top])
    np.minimum.at(found[1], series[near], day[near])
    np.maximum.at(found[2], series[near], day[near])
    return Dated(*found)
