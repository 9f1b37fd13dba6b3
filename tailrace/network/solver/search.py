"""Searches along tight arcs: labels by hops, walks that follow them, prices that move in between.

An arc u -> v of cost c is tight where price[u] = c + price[v]. Everything works in two directions:
with sign +1 labels count hops to the sinks and walks start at the sources, with -1 the other way.
"""

from __future__ import annotations

from tailrace.network.solver.compiled import Array, kernel
from tailrace.network.solver.residual import ENTER, FAR, LEAVE, Network, Work, push, room

SLACK = 4  # hops labelled beyond the first start met: longer ways are taken while they are at hand


@kernel
def tighten_row(v: int, network: Network, price: Array, tight: Array) -> int:
    """List the half-arcs of v on tight arcs; return where the list ends."""
    first, to, cost = network.first, network.to, network.cost
    end, own = first[v], price[v]
    for x in range(first[v], first[v + 1]):
        tight[end] = x
        if own - price[to[x] >> 2] == cost[x]:
            end += 1
    return end


@kernel
def label_from(network: Network, work: Work, goals: Array, count: int, sign: int) -> tuple:
    """Label nodes by hops from the goals; return how many were queued, the last label, the volume.

    Stops SLACK hops after the first start met; the last label is FAR where none was.
    """
    first, to = network.first, network.to
    label, tight, last, queue, excess = work.label, work.tight, work.last, work.queue, work.excess
    way = ENTER if sign > 0 else LEAVE
    for at in range(count):
        queue[at] = goals[at]
        label[goals[at]] = 0
    end, at, stop, volume = count, 0, FAR, 0
    while at < end:
        v = queue[at]
        at += 1
        hops = label[v] + 1
        if hops > stop:
            break
        volume += last[v] - first[v]
        for z in range(first[v], last[v]):
            word = to[tight[z]]
            if word & way:
                w = word >> 2
                if label[w] == FAR:
                    label[w] = hops
                    queue[end] = w
                    end += 1
                    if stop == FAR and sign * excess[w] > 0:
                        stop = hops + SLACK
    return end, stop, volume


@kernel
def walk(network: Network, work: Work, start: int, stop: int, sign: int, limit: int) -> int:
    """Push what the start has left along ways that follow falling labels; return how much went.

    A node with no way on gets a label one above its lowest neighbour, and none once that passes
    `stop`. Source: Ahuja, Magnanti, Orlin 1993, section 7.4 (shortest augmenting path).
    """
    first, to = network.first, network.to
    label, tight, last, excess = work.label, work.tight, work.last, work.excess
    current, path, over = work.current, work.path, work.over
    way = LEAVE if sign > 0 else ENTER
    v, depth, sent = start, 0, 0
    while True:
        if sign * excess[v] < 0:
            amount = min(abs(excess[start]), abs(excess[v]), limit - sent)
            amount = min(amount, room(network, path, depth, sign))
            full = push(network, path, depth, sign, amount)
            excess[start] -= sign * amount
            excess[v] += sign * amount
            sent += amount
            if excess[start] == 0 or sent == limit:
                return sent
            if full >= 0:
                depth = full
                v = over[full]
            continue
        below, low, end, z = label[v] - 1, FAR, last[v], current[v]
        begun, at = z, z
        w = -1
        while z < end:
            word = to[tight[z]]
            if word & way:
                w = word >> 2
                if label[w] <= low:
                    if label[w] == below:
                        break
                    if label[w] < low:
                        low = label[w]
                        at = z
            z += 1
        if z < end:
            current[v] = z
            path[depth] = tight[z]
            over[depth] = v
            depth += 1
            v = w
            continue
        if begun > first[v]:
            low, z = FAR, first[v]
            while z < end:
                word = to[tight[z]]
                if word & way and label[word >> 2] < low:
                    low = label[word >> 2]
                    at = z
                    if low <= below + 1:
                        break
                z += 1
        if low >= stop:
            label[v] = FAR
            if depth == 0:
                return sent
        else:
            label[v] = low + 1
            current[v] = at
        if depth > 0:
            depth -= 1
            v = over[depth]


@kernel
def gap_around(network: Network, work: Work, count: int, sign: int) -> int:
    """Return how far the prices of the queued nodes can move before another arc is tight."""
    first, to, cost = network.first, network.to, network.cost
    label, price, queue = work.label, work.price, work.queue
    way = ENTER if sign > 0 else LEAVE
    least = FAR
    for at in range(count):
        v = queue[at]
        own = price[v]
        for x in range(first[v], first[v + 1]):
            word = to[x]
            if word & way and label[word >> 2] == FAR:
                least = min(least, sign * (own - price[word >> 2] - cost[x]))
        if least == 1:
            break
    return least


@kernel
def move_prices(network: Network, work: Work, span: tuple, count: int, move: int) -> int:
    """Move the prices of the queued nodes, mend the lists of tight arcs; return the arcs touched.

    Only lists on either side of the cut change; where the queued nodes hold a third of all arcs it
    is quicker to list all of span[0] to span[1] anew.
    """
    first, to, cost = network.first, network.to, network.cost
    price, label, tight, last, queue = work.price, work.label, work.tight, work.last, work.queue
    volume = 0
    for at in range(count):
        v = queue[at]
        price[v] += move
        volume += first[v + 1] - first[v]
    if volume * 3 >= first[span[1]] - first[span[0]]:
        for v in range(span[0], span[1]):
            last[v] = tighten_row(v, network, price, tight)
        return volume
    end = count
    for at in range(count):
        v = queue[at]
        own, z = price[v], first[v]
        for x in range(first[v], first[v + 1]):
            tight[z] = x
            w = to[x] >> 2
            gap = own - price[w] - cost[x]
            if gap == 0:
                z += 1
            if label[w] == FAR and (gap == 0 or gap == move):
                label[w] = FAR - 1
                queue[end] = w
                end += 1
        last[v] = z
    for at in range(count, end):
        v = queue[at]
        label[v] = FAR
        last[v] = tighten_row(v, network, price, tight)
    return volume
