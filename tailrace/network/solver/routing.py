"""Routing by component: in this process, or slices of components dealt out to several.

A component's answer rests on its own pairs alone, so neither the slices nor the number of processes
can change it. One network is mostly one great component and gains nothing; several currencies, or
circles that do not trade with one another, do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tailrace.base.processes import spread
from tailrace.network.solver import components, levels, prices, residual
from tailrace.network.solver.compiled import Array, run
from tailrace.network.solver.components import Within

Routed = tuple[Array, Array]  # set-off of each pair, price of each node
Router = Callable[[Sequence[Within]], Iterable[Routed]]  # an answer for each network, in order

SLICES = 4  # for each process, so that one done early takes another
# Pairs outside the largest slice from which starting processes pays: a process is ready after some
# three seconds where kernels are compiled, and half of one where not. Measured, docs/decisions/0014.
WORTH, WORTH_PLAIN = 2_000_000, 50_000


def routed(
    u: Array,
    v: Array,
    debt: Array,
    weight: Array,
    start: Array,
    compiled: bool,
) -> Routed:
    """Return the set-offs of pairs within components, and prices that prove them.

    Pairs are sorted by u, v; component c is the nodes start[c] to start[c + 1] and has no pair to
    another; an empty weight is one for each. The arrays given are left as they are.
    """
    moved, cap, network, price = _sent(u, v, debt, weight, start, compiled)
    run(prices.loosen, network, cap, debt, compiled=compiled)
    marks = np.empty(len(price), np.int32), np.zeros(len(price), np.uint8)
    run(prices.correct, network, price, *marks, compiled=compiled)
    return moved, price.astype(np.int64)


def _sent(
    u: Array, v: Array, debt: Array, weight: Array, start: Array, compiled: bool
) -> tuple[Array, Array, residual.Network, Array]:
    """Return set-offs, debts as cut, and the network and prices with which the routing ended."""
    nodes, parts = int(start[-1]), len(start) - 1
    cap, excess, gets = debt.copy(), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    spans = np.searchsorted(u, start)
    given = (u, v, cap, excess, gets, start, spans, parts)
    run(components.tighten, *given, compiled=compiled)
    network = residual.network_of(nodes, len(u))
    work = residual.work_on(network, excess)
    run(residual.lay, u, v, cap, weight, network, compiled=compiled)
    sent_at = np.zeros(1, np.int64)
    run(levels.route_parts, network, work, start, parts, sent_at, compiled=compiled)
    return cap - residual.flow_of(network, compiled=compiled), cap, network, work.price


def moved_here(network: Within) -> Array:
    """Return the set-offs of one network, found in this process; their proof is not asked for."""
    u, v, debt, weight = network.u, network.v, network.debt, network.weight
    return _sent(u, v, debt, weight, network.start, network.compiled)[0]


def routed_here(network: Within) -> Routed:
    """Return the answer of one network, found in this process."""
    u, v, debt, weight = network.u, network.v, network.debt, network.weight
    return routed(u, v, debt, weight, network.start, network.compiled)


def in_processes(processes: int) -> Router:
    """Return a router over so many processes; small work, or one great component, stays here."""
    return partial(_routed_in, processes)


def _routed_in(processes: int, networks: Sequence[Within]) -> Iterator[Routed]:
    slices = sliced(networks, processes * SLICES)
    sizes = sorted(part.pairs for part in slices)
    worth = WORTH if all(network.compiled for network in networks) else WORTH_PLAIN
    if processes <= 1 or sum(sizes[:-1]) < worth:
        yield from map(routed_here, networks)
        return
    order = sorted(range(len(slices)), key=lambda at: -slices[at].pairs)  # the longest begin first
    work = (
        _given(networks[part.network], part.low, part.high)
        for part in map(slices.__getitem__, order)
    )
    answers: list[Routed | None] = [None] * len(slices)
    for at, answer in zip(order, spread(routed, work, min(processes, len(slices))), strict=True):
        answers[at] = answer
    for number in range(len(networks)):
        yield _joined(
            [a for a, part in zip(answers, slices, strict=True) if a and part.network == number]
        )


class Slice(NamedTuple):
    """Some components of one network, side by side."""

    network: int
    low: int
    high: int
    pairs: int


def sliced(networks: Sequence[Within], count: int) -> list[Slice]:
    """Return about so many slices of about as many pairs each; a component is never cut."""
    share = -(-sum(len(network.u) for network in networks) // count) or 1
    slices = []
    for number, network in enumerate(networks):
        before = np.searchsorted(network.u, network.start)
        nth = (before[:-1] + before[1:]) // 2 // share  # by the middle of each component
        bounds = [*np.flatnonzero(np.diff(nth, prepend=-1)).tolist(), len(nth)]
        for a, b in pairwise(bounds):
            slices.append(Slice(number, a, b, int(before[b] - before[a])))
    return slices


def _given(network: Within, low: int, high: int) -> dict[str, Any]:
    """Return what `routed` takes for components low to high: arrays of their own nodes and pairs."""
    start = network.start[low : high + 1]
    first, last = np.searchsorted(network.u, start[[0, -1]])
    base = start[0]
    return {
        "u": network.u[first:last] - base,
        "v": network.v[first:last] - base,
        "debt": network.debt[first:last],
        "weight": network.weight[first:last],
        "start": start - base,
        "compiled": network.compiled,
    }


def _joined(answers: Sequence[Routed]) -> Routed:
    if not answers:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    moved, price = zip(*answers, strict=True)
    return np.concatenate(moved), np.concatenate(price)
