"""A system of payments in part, solved exactly: y = max(0, free + what the others' y bring).

Firms that default owe each other in a graph. Its components are solved one after the other, from
those that pay to those that are paid; within one, Gaussian elimination in fractions, on the firms
that have anything to pay in this class. Those are found from none upwards: what a firm brings never
takes from another, so the sets only grow (a linear complementarity problem with an M-matrix).
Source: Chandrasekaran 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tailrace.base.errors import BadTerms

Arcs = list[tuple[int, Fraction]]  # where a firm's payment goes, and what part of it
RING_MAX = 300  # firms that default in one ring: beyond, fractions grow out of hand
ZERO = Fraction(0)


def solved(
    free: Sequence[Fraction], arcs: Sequence[Arcs], before: Sequence[Fraction]
) -> list[Fraction]:
    """Return the greatest y <= before with y[i] = max(0, free[i] + sum of part * y[j]).

    before: a vector for which the right side is nowhere above it. Raises `BadTerms` where a
    component is larger than RING_MAX.
    """
    y, has = [ZERO] * len(free), list(free)
    for ring in _components(arcs):
        if len(ring) > RING_MAX:
            mend = "give the firms cash, or stress a part of the network"
            what = f"{len(ring):,} firms default in one ring of debts"
            raise BadTerms(what, where="stress", mend=mend)
        for firm, money in _component(ring, has, arcs, before).items():
            y[firm] = money
        inside = set(ring)
        for firm in ring:
            for other, part in arcs[firm]:
                if other not in inside:
                    has[other] += part * y[firm]
    return y


def _components(arcs: Sequence[Arcs]) -> list[list[int]]:
    """Return strongly connected firms together, those that pay before those that are paid."""
    count = len(arcs)
    ends = [(u, v) for u, row in enumerate(arcs) for v, _ in row]
    tail = np.array([u for u, _ in ends], np.int64)
    head = np.array([v for _, v in ends], np.int64)
    graph = csr_array((np.ones(len(ends)), (tail, head)), shape=(count, count))
    found, label = connected_components(graph, connection="strong")
    members: list[list[int]] = [[] for _ in range(found)]
    for firm, number in enumerate(label.tolist()):
        members[number].append(firm)
    into = [set() for _ in range(found)]  # type: list[set[int]]
    waits = [0] * found
    for u, v in ends:
        a, b = int(label[u]), int(label[v])
        if a != b and b not in into[a]:
            into[a].add(b)
            waits[b] += 1
    ready = [number for number in range(found) if not waits[number]]
    order = []
    while ready:
        number = ready.pop()
        order.append(members[number])
        for other in sorted(into[number]):
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    return order


def _component(
    ring: Sequence[int],
    has: Sequence[Fraction],
    arcs: Sequence[Arcs],
    before: Sequence[Fraction],
) -> dict[int, Fraction]:
    inside = set(ring)
    kept = {firm: [(v, part) for v, part in arcs[firm] if v in inside] for firm in ring}
    closed = all(sum((part for _, part in row), ZERO) == 1 for row in kept.values())
    if closed and sum((has[firm] for firm in ring), ZERO) == 0:
        # All they pay comes back to them and nothing is lost: what they paid before agrees still.
        return {firm: before[firm] for firm in ring}
    active = {firm for firm in ring if has[firm] > 0}
    y = dict.fromkeys(ring, ZERO)
    while active:
        y = dict.fromkeys(ring, ZERO) | _eliminated(sorted(active), has, kept)
        brought = {firm: has[firm] for firm in ring}
        for firm in active:
            for other, part in kept[firm]:
                brought[other] += part * y[firm]
        more = {firm for firm in ring if firm not in active and brought[firm] > 0}
        if not more:
            break
        active |= more
    return y


def _eliminated(
    firms: Sequence[int], has: Sequence[Fraction], kept: dict[int, Arcs]
) -> dict[int, Fraction]:
    """Return y on these firms with y[i] = has[i] + sum of part * y[j], the fewest terms first."""
    chosen = set(firms)
    gives: dict[int, dict[int, Fraction]] = {firm: {} for firm in firms}  # by who pays
    takes: dict[int, dict[int, Fraction]] = {firm: {} for firm in firms}  # by who is paid
    for firm in firms:
        for other, part in kept[firm]:
            if other in chosen:
                takes[other][firm] = gives[firm][other] = gives[firm].get(other, ZERO) + part
    money = {firm: has[firm] for firm in firms}
    order = []
    left = set(firms)
    while left:
        firm = min(left, key=lambda f: (len(gives[f]) * len(takes[f]), f))
        left.discard(firm)
        scale = 1 - takes[firm].pop(firm, ZERO)
        gives[firm].pop(firm, None)
        money[firm] /= scale
        row = {other: part / scale for other, part in takes[firm].items()}
        order.append((firm, row))
        for other, part in gives[firm].items():
            money[other] += part * money[firm]
            mine = takes[other]
            del mine[firm]
            for source, more in row.items():
                mine[source] = gives[source][other] = mine.get(source, ZERO) + part * more
        for source in row:
            gives[source].pop(firm, None)
    y: dict[int, Fraction] = {}
    for firm, row in reversed(order):
        y[firm] = money[firm] + sum((part * y[source] for source, part in row.items()), ZERO)
    return y
