"""Telling: what a clearing under rules says beside its set-offs.

Who owes the circle what, which debts were held out and why, which cycles were kept, and what a rule
that is kept after the optimum has cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from tailrace.network.constraints.after import Kept
from tailrace.network.constraints.held import Taking
from tailrace.network.constraints.ruling import Ruled
from tailrace.network.cycles import Cycles
from tailrace.network.debts import Ints

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing, Pairs


def by_row(found: list[Ruled], taking: Taking, name: str) -> Ints:
    """Return a figure of the rows that took part, by input row, in minor units."""
    whole = np.zeros(len(taking.debts.amount), np.int64)
    for one in found:
        whole[one.part.rows] = getattr(one, name)
    return whole * taking.lot


def told(clearing: Clearing, found: list[Ruled], taking: Taking) -> Clearing:
    """Return the clearing with what the rules add to it."""
    totals = {}
    for one in found:
        code = one.part.code
        lot, owed = taking.base[code], int(one.circle[one.circle > 0].sum())
        more = int(one.best.sum()) if one.bound is None else one.bound
        said = more * lot if one.after else None
        totals[code] = replace(clearing.totals[code], circle_minor=owed * lot, optimum_minor=said)
    pairs = _with_circle(clearing.pairs, found, taking)
    return replace(
        clearing,
        totals=totals,
        pairs=pairs,
        held=taking.held,
        circle=_circle(clearing, found, taking),
        kept=_kept(found, pairs, taking) if any(one.kept is not None for one in found) else None,
    )


def _circle(clearing: Clearing, found: list[Ruled], taking: Taking) -> pa.Table:
    """Return (firm, currency, amount_minor): what a member owes the circle; below zero, is owed."""
    rows: list[tuple[int, str, int]] = []
    for one in found:
        for firm in np.flatnonzero(one.circle).tolist():
            amount = int(one.circle[firm]) * taking.base[one.part.code]
            rows.append((int(one.part.firms[firm]), one.part.code, amount))
    return pa.table(
        {
            "firm": clearing.firms.take(pa.array([firm for firm, _, _ in rows], pa.int64())),
            "currency": pa.array([code for _, code, _ in rows], pa.string()),
            "amount_minor": pa.array([amount for _, _, amount in rows], pa.int64()),
        }
    )


def _with_circle(pairs: Pairs, found: list[Ruled], taking: Taking) -> Pairs:
    """Return the pairs with those of members and the circle after them."""
    nodes = sum(len(one.part.firms) for one in found)
    base, more = 0, [(pairs.tail, pairs.head, pairs.set_off)]
    for number, one in enumerate(found):
        owes, owed = _over_circle(one)
        short, long = np.flatnonzero(owes), np.flatnonzero(owed)
        hub = nodes + number
        tail = np.concatenate([np.full(len(short), hub), long + base])
        head = np.concatenate([short + base, np.full(len(long), hub)])
        amount = np.concatenate([owes[short], owed[long]]) * taking.base[one.part.code]
        more.append((tail, head, amount))
        base += len(one.part.firms)
    tail, head, amount = (np.concatenate(column) for column in zip(*more, strict=True))
    return replace(pairs, tail=tail, head=head, set_off=amount)


def _over_circle(one: Ruled) -> tuple[Ints, Ints]:
    """Return what the circle pays for each firm and what each firm leaves with it.

    Of chosen cycles one may end on a firm's line and another begin there: both are told.
    """
    if one.kept is None:
        return np.maximum(one.circle, 0), np.maximum(-one.circle, 0)
    kept, firms = one.kept, len(one.part.firms)
    owes, owed = np.zeros(firms, np.int64), np.zeros(firms, np.int64)
    out, into = kept.tail == firms, kept.head == firms
    np.add.at(owes, kept.head[out], kept.amount[out])
    np.add.at(owed, kept.tail[into], kept.amount[into])
    return owes, owed


def _kept(found: list[Ruled], pairs: Pairs, taking: Taking) -> Cycles:
    """Return the cycles that were kept, as steps over these pairs; first a firm's own debts."""
    nodes = sum(len(one.part.firms) for one in found)
    width = nodes + len(found)
    code = pairs.tail * width + pairs.head
    order = np.argsort(code)
    own = np.flatnonzero(pairs.tail == pairs.head)
    step, base = np.zeros(len(own), np.int64), 0
    parts = [(np.arange(len(own)), step, own, pairs.set_off[own], step + 1)]
    for number, one in enumerate(found):
        kept = one.kept
        assert isinstance(kept, Kept), "the rule holds in every currency"
        hub = len(one.part.firms)
        ends = (np.where(x == hub, nodes + number, x + base) for x in (kept.tail, kept.head))
        tail, head = ends
        pair = order[np.searchsorted(code[order], tail * width + head)]
        past = max(int(cycle.max(initial=-1)) for cycle, *_ in parts) + 1
        amount = kept.amount * taking.base[one.part.code]
        parts.append((kept.cycle + past, kept.step, pair, amount, kept.length))
        base += hub
    cycle, step, pair, amount, length = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    by_length = np.lexsort((step, cycle, length))
    starts = step[by_length] == 0
    return Cycles(
        cycle=np.cumsum(starts) - 1,
        step=step[by_length],
        pair=pair[by_length],
        amount=amount[by_length],
        length=length[by_length],
    )
