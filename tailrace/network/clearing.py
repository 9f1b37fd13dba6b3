"""Clearing: the greatest set-off of debts against each other, without any money, and its proof.

Each currency by itself, in whole minor units. What a firm sets off as debtor equals what it sets
off as creditor, so nobody's net position moves; the sum set off is the greatest there is.

Where several set-offs are greatest, the tie rule is: firms and pairs of firms are sorted by debtor id
and creditor id, each component of the network is solved by itself, and the answer is that of our own
solver on this input, the same with Numba and without. Within a pair the oldest due day is served
first, days not said last, then the smaller obligation id. Row order never matters.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.errors import Fault
from tailrace.network.cycles import Cycles, cycles_of
from tailrace.network.debts import Debts, Flags, Ints, debts_of
from tailrace.network.rules import NetworkRules
from tailrace.network.solver import Curve, Solution, curve_of, solve

if TYPE_CHECKING:
    from tailrace.network.constraints.held import Taking
    from tailrace.network.constraints.ruling import Ruled

HELD = pa.table(
    {
        "row": pa.array([], pa.int64()),
        "obligation_id": pa.array([], pa.string()),
        "reason": pa.array([], pa.string()),
    }
)


class Totals(Struct, frozen=True, kw_only=True):
    """What a clearing did in one currency, in minor units."""

    currency: str
    obligations: int
    firms: int
    debt_minor: int
    cleared_minor: int  # on both sides: a debt of 5 set off in full counts 5
    bilateral_minor: int  # what netting of pairs alone would have cleared
    net_debt_minor: int  # sum of the positive net positions: the same before and after
    circle_minor: int = 0  # what members with credit lines owe the circle, and it owes others
    optimum_minor: int | None = None  # where a rule is kept after the optimum: no more could clear


class Certificate(Struct, frozen=True, kw_only=True):
    """The set-offs and the prices that prove them: see `verify_clearing` and docs/clearing.md."""

    set_off: Ints  # by input row
    prices: pa.Table  # firm, currency, potential
    minimum_minor: int  # rows below it took no part
    rules: NetworkRules | None = None  # what bound the set-offs; None where nothing did
    limits: pa.Table | None = None  # and the prices of each stage and limit: see `proof_of`
    best: Ints | None = None  # by input row: the optimum, where set-offs are what a rule left of it


class Standings(Struct, frozen=True, kw_only=True):
    """What each firm owed and was owed, one node for each firm of a currency, in that order."""

    firm: Ints
    currency: Ints
    owed: Ints
    owing: Ints


class Pairs(Struct, frozen=True, kw_only=True):
    """Set-offs by (currency, debtor, creditor), sorted by them, none of them zero.

    Then what members end up short or long, from or to the circle: one node above the firms for each
    currency.
    """

    tail: Ints  # nodes of `Standings`
    head: Ints
    set_off: Ints


class Clearing(Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """The answer of `clear`. `set_off` is int64 by input row, zero where nothing cleared."""

    set_off: Ints
    certificate: Certificate
    totals: dict[str, Totals]  # by currency, in order of its code
    faults: list[Fault]  # bad rows, which took no part
    firms: pa.Array  # every firm's id, in order
    currencies: list[str]
    took_part: Flags  # by input row
    standings: Standings
    pairs: Pairs
    debts: Debts
    held: pa.Table = HELD  # row, obligation_id, reason: what rules held out
    circle: pa.Table | None = None  # firm, currency, amount_minor: what it owes, below zero is owed
    kept: Cycles | None = None  # the cycles themselves, where a rule keeps only some

    @cached_property
    def curve(self) -> dict[str, Curve]:
        """The value of liquidity by currency: how much debt settles for every sum put in."""
        return {code: _curve(self.debts, number) for number, code in enumerate(self.currencies)}

    @cached_property
    def cycles(self) -> pa.Table:
        """The set-offs as cycles: (cycle, step, debtor, creditor, currency, amount_minor, length).

        Rows of a pair sum to its set-offs. Cycle 0 is among the shortest; see `cycles.cycles_of`.
        The circle itself, where a chain ends on a member's credit line, has no id: null.
        """
        pairs, nodes, found = self.pairs, self.standings, self._found
        node, other = pairs.tail[found.pair], pairs.head[found.pair]
        codes = pa.array(self.currencies, pa.string())
        count = len(self.currencies)
        firm = np.concatenate([nodes.firm, np.full(count, -1)])
        currency = np.concatenate([nodes.currency, np.arange(count)])
        ids = pa.array(firm, mask=firm < 0)
        return pa.table(
            {
                "cycle": found.cycle,
                "step": found.step,
                "debtor": self.firms.take(ids.take(pa.array(node))),
                "creditor": self.firms.take(ids.take(pa.array(other))),
                "currency": codes.take(pa.array(currency[node])),
                "amount_minor": found.amount,
                "length": found.length,
            }
        )

    def notices(self) -> pa.Table:
        """Return what each firm is told: one row for each firm and currency, in that order.

        (firm, currency, owed_minor, owing_minor, set_off_minor, net_minor, cycles): owed and owing
        before, the same amount set off from both, the net position that did not move.
        """
        pairs, nodes, found = self.pairs, self.standings, self._found
        count = len(nodes.firm)
        done, cycles = (np.zeros(count + len(self.currencies), np.int64) for _ in range(2))
        np.add.at(done, pairs.tail, pairs.set_off)
        np.add.at(cycles, pairs.tail[found.pair], 1)
        codes = pa.array(self.currencies, pa.string())
        return pa.table(
            {
                "firm": self.firms.take(pa.array(nodes.firm)),
                "currency": codes.take(pa.array(nodes.currency)),
                "owed_minor": nodes.owed,
                "owing_minor": nodes.owing,
                "set_off_minor": done[:count],
                "net_minor": nodes.owing - nodes.owed,
                "cycles": cycles[:count],
            }
        )

    @cached_property
    def _found(self) -> Cycles:
        if self.kept is not None:
            return self.kept
        return cycles_of(self.pairs.tail, self.pairs.head, self.pairs.set_off)


def clear(obligations: pa.Table, rules: NetworkRules | None = None) -> Clearing:
    """Return the greatest set-off of these obligations, currency by currency.

    obligations: obligation_id, debtor, creditor (or debtor_id, creditor_id: ids of any type),
    currency, amount_minor (whole, zero or more), due_on; more columns are welcome. A firm's debt
    to itself clears in full. Bad rows take no part and are in `Clearing.faults`; without rules
    nothing else is left out. Raises `BadTerms` for a missing or mistyped column, and where a
    currency's debts pass 2^62 minor units.
    """
    minimum = rules.minimum_minor if rules else 0
    debts = debts_of(obligations, minimum)
    if rules is not None and not rules.plain:
        return _ruled(obligations, debts, rules)
    parts = [_cleared(debts, number) for number in range(len(debts.currencies))]
    set_off, took_part = _by_row(debts, parts)
    proof = Certificate(set_off=set_off, prices=_prices(debts, parts), minimum_minor=minimum)
    return _clearing(debts, parts, proof, took_part)


def _clearing(debts: Debts, parts: list[_Part], proof: Certificate, took_part: Flags) -> Clearing:
    return Clearing(
        set_off=proof.set_off,
        certificate=proof,
        totals={
            code: _totals(code, part) for code, part in zip(debts.currencies, parts, strict=True)
        },
        faults=debts.faults,
        firms=debts.firms,
        currencies=debts.currencies,
        took_part=took_part,
        standings=_standings(debts, parts),
        pairs=_pairs(parts),
        debts=debts,
    )


def _ruled(obligations: pa.Table, debts: Debts, rules: NetworkRules) -> Clearing:
    """Return the greatest set-off within the rules; see docs/constraints.md."""
    from tailrace.network.constraints import held, ruling, telling

    taking = held.taking_part(obligations, debts, rules)
    debts = taking.debts
    found = [
        ruling.ruled(taking, number, rules, _oldest_first)
        for number in range(len(debts.currencies))
    ]
    parts = [_part_of(one, taking) for one in found]
    set_off, took_part = _by_row(debts, parts)
    after = rules.whole_invoices or rules.cycle_firms_max != 0
    proof = Certificate(
        set_off=set_off * taking.lot,
        prices=_prices(debts, parts),
        minimum_minor=rules.minimum_minor,
        rules=rules,
        limits=ruling.proof_of(found, debts.firms),
        best=telling.by_row(found, taking, "best") if after else None,
    )
    plain = _clearing(debts, parts, proof, took_part)
    return telling.told(plain, found, taking)


def _part_of(one: Ruled, taking: Taking) -> _Part:
    return _Part(
        rows=one.part.rows,
        firms=one.part.firms,
        solution=one.solution,
        set_off=one.set_off,
        lot=taking.base[one.part.code],
    )


def _by_row(debts: Debts, parts: list[_Part]) -> tuple[Ints, Flags]:
    """Return set-offs by input row, and which rows took part."""
    set_off = np.zeros(len(debts.amount), np.int64)
    took_part = np.zeros(len(debts.amount), np.bool_)
    for part in parts:
        set_off[part.rows] = part.set_off
        took_part[part.rows] = True
    return set_off, took_part


def _prices(debts: Debts, parts: list[_Part]) -> pa.Table:
    codes = pa.array(debts.currencies, pa.string())
    standings = _standings(debts, parts)
    return pa.table(
        {
            "firm": debts.firms.take(pa.array(standings.firm)),
            "currency": codes.take(pa.array(standings.currency)),
            "potential": _joined([part.solution.price for part in parts]),
        }
    )


class _Part(Struct, frozen=True, kw_only=True):
    """One currency: its rows and firms (positions in `Debts`), and what was found."""

    rows: Ints
    firms: Ints
    solution: Solution
    set_off: Ints  # by row of these rows
    lot: int = 1  # minor units that each unit stands for

    def net(self) -> tuple[Ints, Ints]:
        """Return what each firm owes and is owed."""
        owed, owing = (np.zeros(len(self.firms), np.int64) for _ in range(2))
        np.add.at(owed, self.solution.debtor, self.solution.amount)
        np.add.at(owing, self.solution.creditor, self.solution.amount)
        return owed * self.lot, owing * self.lot


def _rows_of(debts: Debts, number: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return a currency's rows, its firms in order, and debtor and creditor as places in them."""
    rows = np.flatnonzero(debts.good & (debts.currency == number))
    debtor, creditor = debts.debtor[rows], debts.creditor[rows]
    used = np.zeros(len(debts.firms), np.bool_)
    used[debtor] = used[creditor] = True
    place = np.cumsum(used) - 1
    return rows, np.flatnonzero(used), place[debtor], place[creditor]


def _cleared(debts: Debts, number: int) -> _Part:
    rows, firms, debtor, creditor = _rows_of(debts, number)
    weight = debts.weight[rows] if len(debts.weight) else None
    solution = solve(debtor, creditor, debts.amount[rows], weight, firms=len(firms))
    partly = solution.partly()
    rank = np.zeros(len(rows), np.int64)
    rank[partly[_oldest_first(debts, rows[partly])]] = np.arange(len(partly))
    return _Part(rows=rows, firms=firms, solution=solution, set_off=solution.set_off(rank))


def _curve(debts: Debts, number: int) -> Curve:
    rows, firms, debtor, creditor = _rows_of(debts, number)
    return curve_of(debtor, creditor, debts.amount[rows], firms=len(firms))


def _oldest_first(debts: Debts, rows: Ints) -> Ints:
    """Return the order of these rows by due day, days not said last, then by obligation id."""
    chosen = pa.array(rows)
    keys = {"id": debts.obligation_id.take(chosen)}
    order = [("id", "ascending")]
    if debts.due_on is not None and not pa.types.is_null(debts.due_on.type):
        keys["due_on"] = debts.due_on.take(chosen)
        order.insert(0, ("due_on", "ascending"))
    sorting = pc.sort_indices(pa.table(keys), sort_keys=order)  # nulls last
    return sorting.to_numpy().astype(np.int64)


def _joined(arrays: list[Ints]) -> Ints:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)


def _standings(debts: Debts, parts: list[_Part]) -> Standings:
    nets = [part.net() for part in parts]
    sizes = [len(part.firms) for part in parts]
    return Standings(
        firm=_joined([part.firms for part in parts]),
        currency=np.repeat(np.arange(len(parts)), sizes),
        owed=_joined([owed for owed, _ in nets]),
        owing=_joined([owing for _, owing in nets]),
    )


def _pairs(parts: list[_Part]) -> Pairs:
    """Return what was set off between two firms, a firm's debts to itself with the rest."""
    base, found = 0, []
    for part in parts:
        done = part.solution.done()
        found.append((done[0] + base, done[1] + base, done[2] * part.lot))
        base += len(part.firms)
    tail, head, set_off = (_joined([rows[side] for rows in found]) for side in range(3))
    return Pairs(tail=tail, head=head, set_off=set_off)


def _totals(code: str, part: _Part) -> Totals:
    owed, owing = part.net()
    net = owing - owed
    return Totals(
        currency=code,
        obligations=len(part.rows),
        firms=len(part.firms),
        debt_minor=int(owed.sum()),
        cleared_minor=int(part.set_off.sum()) * part.lot,
        bilateral_minor=part.solution.bilateral() * part.lot,
        net_debt_minor=int(net[net > 0].sum()),
    )
