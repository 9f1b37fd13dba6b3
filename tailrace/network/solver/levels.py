"""The routing: net positions go through the debts level by level, cheapest units first.

What stays to be paid, f, is the cheapest flow that carries every net debtor's excess to the net
creditors when a unit of a debt costs its weight. Prices bound each node's distance to a net creditor
from below; along tight arcs, where the bound is met, all that can pass is sent. When nothing more
can pass, the prices on one side of the cut move to the next distance, a level. With unit weights the
units sent at level k are those whose money would run through k debts: the value-of-liquidity curve.

Source: the primal-dual algorithm, Ahuja, Magnanti, Orlin 1993, section 9.8; labels and walks are
those of shortest augmenting paths (7.4), kept to the arcs that are tight.
"""

from __future__ import annotations

from tailrace.network.solver.compiled import Array, kernel
from tailrace.network.solver.meeting import live, route_few
from tailrace.network.solver.residual import FAR, Network, Work
from tailrace.network.solver.search import gap_around, label_from, move_prices, tighten_row, walk

FEW = 300  # one source or sink in so many nodes, and the search runs from both ends
SHARE = 3  # tenths of all arcs that search may look at before the labels are made anew


@kernel
def route_parts(network: Network, work: Work, start: Array, parts: int, sent_at: Array) -> None:
    """Route each component by itself, so that a tie in one is decided by its own debts alone."""
    turn = 0
    for part in range(parts):
        turn = route(network, work, start[part], start[part + 1], 1 << 62, turn, sent_at)


@kernel
def route(
    network: Network, work: Work, low: int, high: int, limit: int, turn: int, sent_at: Array
) -> int:
    """Send the excesses of nodes low to high, at most `limit` units, and note them by level.

    Everything can be sent: pushing each debt in full would do it. Returns the turns of the search
    from both ends so far.
    """
    price, excess, label, queue = work.price, work.excess, work.label, work.queue
    span = (low, high)
    whole = network.first[high] - network.first[low]
    sources, sinks = 0, 0
    for v in range(low, high):
        if excess[v] > 0:
            work.source[sources] = v
            sources += 1
        elif excess[v] < 0:
            work.sink[sinks] = v
            sinks += 1
    if sources == 0:
        return turn
    for v in range(low, high):
        work.last[v] = tighten_row(v, network, price, work.tight)
    sign, level, count, spent = 1, 0, 0, 0
    while limit > 0:
        sources = live(work.source, sources, excess)
        sinks = live(work.sink, sinks, excess)
        if sources == 0:
            break
        for at in range(count):
            label[queue[at]] = FAR
        count = 0
        stop = 0
        if min(sources, sinks) * FEW <= high - low and not spent:
            across, turn, sent, sources, sinks, count = route_few(
                network, work, (sources, sinks), turn, whole * SHARE // 10, limit
            )
            limit -= sent
            sent_at[min(level, len(sent_at) - 1)] += sent
            if sources == 0 or limit == 0:
                break
            spent = 1
            if across < 0:
                spent = 0
                sign = -1 if across == -1 else 1
                found = work.from_sources if across == -1 else work.from_sinks
                for at in range(count):
                    queue[at] = found[at]
                    label[found[at]] = 0
                stop = FAR
        if stop == 0:
            goals, many = (work.sink, sinks) if sign > 0 else (work.source, sources)
            count, stop, volume = label_from(network, work, goals, many, sign)
        if stop == FAR:
            step = gap_around(network, work, count, sign)
            volume = move_prices(network, work, span, count, -sign * step)
            level += step
            spent = 0
            if volume * 2 > whole:
                for at in range(count):
                    label[queue[at]] = FAR
                count = 0
                sign = -sign
            continue
        spent = 0
        for at in range(count):
            work.current[queue[at]] = network.first[queue[at]]
        starts, many = (work.source, sources) if sign > 0 else (work.sink, sinks)
        for at in range(many):
            if label[starts[at]] != FAR and limit > 0:
                sent = walk(network, work, starts[at], stop, sign, limit)
                limit -= sent
                sent_at[min(level, len(sent_at) - 1)] += sent
    for at in range(count):
        label[queue[at]] = FAR
    return turn
