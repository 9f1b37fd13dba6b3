"""The graph of debts: which of them can lie on a cycle, and in what order the rest hang together."""

from __future__ import annotations

import numpy as np

from tailrace.network.debts import Ints

ROUNDS = 64  # of peeling by whole arrays; what is left then is small or a long chain


def components(tail: Ints, head: Ints, count: int) -> Ints:
    """Return for each node the number of its strongly connected component.

    An arc tail -> head between two components goes from the higher number to the lower. First the
    nodes that nobody owes or that owe nobody are peeled off by whole arrays, then what is left is
    walked once. Source: Tarjan 1972, "Depth-first search and linear graph algorithms".
    """
    number = np.full(count, -1, np.int64)
    sources, live, rounds = [], np.arange(len(tail)), 0
    left = np.ones(count, np.bool_)
    low = 0
    while rounds < ROUNDS:
        outs = np.bincount(tail[live], minlength=count)
        ins = np.bincount(head[live], minlength=count)
        sinks, tops = left & (outs == 0), left & (ins == 0) & (outs > 0)
        found, above = np.flatnonzero(sinks), np.flatnonzero(tops)
        if not len(found) and not len(above):
            break
        number[found] = np.arange(low, low + len(found))
        low += len(found)
        sources.append(above)
        left &= ~(sinks | tops)
        live = live[left[tail[live]] & left[head[live]]]
        rounds += 1
    core = np.flatnonzero(left)
    number[core] = low + _tarjan(tail[live], head[live], core, count)
    top = low + len(core)
    for above in reversed(sources):
        number[above] = np.arange(top, top + len(above))
        top += len(above)
    return number


def _tarjan(tail: Ints, head: Ints, core: Ints, count: int) -> Ints:
    """Return component numbers 0, 1, ... of the core nodes, each after those it can reach."""
    place = np.full(count, -1, np.int64)
    place[core] = np.arange(len(core))
    order = np.argsort(tail, kind="stable")
    first = np.searchsorted(place[tail[order]], np.arange(len(core) + 1)).tolist()
    to = place[head[order]].tolist()
    return np.array(_walk(first, to), np.int64)


def _walk(first: list[int], to: list[int]) -> list[int]:
    """Number the components of a graph in rows: the arcs of node v are to[first[v]:first[v + 1]]."""
    size = len(first) - 1
    seen, reach, number = [0] * size, [0] * size, [-1] * size
    following = first[:-1]
    clock, found = 0, 0
    for root in range(size):
        if seen[root]:
            continue
        clock += 1
        seen[root] = reach[root] = clock
        path, open_nodes = [root], [root]
        while path:
            node = path[-1]
            at = following[node]
            if at < first[node + 1]:
                following[node] = at + 1
                other = to[at]
                if not seen[other]:
                    clock += 1
                    seen[other] = reach[other] = clock
                    path.append(other)
                    open_nodes.append(other)
                elif number[other] < 0 and seen[other] < reach[node]:
                    reach[node] = seen[other]
                continue
            path.pop()
            if path and reach[node] < reach[path[-1]]:
                reach[path[-1]] = reach[node]
            if reach[node] == seen[node]:
                while True:
                    other = open_nodes.pop()
                    number[other] = found
                    if other == node:
                        break
                found += 1
    return number
