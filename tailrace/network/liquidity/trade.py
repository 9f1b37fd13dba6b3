"""Trade: the debts of one currency as pairs of firms, and a pair's money given back to its rows."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.network.allocation import oldest_first
from tailrace.network.debts import Debts, Ints, rows_of
from tailrace.network.solver import Curve, curve_of

NONE_HELD = pa.table({"row": pa.array([], pa.int64()), "reason": pa.array([], pa.string())})


class Trade(Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """One currency. Firms are 0, 1, ... in id order; pair p owes `debt[p]` in all.

    The rows of pair p are `rows[start[p]:start[p + 1]]`, oldest due day first, days not said last,
    then by obligation id. Debts of nothing and debts of a firm to itself are in no pair.
    """

    currency: str
    firms: pa.Array  # ids
    tail: Ints
    head: Ints
    debt: Ints
    rows: Ints  # of the input
    start: Ints
    own: Ints  # rows a firm owes itself
    amount: Ints  # by input row, zero where the row is of another currency or bad
    minimum_minor: int  # rows below it took no part
    held: pa.Table = NONE_HELD  # row, obligation_id, reason: what rules held out, in any currency

    @cached_property
    def net(self) -> Ints:
        """What each firm must pay in money if nothing is lent: payables less receivables."""
        net = np.zeros(len(self.firms), np.int64)
        np.add.at(net, self.tail, self.debt)
        np.subtract.at(net, self.head, self.debt)
        return net

    @cached_property
    def net_debt(self) -> int:
        """The net internal debt: money that settles everything if it is placed well."""
        net = self.net
        return int(net[net > 0].sum())

    @cached_property
    def whole(self) -> int:
        """All debt, what firms owe themselves among it."""
        return int(self.amount.sum())

    @cached_property
    def curve(self) -> Curve:
        """What settles for every sum put in at the best firms: see `Clearing.curve`."""
        own = int(self.amount[self.own].sum())
        curve = curve_of(self.tail, self.head, self.debt, firms=len(self.firms))
        return Curve(spent=curve.spent, settled=curve.settled + own, slope=curve.slope)

    def by_row(self, moved: Ints) -> Ints:
        """Return what is settled of each input row, given what is settled of each pair."""
        settled = np.zeros(len(self.amount), np.int64)
        settled[self.own] = self.amount[self.own]
        each = self.amount[self.rows]
        before = np.cumsum(each) - each
        before -= np.repeat(before[self.start[:-1]], np.diff(self.start))
        left = np.repeat(moved, np.diff(self.start)) - before
        settled[self.rows] = np.clip(left, 0, each)
        return settled


def trade_of(debts: Debts, number: int, minimum_minor: int, held: pa.Table = NONE_HELD) -> Trade:
    """Return the debts of one currency; the order of the input's rows makes no difference."""
    mine, used, debtor, creditor = rows_of(debts, number)
    amount = np.zeros(len(debts.amount), np.int64)
    amount[mine] = debts.amount[mine]
    firms = len(used)
    code = np.zeros(len(amount), np.int64)
    code[mine] = debtor.astype(np.int64) * firms + creditor
    own = mine[debtor == creditor]
    live = mine[(amount[mine] > 0) & (debtor != creditor)]
    live = live[oldest_first(debts, live)]
    code = code[live]
    order = np.argsort(code, kind="stable")
    rows, code = live[order], code[order]
    first = np.flatnonzero(np.diff(code, prepend=-1))
    return Trade(
        currency=debts.currencies[number],
        firms=debts.firms.take(pa.array(used)),
        tail=code[first] // max(firms, 1),
        head=code[first] % max(firms, 1),
        debt=np.add.reduceat(amount[rows], first) if len(first) else np.zeros(0, np.int64),
        rows=rows,
        start=np.append(first, len(rows)),
        own=own,
        amount=amount,
        minimum_minor=minimum_minor,
        held=held,
    )
