"""Kernels that tell what is left of a circulation as rings, by walking along thick pairs.

A walk closes a ring at the first chance: by a pair back to a firm it has passed, and every few firms by
a look round for the nearest such firm. The working arrays are those of `rings`.
"""

from __future__ import annotations

from tailrace.network.rings import STAMP, STEPS, Net, Told, Work, take
from tailrace.network.solver.compiled import kernel

SCAN = 16  # pairs a walk weighs at each firm
STRIDE = 6  # firms a walk passes before it looks for a way home
HOME = 200  # pairs it looks at then


@kernel
def home(net: Net, work: Work, node: int) -> int:
    """Return the first firm of the walk met from its end, or -1; `came` leads back from it."""
    head, rest, now = net.head, net.rest, work.now
    now[STAMP] += 1
    stamp = now[STAMP]
    work.front[0] = node
    work.seen[node] = stamp
    at, end, looks = 0, 1, HOME
    while at < end:
        here = work.front[at]
        at += 1
        for x in range(net.first_out[here], net.end_out[here]):
            looks -= 1
            if looks == 0:
                return -1
            pair = net.outs[x]
            other = head[pair]
            if rest[pair] > 0 and work.seen[other] != stamp:
                work.seen[other] = stamp
                work.came[other] = pair
                if work.place[other] >= 0:
                    return other
                work.front[end] = other
                end += 1
    return -1


@kernel
def onward(net: Net, work: Work, node: int) -> int:
    """Return the pair that closes the shortest ring, else the thickest left."""
    rest = net.rest
    best, closes, weighed = -1, -1, 0
    for x in range(net.first_out[node], net.end_out[node]):
        pair = net.outs[x]
        if rest[pair] == 0:
            continue
        if best < 0:
            best = pair
        if work.place[net.head[pair]] > closes:
            best, closes = pair, work.place[net.head[pair]]
        weighed += 1
        if weighed == SCAN:
            break
    return best


@kernel
def walk(net: Net, work: Work, told: Told, begin: int, nodes: int) -> int:
    """Take all that is left by walking from each firm; return the firm where room ran out."""
    tail, head, now, place, path, way = (
        net.tail,
        net.head,
        work.now,
        work.place,
        work.path,
        work.way,
    )
    for start in range(begin, nodes):
        node, size = start, 0
        place[start] = 0
        while True:
            pair = onward(net, work, node)
            if pair < 0:
                break
            count = 1
            way[0] = pair
            if size % STRIDE == STRIDE - 1 and place[head[pair]] < 0:
                goal = home(net, work, node)
                if goal >= 0:
                    count, here = 0, goal
                    while here != node:
                        way[count] = work.came[here]
                        count += 1
                        here = tail[work.came[here]]
                    for at in range(count // 2):
                        way[at], way[count - 1 - at] = way[count - 1 - at], way[at]
            closes = -1
            for at in range(count):
                path[size] = way[at]
                size += 1
                node = head[way[at]]
                if place[node] >= 0:
                    closes = place[node]
                else:
                    place[node] = size
            if closes >= 0:
                if now[STEPS] + size - closes > len(told.pair):
                    for at in range(size):
                        place[tail[path[at]]] = -1
                    return start
                take(net, work, told, path, closes, size - closes)
                for at in range(closes + 1, size):
                    place[tail[path[at]]] = -1
                size = closes
        place[start] = -1
    return nodes
