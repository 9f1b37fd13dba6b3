"""The search from both ends: for the few sources or sinks that are left at the end of a routing.

It grows from all sources and all sinks at once, always the side that has looked at less. Where they
meet there is a way; where one side runs out, that side is small, and moving its prices is cheap.
"""

from __future__ import annotations

from tailrace.network.solver.compiled import Array, kernel
from tailrace.network.solver.residual import (
    ENTER,
    FIRST,
    LAST,
    LEAVE,
    OTHER,
    TWIN,
    Network,
    Work,
    push,
    room,
)


@kernel
def live(nodes: Array, count: int, excess: Array) -> int:
    """Drop the nodes that have nothing left; return how many stay, in their order."""
    kept = 0
    for at in range(count):
        v = nodes[at]
        nodes[kept] = v
        if excess[v] != 0:
            kept += 1
    return kept


@kernel
def meet(network: Network, work: Work, sources: int, sinks: int, turn: int) -> tuple:
    """Grow both sides until they meet; return the arc, the volume, and the queued on each side.

    The arc is the half-arc from the sources' side to the sinks', -1 where the sources ran out and
    -2 where the sinks did.
    """
    begin(work, work.source, work.from_sources, sources, turn)
    begin(work, work.sink, work.from_sinks, sinks, -turn)
    i, j, out, into, looked_out, looked_in = 0, 0, sources, sinks, 0, 0
    while True:
        if looked_out <= looked_in:
            if i == out:
                return -1, looked_out + looked_in, out, into
            across, out, looked = reach(network, work, work.from_sources, i, out, turn)
            looked_out += looked
            i += 1
        else:
            if j == into:
                return -2, looked_out + looked_in, out, into
            across, into, looked = reach(network, work, work.from_sinks, j, into, -turn)
            looked_in += looked
            j += 1
        if across >= 0:
            return across, looked_out + looked_in, out, into


@kernel
def begin(work: Work, ends: Array, found: Array, count: int, mark: int) -> None:
    """Let a side begin with its ends."""
    for at in range(count):
        v = ends[at]
        found[at] = v
        work.side[v] = mark
        work.via[v] = -1


@kernel
def reach(network: Network, work: Work, found: Array, at: int, end: int, mark: int) -> tuple:
    """Let a side go on from one of what it found; return where it met the other, its end, the volume.

    mark: the turn, below zero on the sinks' side. The arc is -1 where it met nothing.
    """
    row, arc = network.row, network.arc
    side, via, before = work.side, work.via, work.before
    way = LEAVE if mark > 0 else ENTER
    v = found[at]
    low, high = row[4 * v + FIRST], row[4 * v + LAST]
    for x in range(low, high):
        word = arc[2 * x + 1]
        w = word >> OTHER
        if word & way and side[w] != mark:
            along = x if mark > 0 else (word >> 2) & TWIN
            if side[w] == -mark:
                return along, end, high - low + 1
            side[w] = mark
            via[w] = along
            before[w] = v
            found[end] = w
            end += 1
    return -1, end, high - low + 1


@kernel
def join(network: Network, work: Work, across: int, limit: int) -> int:
    """Push along the way that crosses over on this half-arc; return how much went."""
    arc = network.arc
    via, before, path, excess = work.via, work.before, work.path, work.excess
    v = arc[2 * ((arc[2 * across + 1] >> 2) & TWIN) + 1] >> OTHER
    depth = 0
    while via[v] >= 0:
        path[depth] = via[v]
        depth += 1
        v = before[v]
    source = v
    path[depth] = across
    depth += 1
    v = arc[2 * across + 1] >> OTHER
    while via[v] >= 0:
        path[depth] = via[v]
        depth += 1
        v = before[v]
    amount = min(excess[source], -excess[v], limit)
    amount = min(amount, room(network, path, depth, 1))
    push(network, path, depth, 1, amount)
    excess[source] -= amount
    excess[v] += amount
    return amount


@kernel
def route_few(
    network: Network, work: Work, counts: tuple, turn: int, volume: int, limit: int
) -> tuple:
    """Push way after way until one side runs out or the volume is spent.

    Returns (what `meet` returned last, turns, what went, sources left, sinks left, queued on the
    side that ran out); the first is zero or more where the volume was spent or nothing is left.
    """
    sources, sinks = counts
    sent, across, out, into = 0, 0, 0, 0
    while sources > 0 and sinks > 0 and volume >= 0 and sent < limit:
        turn += 1
        across, looked, out, into = meet(network, work, sources, sinks, turn)
        volume -= looked
        if across < 0:
            break
        sent += join(network, work, across, limit - sent)
        sources = live(work.source, sources, work.excess)
        sinks = live(work.sink, sinks, work.excess)
    return across, turn, sent, sources, sinks, out if across == -1 else into
