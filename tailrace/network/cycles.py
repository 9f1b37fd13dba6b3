"""Cycles and chains: a set-off told as rings of firms, shortest first, so that people can follow it.

This explains a clearing; it never decides one. Any circulation is a sum of cycles, each of which
ends at least one pair, so there are never more cycles than pairs. Where money from outside runs
through debts as well, it is told as chains: from the firm that gets it to the firm that keeps it.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from tailrace.network import rings, walks
from tailrace.network.debts import Flags, Ints
from tailrace.network.solver.compiled import pays, run

LOOKS = 2_000  # pairs looked at in search of short cycles, for each pair there is
SHARE = 20_000  # for one search


class Cycles(Struct, frozen=True, kw_only=True):
    """Steps of cycles in order: `pair` indexes the pairs given, `step` counts from 0."""

    cycle: Ints
    step: Ints
    pair: Ints
    amount: Ints
    length: Ints


class Ways(Struct, frozen=True, kw_only=True):
    """Cycles and chains: as `Cycles`; `chain` says by step whether its way is open at both ends."""

    cycle: Ints
    step: Ints
    pair: Ints
    amount: Ints
    length: Ints
    chain: Flags


def cycles_of(tail: Ints, head: Ints, set_off: Ints) -> Cycles:
    """Return the set-offs as cycles; those of a pair sum to its set-off exactly.

    First each firm with itself and each two firms with each other, then the shortest cycle there
    is, again and again, thick pairs before thin ones. A search that looks at more than SHARE pairs
    is given up, and all are after LOOKS for each pair; what is left is told by walking thick pairs and closing a
    cycle at the first chance. Each starts at its lowest node. Raises `ValueError` where a node's
    set-offs do not balance.
    """
    rest = np.array(set_off, np.int64)
    _check_balanced(tail, head, rest)
    pairs, amounts, lengths = [], [], []
    for back in (_own(tail, head, rest), _mutual(tail, head, rest)):
        pairs.append(back.ravel())
        amounts.append(rest[back[:, 0]] if back.shape[1] == 1 else rest[back].min(axis=1))
        lengths.append(np.full(len(back), back.shape[1], np.int64))
        for column in back.T:
            rest[column] -= amounts[-1]
    live = np.flatnonzero(rest > 0)
    for pair, amount, length in _longer(tail[live], head[live], rest[live]):
        pairs.append(live[pair])
        amounts.append(amount)
        lengths.append(length)
    length = np.concatenate(lengths)
    starts = np.cumsum(length) - length
    return Cycles(
        cycle=np.repeat(np.arange(len(length)), length),
        step=np.arange(int(length.sum())) - np.repeat(starts, length),
        pair=np.concatenate(pairs),
        amount=np.repeat(np.concatenate(amounts), length),
        length=np.repeat(length, length),
    )


def ways_of(tail: Ints, head: Ints, settled: Ints) -> Ways:
    """Return what is settled as cycles and chains, shortest first; those of a pair sum to it.

    Money given to a firm that settles more as debtor than as creditor runs down chains of debts to
    firms that settle more as creditor and keep it. There is one node for the outside, so a chain is
    a cycle through it; chains of one debt stand with cycles of two.
    """
    nodes = int(max(tail.max(initial=-1), head.max(initial=-1))) + 1
    needs = np.zeros(nodes, np.int64)
    np.add.at(needs, tail, settled)
    np.subtract.at(needs, head, settled)
    gets, keeps = np.flatnonzero(needs > 0), np.flatnonzero(needs < 0)
    outside = [np.full(len(side), nodes, np.int64) for side in (gets, keeps)]
    found = cycles_of(
        np.concatenate([tail, outside[0], keeps]),
        np.concatenate([head, gets, outside[1]]),
        np.concatenate([settled, needs[gets], -needs[keeps]]),
    )
    starts = np.flatnonzero(found.step == 0)
    open_ = np.logical_or.reduceat(found.pair >= len(tail), starts) if len(starts) else starts > 0
    chain = open_[found.cycle] if len(starts) else np.zeros(0, np.bool_)
    return _opened(found, chain, len(tail))


def _opened(found: Cycles, chain: Flags, pairs: int) -> Ways:
    """Turn each cycle through the outside into the chain between its two ends there."""
    size = found.length
    into = np.zeros(int(found.cycle.max(initial=-1)) + 1, np.int64)
    enters = np.flatnonzero(found.pair >= pairs)
    # The way out of the outside node is followed by the chain; its two pairs stand side by side.
    last = np.zeros_like(into)
    np.maximum.at(into, found.cycle[enters], found.step[enters])
    last[found.cycle[enters]] = size[enters]
    wraps = np.zeros(len(into), np.bool_)
    first = enters[found.step[enters] == 0]
    wraps[found.cycle[first]] = into[found.cycle[first]] == size[first] - 1
    begin = np.where(wraps, 1, into + 1)
    step = np.where(chain, (found.step - begin[found.cycle]) % np.maximum(size, 1), found.step)
    kept = np.flatnonzero(found.pair < pairs)
    order = kept[np.lexsort((step[kept], found.cycle[kept]))]
    return Ways(
        cycle=found.cycle[order],
        step=step[order],
        pair=found.pair[order],
        amount=found.amount[order],
        length=size[order] - np.where(chain[order], 2, 0),
        chain=chain[order],
    )


def _check_balanced(tail: Ints, head: Ints, rest: Ints) -> None:
    moved = np.zeros(int(max(tail.max(initial=-1), head.max(initial=-1))) + 1, np.int64)
    np.add.at(moved, tail, rest)
    np.subtract.at(moved, head, rest)
    if moved.any():
        node = int(np.flatnonzero(moved)[0])
        raise ValueError(f"node {node} sets off {moved[node]:+} more as debtor than as creditor")


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


def _longer(tail: Ints, head: Ints, rest: Ints) -> list[tuple[Ints, Ints, Ints]]:
    """Return cycles of three firms and more in batches: pairs, and amount and length of each."""
    ids, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
    nodes, count, compiled = len(ids), len(rest), pays(len(rest))
    net = rings.net_of(ends[:count], ends[count:], rest.copy(), nodes)
    work = rings.work_on(max(nodes, 3), LOOKS * count)
    told = rings.room_for(count, nodes)
    order = np.lexsort((np.arange(count), -rest)).astype(np.int32)
    bound = np.full(count, 3, np.int32)
    batches = []
    live = order
    while len(live) and work.now[rings.LOOKS] > 0:
        level = int(bound[live].min())
        if level == rings.FAR:
            break
        at = 0
        while at < len(live) and work.now[rings.LOOKS] > 0:
            given = (net, work, told, bound, live, at, level, SHARE)
            at = run(rings.shortest, *given, compiled=compiled)
            batches.append(_batch(work, told))
        live = live[net.rest[live] > 0]
    node = 0
    while node < nodes and len(live):
        node = run(walks.walk, net, work, told, node, nodes, compiled=compiled)
        batches.append(_batch(work, told))
    return batches


def _batch(work: rings.Work, told: rings.Told) -> tuple[Ints, Ints, Ints]:
    """Return the rings told since the last batch, and make room for the next."""
    count, steps = work.now[rings.RINGS], work.now[rings.STEPS]
    work.now[rings.RINGS] = work.now[rings.STEPS] = 0
    parts = (told.pair[:steps], told.amount[:count], told.length[:count])
    pair, amount, length = (part.astype(np.int64) for part in parts)
    return pair, amount, length
