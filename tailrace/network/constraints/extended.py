"""The extended network: debts and their bounds as one network of arcs, each with a floor and a cap.

A firm is a node. What a limited firm sets off as debtor passes a node of its own first, along an arc
with the firm's floor and cap; the debts of a limited pair pass one more. Members with credit lines
have arcs to the circle (what they end up long) and from it (short). Those arcs weigh nothing. Any
circulation here is a set-off within the rules, and the other way round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from msgspec import Struct

from tailrace.network.constraints.reading import ANY, Limits, Part
from tailrace.network.debts import Ints


class Arcs(NamedTuple):
    """Arcs by place: from, to, floor, cap."""

    tail: Ints
    head: Ints
    low: Ints
    cap: Ints


class Extended(Struct, frozen=True, kw_only=True):
    """The network of one currency. Its first arcs are groups of rows alike in all that counts.

    Group g holds `rows[start[g]:start[g + 1]]` of the part, of one debtor, one creditor and one
    weight at each stage; groups stand in the order of these.
    """

    nodes: int
    arcs: Arcs
    weights: list[Ints]  # by arc, for each stage
    rows: Ints
    start: Ints
    debtor: Ints  # by group
    creditor: Ints
    gate: Ints  # by firm: the node its debts as debtor leave from, the firm's own where not limited
    gate_of_pair: Ints  # by limited pair
    pair_from: Ints  # and the node that one is reached from
    circle: int  # -1 where nobody has a credit line

    @property
    def groups(self) -> int:
        """How many of the arcs are debts."""
        return len(self.start) - 1


def extended(part: Part, limits: Limits) -> Extended:
    """Return the network of a currency's debts under these limits."""
    rows, start = _grouped(part, limits)
    first = rows[start[:-1]]
    firms, pairs = len(part.firms), len(limits.pair_low)
    limited = np.flatnonzero((limits.floor > 0) | (limits.cap < ANY))
    gate = np.arange(firms)
    gate[limited] = firms + np.arange(len(limited))
    pair_gate = firms + len(limited) + np.arange(pairs)
    pair_from = np.zeros(pairs, np.int64)
    of_pair = np.flatnonzero(limits.pair >= 0)
    pair_from[limits.pair[of_pair]] = gate[part.debtor[of_pair]]
    lines = np.flatnonzero((limits.short > 0) | (limits.long > 0))
    nodes = firms + len(limited) + pairs
    circle = nodes if len(lines) else -1
    debtor, pair = part.debtor[first], limits.pair[first]
    tail = np.where(pair >= 0, pair_gate[pair] if pairs else 0, gate[debtor])
    amount = np.add.reduceat(part.amount[rows], start[:-1]) if len(first) else start[:0]
    hub = np.full(len(lines), circle)
    owed = part.sums(part.debtor)[limited]
    blocks = [
        (tail, part.creditor[first], np.zeros_like(amount), amount),
        (limited, gate[limited], limits.floor[limited], np.minimum(limits.cap[limited], owed)),
        (pair_from, pair_gate, limits.pair_low, limits.pair_cap),
        (hub, lines, np.zeros(len(lines), np.int64), limits.short[lines]),
        (lines, hub, np.zeros(len(lines), np.int64), limits.long[lines]),
    ]
    arcs = Arcs(*(np.concatenate(column).astype(np.int64) for column in zip(*blocks, strict=True)))
    more = np.zeros(len(arcs.tail) - len(first), np.int64)
    return Extended(
        nodes=nodes + (circle >= 0),
        arcs=arcs,
        weights=[np.concatenate([weight[first], more]) for weight in limits.weights],
        rows=rows,
        start=start,
        debtor=debtor,
        creditor=part.creditor[first],
        gate=gate,
        gate_of_pair=pair_gate,
        pair_from=pair_from,
        circle=circle,
    )


def _grouped(part: Part, limits: Limits) -> tuple[Ints, Ints]:
    """Return the rows that are no debt of a firm to itself, by group, and where each group starts."""
    live = np.flatnonzero((part.debtor != part.creditor) & (part.amount > 0))
    keys = [part.debtor[live], part.creditor[live], *(-w[live] for w in limits.weights)]
    order = np.lexsort(keys[::-1])
    new = np.zeros(len(live), np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= np.diff(key[order]) != 0
    return live[order], np.append(np.flatnonzero(new), len(live))


def multipliers(network: Extended, price: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the prices of firms, and what the limits of firms and pairs are worth at the margin.

    Firms' prices stand against that of the circle, where there is one.
    """
    firms = len(network.gate)
    of_firm = price[network.gate] - price[:firms]
    of_pair = price[network.gate_of_pair] - price[network.pair_from]
    zero = price[network.circle] if network.circle >= 0 else 0
    return price[:firms] - zero, of_firm, of_pair
