"""The answer of a clearing: its set-offs, the proof, and what is told of them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.errors import Fault
from tailrace.network.constraints.before import Before
from tailrace.network.cycles import Cycles, cycles_of
from tailrace.network.debts import Debts, Flags, Ints, rows_of
from tailrace.network.rules import NetworkRules
from tailrace.network.solver import Curve, curve_of

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
    before: Before | None = None  # what earlier clearings used of limits and lines


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
        before, the same amount set off from both, the net position that did not move. Under a credit
        line set_off is of what it owed, and net is before the line: see `notices.notice_table`.
        """
        pairs, nodes, found = self.pairs, self.standings, self._found
        count = len(nodes.firm)
        done, cycles = (np.zeros(count + len(self.currencies), np.int64) for _ in range(2))
        debts = pairs.head < count  # the rest goes to the circle
        np.add.at(done, pairs.tail[debts], pairs.set_off[debts])
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


def _curve(debts: Debts, number: int) -> Curve:
    rows, firms, debtor, creditor = rows_of(debts, number)
    return curve_of(debtor, creditor, debts.amount[rows], firms=len(firms))
