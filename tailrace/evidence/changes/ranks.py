"""The test of no change, over all series at once: ranks within strata, before against since.

A series falls into strata (an item, a counterparty) so that a new mix is not taken for a change.
Within a stratum observations are scored as Gehan (1965) does: for each, how many are surely smaller
less how many are surely larger; what is not over yet is larger than all that were over by then.
Without open ones that is the Wilcoxon rank, ties at their middle. Strata are added with the weights
of van Elteren (1960), one over their size and one. Under no change every division into before and
since is as likely: mean, variance and third moment of the sum follow exactly, and p is the tail of
the Pearson type III curve with these moments (Mielke and Berry 2007), or of the normal curve where
that is larger. Two things widen the variance: open observations, whose chance to be open differs
between the parts (the variance of Breslow 1970 where it is larger), and neighbours that are alike
(lag-one correlation of the scores within the parts, as far as it stands above its own error).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

STILL = 1e-12
CORRELATION_MAX = 0.8  # beyond, a series is a trend and no test of parts will do


class Laid(NamedTuple):
    """Observations of all series, flat. `stratum` numbers run over all series."""

    series: np.ndarray  # 0 .. count-1
    stratum: np.ndarray
    day: np.ndarray
    value: np.ndarray
    open: np.ndarray
    since: np.ndarray  # in the later part
    many: int  # series

    def some(self, keep: np.ndarray) -> Laid:
        """Return the observations to keep; series keep their numbers."""
        columns = (self.series, self.stratum, self.day, self.value, self.open, self.since)
        series, stratum, day, value, open_, since = (column[keep] for column in columns)
        return Laid(series, stratum, day, value, open_, since, self.many)


class Judged(NamedTuple):
    """The test of each series, and the weighted score of each observation."""

    sum: np.ndarray  # weighted score sum of the later part: above zero, it is larger
    z: np.ndarray
    p: np.ndarray  # not a number where nothing varies
    score: np.ndarray


def judge(laid: Laid) -> Judged:
    """Return the test of every series; rows may come in any order."""
    order = np.lexsort((laid.open, laid.value, laid.stratum))
    x = laid.some(order)
    first, stratum = _runs(x.stratum)
    sizes = np.diff(np.append(first, len(order)))
    score, spread, gap = _scores(x, first, stratum, sizes)
    later = _sums(x.since.astype(np.float64), stratum, len(sizes))
    weight = np.where((later > 0) & (later < sizes), 1.0 / (sizes + 1.0), 0.0)
    owner = x.series[first] if len(first) else np.zeros(0, np.int64)
    weighted = score * weight[stratum]
    total = _sums(np.where(x.since, weighted, 0.0), x.series, laid.many)
    variance, third = _moments(score, stratum, sizes, later, weight)
    breslow = spread * weight**2
    open_ = _sums(x.open.astype(np.float64), x.series, laid.many) > 0
    plain = _sums(variance, owner, laid.many)
    wide = np.where(open_, np.maximum(plain, _sums(breslow, owner, laid.many)), plain)
    skew = _divided(_sums(third, owner, laid.many), plain**1.5)
    flat = np.empty(len(order))
    flat[order] = weighted
    wide = wide * _widened(laid, flat)
    half = np.full(laid.many, np.inf)
    np.minimum.at(half, owner[weight > 0], (gap * weight / 2)[weight > 0])
    half = np.where(np.isfinite(half), half, 0.0)
    z = _divided(np.maximum(np.abs(total) - half, 0.0), np.sqrt(wide))
    p = np.where(wide > 0, tails(z, skew * np.sign(total)), np.nan)
    return Judged(total, np.sign(total) * z, p, flat)


def tails(z: np.ndarray, skew: np.ndarray) -> np.ndarray:
    """Return two-sided p of z at or above zero, the curve skewed so towards it; on the safe side."""
    from scipy.special import gammaincc, ndtr

    tail = ndtr(-z)
    rows = np.flatnonzero(skew > 1e-3)
    shape = 4.0 / skew[rows] ** 2
    tail[rows] = np.maximum(tail[rows], gammaincc(shape, shape + z[rows] * np.sqrt(shape)))
    return np.asarray(np.minimum(1.0, 2.0 * tail))


def corrected(p: np.ndarray) -> np.ndarray:
    """Return q by Benjamini and Hochberg (1995): the false discovery rate at which p is reported."""
    if len(p) == 0:
        return p
    order = np.argsort(p, kind="stable")
    q = p[order] * len(p) / np.arange(1, len(p) + 1)
    out = np.empty(len(p))
    out[order] = np.minimum(1.0, np.minimum.accumulate(q[::-1])[::-1])
    return out


def _scores(
    x: Laid, first: np.ndarray, stratum: np.ndarray, sizes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the score of each row, Breslow's variance and the smallest step of each stratum.

    Rows are in order of stratum, value, open last: equal values of a stratum are one block.
    """
    n = len(x.value)
    new = np.ones(n, bool)
    new[1:] = (x.value[1:] != x.value[:-1]) | (stratum[1:] != stratum[:-1])
    start = np.flatnonzero(new)
    block = np.cumsum(new) - 1
    of = stratum[start]
    over = np.concatenate(([0], np.cumsum(~x.open)))
    later = np.concatenate(([0], np.cumsum(x.since)))
    ends = np.append(start[1:], n)
    deaths = over[ends] - over[start]
    below = over[start] - over[first[of]]
    at_risk = first[of] + sizes[of] - start
    later_at_risk = later[first[of] + sizes[of]] - later[start]
    larger = at_risk - deaths
    score = np.where(x.open, (below + deaths)[block], (below - larger)[block]).astype(np.float64)
    spread = _divided(
        deaths * later_at_risk * (at_risk - later_at_risk) * (at_risk - deaths).astype(float),
        at_risk - 1.0,
    )
    gap = np.full(len(sizes), np.inf)
    by_score = np.lexsort((score, stratum))
    steps = np.diff(score[by_score])
    inside = (np.diff(stratum[by_score]) == 0) & (steps > 0)
    np.minimum.at(gap, stratum[by_score][1:][inside], steps[inside])
    gap = np.where(np.isfinite(gap), gap, 0.0)
    return score, _sums(spread, of, len(sizes)), gap


def _moments(
    score: np.ndarray,
    stratum: np.ndarray,
    sizes: np.ndarray,
    later: np.ndarray,
    weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return variance and third moment of each stratum's sum over all divisions; the mean is 0."""
    earlier = sizes - later
    square = _sums(score**2, stratum, len(sizes))
    cube = _sums(score**3, stratum, len(sizes))
    pairs = later * earlier
    variance = _divided(pairs * square, sizes * (sizes - 1.0))
    third = _divided(pairs * (earlier - later) * cube, sizes * (sizes - 1.0) * (sizes - 2.0))
    return variance * weight**2, third * weight**3


def _widened(laid: Laid, score: np.ndarray) -> np.ndarray:
    """Return by what likeness of neighbours widens the variance of each series: one or more."""
    part = laid.series * 2 + laid.since
    first = laid.day.min(initial=0)
    day = laid.day - first
    order = np.lexsort((score, part * (day.max(initial=0) + 1) + day))
    part, e = part[order], score[order]
    many = np.maximum(_sums(np.ones(len(e)), part, 2 * laid.many), 1.0)
    e = e - (_sums(e, part, 2 * laid.many) / many)[part]
    near = (part[1:] == part[:-1]) * e[1:] * e[:-1]
    owner = part // 2
    count = _sums(np.ones(len(e)), owner, laid.many)
    whole = _sums(e**2, owner, laid.many)
    still = whole <= STILL * _sums(score[order] ** 2, owner, laid.many)  # rounding, no variance
    r = np.where(still, 0.0, _divided(_sums(near, owner[1:], laid.many), whole))
    r = np.clip(r - 1.0 / np.sqrt(np.maximum(count, 1.0)), 0.0, CORRELATION_MAX)
    return np.asarray((1.0 + r) / (1.0 - r))


def _runs(sorted_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each run of equal numbers begins, and the run of every row."""
    new = np.ones(len(sorted_), bool)
    new[1:] = sorted_[1:] != sorted_[:-1]
    return np.flatnonzero(new), np.cumsum(new) - 1


def _sums(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(group, weights=values, minlength=count)


def _divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a / b, zero where b is not above zero."""
    return np.divide(a, b, out=np.zeros(np.shape(a)), where=np.asarray(b) > 0)
