"""What each way of settling gives a circle: nothing, netting of pairs, cyclic set-off, novation.

Netting of pairs folds what two firms owe each other into one debt. Cyclic set-off is the optimum of
`clear`. Full novation replaces all debts by one with a central counterparty for each firm: it leaves
the least to pay, and gives every firm a creditor or a debtor it did not choose.
Source: D'Errico and Roukny 2021 (compression, conservative and not); Fleischman and Dini 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from tailrace.network.debts import Ints

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing

WAYS = ("as owed", "netting of pairs", "cyclic set-off", "full novation")


class Settled(Struct, frozen=True, kw_only=True):
    """One way of settling one currency, in minor units."""

    currency: str
    way: str  # one of WAYS
    cleared_minor: int  # debt that needs no money any more
    left_minor: int  # debt that is left to pay
    payments: int  # one for each debtor and creditor with something left between them
    net_debt_before_minor: int  # sum of the positive net positions of the debts as they were
    net_debt_after_minor: int  # and of what is left: the same, for nobody's standing moves
    new_creditors: bool  # whether a firm may come to owe one it did not trade with


def ways_to_settle(clearing: Clearing) -> list[Settled]:
    """Return what each way of settling gives, currency by currency, in the order of WAYS."""
    rows = []
    for code in clearing.currencies:
        tail, head, before, after = owed_between(clearing, code)
        rows += settled_by(code, tail, head, before, before - after)
    return rows


def owed_between(clearing: Clearing, code: str) -> tuple[Ints, Ints, Ints, Ints]:
    """Return debtor, creditor, what was owed and what is left of each pair of firms of a currency.

    Firms are positions in `Clearing.firms`, amounts as in `Clearing.totals`: of currencies at fixed
    rates in minor units of the first, whole lots.
    """
    debts, nodes, pairs = clearing.debts, clearing.standings, clearing.pairs
    number, firms = clearing.currencies.index(code), len(clearing.firms) + 1
    rows = np.flatnonzero(debts.good & (debts.currency == number))
    lots = int(debts.amount[rows].sum())
    unit = clearing.totals[code].debt_minor // lots if lots else 1
    pair, at = np.unique(debts.debtor[rows] * firms + debts.creditor[rows], return_inverse=True)
    before = np.zeros(len(pair), np.int64)
    np.add.at(before, at, debts.amount[rows] * unit)
    # the circle itself, beyond the firms, is none
    inside = np.flatnonzero((pairs.tail < len(nodes.firm)) & (pairs.head < len(nodes.firm)))
    inside = inside[nodes.currency[pairs.tail[inside]] == number]
    tail, head = (nodes.firm[side[inside]] for side in (pairs.tail, pairs.head))
    after = before.copy()
    np.subtract.at(after, np.searchsorted(pair, tail * firms + head), pairs.set_off[inside])
    return pair // firms, pair % firms, before, after


def settled_by(
    code: str, debtor: Ints, creditor: Ints, amount: Ints, set_off: Ints
) -> list[Settled]:
    """Return the same for debts of one currency as arrays, firms numbered from 0."""
    tail, head, owed = _pairs(debtor, creditor, amount)
    left = _pairs(debtor, creditor, amount - set_off)
    firms = int(max(debtor.max(initial=-1), creditor.max(initial=-1))) + 1
    net = _net(firms, tail, head, owed)
    ways = ((tail, head, owed), _netted(tail, head, owed), left, _novated(net))
    before, whole = _positive(net), int(owed.sum())
    told = []
    for name, (u, v, rest) in zip(WAYS, ways, strict=True):
        remains = int(rest.sum())
        if name == "full novation":
            # A firm pays the counterparty or is paid by it: what reaches creditors is counted once.
            remains //= 2
        told.append(
            Settled(
                currency=code,
                way=name,
                cleared_minor=whole - remains,
                left_minor=remains,
                payments=int(np.count_nonzero(rest)),
                net_debt_before_minor=before,
                net_debt_after_minor=_positive(_net(firms + 1, u, v, rest)[:firms]),
                new_creditors=name == "full novation",
            )
        )
    return told


Graph = tuple[Ints, Ints, Ints]


def _pairs(debtor: Ints, creditor: Ints, amount: Ints) -> Graph:
    """Return what each firm owes each other, sorted, pairs with nothing left out."""
    firms = int(max(debtor.max(initial=-1), creditor.max(initial=-1))) + 1
    code, at = np.unique(debtor * firms + creditor, return_inverse=True)
    whole = np.zeros(len(code), np.int64)
    np.add.at(whole, at, amount)
    some = whole > 0
    return code[some] // max(firms, 1), code[some] % max(firms, 1), whole[some]


def _netted(tail: Ints, head: Ints, owed: Ints) -> Graph:
    """Return each two firms' debts folded into one; a firm's debt to itself is gone."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    signed = np.where(tail < head, owed, -owed) * (tail != head)
    u, v, _ = _pairs(low, high, np.ones_like(owed))
    firms = int(high.max(initial=-1)) + 1
    whole = np.zeros(len(u), np.int64)
    np.add.at(whole, np.searchsorted(u * firms + v, low * firms + high), signed)
    some = np.flatnonzero(whole)
    forward = whole[some] > 0
    return (
        np.where(forward, u[some], v[some]),
        np.where(forward, v[some], u[some]),
        np.abs(whole[some]),
    )


def _novated(net: Ints) -> Graph:
    """Return one debt for each firm, to a central counterparty numbered after them, or by it."""
    some = np.flatnonzero(net)
    centre = np.full(len(some), len(net), np.int64)
    pays = net[some] < 0
    return np.where(pays, some, centre), np.where(pays, centre, some), np.abs(net[some])


def _net(firms: int, tail: Ints, head: Ints, amount: Ints) -> Ints:
    net = np.zeros(firms, np.int64)
    np.add.at(net, head, amount)
    np.subtract.at(net, tail, amount)
    return net


def _positive(net: Ints) -> int:
    return int(net[net > 0].sum())


def of_currency(rows: Sequence[Settled], code: str) -> list[Settled]:
    """Return the rows of one currency."""
    return [row for row in rows if row.currency == code]
