"""The test behind `changes` against its exact law, on samples small enough to enumerate."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.evidence.changes.breaks import by_mean, by_shift, dated
from tailrace.evidence.changes.ranks import Laid, corrected, judge, tails
from tailrace.street.rules import packaged

RULES = packaged().changes
Row = dict[str, Any]


def laid(
    values: list[float],
    later: list[bool],
    *,
    strata: list[int] | None = None,
    unfinished: list[bool] | None = None,
) -> Laid:
    n = len(values)
    return Laid(
        np.zeros(n, np.int64),
        np.array(strata if strata else [0] * n),
        np.arange(n),
        np.array(values, float),
        np.array(unfinished if unfinished else [False] * n),
        np.array(later),
        1,
    )


def gehan(x: Laid) -> list[float]:
    """Score each by the definition: surely smaller less surely larger, within its stratum."""
    scores = []
    for i in range(len(x.value)):
        total = 0
        for j in range(len(x.value)):
            if x.stratum[i] != x.stratum[j] or i == j:
                continue
            a, b = x.value[i], x.value[j]
            if not x.open[j] and (b < a or (b == a and x.open[i])):
                total += 1
            elif not x.open[i] and (b > a or (b == a and x.open[j])):
                total -= 1
        scores.append(float(total))
    return scores


SMALL = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.booleans(), st.integers(0, 2)),
    min_size=2,
    max_size=12,
)


@given(SMALL)
def test_scores_are_those_of_the_definition(rows):
    x = laid(
        [float(v) for v, *_ in rows],
        [late for _, late, _, _ in rows],
        strata=[s for *_, s in rows],
        unfinished=[o for _, _, o, _ in rows],
    )
    mine = judge(x)
    for i, score in enumerate(gehan(x)):
        same = x.stratum == x.stratum[i]
        both = x.since[same].any() and not x.since[same].all()
        assert math.isclose(mine.score[i], score / (same.sum() + 1) if both else 0.0)


@given(st.lists(st.integers(0, 4), min_size=6, max_size=10), st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_mean_and_variance_are_those_of_all_divisions(values, later):
    """Every way to choose the later part, counted: no approximation enters z."""
    scores = np.array(gehan(laid([float(v) for v in values], [False] * len(values))))
    sums_ = [scores[list(c)].sum() for c in itertools.combinations(range(len(values)), later)]
    order = sorted(range(len(values)), key=lambda i: (i * 7919) % len(values))
    chosen = set(order[:later])
    x = laid([float(v) for v in values], [i in chosen for i in range(len(values))])
    spread = np.sqrt(np.mean(np.square(sums_)))
    assert math.isclose(np.mean(sums_), 0, abs_tol=1e-9)
    got = judge(x)
    if spread == 0:
        assert math.isnan(got.p[0])
        return
    step = min(np.diff(np.unique(scores)))
    wanted = max(abs(scores[sorted(chosen)].sum()) - step / 2, 0) / spread
    assert abs(got.z[0]) <= wanted + 1e-9  # neighbours that are alike may widen the variance


@pytest.mark.parametrize("ones", [3, 5, 8])
@pytest.mark.parametrize("later", [5, 8, 12])
def test_p_of_rare_events_is_not_far_below_the_exact_one(ones, later):
    """Shares of few and rare disputes are skewed; a normal curve would sound alarm at nothing."""
    n = 40
    for hit in range(min(ones, later) + 1):
        values = [0.0] * n
        values[: ones - hit] = [1.0] * (ones - hit)
        values[n - later : n - later + hit] = [1.0] * hit
        rng = np.random.default_rng(ones * 100 + later * 10 + hit)
        order = np.concatenate([rng.permutation(n - later), n - later + rng.permutation(later)])
        p = judge(laid([values[i] for i in order], [i >= n - later for i in range(n)])).p[0]
        ways = math.comb(n, later)
        up = sum(
            math.comb(ones, k) * math.comb(n - ones, later - k)
            for k in range(hit, min(ones, later) + 1)
        )
        down = sum(
            math.comb(ones, k) * math.comb(n - ones, later - k)
            for k in range(hit + 1)
            if 0 <= later - k <= n - ones
        )
        exact = min(1.0, 2 * min(up, down) / ways)
        assert p >= 0.6 * exact


@given(SMALL, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, chance):
    order = list(range(len(rows)))
    chance.shuffle(order)

    def tested(rows: list[Any], days: list[int]) -> Any:
        x = laid(
            [float(v) for v, *_ in rows],
            [late for _, late, _, _ in rows],
            strata=[s for *_, s in rows],
            unfinished=[o for _, _, o, _ in rows],
        )
        return judge(x._replace(day=np.array(days)))

    a = tested(rows, order)
    place = np.argsort(order)
    b = tested([rows[i] for i in place], [order[i] for i in place])
    np.testing.assert_allclose(a.z, b.z, atol=1e-12)
    np.testing.assert_allclose(a.p, b.p)


def test_a_new_mix_of_customers_is_no_change_of_terms():
    """Ten invoices at 30 days and ten at 60 before; since, two at 30 and ten at 60."""
    values = [30.0] * 10 + [60.0] * 10 + [30.0] * 2 + [60.0] * 10
    strata = [0] * 10 + [1] * 10 + [0] * 2 + [1] * 10
    later = [False] * 20 + [True] * 12
    assert judge(laid(values, later)).z[0] > 0.5
    assert math.isnan(judge(laid(values, later, strata=strata)).p[0])  # nothing varies within


def test_open_claims_are_at_least_so_late_and_no_sign_of_speed():
    """Paid five late before; since, one paid five late and the others five late and still open."""
    values, later = [5.0] * 10 + [5.0] * 6, [False] * 10 + [True] * 6
    still = [False] * 11 + [True] * 5
    assert judge(laid(values, later, unfinished=still)).sum[0] > 0
    young = [5.0] * 11 + [1.0] * 5  # open for one day only: nothing is known against them
    assert judge(laid(young, later, unfinished=still)).sum[0] == 0


def test_neighbours_that_are_alike_widen_the_variance():
    rng = np.random.default_rng(3)
    smooth = np.convolve(rng.normal(size=69), np.ones(10) / 10, "valid")
    rough = rng.permutation(smooth[:40]).tolist() + rng.permutation(smooth[40:]).tolist()
    later = [False] * 40 + [True] * 20
    assert judge(laid(smooth.tolist(), later)).p[0] > judge(laid(rough, later)).p[0]


def test_q_is_that_of_benjamini_and_hochberg():
    from scipy.stats import false_discovery_control

    p = np.array([0.001, 0.2, 0.013, 0.04, 1.0, 0.001])
    np.testing.assert_allclose(corrected(p), false_discovery_control(p))
    assert corrected(np.zeros(0)).size == 0


def test_tails_without_skew_are_the_normal_curve_and_skew_only_widens():
    assert math.isclose(tails(np.array([1.959964]), np.zeros(1))[0], 0.05, abs_tol=1e-6)
    z = np.linspace(0, 8, 30)
    for skew in (-2.0, 0.1, 1.0, 3.0):
        assert (tails(z, np.full(30, skew)) >= tails(z, np.zeros(30)) - 1e-15).all()


@given(st.integers(-30, 30), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_shift_found_is_the_shift_made(shift, seed):
    base = np.random.default_rng(seed).integers(0, 9, 24).astype(float)
    later = np.arange(24) >= 14
    plain = by_shift(laid(base.tolist(), later.tolist()))
    moved = by_shift(laid((base + shift * later).tolist(), later.tolist()))
    assert abs(moved.effect[0] - plain.effect[0] - shift) < 1e-3
    assert moved.low[0] - 1e-3 <= moved.effect[0] <= moved.high[0] + 1e-3


def test_means_are_held_against_each_other_within_strata():
    """10 to 20 with one firm, 100 to 110 with the other: ten more, whoever ordered how often."""
    x = laid(
        [10, 10, 20, 100, 110, 110, 110],
        [False, False, True, False, True, True, True],
        strata=[0, 0, 0, 1, 1, 1, 1],
    )
    size = by_mean(x)
    assert math.isclose(size.effect[0], 10)
    assert size.low[0] == size.high[0] == size.effect[0]  # nothing varies within the parts


def test_the_day_of_the_break_is_the_first_of_the_new_figure():
    values = [30.0] * 12 + [30.0] * 3 + [60.0] * 8
    x = laid(values, [False] * 12 + [True] * 11)
    found = dated(x, judge(x).score)
    assert found.best[0] == 15
    # Scores are 15 and -8. Splits by sum squared over later times earlier, of 120 at row 15: 99.6 at
    # row 14 and 98.4 at row 16; over the variance of a score, 5.45, 3.75 and 3.95 less than the best.
    assert (found.first[0], found.last[0]) == (14, 15)
