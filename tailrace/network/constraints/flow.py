"""Flow: the greatest circulation between bounds, and who is to blame where there is none.

Where `solver.solve` takes debts alone, this takes arcs with floors, and weights of any sign. What is
not moved, `cap - moved`, is the cheapest flow that meets the nodes' imbalance when every arc is moved
in full, as in `solver.levels`; an arc of negative weight starts at its floor instead and is laid out
the other way round, so that no arc of the routing costs less than nothing.
"""

from __future__ import annotations

import numpy as np

from tailrace.base.errors import BadTerms
from tailrace.network.debts import Flags, Ints
from tailrace.network.solver import levels, residual
from tailrace.network.solver.compiled import pays, run

COST_MAX = 1 << 29  # of a path through all nodes: prices are 32 bits wide


def circulation(
    ends: tuple[Ints, Ints], bounds: tuple[Ints, Ints], weight: Ints, nodes: int
) -> tuple[Ints, Ints]:
    """Return the circulation within its bounds whose weighted sum is greatest, and node prices.

    The bounds (low, cap) admit a circulation: see `gap_of`. With p = weight + price of head - price
    of tail, an arc of p > 0 is at its cap and one of p < 0 at its low bound, which proves it.
    """
    low, cap = bounds
    if int(np.abs(weight).max(initial=0)) * nodes >= COST_MAX:
        what = f"weights of up to {int(np.abs(weight).max()):,} with {nodes:,} nodes"
        mend = "weight times nodes stays below 2^29; use lexicographic priority"
        raise BadTerms(what, where="rules, [network]", mend=mend)
    start = np.where(weight >= 0, cap, low)
    sent, price, _ = _routed(ends, bounds, weight, _imbalance(ends, start, nodes))
    return np.where(weight >= 0, cap - sent, low + sent), price


def gap_of(
    ends: tuple[Ints, Ints], bounds: tuple[Ints, Ints], nodes: int
) -> tuple[Ints, int, int] | None:
    """Return None where a circulation within the bounds exists; else nodes that make it impossible.

    The nodes are a set S with the least that must leave S above the most that can enter it, both
    given. Source: Hoffman 1960, the circulation theorem.
    """
    tail, head = ends
    low, cap = bounds
    imbalance = _imbalance(ends, cap, nodes)
    away, wanted = np.flatnonzero(imbalance > 0), np.flatnonzero(imbalance < 0)
    # One more node takes what cannot be sent otherwise, at a cost that nothing else has.
    more = (
        np.concatenate([tail, away, np.full(len(wanted), nodes)]),
        np.concatenate([head, np.full(len(away), nodes), wanted]),
    )
    spare = np.concatenate([cap - low, imbalance[away], -imbalance[wanted]])
    cost = np.concatenate([np.zeros(len(tail), np.int64), np.ones(len(away), np.int64)])
    cost = np.concatenate([cost, np.zeros(len(wanted), np.int64)])
    excess = np.append(imbalance, 0)
    sent, _, _ = _routed(more, (np.zeros_like(spare), spare), cost, excess)
    stuck = away[sent[len(tail) : len(tail) + len(away)] > 0]
    if not len(stuck):
        return None
    moved = cap - sent[: len(tail)]
    shut = min((_closed(ends, bounds, moved, int(v), nodes) for v in stuck[:8]), key=np.sum)
    leaving, entering = shut[tail] & ~shut[head], ~shut[tail] & shut[head]
    return np.flatnonzero(shut), int(low[leaving].sum()), int(cap[entering].sum())


def _closed(
    ends: tuple[Ints, Ints], bounds: tuple[Ints, Ints], moved: Ints, start: int, nodes: int
) -> Flags:
    """Return which nodes an excess at the start can be shifted to."""
    (tail, head), (low, cap) = ends, bounds
    less, more = moved > low, moved < cap
    near = np.concatenate([tail[less], head[more]])
    far = np.concatenate([head[less], tail[more]])
    seen = np.zeros(nodes, np.bool_)
    seen[start] = True
    while True:
        new = far[seen[near] & ~seen[far]]
        if not len(new):
            return seen
        seen[new] = True


def _imbalance(ends: tuple[Ints, Ints], moved: Ints, nodes: int) -> Ints:
    excess = np.zeros(nodes, np.int64)
    np.add.at(excess, ends[0], moved)
    np.subtract.at(excess, ends[1], moved)
    return excess


def _routed(
    ends: tuple[Ints, Ints], bounds: tuple[Ints, Ints], cost: Ints, excess: Ints
) -> tuple[Ints, Ints, Ints]:
    """Return what goes along each arc in the cheapest way to rid the nodes of their excess."""
    nodes, compiled = len(excess), pays(len(cost))
    forth = cost >= 0
    tail, head = np.where(forth, ends[0], ends[1]), np.where(forth, ends[1], ends[0])
    open_ = np.flatnonzero((bounds[1] > bounds[0]) & (tail != head))
    u, v = tail[open_].astype(np.int32), head[open_].astype(np.int32)
    spare, price = bounds[1][open_] - bounds[0][open_], np.abs(cost[open_])
    network = residual.network_of(nodes, len(open_))
    run(residual.lay, u, v, spare, price, network, compiled=compiled)
    work = residual.work_on(network, excess.copy())
    sent_at = np.zeros(1, np.int64)
    run(levels.route, network, work, 0, nodes, 1 << 62, 0, sent_at, compiled=compiled)
    sent = np.zeros(len(cost), np.int64)
    sent[open_] = residual.flow_of(network, compiled=compiled)
    return sent, work.price.astype(np.int64), work.excess
