"""The residual network: what stays to be paid, `f`, as a flow that can still be pushed about.

Each pair u -> v is two half-arcs, one in the list of u and one in that of v, so that a search reads
a firm's neighbours in one sweep. The word `to[x]` is the neighbour times four plus two flags: LEAVE,
flow may leave the firm along x, and ENTER, flow may come in along x (that is, a push may go back).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tailrace.network.solver.compiled import Array, kernel

LEAVE, ENTER = 1, 2
FAR = 1 << 30  # a label no search gives


class Network(NamedTuple):
    """Half-arcs x of node v stand at first[v] to first[v + 1]; a pair's four numbers in `pair`."""

    first: Array
    to: Array
    cost: Array  # of leaving along x: the weight for the debtor, less the weight for the creditor
    arc: Array  # the pair of x
    pair: Array  # of each pair: f, cap, the debtor's half-arc, the creditor's


class Work(NamedTuple):
    """What the routing notes down, by node unless said."""

    price: Array
    excess: Array  # still to be sent away; below zero, still to be received
    label: Array  # hops to the nearest goal along tight arcs, FAR where none was found
    tight: Array  # by half-arc: those of v on tight arcs are tight[first[v]:last[v]]
    last: Array
    current: Array  # where the walk stands among the tight arcs
    queue: Array
    path: Array  # half-arcs from the start to where the walk is
    over: Array  # the nodes they leave
    side: Array  # of the search from both ends: the turn, below zero when from the sinks
    via: Array  # the half-arc by which that search came
    before: Array  # and the node
    from_sources: Array
    from_sinks: Array
    source: Array
    sink: Array


def network_of(nodes: int, pairs: int, *, costs: type = np.int32) -> Network:
    """Return an empty network of this size."""
    return Network(
        first=np.zeros(nodes + 1, np.int32),
        to=np.zeros(2 * pairs, np.int32),
        cost=np.zeros(2 * pairs, costs),
        arc=np.zeros(2 * pairs, np.int32),
        pair=np.zeros(4 * pairs, np.int64),
    )


def work_on(network: Network, excess: Array) -> Work:
    """Return what a routing of these excesses needs."""
    nodes = len(network.first) - 1
    ints = [np.zeros(nodes, np.int32) for _ in range(10)]
    return Work(
        price=np.zeros(nodes, network.cost.dtype),
        excess=excess,
        label=np.full(nodes, FAR, np.int32),
        tight=np.zeros(len(network.to) + 1, np.int32),
        last=ints[0],
        current=ints[1],
        queue=ints[2],
        path=np.zeros(nodes + 1, np.int32),
        over=np.zeros(nodes + 1, np.int32),
        side=ints[3],
        via=ints[4],
        before=ints[5],
        from_sources=ints[6],
        from_sinks=ints[7],
        source=ints[8],
        sink=ints[9],
    )


@kernel
def lay(u: Array, v: Array, cap: Array, weight: Array, network: Network, place: Array) -> None:
    """Lay out the half-arcs of pairs sorted by debtor and creditor; nothing is pushed yet.

    A node's pairs as debtor come first, in order, then those as creditor. No weights means one each.
    """
    first, to, cost, arc, pair = network
    count = len(first) - 1
    for a in range(len(u)):
        first[u[a] + 1] += 1
        first[v[a] + 1] += 1
    for x in range(count):
        first[x + 1] += first[x]
        place[x] = first[x]
    w = 1
    for a in range(len(u)):
        if len(weight) > 0:
            w = weight[a]
        x = place[u[a]]
        place[u[a]] += 1
        to[x] = v[a] * 4 + LEAVE
        cost[x] = w
        arc[x] = a
        pair[4 * a] = 0
        pair[4 * a + 1] = cap[a]
        pair[4 * a + 2] = x
    for a in range(len(u)):
        if len(weight) > 0:
            w = weight[a]
        y = place[v[a]]
        place[v[a]] += 1
        to[y] = u[a] * 4 + ENTER
        cost[y] = -w
        arc[y] = a
        pair[4 * a + 3] = y


@kernel
def room(network: Network, path: Array, depth: int, sign: int) -> int:
    """Return how much more can pass along the path; sign -1 where it is walked against the flow."""
    arc, pair = network.arc, network.pair
    least = 1 << 62
    for at in range(depth):
        x = path[at]
        a = 4 * arc[x]
        free = pair[a + 1] - pair[a] if (pair[a + 2] == x) == (sign > 0) else pair[a]
        least = min(least, free)
    return least


@kernel
def push(network: Network, path: Array, depth: int, sign: int, amount: int) -> int:
    """Push the amount along the path; return the first step that is now full, -1 if none is."""
    to, arc, pair = network.to, network.arc, network.pair
    full = -1
    for at in range(depth - 1, -1, -1):
        x = path[at]
        a = 4 * arc[x]
        flow = pair[a]
        cap = pair[a + 1]
        after = flow + amount if (pair[a + 2] == x) == (sign > 0) else flow - amount
        pair[a] = after
        if after == 0 or after == cap:
            full = at
        elif flow != 0 and flow != cap:
            continue
        state = LEAVE if after < cap else 0
        state += ENTER if after > 0 else 0
        x = pair[a + 2]
        y = pair[a + 3]
        to[x] = (to[x] & ~3) | state
        to[y] = (to[y] & ~3) | (state >> 1) | ((state & 1) << 1)
    return full
