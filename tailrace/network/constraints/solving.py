"""Solving: the greatest set-off within limits, stage by stage, and the prices that prove each stage.

A stage makes the sum of its weights greatest among the answers that are greatest at all stages before
it. Those are told by the earlier prices (complementary slackness): an arc whose reduced weight is
above zero stays at its cap, one below zero at its floor, and the rest is free. So each stage is one
more circulation on fewer arcs, exact, with no weights of another size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.network.constraints.extended import Extended, extended, multipliers
from tailrace.network.constraints.flow import circulation, gap_of
from tailrace.network.constraints.reading import Limits, Part
from tailrace.network.debts import Ints

SHOWN = 10
NONE = np.zeros(0, np.int64)


class Infeasible(BadTerms):
    """Floors that cannot all be met; `firms` are those that make it so.

    Of what leaves them at least `needed_minor` must be set off, and no more than `possible_minor` can
    be set off of what they are owed by others.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str,
        mend: str,
        firms: list[Any],
        needed_minor: int,
        possible_minor: int,
    ) -> None:
        super().__init__(what, where=where, mend=mend)
        self.firms, self.needed_minor, self.possible_minor = firms, needed_minor, possible_minor


class Stage(Struct, frozen=True, kw_only=True):
    """The proof of one stage: what a unit more is worth at each firm and limit."""

    price: Ints  # by firm
    firm: Ints = NONE  # by firm, of its cap (above zero) or its floor (below)
    pair: Ints = NONE  # by limited pair
    sector: Ints = NONE  # by sector with a cap on its sum
    scale: int = 1  # prices are of weights times this


class Answer(Struct, frozen=True, kw_only=True):
    """What was found in one currency: set-offs by group, the proof, and what members owe the circle."""

    network: Extended
    moved: Ints
    stages: list[Stage]
    best: Ints  # the optimum by group, before rules that are kept after it
    bound: int  # no set-off is greater
    cycles: Any = None  # those kept, where only short ones are: `after.Kept`


def solved(part: Part, limits: Limits, firms: pa.Array) -> Answer:
    """Return the optimum within the limits; raise `Infeasible` where floors cannot be met."""
    network = extended(part, limits)
    if limits.floors:
        _check_feasible(network, part, firms)
    moved, prices = staged(network)
    stages = []
    for price in prices:
        of_firms, of_firm, of_pair = multipliers(network, price)
        stages.append(Stage(price=of_firms, firm=of_firm, pair=of_pair))
    best = moved[: network.groups]
    return Answer(network=network, moved=best, stages=stages, best=best, bound=int(best.sum()))


def staged(
    network: Extended, low: Ints | None = None, cap: Ints | None = None
) -> tuple[Ints, list[Ints]]:
    """Return what each arc moves and the prices of each stage, within these bounds or the network's."""
    ends = network.arcs.tail, network.arcs.head
    low = network.arcs.low if low is None else low
    cap = network.arcs.cap if cap is None else cap
    moved, prices = low, []
    for weight in network.weights:
        moved, price = circulation(ends, (low, cap), weight, network.nodes)
        prices.append(price)
        worth = weight + price[ends[1]] - price[ends[0]]
        low, cap = np.where(worth > 0, cap, low), np.where(worth < 0, low, cap)
    return moved, prices


def _check_feasible(network: Extended, part: Part, firms: pa.Array) -> None:
    arcs = network.arcs
    gap = gap_of((arcs.tail, arcs.head), (arcs.low, arcs.cap), network.nodes)
    if gap is None:
        return
    nodes, needed, possible = gap[0], gap[1] * part.lot, gap[2] * part.lot
    owner = np.full(network.nodes, -1)
    owner[network.gate] = np.arange(len(network.gate))
    owner[: len(network.gate)] = np.arange(len(network.gate))
    owner[network.gate_of_pair] = owner[network.pair_from]
    mine = np.unique(owner[nodes])
    names = firms.take(pa.array(part.firms[mine[mine >= 0]])).to_pylist()
    shown = ", ".join(str(name) for name in names[:SHOWN])
    shown += f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    what = (
        f"the floors cannot be met in {part.code}: {shown} must set off {needed:,} with others, "
        f"and others can set off no more than {possible:,} with them"
    )
    mend = (
        "lower the floors of these firms, raise the caps on what they are owed, or give them lines"
    )
    raise Infeasible(
        what,
        where="rules, [network], floors",
        mend=mend,
        firms=names,
        needed_minor=needed,
        possible_minor=possible,
    )
