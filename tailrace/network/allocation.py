"""Allocation: how what is set off between two firms is shared among the invoices between them.

`clear` serves the oldest due day first. Pro rata gives each invoice its share, by largest remainder,
so that no cent is lost; the sum between two firms, all net positions and the proof stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from tailrace.base.money import split
from tailrace.network.debts import Debts, Ints

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing

SAFE = 2**31  # two factors below it multiply within int64


def pro_rata(clearing: Clearing) -> Clearing:
    """Return the clearing with each pair's set-off shared pro rata among its invoices.

    Invoices of one pair that are weighed differently keep their order: within each weight it is pro
    rata. What is left of a cent goes to the largest remainders; of equal ones to the smaller
    obligation id.
    """
    set_off = shared(clearing.debts, clearing.set_off)
    proof = msgspec.structs.replace(clearing.certificate, set_off=set_off)
    return msgspec.structs.replace(clearing, set_off=set_off, certificate=proof)


def shared(debts: Debts, set_off: Ints) -> Ints:
    """Return what is set off of each row, pro rata within its debtor, creditor, currency and weight."""
    rows = np.flatnonzero(debts.good & (debts.amount > 0))
    rows = rows[_by_id(debts, rows)]
    weight = debts.weight if len(debts.weight) else np.ones_like(debts.amount)
    keys = [k[rows] for k in (debts.currency, debts.debtor, debts.creditor, weight)]
    order = np.lexsort(keys[::-1])
    rows, keys = rows[order], [key[order] for key in keys]
    new = np.ones(len(rows), np.bool_)
    new[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    group, starts = np.cumsum(new) - 1, np.flatnonzero(new)
    amount = debts.amount[rows]
    whole, moved = (
        np.add.reduceat(column, starts) if len(starts) else column
        for column in (amount, set_off[rows])
    )
    made = np.zeros_like(set_off)
    large = np.flatnonzero((whole >= SAFE) | (moved >= SAFE))
    small = ~np.isin(group, large)
    at = np.flatnonzero(small)
    made[rows[at]] = _small(amount[at], group[at], whole, moved)
    bounds = np.append(starts, len(rows))
    for number in large.tolist():
        span = slice(bounds[number], bounds[number + 1])
        made[rows[span]] = split(int(moved[number]), amount[span].tolist())
    return made


def _small(amount: Ints, group: Ints, whole: Ints, moved: Ints) -> Ints:
    """Share where no product passes 2^62: whole parts first, then a unit to the largest remainders."""
    product = amount * moved[group]
    part, rest = product // whole[group], product % whole[group]
    given = np.zeros(len(whole), np.int64)
    np.add.at(given, group, part)
    order = np.lexsort((np.arange(len(group)), -rest, group))
    first = np.searchsorted(group[order], group[order])
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - first
    return part + (place < (moved - given)[group])


def _by_id(debts: Debts, rows: Ints) -> Ints:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.sort_indices(debts.obligation_id.take(pa.array(rows))).to_numpy().astype(np.int64)
