"""Kernels that tell a circulation as rings, shortest first within a budget; see `walks` for the rest.

A ring is taken off at its thinnest pair, so each one ends a pair at least. Searches go from both
ends of a pair, the thickest pairs of a firm first.
Source: Ahuja, Magnanti, Orlin 1993, theorem 3.5 (flow decomposition).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tailrace.network.solver.compiled import Array, kernel

FAR = 1 << 30  # left to the walks
RINGS, STEPS, LOOKS, STAMP = range(4)


class Net(NamedTuple):
    """Pairs and what is left of each; each firm's live pairs, out and in, thickest first."""

    tail: Array
    head: Array
    rest: Array
    first_out: Array
    end_out: Array
    outs: Array
    first_in: Array
    end_in: Array
    ins: Array
    spent_out: Array
    spent_in: Array


class Work(NamedTuple):
    """What searches and walks write on; `now` counts rings, steps, looks left and searches."""

    came: Array
    goes: Array
    seen: Array
    aim: Array
    front: Array
    back: Array
    place: Array
    path: Array
    way: Array
    now: Array


class Told(NamedTuple):
    """The rings found: pairs of all, amount and length of each."""

    pair: Array
    amount: Array
    length: Array


def net_of(tail: Array, head: Array, rest: Array, nodes: int) -> Net:
    """Return the pairs as rows by firm, both ways."""
    sides: list[Array] = []
    for ends in (tail, head):
        order = np.lexsort((np.arange(len(ends)), -rest, ends)).astype(np.int32)
        bounds = np.searchsorted(ends[order], np.arange(nodes + 1)).astype(np.int32)
        sides += [bounds[:-1].copy(), bounds[1:].copy(), order]
    spent = [np.zeros(nodes, np.int32) for _ in range(2)]
    return Net._make([tail.astype(np.int32), head.astype(np.int32), rest, *sides, *spent])


def work_on(nodes: int, looks: int) -> Work:
    """Return fresh working arrays for so many firms and looks."""
    places = (np.full(nodes, -1, np.int32) for _ in range(9))
    return Work._make([*places, np.array([0, 0, looks, 0], np.int64)])


def room_for(pairs: int, nodes: int) -> Told:
    """Return room to tell rings: as many as there are pairs, and at least one through all firms."""
    return Told(
        np.empty(4 * pairs + nodes, np.int32),
        np.empty(pairs + 1, np.int64),
        np.empty(pairs + 1, np.int32),
    )


@kernel
def thin(first: Array, end: Array, row: Array, rest: Array, node: int) -> None:
    """Drop a firm's spent pairs from its row."""
    kept = first[node]
    for at in range(first[node], end[node]):
        if rest[row[at]] > 0:
            row[kept] = row[at]
            kept += 1
    end[node] = kept


@kernel
def take(net: Net, work: Work, told: Told, ring: Array, start: int, size: int) -> None:
    """Take a ring off its pairs and tell it from its lowest firm on."""
    tail, head, rest, now = net.tail, net.head, net.rest, work.now
    amount, lowest = rest[ring[start]], start
    for at in range(start, start + size):
        if rest[ring[at]] < amount:
            amount = rest[ring[at]]
        if tail[ring[at]] < tail[ring[lowest]]:
            lowest = at
    for step in range(size):
        at = lowest + step
        if at >= start + size:
            at -= size
        told.pair[now[STEPS] + step] = ring[at]
    for at in range(start, start + size):
        pair = ring[at]
        rest[pair] -= amount
        if rest[pair] == 0:
            u, v = tail[pair], head[pair]
            net.spent_out[u] += 1
            net.spent_in[v] += 1
            if 2 * net.spent_out[u] > net.end_out[u] - net.first_out[u]:
                thin(net.first_out, net.end_out, net.outs, rest, u)
                net.spent_out[u] = 0
            if 2 * net.spent_in[v] > net.end_in[v] - net.first_in[v]:
                thin(net.first_in, net.end_in, net.ins, rest, v)
                net.spent_in[v] = 0
    told.amount[now[RINGS]] = amount
    told.length[now[RINGS]] = size
    now[RINGS] += 1
    now[STEPS] += size


@kernel
def search(net: Net, work: Work, start: int, goal: int, share: int) -> tuple:
    """Return the firm where the ways from start and to goal meet, and the hops between the two.

    The hops of a meeting are the fewest there are. No firm, -1, where `share` pairs were looked at
    before: then there is no way of so many hops or fewer.
    """
    now, front, back = work.now, work.front, work.back
    now[STAMP] += 1
    out = (net.first_out, net.end_out, net.outs, net.head, front, work.seen, work.came, work.aim)
    into = (net.first_in, net.end_in, net.ins, net.tail, back, work.aim, work.goes, work.seen)
    front[0], back[0] = start, goal
    work.seen[start], work.aim[goal] = now[STAMP], now[STAMP]
    f0, f1, b0, b1 = 0, 1, 0, 1
    hops, looks, met = 0, share, -2
    while f1 > f0 and b1 > b0:
        if f1 - f0 <= b1 - b0:
            f0, (met, f1, looks) = f1, grown(out, net.rest, f0, f1, now[STAMP], looks)
        else:
            b0, (met, b1, looks) = b1, grown(into, net.rest, b0, b1, now[STAMP], looks)
        if looks < 0:
            now[LOOKS] -= share
            return -1, hops
        hops += 1
        if met >= 0:
            now[LOOKS] -= share - looks
            return met, hops
    return -2, hops  # not in a circulation


@kernel
def grown(side: tuple, rest: Array, low: int, high: int, stamp: int, looks: int) -> tuple:
    """Let one side go on from firms low to high of its list; return who met the other, its end, looks.

    side: rows, the far firm of a pair, the list, this side's marks, by which pair, the other's marks.
    """
    first, last, row, far, found, mine, by, other = side
    end = high
    for at in range(low, high):
        node = found[at]
        looks -= last[node] - first[node]
        if looks < 0:
            break
        for x in range(first[node], last[node]):
            pair = row[x]
            w = far[pair]
            if rest[pair] > 0 and mine[w] != stamp:
                mine[w] = stamp
                by[w] = pair
                if other[w] == stamp:
                    return w, end, looks
                found[end] = w
                end += 1
    return -1, end, looks


@kernel
def shortest(
    net: Net, work: Work, told: Told, bound: Array, order: Array, begin: int, level: int, share: int
) -> int:
    """Take every ring of `level` firms; return where it stopped in `order`, for want of room or looks."""
    now, rest, tail, head = work.now, net.rest, net.tail, net.head
    for at in range(begin, len(order)):
        pair = order[at]
        if bound[pair] != level:
            continue
        while rest[pair] > 0:
            if now[STEPS] + level > len(told.pair) or now[LOOKS] <= 0:
                return at
            middle, hops = search(net, work, head[pair], tail[pair], share)
            if middle < 0:
                bound[pair] = hops + 2 if hops + 2 > level else FAR
                break
            if hops + 1 > level:
                bound[pair] = hops + 1
                break
            size = hops + 1
            work.way[0] = pair
            node, slot = middle, size
            while node != head[pair]:  # from the middle back to where the search began
                slot -= 1
                work.way[slot] = work.came[node]
                node = tail[work.came[node]]
            ahead = size - slot
            for step in range(ahead):
                work.way[1 + step] = work.way[slot + step]
            node, slot = middle, 1 + ahead
            while node != tail[pair]:
                work.way[slot] = work.goes[node]
                slot += 1
                node = head[work.goes[node]]
            take(net, work, told, work.way, 0, size)
    return len(order)
