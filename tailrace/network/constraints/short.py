"""Short cycles: the shortest cycles in debts that are left, taken greedily up to a length.

A heuristic, and told as one: what it finds is valid and seldom the most. Lengths are tried in order,
so every ring of two firms is taken before any of three.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tailrace.network.constraints.extended import Extended
from tailrace.network.debts import Ints

LOOKS = 1_000_000  # arcs looked at in all: a second or two


class ShortCycles:
    """What is left of each arc of the network, and the cycles taken off it."""

    def __init__(self, network: Extended, kept: Ints) -> None:
        self.network, self.groups, self.firms = network, network.groups, len(network.gate)
        self.tail, self.head = network.arcs.tail.tolist(), network.arcs.head.tolist()
        self.room = (network.arcs.cap - _through(network, kept)).tolist()
        self.before = list(self.room)
        order = np.lexsort((np.arange(len(self.tail)), network.arcs.tail))
        starts = np.searchsorted(network.arcs.tail[order], np.arange(network.nodes + 1))
        arcs = order.tolist()
        self.outs = [arcs[low:high] for low, high in pairwise(starts.tolist())]
        self.looks = LOOKS
        self.found: list[tuple[list[int], int]] = []

    def run(self, firms_max: int) -> tuple[Ints, ...]:
        """Take cycles of up to so many firms; return them step by step, as `after.Kept` has them."""
        for most in range(2, firms_max + 1):
            for arc in range(self.groups):
                while self.room[arc] > 0 and self.looks > 0:
                    way = self._way(self.head[arc], self.tail[arc], most - 1)
                    if way is None:
                        break
                    cycle = [arc, *way]
                    amount = min(self.room[at] for at in cycle)
                    for at in cycle:
                        self.room[at] -= amount
                    self.found.append((cycle, amount))
        return self._steps()

    def taken(self) -> Ints:
        """Return what was taken off each group of debts."""
        left, before = self.room[: self.groups], self.before[: self.groups]
        return np.array(before, np.int64) - np.array(left, np.int64)

    def _way(self, start: int, goal: int, firms: int) -> list[int] | None:
        """Return arcs from a firm to the goal past at most so many firms, the start among them.

        Gates and the circle are passed at no count. The way with the fewest firms is found first.
        """
        came: dict[int, int] = {start: -1}
        layer = [start]
        for _ in range(firms):
            after: list[int] = []
            at = 0
            while at < len(layer):
                node = layer[at]
                at += 1
                self.looks -= len(self.outs[node])
                for arc in self.outs[node]:
                    head = self.head[arc]
                    if self.room[arc] <= 0 or head in came:
                        continue
                    came[head] = arc
                    if head == goal:
                        return self._back(came, goal)
                    (after if head < self.firms else layer).append(head)
            layer = after
        return None

    def _back(self, came: dict[int, int], goal: int) -> list[int]:
        way, arc = [], came[goal]
        while arc >= 0:
            way.append(arc)
            arc = came[self.tail[arc]]
        return way[::-1]

    def _steps(self) -> tuple[Ints, ...]:
        """Return cycle, step, from, to, amount and length of each step, the lowest firm first."""
        rows: list[tuple[int, int, int, int, int, int]] = []
        hub = self.network.circle
        for number, (cycle, amount) in enumerate(self.found):
            nodes = [self.tail[arc] for arc in cycle]
            ring = [self.firms if v == hub else v for v in nodes if v < self.firms or v == hub]
            low = ring.index(min(ring))
            ring = ring[low:] + ring[:low]
            ends = zip(ring, [*ring[1:], ring[0]], strict=True)
            rows += [(number, at, u, v, amount, len(ring)) for at, (u, v) in enumerate(ends)]
        return tuple(np.array(column, np.int64) for column in zip(*rows, strict=True)) or tuple(
            np.zeros(0, np.int64) for _ in range(6)
        )


def _through(network: Extended, kept: Ints) -> Ints:
    """Return what passes each arc when these set-offs of groups are made."""
    arcs, groups, firms = network.arcs, network.groups, len(network.gate)
    passed = np.zeros(len(arcs.tail), np.int64)
    passed[:groups] = kept
    sums = np.zeros(network.nodes, np.int64)
    np.add.at(sums, arcs.tail[:groups], kept)  # what leaves the last gates
    pairs = network.gate_of_pair
    inner = sums[pairs]
    np.add.at(sums, network.pair_from, inner)
    gates = np.arange(groups, len(arcs.tail))
    limited = gates[arcs.head[gates] >= firms]
    limited = limited[arcs.head[limited] != network.circle]
    passed[limited] = sums[arcs.head[limited]]
    net = np.zeros(firms, np.int64)
    np.add.at(net, network.debtor, kept)
    np.subtract.at(net, network.creditor, kept)
    if network.circle >= 0:
        short, long = (gates[side[gates] == network.circle] for side in (arcs.tail, arcs.head))
        passed[short] = np.maximum(net[arcs.head[short]], 0)
        passed[long] = np.maximum(-net[arcs.tail[long]], 0)
    return passed
