"""Cycles: a set-off told as rings of firms, shortest first, so that people can follow it.

This explains a clearing; it never decides one. Any circulation is a sum of cycles, each of which
ends at least one pair, so there are never more cycles than pairs.
Source: Ahuja, Magnanti, Orlin 1993, theorem 3.5 (flow decomposition).
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np
from msgspec import Struct

from tailrace.network.debts import Flags, Ints

LOOKS = 2_000_000  # pairs looked at in search of short cycles, in all: about a second
LOOKS_MIN = 24  # for one search, however many pairs there are
SCAN = 16  # pairs a walk weighs at each firm
STRIDE = 6  # firms a walk passes before it looks for a way home
HOME = 200  # pairs it looks at then


class Cycles(Struct, frozen=True, kw_only=True):
    """Steps of cycles in order: `pair` indexes the pairs given, `step` counts from 0."""

    cycle: Ints
    step: Ints
    pair: Ints
    amount: Ints
    length: Ints


def cycles_of(tail: Ints, head: Ints, set_off: Ints) -> Cycles:
    """Return the set-offs as cycles; those of a pair sum to its set-off exactly.

    First each firm with itself and each two firms with each other, then the shortest cycle there
    is, again and again; a search that grows beyond its share of LOOKS is given up, and what it
    leaves is told by walking thick pairs and closing a ring at the first chance. Each cycle starts
    at its lowest node.
    """
    rest = np.array(set_off, np.int64)
    pairs, amounts, lengths = [], [], []
    for back in (_own(tail, head, rest), _mutual(tail, head, rest)):
        pairs.append(back.ravel())
        amounts.append(rest[back[:, 0]] if back.shape[1] == 1 else rest[back].min(axis=1))
        lengths.append(np.full(len(back), back.shape[1], np.int64))
        for column in back.T:
            rest[column] -= amounts[-1]
    live = np.flatnonzero(rest > 0)
    longer = _Longer(tail[live], head[live], rest[live])
    longer.run()
    pairs.append(live[np.array(longer.pairs, np.int64)])
    amounts.append(np.array(longer.amounts, np.int64))
    lengths.append(np.array(longer.lengths, np.int64))
    length = np.concatenate(lengths)
    starts = np.cumsum(length) - length
    return Cycles(
        cycle=np.repeat(np.arange(len(length)), length),
        step=np.arange(int(length.sum())) - np.repeat(starts, length),
        pair=np.concatenate(pairs),
        amount=np.repeat(np.concatenate(amounts), length),
        length=np.repeat(length, length),
    )


def _own(tail: Ints, head: Ints, rest: Ints) -> Ints:
    return np.flatnonzero((tail == head) & (rest > 0)).reshape(-1, 1)


def _mutual(tail: Ints, head: Ints, rest: Ints) -> Ints:
    """Return pairs that owe each other as rows (there, back), the lower node first."""
    there: Flags = (tail < head) & (rest > 0)
    first, second = np.flatnonzero(there), np.flatnonzero((tail > head) & (rest > 0))
    width = int(max(tail.max(initial=0), head.max(initial=0))) + 1
    _, at, back = np.intersect1d(
        tail[first] * width + head[first],
        head[second] * width + tail[second],
        assume_unique=True,
        return_indices=True,
    )
    return np.stack([first[at], second[back]], axis=1)


class _Longer:
    """Cycles of three firms and more, taken off `rest` pair by pair."""

    def __init__(self, tail: Ints, head: Ints, rest: Ints) -> None:
        nodes, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
        u, v = ends[: len(tail)], ends[len(tail) :]
        self.tail, self.head, self.rest = u.tolist(), v.tolist(), rest.tolist()
        self.outs, self.ins = _rows(u, rest, len(nodes)), _rows(v, rest, len(nodes))
        self.share = max(LOOKS_MIN, LOOKS // max(len(rest), 1))
        self.looks = LOOKS
        self.pairs: list[int] = []
        self.amounts: list[int] = []
        self.lengths: list[int] = []

    def run(self) -> None:
        self._shortest()
        for row in self.outs:
            row.reverse()  # thickest last, where what is spent is dropped at no cost
        for node in range(len(self.outs)):
            if self._live(node):
                self._walk(node)

    def _shortest(self) -> None:
        """Take the shortest cycle again and again; a pair's way back only ever grows longer."""
        heap = [(3, pair) for pair in range(len(self.rest))]
        heapify(heap)
        while heap:
            length, pair = heappop(heap)
            if not self.rest[pair]:
                continue
            way = self._way(self.head[pair], self.tail[pair])
            if way is None:
                continue  # beyond its share: left to the walks
            if len(way) + 1 == length:
                self._take([pair, *way])
            if self.rest[pair]:
                heappush(heap, (len(way) + 1, pair))

    def _way(self, start: int, goal: int) -> list[int] | None:
        """Return the pairs of a shortest way from start to goal, searched from both ends."""
        came: dict[int, int] = {start: -1}
        goes: dict[int, int] = {goal: -1}
        front, back, looks = [start], [goal], self.share
        while front and back:
            forward = len(front) <= len(back)
            nodes, seen, others = (front, came, goes) if forward else (back, goes, came)
            rows, ends = (self.outs, self.head) if forward else (self.ins, self.tail)
            fresh: list[int] = []
            for node in nodes:
                for pair in rows[node]:
                    looks -= 1
                    if not looks:
                        return None
                    end = ends[pair]
                    if not self.rest[pair] or end in seen:
                        continue
                    seen[end] = pair
                    if end in others:
                        return self._joined(came, goes, end)
                    fresh.append(end)
            front, back = (fresh, back) if forward else (front, fresh)
        raise AssertionError("a set-off that no cycle carries: debtor and creditor do not balance")

    def _joined(self, came: dict[int, int], goes: dict[int, int], middle: int) -> list[int]:
        way, node = [], middle
        while came[node] >= 0:
            way.append(came[node])
            node = self.tail[came[node]]
        way.reverse()
        node = middle
        while goes[node] >= 0:
            way.append(goes[node])
            node = self.head[goes[node]]
        return way

    def _walk(self, start: int) -> None:
        """Follow thick pairs, take each ring as it closes, and go on from where it closed."""
        path: list[int] = []
        place = {start: 0}
        node = start
        while self._live(node):
            seek = self.looks > 0 and len(path) % STRIDE == STRIDE - 1
            way = self._home(node, place) if seek else []
            for pair in way or [self._next(node, place)]:
                path.append(pair)
                node = self.head[pair]
                closes = place.setdefault(node, len(path))
            if closes < len(path):
                self._take(path[closes:])
                for pair in path[closes + 1 :]:
                    del place[self.tail[pair]]
                del path[closes:]

    def _next(self, node: int, place: dict[int, int]) -> int:
        """Return the pair that closes the shortest ring, else the thickest."""
        row = self.outs[node]
        best, closes = row[-1], -1
        for pair in row[: -SCAN - 1 : -1]:
            at = place.get(self.head[pair], -1)
            if at > closes and self.rest[pair]:
                best, closes = pair, at
        return best

    def _home(self, node: int, place: dict[int, int]) -> list[int]:
        """Return a short way from the walk's end to a firm it passed, or nothing."""
        came, nodes, looks = {node: -1}, [node], HOME
        for here in nodes:
            for pair in reversed(self.outs[here]):
                looks -= 1
                if not looks:
                    self.looks -= HOME
                    return []
                end = self.head[pair]
                if not self.rest[pair] or end in came:
                    continue
                came[end] = pair
                if end in place:
                    self.looks -= HOME - looks
                    return self._joined(came, {end: -1}, end)
                nodes.append(end)
        return []

    def _live(self, node: int) -> list[int]:
        """Return the firm's pairs, the last of which has something left, or none."""
        row = self.outs[node]
        while row and not self.rest[row[-1]]:
            row.pop()
        return row

    def _take(self, ring: list[int]) -> None:
        amount = min(self.rest[pair] for pair in ring)
        for pair in ring:
            self.rest[pair] -= amount
        first = min(range(len(ring)), key=lambda at: self.tail[ring[at]])
        self.pairs += ring[first:] + ring[:first]
        self.amounts.append(amount)
        self.lengths.append(len(ring))


def _rows(at: Ints, rest: Ints, count: int) -> list[list[int]]:
    """Return each node's pairs, thickest first, then in the order given."""
    order = np.lexsort((np.arange(len(at)), -rest, at))
    bounds = np.searchsorted(at[order], np.arange(count + 1)).tolist()
    whole = order.tolist()
    return [whole[a:b] for a, b in pairwise(bounds)]
