"""Promise: the set-offs of 100,000 debts told as cycles, the shortest first, within ten seconds.

Every family of benchmarks/networks.py, seed SEED; processor seconds, kernels warm, medians of RUNS.
Each answer is checked: the cycles of a pair sum to its set-off, and each closes.
"""

from __future__ import annotations

from statistics import geometric_mean, median

import numpy as np
from msgspec.structs import replace

from benchmarks.clearing import RUNS, SEED, spent
from benchmarks.measure import Figure, Result, result, under
from benchmarks.networks import FAMILIES, Debts, drawn
from tailrace.network.cycles import Cycles, cycles_of
from tailrace.network.solver import Solution, solve
from tailrace.network.solver.compiled import always

ROWS = 100_000
SHORT = 6  # firms


def measure() -> Result:
    """Time each family, and tell what share of the set-off short cycles explain."""
    figures, ratios = [], []
    with always(True):
        for family in FAMILIES:
            told, seconds, clearing = decomposed(drawn(family, ROWS, SEED))
            ratios.append(seconds / clearing)
            figures.append(figure(family, told, seconds))
    return result(
        f"set-offs of {ROWS:,} debts as cycles, the shortest first, within 10 s",
        figures,
        peer="the clearing itself, in the same process; the ratio is the processor time of the "
        "cycles by its, geometric mean of all families",
        ratio=geometric_mean(ratios),
    )


def decomposed(debts: Debts) -> tuple[Cycles, float, float]:
    """Return the cycles, checked, their seconds and those of the clearing."""
    taken: list[tuple[float, float]] = []
    for _ in range(RUNS + 1):
        clearing, solution = spent(solve, *debts)
        seconds, told = spent(cycles_of, *solution.done())
        taken.append((seconds, clearing))
    check(told, solution)
    cycles, clearings = zip(*taken[1:], strict=True)
    return told, median(cycles), median(clearings)


def check(told: Cycles, solution: Solution) -> None:
    tail, head, set_off = solution.done()
    whole = np.zeros(len(tail), np.int64)
    np.add.at(whole, told.pair, told.amount)
    assert (whole == set_off).all(), "cycles do not sum to the set-offs"
    first = np.flatnonzero(told.step == 0)
    last = np.append(first[1:], len(told.pair)) - 1
    assert (head[told.pair[last]] == tail[told.pair[first]]).all(), "a cycle does not close"
    within = told.step[1:] > 0
    steps = head[told.pair[:-1]] == tail[told.pair[1:]]
    assert steps[within].all(), "a cycle has a gap"


def figure(family: str, told: Cycles, seconds: float) -> Figure:
    """Return the time as a figure that also tells how much short cycles explain."""
    share = 100 * told.amount[told.length <= SHORT].sum() / told.amount.sum()
    many = int((told.step == 0).sum())
    timed = under(f"cycles of {ROWS:,} debts, {family}", 10, seconds, "CPU s")
    short = f"{many:,} cycles, {share:.0f} % of the set-off in those of up to {SHORT} firms"
    return replace(timed, measured=f"{timed.measured}; {short}")
