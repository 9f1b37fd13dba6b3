"""The residual network: what stays to be paid, `f`, as a flow that can still be pushed about.

Each pair u -> v is two half-arcs, one in the row of u and one in that of v, so that a search reads
a firm's neighbours in one sweep. Within a row the half-arcs on tight arcs come first; which they are
changes with the prices, and with it where a half-arc stands. A half-arc is two numbers side by side:

- its room: what can still be pushed along it, away from the firm;
- a word: the neighbour, where its twin in the neighbour's row stands, and two flags: LEAVE, it has
  room, and ENTER, its twin has, so that flow may come in along it.

A push so touches two places of memory for each arc, and a search one for each firm it visits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tailrace.network.solver.compiled import Array, kernel, run

LEAVE, ENTER = 1, 2
FLAGS = LEAVE | ENTER
TWIN = (1 << 30) - 1  # of a word, once its flags are shifted out
OTHER = 32  # bits below the neighbour
FIRST, LAST, AT, END = 0, 1, 2, 3  # of a row: its start, the end of its tight part, a walk, its end
FAR = 1 << 30  # a label no search gives


class Network(NamedTuple):
    """Row v is the four numbers from row[4 * v]; half-arc x the two from arc[2 * x] and side[2 * x]."""

    row: Array
    arc: Array  # the room along x, and its word
    side: Array  # the cost of leaving along x, and its pair times two, plus one for the creditor's


class Work(NamedTuple):
    """What the routing notes down, by node unless said."""

    price: Array
    excess: Array  # still to be sent away; below zero, still to be received
    label: Array  # hops to the nearest goal along tight arcs, FAR where none was found
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
        row=np.zeros(4 * nodes, np.int32),
        arc=np.zeros(4 * pairs, np.int64),
        side=np.zeros(4 * pairs, costs),
    )


def work_on(network: Network, excess: Array) -> Work:
    """Return what a routing of these excesses needs."""
    nodes = len(excess)
    ints = [np.zeros(nodes, np.int32) for _ in range(8)]
    return Work(
        price=np.zeros(nodes, network.side.dtype),
        excess=excess,
        label=np.full(nodes, FAR, np.int32),
        queue=ints[0],
        path=np.zeros(nodes + 1, np.int32),
        over=np.zeros(nodes + 1, np.int32),
        side=ints[1],
        via=ints[2],
        before=ints[3],
        from_sources=ints[4],
        from_sinks=ints[5],
        source=ints[6],
        sink=ints[7],
    )


@kernel
def lay(u: Array, v: Array, cap: Array, weight: Array, network: Network) -> None:
    """Lay out the half-arcs of these pairs; nothing is pushed yet, and nothing known to be tight.

    A node's pairs as debtor come first, in order, then those as creditor. No weights means one each.
    """
    row, arc, side = network
    for a in range(len(u)):
        row[4 * u[a] + END] += 1
        row[4 * v[a] + END] += 1
    start = 0
    for r in range(0, len(row), 4):
        row[r + FIRST] = start
        row[r + LAST] = start
        row[r + AT] = start
        start += row[r + END]
        row[r + END] = start
    for a in range(len(u)):
        row[4 * u[a] + AT] += 1
    w = 1
    for a in range(len(u)):
        if len(weight) > 0:
            w = weight[a]
        x, y = row[4 * u[a] + LAST], row[4 * v[a] + AT]
        row[4 * u[a] + LAST] = x + 1
        row[4 * v[a] + AT] = y + 1
        arc[2 * x] = cap[a]
        arc[2 * x + 1] = (v[a] << OTHER) + (y << 2) + LEAVE
        arc[2 * y] = 0
        arc[2 * y + 1] = (u[a] << OTHER) + (x << 2) + ENTER
        side[2 * x] = w
        side[2 * x + 1] = 2 * a
        side[2 * y] = -w
        side[2 * y + 1] = 2 * a + 1


def flow_of(network: Network, *, compiled: bool) -> Array:
    """Return what was pushed along each pair, in the order in which they were laid."""
    flow = np.empty(len(network.side) // 4, np.int64)
    run(flows, network, flow, compiled=compiled)
    return flow


@kernel
def flows(network: Network, flow: Array) -> None:
    """Write what was pushed along each pair."""
    arc, side = network.arc, network.side
    for x in range(0, len(side), 2):
        a = side[x + 1]
        if a & 1:
            flow[a >> 1] = arc[x]


@kernel
def let_flow(network: Network, flow: Array) -> None:
    """Push this along each pair of a network just laid."""
    arc, side = network.arc, network.side
    for x in range(0, len(side), 2):
        pushed = flow[side[x + 1] >> 1]
        if side[x + 1] & 1 or pushed == 0:
            continue
        y = 2 * ((arc[x + 1] >> 2) & TWIN)
        arc[x] -= pushed
        arc[y] = pushed
        arc[x + 1] += ENTER
        arc[y + 1] += LEAVE
        if arc[x] == 0:
            arc[x + 1] -= LEAVE
            arc[y + 1] -= ENTER


@kernel
def list_tight(v: int, network: Network, price: Array) -> None:
    """Put the half-arcs of v on tight arcs, where price[v] = cost + price of the other, first."""
    row, arc, side = network
    own, low, high = price[v], row[4 * v + FIRST], row[4 * v + END]
    while True:
        while low < high and own - price[arc[2 * low + 1] >> OTHER] == side[2 * low]:
            low += 1
        while low < high and own - price[arc[2 * high - 1] >> OTHER] != side[2 * high - 2]:
            high -= 1
        if low >= high:
            break
        high -= 1
        swap(low, high, arc, side)
        low += 1
    row[4 * v + LAST] = low


@kernel
def mend_tight(v: int, network: Network, price: Array) -> None:
    """List the tight half-arcs of v again, and their twins where that has changed."""
    row, arc, side = network
    own, r = price[v], 4 * v
    x, last, end = row[r + FIRST], row[r + LAST], row[r + END]
    rest = last
    while x < last:
        w = arc[2 * x + 1] >> OTHER
        if own - price[w] == side[2 * x]:
            x += 1
        else:
            last -= 1
            swap(x, last, arc, side)
            row[4 * w + LAST] -= 1
            swap((arc[2 * last + 1] >> 2) & TWIN, row[4 * w + LAST], arc, side)
    for x in range(rest, end):
        word = arc[2 * x + 1]
        w = word >> OTHER
        if own - price[w] == side[2 * x]:
            swap(x, last, arc, side)
            swap((word >> 2) & TWIN, row[4 * w + LAST], arc, side)
            row[4 * w + LAST] += 1
            last += 1
    row[r + LAST] = last


@kernel
def swap(x: int, y: int, arc: Array, side: Array) -> None:
    """Let two half-arcs of a row change places."""
    if x == y:
        return
    room, word = arc[2 * x], arc[2 * x + 1]
    arc[2 * x] = arc[2 * y]
    arc[2 * x + 1] = arc[2 * y + 1]
    arc[2 * y] = room
    arc[2 * y + 1] = word
    cost, pair = side[2 * x], side[2 * x + 1]
    side[2 * x] = side[2 * y]
    side[2 * x + 1] = side[2 * y + 1]
    side[2 * y] = cost
    side[2 * y + 1] = pair
    twin = (word >> 2) & TWIN
    arc[2 * twin + 1] += (y - x) << 2
    twin = (arc[2 * x + 1] >> 2) & TWIN
    arc[2 * twin + 1] += (x - y) << 2


@kernel
def room(network: Network, path: Array, depth: int, sign: int) -> int:
    """Return how much more can pass along the path; sign -1 where it is walked against the flow."""
    arc = network.arc
    least = 1 << 62
    for at in range(depth):
        x = path[at]
        if sign < 0:
            x = (arc[2 * x + 1] >> 2) & TWIN
        least = min(least, arc[2 * x])
    return least


@kernel
def push(network: Network, path: Array, depth: int, sign: int, amount: int) -> int:
    """Push the amount along the path; return the first step that is now full, -1 if none is."""
    arc = network.arc
    full = -1
    for at in range(depth - 1, -1, -1):
        x = path[at]
        y = (arc[2 * x + 1] >> 2) & TWIN
        if sign < 0:
            x, y = y, x
        left, back = arc[2 * x] - amount, arc[2 * y]
        arc[2 * x] = left
        arc[2 * y] = back + amount
        if left == 0:
            full = at
            arc[2 * x + 1] -= LEAVE
            arc[2 * y + 1] -= ENTER
        if back == 0:
            arc[2 * x + 1] += ENTER
            arc[2 * y + 1] += LEAVE
    return full
