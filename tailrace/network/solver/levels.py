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
from tailrace.network.solver.residual import END, FAR, FIRST, Network, Work, list_tight
from tailrace.network.solver.search import gap_around, label_from, move_prices, send

LEAST = 4
FEW = 700  # so few sources or sinks, or one in so many nodes, and the search runs from both ends
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
    row, excess = network.row, work.excess
    sources, sinks = ends(work, low, high)
    if sources == 0:
        return turn
    for v in range(low, high):
        list_tight(v, network, work.price)
    whole = row[4 * high - 4 + END] - row[4 * low + FIRST]
    sign, level, spent = 1, 0, 0
    while limit > 0:
        sources = live(work.source, sources, excess)
        sinks = live(work.sink, sinks, excess)
        if sources == 0:
            break
        sent, step = 0, 0
        if not spent and min(sources, sinks) <= max(LEAST, (high - low) // FEW):
            across, turn, sent, sources, sinks, found = route_few(
                network, work, (sources, sinks), turn, whole * SHARE // 10, limit
            )
            spent = 1
            if across < 0 and sent < limit and sources > 0:
                sign = -1 if across == -1 else 1
                step = cross(network, work, (low, high), found, sign)
                spent = 0
        else:
            goals, many = (work.sink, sinks) if sign > 0 else (work.source, sources)
            starts, others = (work.source, sources) if sign > 0 else (work.sink, sinks)
            count, stop = label_from(network, work, goals, many, sign)
            spent = 0
            if stop == FAR:
                step = gap_around(network, work, count, sign)
                wide = move_prices(network, work, (low, high), count, -sign * step)
                sign = -sign if wide else sign
            else:
                sent = send(network, work, starts, others, (count, stop, sign, limit))
            for at in range(count):
                work.label[work.queue[at]] = FAR
        limit -= sent
        sent_at[min(level, len(sent_at) - 1)] += sent
        level += step
    return turn


@kernel
def cross(network: Network, work: Work, span: tuple, found: int, sign: int) -> int:
    """Move the prices of what the search from both ends found on the side that ran out."""
    side = work.from_sinks if sign > 0 else work.from_sources
    for at in range(found):
        work.queue[at] = side[at]
        work.label[side[at]] = 0
    step = gap_around(network, work, found, sign)
    move_prices(network, work, span, found, -sign * step)
    for at in range(found):
        work.label[side[at]] = FAR
    return step


@kernel
def ends(work: Work, low: int, high: int) -> tuple:
    """List the sources and sinks among nodes low to high; return how many there are of each."""
    sources, sinks = 0, 0
    for v in range(low, high):
        if work.excess[v] > 0:
            work.source[sources] = v
            sources += 1
        elif work.excess[v] < 0:
            work.sink[sinks] = v
            sinks += 1
    return sources, sinks
