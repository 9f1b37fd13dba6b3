"""Searches along tight arcs: labels by hops, walks that follow them, prices that move in between.

An arc u -> v of cost c is tight where price[u] = c + price[v]. Everything works in two directions:
with sign +1 labels count hops to the sinks and walks start at the sources, with -1 the other way.
"""

from __future__ import annotations

from tailrace.network.solver.compiled import Array, kernel
from tailrace.network.solver.residual import (
    AT,
    END,
    ENTER,
    FAR,
    FIRST,
    LAST,
    LEAVE,
    OTHER,
    Network,
    Work,
    list_tight,
    mend_tight,
    push,
    room,
)

WIDE = 3  # a cut beside one in so many arcs, and all tight parts are listed anew
SLACK = 10  # hops labelled beyond the first start met: longer ways are taken while they are at hand


@kernel
def label_from(network: Network, work: Work, goals: Array, count: int, sign: int) -> tuple:
    """Label nodes by hops from the goals; return how many were queued and the last label.

    Stops SLACK hops after the first start met; the last label is FAR where none was.
    """
    row, arc = network.row, network.arc
    label, queue, excess = work.label, work.queue, work.excess
    way = ENTER if sign > 0 else LEAVE
    for at in range(count):
        queue[at] = goals[at]
        label[goals[at]] = 0
    end, at, stop = count, 0, FAR
    while at < end:
        v = queue[at]
        at += 1
        hops = label[v] + 1
        if hops > stop:
            break
        for x in range(row[4 * v + FIRST], row[4 * v + LAST]):
            word = arc[2 * x + 1]
            if word & way:
                w = word >> OTHER
                if label[w] == FAR:
                    label[w] = hops
                    queue[end] = w
                    end += 1
                    if stop == FAR and sign * excess[w] > 0:
                        stop = hops + SLACK
    return end, stop


@kernel
def send(network: Network, work: Work, starts: Array, many: int, how: tuple) -> int:
    """Walk from each start; how: queued, last label, sign, limit. Return how much went."""
    count, stop, sign, limit = how
    row, label, queue = network.row, work.label, work.queue
    for at in range(count):
        row[4 * queue[at] + AT] = row[4 * queue[at] + FIRST]
    sent = 0
    for at in range(many):
        if label[starts[at]] != FAR and sent < limit:
            sent += walk(network, work, starts[at], stop, sign, limit - sent)
    return sent


@kernel
def walk(network: Network, work: Work, start: int, stop: int, sign: int, limit: int) -> int:
    """Push what the start has left along ways that follow falling labels; return how much went.

    A node with no way on gets a label one above its lowest neighbour, and none once that passes
    `stop`. Source: Ahuja, Magnanti, Orlin 1993, section 7.4 (shortest augmenting path).
    """
    row, arc = network.row, network.arc
    label, excess, path, over = work.label, work.excess, work.path, work.over
    way = LEAVE if sign > 0 else ENTER
    v, depth, sent = start, 0, 0
    while True:
        if label[v] == 0 and excess[v] != 0:
            amount, full = deliver(network, work, start, v, depth, sign, limit - sent)
            sent += amount
            if excess[start] == 0 or sent == limit:
                return sent
            if full >= 0:
                depth = full
                v = over[full]
            continue
        r = 4 * v
        below, low, end, x = label[v] - 1, FAR, row[r + LAST], row[r + AT]
        begun, at = x, x
        w = -1
        while x < end:
            word = arc[2 * x + 1]
            if word & way:
                w = word >> OTHER
                if label[w] <= low:
                    if label[w] == below:
                        break
                    if label[w] < low:
                        low = label[w]
                        at = x
            x += 1
        if x < end:
            row[r + AT] = x
            path[depth] = x
            over[depth] = v
            depth += 1
            v = w
            continue
        if begun > row[r + FIRST]:
            low, x = FAR, row[r + FIRST]
            while x < end:
                word = arc[2 * x + 1]
                if word & way and label[word >> OTHER] < low:
                    low = label[word >> OTHER]
                    at = x
                    if low <= below + 1:
                        break
                x += 1
        if low >= stop:
            label[v] = FAR
            if depth == 0:
                return sent
        else:
            label[v] = low + 1
            row[r + AT] = at
        if depth > 0:
            depth -= 1
            v = over[depth]


@kernel
def deliver(
    network: Network, work: Work, start: int, v: int, depth: int, sign: int, limit: int
) -> tuple:
    """Push what can pass along the path from the start to v; return how much, and where it is full."""
    excess, path = work.excess, work.path
    amount = min(abs(excess[start]), abs(excess[v]), limit)
    amount = min(amount, room(network, path, depth, sign))
    full = push(network, path, depth, sign, amount)
    excess[start] -= sign * amount
    excess[v] += sign * amount
    return amount, full


@kernel
def gap_around(network: Network, work: Work, count: int, sign: int) -> int:
    """Return how far the prices of the queued nodes can move before another arc is tight."""
    row, arc, side = network
    label, price, queue = work.label, work.price, work.queue
    way = ENTER if sign > 0 else LEAVE
    least = FAR
    for at in range(count):
        v = queue[at]
        own = price[v]
        for x in range(row[4 * v + FIRST], row[4 * v + END]):
            word = arc[2 * x + 1]
            w = word >> OTHER
            if word & way and label[w] == FAR:
                least = min(least, sign * (own - price[w] - side[2 * x]))
        if least == 1:
            break
    return least


@kernel
def move_prices(network: Network, work: Work, span: tuple, count: int, move: int) -> bool:
    """Move the prices of the queued nodes and mend the tight parts; say if most arcs are theirs.

    Where the queued nodes hold one in WIDE of all arcs it is quicker to list all of span[0] to span[1].
    """
    row, price, queue = network.row, work.price, work.queue
    whole = row[4 * span[1] - 4 + END] - row[4 * span[0] + FIRST]
    volume = 0
    for at in range(count):
        v = queue[at]
        price[v] += move
        volume += row[4 * v + END] - row[4 * v + FIRST]
    if volume * WIDE >= whole:
        for v in range(span[0], span[1]):
            list_tight(v, network, price)
    else:
        for at in range(count):
            mend_tight(queue[at], network, price)
    return volume * 2 > whole
