"""Allocation: how what is set off between two firms is shared among the invoices between them.

`clear` serves the oldest due day first, or, where its rules say so, gives each invoice its share by
largest remainder, so that no cent is lost. The sum of a pair's debts of one class, all net positions
and the proof are the same either way.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.money import split
from tailrace.network.debts import Debts, Flags, Ints
from tailrace.network.solver import Solution

SAFE = 2**31  # two factors below it multiply within int64


def given_out(solution: Solution, debts: Debts, rows: Ints) -> Ints:
    """Return what is set off of each of these rows, the oldest of a pair first."""
    partly = solution.partly()
    rank = np.zeros(len(rows), np.int64)
    rank[partly[oldest_first(debts, rows[partly])]] = np.arange(len(partly))
    return solution.set_off(rank)


def oldest_first(debts: Debts, rows: Ints) -> Ints:
    """Return the order of these rows by due day, days not said last, then by obligation id."""
    chosen = pa.array(rows)
    keys = {"id": debts.obligation_id.take(chosen)}
    order = [("id", "ascending")]
    if debts.due_on is not None and not pa.types.is_null(debts.due_on.type):
        keys["due_on"] = debts.due_on.take(chosen)
        order.insert(0, ("due_on", "ascending"))
    sorting = pc.sort_indices(pa.table(keys), sort_keys=order)  # nulls last
    return sorting.to_numpy().astype(np.int64)


def pro_rata(amount: Ints, set_off: Ints, keys: list[Ints], rank: Ints) -> Ints:
    """Return what is set off of each row, in proportion to its amount within rows of equal keys.

    keys: debtor, creditor and what else makes debts unlike, by row; rank: a number of its own for
    each row. What is left of a cent goes to the largest remainders, of equal ones to the lower rank.
    """
    rows, new = alike(amount, keys, rank)
    group, starts = np.cumsum(new) - 1, np.flatnonzero(new)
    amount, moved = amount[rows], set_off[rows]
    made = np.zeros_like(set_off)
    if not len(rows):
        return made
    whole, moved = (np.add.reduceat(column, starts) for column in (amount, moved))
    large = (whole >= SAFE) | (moved >= SAFE)
    at = np.flatnonzero(~large[group])
    made[rows[at]] = _small(amount[at], group[at], whole, moved)
    bounds = np.append(starts, len(rows))
    for number in np.flatnonzero(large).tolist():
        span = slice(bounds[number], bounds[number + 1])
        made[rows[span]] = split(int(moved[number]), amount[span].tolist())
    return made


def alike(amount: Ints, keys: list[Ints], rank: Ints) -> tuple[Ints, Flags]:
    """Return the rows that owe anything, by keys and rank, and which of them begin a group."""
    rows = np.flatnonzero(amount > 0)
    rows = rows[np.lexsort((rank[rows], *(key[rows] for key in reversed(keys))))]
    new = np.ones(len(rows), np.bool_)
    new[1:] = np.logical_or.reduce([np.diff(key[rows]) != 0 for key in keys])
    return rows, new


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
