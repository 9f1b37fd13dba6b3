"""Placement: where a budget goes, what it settles, and how the settling money runs."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.errors import BadTerms, Fault
from tailrace.network.constraints.held import taking_part
from tailrace.network.cycles import cycles_of
from tailrace.network.debts import Ints, debts_of
from tailrace.network.liquidity.lenders import SOURCES, Lenders, lenders_of
from tailrace.network.liquidity.routing import Routed, Step, by_source, cut_short
from tailrace.network.liquidity.trade import NONE_HELD, Trade, trade_of
from tailrace.network.rules import NetworkRules

ANYONE = "any lender"  # the lender where no lenders are named
PER = 10_000  # a price is per so many units lent


class Band(Struct, frozen=True, kw_only=True):
    """A straight piece of the curve: each unit of money in it settles `slope` units of debt."""

    source: str  # own, inside, outside
    from_minor: int  # money put in before it, of all sources
    to_minor: int
    slope: int
    price: int  # per 10,000: what a unit costs here, cheapest first among equals
    settled_minor: int  # at its end
    cost: int  # up to its end, in ten-thousandths of a minor unit


class Placement(Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """The best use of a budget in one currency. `settled` is int64 by input row.

    Own money comes on top of the budget, which is for money lent. `proof` is what `verify_liquidity`
    checks: see docs/liquidity.md.
    """

    currency: str
    budget_minor: int | None  # None: all that lenders offer
    lent_minor: int
    own_minor: int
    debt_minor: int
    alone_minor: int  # settled without any money: the clearing
    settled_minor: int
    enough_minor: int  # money that settles all debt if any firm may borrow: the net internal debt
    cost: int  # price of all loans, in ten-thousandths of a minor unit
    settled: Ints
    trade: Trade
    lenders: Lenders
    proof: Routed

    @property
    def idle_minor(self) -> int:
        """What of the budget settles nothing more, or finds no firm that may borrow it."""
        return 0 if self.budget_minor is None else self.budget_minor - self.lent_minor

    @property
    def spent_minor(self) -> int:
        """Where the placement stands on the curve, which counts money where it was first put in.

        Own money that comes back to its firm in the same run, and a loan that later money made
        idle, are no longer in `own_minor` and `lent_minor`.
        """
        return sum(step.units for step in self.proof.steps) or self.lent_minor

    @property
    def slope(self) -> int:
        """What one more unit settles where it settles most, were its firm to get it."""
        return int(self.proof.worth.max(initial=0))

    @cached_property
    def loans(self) -> pa.Table:
        """Who is to repay whom: (lender, source, borrower, amount_minor, price, cost), by both ids.

        Own money used is a row of source `own`, its lender the firm itself.
        """
        given, own = np.flatnonzero(self.proof.loan), np.flatnonzero(self.proof.own)
        lender = self.lenders.lender[given]
        names = [self.lenders.names[at] for at in lender.tolist()]
        firms = self.trade.firms.cast(pa.string())
        price = np.concatenate([np.zeros(len(own), np.int64), self.lenders.price[given]])
        amount = np.concatenate([self.proof.own[own], self.proof.loan[given]])
        cost = [int(a) * int(p) for a, p in zip(amount, price, strict=True)]
        return pa.table(
            {
                "lender": firms.take(pa.array(own)).to_pylist() + names,
                "source": ["own"] * len(own)
                + [SOURCES[at] for at in self.lenders.source[lender].tolist()],
                "borrower": self.trade.firms.take(
                    pa.array(np.concatenate([own, self.lenders.firm[given]]))
                ),
                "amount_minor": amount,
                "price": price,
                "cost": pa.array(cost, pa.decimal128(38, 0)),
            }
        )

    @cached_property
    def firms(self) -> pa.Table:
        """What each firm gets, keeps and settles, and what a unit more lent to it would settle.

        (firm, owed_minor, owing_minor, paid_minor, received_minor, own_minor, lent_minor,
        kept_minor, worth, holds_minor): paid and received are debts settled on either side;
        received + own + lent = paid + kept. A unit more settles `worth` units of debt, and so does
        each further unit up to `holds_minor` at the least.
        """
        trade, proof, count = self.trade, self.proof, len(self.trade.firms)
        owed, owing, paid, received, lent = (np.zeros(count, np.int64) for _ in range(5))
        np.add.at(owed, trade.tail, trade.debt)
        np.add.at(owing, trade.head, trade.debt)
        np.add.at(paid, trade.tail, proof.moved)
        np.add.at(received, trade.head, proof.moved)
        np.add.at(lent, self.lenders.firm, proof.loan)
        return pa.table(
            {
                "firm": trade.firms,
                "owed_minor": owed,
                "owing_minor": owing,
                "paid_minor": paid,
                "received_minor": received,
                "own_minor": proof.own,
                "lent_minor": lent,
                "kept_minor": proof.kept,
                "worth": proof.worth,
                "holds_minor": np.where(proof.worth > 0, proof.holds, 0),
            }
        )

    @cached_property
    def chains(self) -> pa.Table:
        """How the money runs, shortest chains first: one row for each debt it settles on its way.

        (chain, step, borrower, keeper, debtor, creditor, amount_minor, length): the amount enters
        at the borrower, settles `length` debts, and stays with the keeper.
        """
        trade, proof = self.trade, self.proof
        enters = proof.own.copy()
        np.add.at(enters, self.lenders.firm, proof.loan)
        into, out, live = (
            np.flatnonzero(enters),
            np.flatnonzero(proof.kept),
            np.flatnonzero(proof.moved),
        )
        till_in, till_out = np.zeros(len(into), np.int64), np.zeros(len(out), np.int64)
        tail = np.concatenate([till_in, out + 1, trade.tail[live] + 1])
        head = np.concatenate([into + 1, till_out, trade.head[live] + 1])
        amount = np.concatenate([enters[into], proof.kept[out], proof.moved[live]])
        found = cycles_of(tail, head, amount)  # the till is the lowest, so its rings start there
        starts = np.flatnonzero((found.step == 0) & (tail[found.pair] == 0))
        starts = starts[np.lexsort((-found.amount[starts], found.length[starts]))]
        length = found.length[starts] - 2
        chain = np.repeat(np.arange(len(starts)), length)
        step = np.arange(len(chain)) - np.repeat(np.cumsum(length) - length, length)
        at = found.pair[np.repeat(starts, length) + 1 + step]
        first, last = head[found.pair[starts]] - 1, tail[found.pair[starts + length + 1]] - 1
        return pa.table(
            {
                "chain": chain,
                "step": step,
                "borrower": trade.firms.take(pa.array(first[chain])),
                "keeper": trade.firms.take(pa.array(last[chain])),
                "debtor": trade.firms.take(pa.array(tail[at] - 1)),
                "creditor": trade.firms.take(pa.array(head[at] - 1)),
                "amount_minor": found.amount[starts][chain],
                "length": length[chain],
            }
        )


def trades_of(
    obligations: pa.Table, rules: NetworkRules | None = None
) -> tuple[dict[str, Trade], list[Fault]]:
    """Return the debts by currency, and the faults of bad rows, which take no part: see `clear`.

    Of rules those that say which debts take part are kept: minimum, holds and window. Raises
    `BadTerms` for others: money lent moves what limits, lines and classes are about.
    """
    if rules is None:
        rules = NetworkRules(minimum_minor=0)
    if rules.bounds:
        what = "limits, lines, classes, parities and rules of whole invoices or cycles"
        mend = "keep minimum_minor, hold, due_from and due_until"
        raise BadTerms(f"{what} do not bind money lent", where="rules, [network]", mend=mend)
    debts, held = debts_of(obligations, rules.minimum_minor), NONE_HELD
    if not rules.plain:
        taking = taking_part(obligations, debts, rules)
        debts, held = taking.debts, taking.held
    trades = [
        trade_of(debts, number, rules.minimum_minor, held)
        for number in range(len(debts.currencies))
    ]
    return {trade.currency: trade for trade in trades}, debts.faults


def place(
    trade: Trade, budget_minor: int | None = None, lenders: Lenders | None = None
) -> Placement:
    """Return the best placement of a budget: no other settles more of these debts.

    Without lenders any firm may borrow, and no budget means as much as settles everything. With
    them, members' own money is used first, then inside lenders', then outside lenders', each up to
    its limits and the last two up to the budget; among placements that settle as much, the one with
    least outside money, then least money lent, then the lowest price. Raises `BadTerms` where the
    budget is below zero.
    """
    if budget_minor is not None and budget_minor < 0:
        what = f"a budget of {budget_minor:,} minor units"
        raise BadTerms(what, where="budget", mend="give zero or more")
    if lenders is None:
        enough = trade.net_debt if budget_minor is None else budget_minor
        found, lenders = cut_short(trade, enough), anyone(trade)
        alone = int(trade.curve.settled[0])
    else:
        found = by_source(trade, lenders, budget_minor)
        alone = found.alone + int(trade.amount[trade.own].sum())
    settled = trade.by_row(found.moved)
    cost = int(np.dot(found.loan.astype(object), lenders.price.astype(object)))
    return Placement(
        currency=trade.currency,
        budget_minor=budget_minor,
        lent_minor=int(found.loan.sum()),
        own_minor=int(found.own.sum()),
        debt_minor=trade.whole,
        alone_minor=alone,
        settled_minor=int(settled.sum()),
        enough_minor=trade.net_debt,
        cost=cost,
        settled=settled,
        trade=trade,
        lenders=lenders,
        proof=found,
    )


def bands_of(trade: Trade, lenders: Lenders | None = None) -> list[Band]:
    """Return the curve: what each further unit of money settles, for all money that is of use."""
    if lenders is not None:
        found = by_source(trade, lenders, None)
        steps, settled = found.steps, found.alone + int(trade.amount[trade.own].sum())
    else:
        curve = trade.curve
        units = np.diff(curve.spent)
        steps = [
            Step(source=2, units=int(u), slope=int(k), price=0)
            for u, k in zip(units, curve.slope, strict=True)
        ]
        settled = int(curve.settled[0])
    bands, spent, cost = [], 0, 0
    for step in steps:
        settled += step.units * step.slope
        cost += step.units * step.price
        bands.append(
            Band(
                source=SOURCES[step.source],
                from_minor=spent,
                to_minor=spent + step.units,
                slope=step.slope,
                price=step.price,
                settled_minor=settled,
                cost=cost,
            )
        )
        spent += step.units
    return bands


def anyone(trade: Trade) -> Lenders:
    """Return the one lender of a placement without lenders: to any firm, at no price, no limit."""
    firms = len(trade.firms)
    most = trade.net_debt
    none = np.zeros(firms, np.int64)
    return Lenders(
        own=none,
        names=[ANYONE],
        source=np.array([2], np.int64),
        whole=np.array([most], np.int64),
        lender=none,
        firm=np.arange(firms),
        limit=np.full(firms, most),
        price=none,
        faults=[],
    )


def lenders_in(table: pa.Table, trade: Trade) -> Lenders:
    """Return the lenders of a table to these debts: see `lenders_of`."""
    return lenders_of(table, trade.currency, trade.firms, trade.net_debt)
