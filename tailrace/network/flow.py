"""The optimum: a circulation under the debts whose sum is greatest.

f = debt - set-off is the cheapest flow that meets the net positions where every unit of every debt
costs 1; its set-offs are whole because the network matrix is totally unimodular.
Source: Fleischman, Dini 2021 (JRFM 14:452); Ahuja, Magnanti, Orlin 1993, chapter 9.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np

from tailrace.network.debts import Ints

PASSES = 12  # of tightening by whole arrays; a longer chain is tightened node by node


def circulation(tail: Ints, head: Ints, debt: Ints, component: Ints) -> Ints:
    """Return the set-off of each pair, in the order given: 0 <= set-off <= debt, in = out.

    Pairs are sorted by debtor and creditor, no pair twice, none of a firm with itself. Components
    are solved one by one, so that a tie in one of them is decided by its own debts alone.
    """
    set_off = np.zeros(len(debt), np.int64)
    inside = np.flatnonzero(component[tail] == component[head])
    if not len(inside):
        return set_off
    inside = inside[np.argsort(component[tail[inside]], kind="stable")]
    nodes, ends = np.unique(np.concatenate([tail[inside], head[inside]]), return_inverse=True)
    u, v = ends[: len(inside)], ends[len(inside) :]
    cap = tightened(u, v, debt[inside], len(nodes))
    excess = _excess(u, v, cap, len(nodes))
    of = component[tail[inside]]
    starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    moved = cap.copy()
    restless = np.add.reduceat((excess[u] != 0).astype(np.int64), starts) > 0
    restless |= np.add.reduceat((excess[v] != 0).astype(np.int64), starts) > 0
    for start, stop in zip(starts[restless], np.r_[starts[1:], len(of)][restless], strict=True):
        part = slice(start, stop)
        moved[part] = cap[part] - _cheapest(u[part], v[part], cap[part])
    set_off[inside] = moved
    return set_off


def tightened(u: Ints, v: Ints, debt: Ints, count: int) -> Ints:
    """Return debts cut to what can pass: no more than the debtor is owed or the creditor owes."""
    cap = debt.copy()
    for _ in range(PASSES):
        pays, gets = _sums(u, cap, count), _sums(v, cap, count)
        cut = np.minimum(cap, np.minimum(gets[u], pays[v]))
        if np.array_equal(cut, cap):
            return cap
        cap = cut
    return _tightened_by_node(u, v, cap, count)


def _tightened_by_node(u: Ints, v: Ints, cap: Ints, count: int) -> Ints:
    """Cut on, narrowest firm first: a ring of 10,000 firms is done in one round, not in 10,000.

    Stops after ten looks at each arc: cutting is never needed, it only spares the solver work.
    """
    by_u, by_v = np.argsort(u, kind="stable"), np.argsort(v, kind="stable")
    first_u = np.searchsorted(u[by_u], np.arange(count + 1)).tolist()
    first_v = np.searchsorted(v[by_v], np.arange(count + 1)).tolist()
    outs, ins, tail, head = by_u.tolist(), by_v.tolist(), u.tolist(), v.tolist()
    amount = cap.tolist()
    pays, gets = _sums(u, cap, count).tolist(), _sums(v, cap, count).tolist()
    heap = [(min(p, g), n) for n, (p, g) in enumerate(zip(pays, gets, strict=True)) if p != g]
    heapify(heap)
    looks = 10 * len(amount)
    while heap and looks > 0:
        width, node = heappop(heap)
        if width != min(pays[node], gets[node]):
            continue  # it was narrowed since, and stands in the heap again
        looks -= first_u[node + 1] - first_u[node] + first_v[node + 1] - first_v[node]
        touched = set()
        for arc in (
            *outs[first_u[node] : first_u[node + 1]],
            *ins[first_v[node] : first_v[node + 1]],
        ):
            cut = amount[arc] - width
            if cut > 0:
                amount[arc] = width
                pays[tail[arc]] -= cut
                gets[head[arc]] -= cut
                touched |= {tail[arc], head[arc]}
        for other in touched:
            heappush(heap, (min(pays[other], gets[other]), other))
    return np.array(amount, np.int64)


def _cheapest(u: Ints, v: Ints, cap: Ints) -> Ints:
    """Return the cheapest flow of one component that meets its net positions."""
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    nodes, ends = np.unique(np.concatenate([u, v]), return_inverse=True)
    tail, head = ends[: len(u)].astype(np.int32), ends[len(u) :].astype(np.int32)
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, cap, np.ones_like(cap))
    # `cap` itself meets these supplies, so an answer exists; the solver may hang where none does.
    supplies = _excess(ends[: len(u)], ends[len(u) :], cap, len(nodes))
    solver.set_nodes_supplies(np.arange(len(nodes), dtype=np.int32), supplies)
    status = solver.solve()
    assert status == solver.OPTIMAL, f"min-cost flow ended as {status}"
    return np.asarray(solver.flows(arcs), np.int64)


def _excess(u: Ints, v: Ints, amount: Ints, count: int) -> Ints:
    return _sums(u, amount, count) - _sums(v, amount, count)


def _sums(at: Ints, amount: Ints, count: int) -> Ints:
    """Return exact sums by node; `np.bincount` with weights would go through floats."""
    total = np.zeros(count, np.int64)
    np.add.at(total, at, amount)
    return total
