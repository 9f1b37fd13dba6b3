"""The worth of liquidity: how much debt settles for every sum of money put in at the best firms."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.network.solver import levels, residual
from tailrace.network.solver.compiled import Array, pays, run
from tailrace.network.solver.given import NO_INTS, checked
from tailrace.network.solver.merge import folded


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


def curve_of(debtor: Array, creditor: Array, amount: Array, firms: int = 0) -> Curve:
    """Return the whole value-of-liquidity curve of these debts, self-debts settled throughout.

    The routing of all net positions through the debts as they stand, neither pruned nor cut: a unit
    sent at distance k is a unit of money that would settle k units of debt along its chain, and the
    dearest are the first to be worth lending.
    """
    firms, debtor, creditor, amount, _ = checked(debtor, creditor, amount, None, firms)
    compiled = pays(len(amount))
    live = np.flatnonzero((debtor != creditor) & (amount > 0)).astype(np.int32)
    _, _, tail, head, debt = folded(debtor, creditor, amount, NO_INTS, live, firms, compiled)
    network = residual.network_of(firms, len(debt))
    run(residual.lay, tail, head, debt, NO_INTS, network, compiled=compiled)
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
