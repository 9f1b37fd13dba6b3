"""The front of the solver: arrays of obligations to set-offs by row and prices by firm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from tailrace.network.solver import components, merge
from tailrace.network.solver.compiled import Array, pays, run
from tailrace.network.solver.components import Within
from tailrace.network.solver.given import NO_INTS, checked
from tailrace.network.solver.routing import Router, moved_here, routed_here


class Owed(NamedTuple):
    """The debts of one currency: firms 0, 1, ... and whole minor units; see `solve`."""

    debtor: Array
    creditor: Array
    amount: Array
    weight: Array | None = None
    firms: int = 0


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


def circulate(
    debtor: Array,
    creditor: Array,
    amount: Array,
    weight: Array | None = None,
    rank: Array | None = None,
) -> Array:
    """Return the greatest set-off of these debts by row, and no proof of it.

    See `solve`, whose set-offs they are, and `Solution.set_off`.
    """
    begun = _begun(Owed(debtor, creditor, amount, weight))
    within = begun.within
    unproven = np.zeros(len(within.node), np.int64)  # prices, which only a proof wants
    return begun.ended(moved_here(within), unproven).set_off(rank)


def solve(
    debtor: Array, creditor: Array, amount: Array, weight: Array | None = None, firms: int = 0
) -> Solution:
    """Return the set-off whose sum, each unit times the weight of its debt, is greatest.

    debtor, creditor: firms 0, 1, ...; amount: whole minor units, zero or more, at most 2^62 in sum;
    weight: 1 or more, one each where not given. Raises `BadTerms` naming the first row that is not
    so. Where several set-offs are greatest the answer depends on the order of firm numbers only,
    never on the order of rows; and debts of one component never decide a tie in another.
    """
    begun = _begun(Owed(debtor, creditor, amount, weight, firms))
    return begun.ended(*routed_here(begun.within))


def solve_each(networks: Iterable[Owed], router: Router | None = None) -> Iterator[Solution]:
    """Yield the solution of each network, in order: those that `solve` gives, to the last unit.

    A router routes the components of all networks together, in other processes or on an engine;
    without one they are solved one after the other, here.
    """
    if router is None:
        yield from (solve(*network) for network in networks)
        return
    begun = [_begun(network) for network in networks]
    for one, answer in zip(begun, router([one.within for one in begun]), strict=True):
        yield one.ended(*answer)


class _Begun(Struct, frozen=True, kw_only=True):
    """A network merged and cut to what lies within components, before the routing."""

    debtor: Array
    creditor: Array
    amount: Array
    rows: Array
    start: Array
    tail: Array
    head: Array
    debt: Array
    order: Array  # where firms stand whose debts lie on no ring
    heaviest: tuple[int, int]  # of these pairs, of all debts
    within: Within

    def ended(self, routed: Array, own: Array) -> Solution:
        """Return the solution, given the set-off of each pair within components and its prices."""
        moved, price = np.zeros(len(self.debt), np.int64), np.zeros(len(self.order), np.int64)
        moved[self.within.pair] = routed
        price[self.within.node] = own
        spread = int(price.max(initial=0)) - int(price.min(initial=0)) + self.heaviest[0]
        return Solution(
            debtor=self.debtor,
            creditor=self.creditor,
            amount=self.amount,
            rows=self.rows,
            start=self.start,
            tail=self.tail,
            head=self.head,
            debt=self.debt,
            moved=moved,
            price=price + self.order * max(spread, self.heaviest[1]),
            compiled=self.within.compiled,
        )


def _begun(given: Owed) -> _Begun:
    firms, debtor, creditor, amount, weight = checked(*given)
    compiled = pays(len(amount))
    level = np.zeros(firms, np.int32)
    rows, start, tail, head, debt = merge.merged(debtor, creditor, amount, weight, level, compiled)
    each = weight[rows[start[:-1]]] if len(weight) else weight
    number = np.zeros(firms, np.int32)
    within = components.within(tail, head, debt, each, number, compiled)
    return _Begun(
        debtor=debtor,
        creditor=creditor,
        amount=amount,
        rows=rows,
        start=start,
        tail=tail,
        head=head,
        debt=debt,
        order=_order(level, number),
        heaviest=(int(each.max(initial=1)), int(weight.max(initial=1))),
        within=within,
    )


def _order(level: Array, number: Array) -> Array:
    """Return where each firm stands: along a debt on no ring the debtor stands above the creditor."""
    order = number.astype(np.int64) + merge.ROUNDS + 1
    low, high = level > 0, level < 0
    order[low] = level[low]
    order[high] = int(number.max(initial=0)) + 2 * merge.ROUNDS + 3 + level[high]
    return order
