"""Components: which firms lie on rings with one another, and in what order the rest hang together."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from tailrace.network.solver.compiled import Array, kernel, run


class Within(Struct, frozen=True, kw_only=True):
    """The pairs within components, component by component, sorted by debtor and creditor.

    Component c is the nodes start[c] to start[c + 1], firms in their order. Each component is routed
    by itself and knows nothing of the others, so they may be dealt out in any slices.
    """

    u: Array  # debtor and creditor of each, as nodes
    v: Array
    debt: Array
    weight: Array  # empty where each is one
    pair: Array  # its place among the pairs given
    node: Array  # the firm of each node
    start: Array
    compiled: bool


def within(
    tail: Array, head: Array, debt: Array, weight: Array, number: Array, compiled: bool
) -> Within:
    """Return the pairs within components; number[v] becomes the component of each firm."""
    firms = len(number)
    first, place = np.empty(firms + 1, np.int32), np.empty(firms, np.int32)
    run(row_starts, tail, len(tail), first, compiled=compiled)
    marks = np.zeros(firms, np.int32), np.zeros(firms, np.int32), np.empty(3 * firms, np.int32)
    found = run(strong, first, head, number, *marks, compiled=compiled)
    size, slot = np.zeros(found + 1, np.int32), np.empty(found + 1, np.int32)
    start, node = np.empty(found + 1, np.int32), np.empty(firms, np.int32)
    parts = run(gather, number, size, slot, start, node, place, compiled=compiled)
    start = start[: parts + 1]
    node = node[: start[-1]]
    arcs = np.empty(3 * len(debt), np.int32)
    given = (first, head, number, node, place, len(node), arcs)
    kept = run(inside, *given, compiled=compiled)
    u, v, pair = (arcs.reshape(3, -1)[row, :kept] for row in range(3))
    return Within(
        u=u,
        v=v,
        debt=debt[pair],
        weight=weight[pair] if len(weight) else weight,
        pair=pair,
        node=node,
        start=start,
        compiled=compiled,
    )


@kernel
def row_starts(tail: Array, pairs: int, first: Array) -> None:
    """Write where each node's pairs start: those of v are first[v] to first[v + 1]."""
    for v in range(len(first)):
        first[v] = 0
    for pair in range(pairs):
        first[tail[pair] + 1] += 1
    for v in range(1, len(first)):
        first[v] += first[v - 1]


@kernel
def strong(first: Array, head: Array, number: Array, seen: Array, reach: Array, work: Array) -> int:
    """Number the strongly connected components and return how many there are.

    A debt between two components goes from the higher number to the lower. `work` holds three rows
    of nodes: where each stands among its pairs, the path, and the nodes not yet numbered.
    Source: Tarjan 1972, "Depth-first search and linear graph algorithms", without recursion.
    """
    count = len(number)
    path_at, open_at = count, 2 * count
    clock, found, waiting = 0, 0, 0
    for v in range(count):
        work[v] = first[v]
        number[v] = -1
    for root in range(count):
        if seen[root]:
            continue
        clock += 1
        seen[root] = clock
        reach[root] = clock
        depth = 1
        work[path_at] = root
        work[open_at + waiting] = root
        waiting += 1
        while depth:
            v = work[path_at + depth - 1]
            at = work[v]
            if at < first[v + 1]:
                work[v] = at + 1
                w = head[at]
                if not seen[w]:
                    clock += 1
                    seen[w] = clock
                    reach[w] = clock
                    work[path_at + depth] = w
                    depth += 1
                    work[open_at + waiting] = w
                    waiting += 1
                elif number[w] < 0 and seen[w] < reach[v]:
                    reach[v] = seen[w]
                continue
            depth -= 1
            if depth:
                before = work[path_at + depth - 1]
                reach[before] = min(reach[before], reach[v])
            if reach[v] == seen[v]:
                w = -1
                while w != v:
                    waiting -= 1
                    w = work[open_at + waiting]
                    number[w] = found
                found += 1
    return found


@kernel
def gather(number: Array, size: Array, slot: Array, start: Array, node: Array, place: Array) -> int:
    """Line up the firms on rings, component by component; return how many components there are.

    Components stand in the order of their first firm, firms within one in their own order: node[x]
    is the firm at x, place[v] the other way round, -1 where the firm lies on no ring.
    """
    found, total = 0, 0
    for v in range(len(number)):
        size[number[v]] += 1
        slot[number[v]] = -1
    for v in range(len(number)):
        c = number[v]
        if size[c] > 1 and slot[c] < 0:
            slot[c] = found
            start[found] = total
            total += size[c]
            found += 1
    start[found] = total
    for v in range(len(number)):
        place[v] = -1
        s = slot[number[v]]
        if s >= 0:  # size now counts what is still to come
            c = number[v]
            x = start[s + 1] - size[c]
            size[c] -= 1
            place[v] = x
            node[x] = v
    return found


@kernel
def inside(
    first: Array, head: Array, number: Array, node: Array, place: Array, count: int, arcs: Array
) -> int:
    """Write the pairs within components as rows (debtor, creditor, pair); return how many.

    Debtor and creditor are positions as `gather` gives them, and pairs stay sorted by them.
    `arcs` holds the three rows one after the other, each a third of its length.
    """
    third = len(arcs) // 3
    found = 0
    for x in range(count):
        v = node[x]
        for pair in range(first[v], first[v + 1]):
            w = head[pair]
            if number[w] == number[v]:
                arcs[found] = x
                arcs[third + found] = place[w]
                arcs[2 * third + found] = pair
                found += 1
    return found


@kernel
def tighten(
    u: Array, v: Array, cap: Array, pays: Array, gets: Array, start: Array, spans: Array, parts: int
) -> None:
    """Cut debts to what can pass: no more than the debtor is owed, or the creditor owes.

    Component by component until a pass cuts less than a sixty-fourth; cutting is never needed, it
    spares the routing work. pays[x] becomes payables less receivables after the cut.
    """
    for part in range(parts):
        low, high = spans[part], spans[part + 1]
        total, cut = 0, 1
        while cut > total >> 6:
            for x in range(start[part], start[part + 1]):
                pays[x] = 0
                gets[x] = 0
            total, cut = 0, 0
            for arc in range(low, high):
                pays[u[arc]] += cap[arc]
                gets[v[arc]] += cap[arc]
                total += cap[arc]
            for arc in range(low, high):
                passes = min(cap[arc], gets[u[arc]], pays[v[arc]])
                cut += cap[arc] - passes
                cap[arc] = passes
        for x in range(start[part], start[part + 1]):
            pays[x] = 0
        for arc in range(low, high):
            pays[u[arc]] += cap[arc]
            pays[v[arc]] -= cap[arc]
