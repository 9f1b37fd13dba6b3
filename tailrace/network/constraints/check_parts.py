"""Parts of the check under rules that stand by themselves: cycles of bounded length, shares pro rata."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.network.allocation import alike
from tailrace.network.constraints.held import Taking
from tailrace.network.constraints.reading import Limits, Part
from tailrace.network.debts import Debts, Ints

EXACT = 2**62
_WHERE = "verify_clearing"
_MEND = "do not adopt it; clear these obligations again under the same rules"


def refused(what: str, code: str | None = None) -> BadTerms:
    """Return the error for something that does not hold."""
    return BadTerms(what, where=f"{_WHERE}, {code}" if code else _WHERE, mend=_MEND)


def index_of(ids: pa.ChunkedArray, taking: Taking) -> Ints:
    """Return where firms stand among those of the debts, -1 where they do not."""
    found = pc.index_in(ids.combine_chunks(), value_set=taking.debts.firms)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def check_cycles(told: pa.Table, part: Part, set_off: Ints, firms_max: int, taking: Taking) -> None:
    """Raise where the cycles told are too long or do not sum to the set-offs of each pair."""
    told = told.filter(pc.equal(told["currency"], part.code))
    over = pc.is_null(told["debtor"]).to_numpy()
    cycle = told["cycle"].to_numpy()
    passes = np.zeros(int(cycle.max(initial=-1)) + 1, np.bool_)
    passes[cycle[over]] = True
    steps = np.bincount(cycle, minlength=len(passes))
    length = told["length"].to_numpy()
    if (length - passes[cycle] > firms_max).any() or (length != steps[cycle]).any():
        raise refused(f"a cycle of more than {firms_max} firms", part.code)
    sums = []
    unit, lot = taking.base[part.code], taking.lot[part.rows]
    tail, head = (index_of(told[side], taking) for side in ("debtor", "creditor"))
    between = (tail >= 0) & (head >= 0)
    size = len(taking.debts.firms)
    for u, v, amount in (
        (tail[between], head[between], told["amount_minor"].to_numpy()[between]),
        (part.firms[part.debtor], part.firms[part.creditor], set_off[part.rows] // lot * unit),
    ):
        code, at = np.unique((u * size + v)[amount > 0], return_inverse=True)
        whole = np.zeros(len(code), np.int64)
        np.add.at(whole, at, amount[amount > 0])
        sums.append((code, whole))
    if not all(np.array_equal(a, b) for a, b in zip(*sums, strict=True)):
        raise refused("the cycles told are not the set-offs", part.code)


def check_shares(x: Ints, part: Part, limits: Limits, debts: Debts) -> None:
    """Raise where a pair's set-off is not shared pro rata among its debts of a class.

    Each has its whole share or a unit more, and no debt has the unit while one of a larger remainder,
    or of an equal one and a smaller id, goes without.
    """
    ids = debts.obligation_id.take(pa.array(part.rows))
    rank = np.empty(len(part.rows), np.int64)
    rank[pc.sort_indices(ids).to_numpy()] = np.arange(len(part.rows))
    rows, new = alike(part.amount, [part.debtor, part.creditor, *limits.weights], rank)
    if not len(rows):
        return
    group, starts = np.cumsum(new) - 1, np.flatnonzero(new)
    amount, done = part.amount[rows], x[rows]
    whole, moved = (np.add.reduceat(column, starts)[group] for column in (amount, done))
    if int(amount.max()) * int(moved.max()) < EXACT:
        share, rest = amount * moved // whole, amount * moved % whole
    else:  # in Python's integers; each share and remainder fits again
        product = amount.astype(object) * moved
        share, rest = ((f(product, whole)).astype(np.int64) for f in (np.floor_divide, np.mod))
    more = done - share
    order = np.lexsort((rank[rows], -rest, group))
    more, group = more[order], group[order]
    late = (np.diff(more) > 0) & (np.diff(group) == 0)
    if ((more < 0) | (more > 1)).any() or late.any():
        raise refused("a debt does not have its share pro rata", part.code)
