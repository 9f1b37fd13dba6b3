"""Clearing: the greatest set-off of debts against each other, without any money, and its proof.

Each currency by itself, in whole minor units. What a firm sets off as debtor equals what it sets
off as creditor, so nobody's net position moves; the sum set off is the greatest there is.

Where several set-offs are greatest, the tie rule is: firms and pairs of firms are sorted by debtor id
and creditor id, each component of the network is solved by itself, and the answer is that of our own
solver on this input, the same with Numba and without. Within a pair the oldest due day is served
first, days not said last, then the smaller obligation id. Row order never matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.network.allocation import given_out
from tailrace.network.answer import Certificate, Clearing, Pairs, Standings, Totals
from tailrace.network.debts import Debts, Flags, Ints, debts_of, rows_of
from tailrace.network.rules import NetworkRules
from tailrace.network.solver import Owed, Solution, in_processes, solve_each

if TYPE_CHECKING:
    from tailrace.base.ports import Engine
    from tailrace.network.constraints.before import Before
    from tailrace.network.constraints.held import Taking
    from tailrace.network.constraints.ruling import Ruled

__all__ = ["Certificate", "Clearing", "Pairs", "Standings", "Totals", "clear"]


def clear(
    obligations: pa.Table,
    rules: NetworkRules | None = None,
    before: Before | None = None,
    *,
    processes: int = 1,
    engine: Engine | None = None,
) -> Clearing:
    """Return the greatest set-off of these obligations, currency by currency.

    obligations: obligation_id, debtor, creditor (or debtor_id, creditor_id: ids of any type),
    currency, amount_minor (whole, zero or more), due_on; more columns are welcome. A firm's debt
    to itself clears in full. Bad rows take no part and are in `Clearing.faults`; without rules
    nothing else is left out. before: what earlier clearings used of the rules' limits and lines.
    Raises `BadTerms` for a missing or mistyped column, and where a currency's debts pass 2^62 minor
    units.

    Components are routed here, by so many processes or by an engine (one that knows the kinds of
    `spreading.TABLES`): the answer is the same to the byte. Rules that bind set-offs to one another
    are solved here in any case. Raises `Unreachable` where a process or the engine ends too soon.
    """
    minimum = rules.minimum_minor if rules else 0
    debts = debts_of(obligations, minimum)
    if rules is not None and not rules.plain:
        return _ruled(obligations, debts, rules, before)
    parts = _cleared(debts, processes, engine)
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


def _ruled(
    obligations: pa.Table, debts: Debts, rules: NetworkRules, before: Before | None
) -> Clearing:
    """Return the greatest set-off within the rules; see docs/constraints.md."""
    from tailrace.network.constraints import held, ruling, telling

    taking = held.taking_part(obligations, debts, rules, before)
    debts = taking.debts
    found = [ruling.ruled(taking, number, rules) for number in range(len(debts.currencies))]
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
        before=before,
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


def _cleared(debts: Debts, processes: int, engine: Engine | None) -> list[_Part]:
    """Return what was found in each currency, the routing done where it was asked for."""
    router = in_processes(processes) if processes > 1 else None
    if engine is not None:
        from tailrace.network.spreading import by_engine

        router = by_engine(engine, debts.currencies)
    places: list[tuple[Ints, Ints]] = []
    solutions = solve_each(_owed(debts, places), router)
    return [_part(debts, *places[number], one) for number, one in enumerate(solutions)]


def _owed(debts: Debts, places: list[tuple[Ints, Ints]]) -> Iterator[Owed]:
    """Yield each currency's debts for the solver; note the rows and firms they are."""
    for number in range(len(debts.currencies)):
        rows, firms, debtor, creditor = rows_of(debts, number)
        places.append((rows, firms))
        weight = debts.weight[rows] if len(debts.weight) else None
        yield Owed(debtor, creditor, debts.amount[rows], weight, len(firms))


def _part(debts: Debts, rows: Ints, firms: Ints, solution: Solution) -> _Part:
    set_off = given_out(solution, debts, rows)
    return _Part(rows=rows, firms=firms, solution=solution, set_off=set_off)


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
