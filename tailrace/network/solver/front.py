"""The front of the solver: arrays of obligations to set-offs by row, prices by firm, and the curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.base.money import AMOUNT_MAX
from tailrace.network.solver import components, levels, merge, prices, residual
from tailrace.network.solver.compiled import Array, pays, run

NO_INTS = np.zeros(0, np.int64)
WHERE = "obligations"


class Solution(Struct, frozen=True, kw_only=True):
    """The greatest set-off of pairs that may lie on rings; every other debt has none.

    Pair p holds the rows `rows[start[p]:start[p + 1]]` of the input, sorted by debtor, creditor and,
    where weights are given, the heavier first; `moved[p]` of its `debt[p]` is set off.
    """

    debtor: Array
    creditor: Array
    amount: Array
    rows: Array
    start: Array
    tail: Array  # debtor and creditor of each pair
    head: Array
    debt: Array
    moved: Array
    price: Array  # by firm: the certificate's other half
    compiled: bool

    def set_off(self, rank: Array | None = None) -> Array:
        """Return the set-off of each row; within a pair by rank, then in the order of rows.

        A firm's debt to itself is set off in full.
        """
        whole = np.zeros(len(self.amount), np.int64)
        rows, order = self.rows.copy(), NO_INTS if rank is None else rank
        given = (rows, self.start, len(self.debt), self.amount, self.moved, order, whole)
        run(merge.share_out, *given, compiled=self.compiled)
        own = np.flatnonzero(self.debtor == self.creditor)
        whole[own] = self.amount[own]
        return whole

    def done(self) -> tuple[Array, Array, Array]:
        """Return debtor, creditor and set-off of each pair that has any, sorted by the first two."""
        some = np.flatnonzero(self.moved)
        own = np.flatnonzero((self.debtor == self.creditor) & (self.amount > 0))
        tail = np.concatenate([self.tail[some], self.debtor[own]]).astype(np.int64)
        head = np.concatenate([self.head[some], self.creditor[own]]).astype(np.int64)
        firms = max(len(self.price), 1)
        code, at = np.unique(tail * firms + head, return_inverse=True)
        whole = np.zeros(len(code), np.int64)
        np.add.at(whole, at, np.concatenate([self.moved[some], self.amount[own]]))
        return code // firms, code % firms, whole

    def bilateral(self) -> int:
        """Return what netting of each two firms alone would set off."""
        first = np.empty(len(self.price) + 1, np.int32)
        run(components.row_starts, self.tail, len(self.tail), first, compiled=self.compiled)
        own = self.debtor == self.creditor
        given = (first, self.tail, self.head, self.debt)
        return int(run(merge.mutual, *given, compiled=self.compiled)) + int(self.amount[own].sum())

    def partly(self) -> Array:
        """Return the rows whose pair is set off in part and has more rows than one."""
        sizes = np.diff(self.start)
        chosen = (self.moved > 0) & (self.moved < self.debt) & (sizes > 1)
        return self.rows[np.repeat(chosen, sizes)]


class Curve(Struct, frozen=True, kw_only=True):
    """The value of liquidity: with `spent[k]` of money put in, `settled[k]` of debt is settled.

    Corners of a concave line that starts with no money and ends where all debt is settled; between
    corners each unit settles `slope[k]` units of debt, a whole number: the length of its chain.
    """

    spent: Array
    settled: Array
    slope: Array

    def at(self, budget: int) -> int:
        """Return how much debt settles with this much money at the best firms."""
        if budget < 0:
            raise BadTerms(f"a budget of {budget}", where="curve", mend="give zero or more")
        k = int(np.searchsorted(self.spent, budget, side="right")) - 1
        if k == len(self.slope):
            return int(self.settled[-1])
        return int(self.settled[k]) + (budget - int(self.spent[k])) * int(self.slope[k])


def circulate(
    debtor: Array,
    creditor: Array,
    amount: Array,
    weight: Array | None = None,
    rank: Array | None = None,
) -> Array:
    """Return the greatest set-off of these debts by row: see `solve` and `Solution.set_off`."""
    return solve(debtor, creditor, amount, weight).set_off(rank)


def solve(
    debtor: Array, creditor: Array, amount: Array, weight: Array | None = None, firms: int = 0
) -> Solution:
    """Return the set-off whose sum, each unit times the weight of its debt, is greatest.

    debtor, creditor: firms 0, 1, ...; amount: whole minor units, zero or more, at most 2^62 in sum;
    weight: 1 or more, one each where not given. Raises `BadTerms` naming the first row that is not
    so. Where several set-offs are greatest the answer depends on the order of firm numbers only,
    never on the order of rows; and debts of one component never decide a tie in another.
    """
    firms, debtor, creditor, amount, weight = checked(debtor, creditor, amount, weight, firms)
    compiled = pays(len(amount))
    level = np.zeros(firms, np.int32)
    merged = _merged(debtor, creditor, amount, weight, level, compiled)
    rows, start, tail, head, debt = merged
    each = weight[rows[start[:-1]]] if len(weight) else weight
    number = np.zeros(firms, np.int32)
    moved, price = _cleared(tail, head, debt, each, number, compiled)
    spread = int(price.max(initial=0)) - int(price.min(initial=0)) + int(each.max(initial=1))
    return Solution(
        debtor=debtor,
        creditor=creditor,
        amount=amount,
        rows=rows,
        start=start,
        tail=tail,
        head=head,
        debt=debt,
        moved=moved,
        price=price + _order(level, number) * max(spread, int(weight.max(initial=1))),
        compiled=compiled,
    )


def curve_of(debtor: Array, creditor: Array, amount: Array, firms: int = 0) -> Curve:
    """Return the whole value-of-liquidity curve of these debts, self-debts settled throughout.

    The routing of all net positions through the debts as they stand, neither pruned nor cut: a unit
    sent at distance k is a unit of money that would settle k units of debt along its chain, and the
    dearest are the first to be worth lending.
    """
    firms, debtor, creditor, amount, _ = checked(debtor, creditor, amount, None, firms)
    compiled = pays(len(amount))
    live = np.flatnonzero((debtor != creditor) & (amount > 0)).astype(np.int32)
    _, _, tail, head, debt = _folded(debtor, creditor, amount, NO_INTS, live, firms, compiled)
    network = residual.network_of(firms, len(debt))
    place = np.zeros(firms, np.int32)
    run(residual.lay, tail, head, debt, NO_INTS, network, place, compiled=compiled)
    excess = np.zeros(firms, np.int64)
    np.add.at(excess, tail, debt)
    np.subtract.at(excess, head, debt)
    sent_at = np.zeros(firms + 1, np.int64)
    work = residual.work_on(network, excess)
    run(levels.route, network, work, 0, firms, 1 << 62, 0, sent_at, compiled=compiled)
    slope = np.flatnonzero(sent_at)[::-1]
    units = sent_at[slope]
    spent = np.concatenate([[0], np.cumsum(units)])
    whole = int(amount.sum())
    lent = np.concatenate([[0], np.cumsum(units * slope)])
    return Curve(spent=spent, settled=whole - int(lent[-1]) + lent, slope=slope)


def checked(
    debtor: Array, creditor: Array, amount: Array, weight: Array | None, firms: int
) -> tuple[int, Array, Array, Array, Array]:
    """Return the arrays as the kernels take them, or raise `BadTerms` naming the first bad row."""
    amount = np.ascontiguousarray(amount)
    weights = NO_INTS if weight is None else np.ascontiguousarray(weight)
    columns: dict[str, Any] = {"debtor": debtor, "creditor": creditor, "amount": amount}
    columns |= {} if weight is None else {"weight": weights}
    for name, column in columns.items():
        if not np.issubdtype(column.dtype, np.integer) or column.shape != amount.shape:
            what = f"{name} is {column.dtype} of shape {column.shape}"
            raise BadTerms(what, where=WHERE, mend="give whole numbers, one for each row")
        least = 1 if name == "weight" else 0
        if len(column) and int(column.min()) < least:
            row = int(np.flatnonzero(column < least)[0])
            what = f"{name} is {column[row]}, below {least}"
            raise BadTerms(what, where=f"{WHERE}, row {row}", mend="correct or leave out the row")
    highest = max(int(debtor.max(initial=-1)), int(creditor.max(initial=-1))) + 1
    firms = firms or highest
    if highest > firms or firms >= 1 << 29 or len(amount) >= 1 << 29:
        what = f"{highest:,} firms and {len(amount):,} rows"
        raise BadTerms(what, where=WHERE, mend="number firms from 0; at most 2^29 of each")
    _check_sums(amount, weights, firms)
    tail, head = (np.ascontiguousarray(column, np.int32) for column in (debtor, creditor))
    return firms, tail, head, amount.astype(np.int64, copy=False), weights


def _check_sums(amount: Array, weight: Array, firms: int) -> None:
    most = int(amount.max(initial=0))
    whole = most * len(amount)
    if whole > AMOUNT_MAX:
        whole = (int((amount >> 31).sum()) << 31) + int((amount & (2**31 - 1)).sum())
    if whole > AMOUNT_MAX:
        mend = "a clearing takes at most 2^62 minor units of a currency; split the run"
        raise BadTerms(f"the debts sum to {whole:,} minor units", where=WHERE, mend=mend)
    if int(weight.max(initial=1)) * firms >= 1 << 29 and len(weight):
        what = f"a weight of {int(weight.max()):,} with {firms:,} firms"
        raise BadTerms(what, where=WHERE, mend="weight times firms stays below 2^29; use stages")


def _merged(
    debtor: Array, creditor: Array, amount: Array, weight: Array, level: Array, compiled: bool
) -> tuple[Array, Array, Array, Array, Array]:
    """Return rows, start, debtor, creditor and debt of the pairs that may lie on a ring."""
    rows = np.empty(len(amount), np.int32)
    outs, ins = np.zeros(len(level), np.uint8), np.zeros(len(level), np.uint8)
    left = run(merge.peel, debtor, creditor, amount, outs, ins, level, rows, compiled=compiled)
    return _folded(debtor, creditor, amount, weight, rows[:left], len(level), compiled)


def _folded(
    debtor: Array,
    creditor: Array,
    amount: Array,
    weight: Array,
    rows: Array,
    firms: int,
    compiled: bool,
) -> tuple[Array, Array, Array, Array, Array]:
    count = len(rows)
    place, other = np.zeros(firms + 2, np.int32), np.empty(count, np.int32)
    if len(weight):
        rows = _heavier_first(rows, weight, compiled)
    run(merge.sort_rows, creditor, rows, count, place, other, compiled=compiled)
    run(merge.sort_rows, debtor, other, count, place, rows, compiled=compiled)
    ends = np.empty(count, np.int32), np.empty(count, np.int32)
    debt, start = np.empty(count, np.int64), np.empty(count + 1, np.int32)
    given = (debtor, creditor, amount, weight, rows, count, ends, debt, start)
    pairs = run(merge.fold, *given, compiled=compiled)
    return rows, start[: pairs + 1], ends[0][:pairs], ends[1][:pairs], debt[:pairs]


def _heavier_first(rows: Array, weight: Array, compiled: bool) -> Array:
    """Return the rows by falling weight, those of one weight in their order."""
    most = int(weight.max())
    if most > len(rows):
        return rows[np.argsort(-weight[rows], kind="stable")]
    into, place = np.empty(len(rows), np.int32), np.zeros(most + 2, np.int32)
    run(merge.sort_rows, most - weight, rows, len(rows), place, into, compiled=compiled)
    return into


def _cleared(
    tail: Array, head: Array, debt: Array, weight: Array, number: Array, compiled: bool
) -> tuple[Array, Array]:
    """Return the set-off of each pair and the price of each firm within its own component."""
    firms = len(number)
    moved, price = np.zeros(len(debt), np.int64), np.zeros(firms, np.int64)
    first, place = np.empty(firms + 1, np.int32), np.empty(firms, np.int32)
    run(components.row_starts, tail, len(tail), first, compiled=compiled)
    marks = np.zeros(firms, np.int32), np.zeros(firms, np.int32), np.empty(3 * firms, np.int32)
    found = run(components.strong, first, head, number, *marks, compiled=compiled)
    size, slot = np.zeros(found + 1, np.int32), np.empty(found + 1, np.int32)
    start, node = np.empty(found + 1, np.int32), np.empty(firms, np.int32)
    parts = run(components.gather, number, size, slot, start, node, place, compiled=compiled)
    start = start[: parts + 1]
    node = node[: start[-1]]
    arcs = np.empty(3 * len(debt), np.int32)
    given = (first, head, number, node, place, len(node), arcs)
    kept = run(components.inside, *given, compiled=compiled)
    u, v, pair = (arcs.reshape(3, -1)[row, :kept] for row in range(3))
    each = weight[pair] if len(weight) else weight
    routed, own = _routed(u, v, debt[pair], each, start, compiled)
    moved[pair] = routed
    price[node] = own
    return moved, price


def _routed(
    u: Array, v: Array, debt: Array, weight: Array, start: Array, compiled: bool
) -> tuple[Array, Array]:
    """Return the set-offs of pairs within components, and prices that prove them."""
    nodes, parts = int(start[-1]), len(start) - 1
    cap, excess, gets = debt.copy(), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    spans = np.searchsorted(u, start)
    given = (u, v, cap, excess, gets, start, spans, parts)
    run(components.tighten, *given, compiled=compiled)
    network = residual.network_of(nodes, len(u))
    work = residual.work_on(network, excess)
    run(residual.lay, u, v, cap, weight, network, work.current, compiled=compiled)
    sent_at = np.zeros(1, np.int64)
    run(levels.route_parts, network, work, start, parts, sent_at, compiled=compiled)
    moved = cap - network.pair[::4]
    run(prices.loosen, network, debt, compiled=compiled)
    marks = work.queue, np.zeros(nodes, np.uint8)
    run(prices.correct, network, work.price, *marks, compiled=compiled)
    return moved, work.price.astype(np.int64)


def _order(level: Array, number: Array) -> Array:
    """Return where each firm stands: along a debt on no ring the debtor stands above the creditor."""
    order = number.astype(np.int64) + merge.ROUNDS + 1
    low, high = level > 0, level < 0
    order[low] = level[low]
    order[high] = int(number.max(initial=0)) + 2 * merge.ROUNDS + 3 + level[high]
    return order
