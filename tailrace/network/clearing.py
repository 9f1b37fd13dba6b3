"""Clearing: the greatest set-off of debts against each other, without any money, and its proof.

Each currency by itself, in whole minor units. What a firm sets off as debtor equals what it sets
off as creditor, so nobody's net position moves; the sum set off is the greatest there is.

Where several set-offs are greatest, the tie rule is: pairs of firms are sorted by debtor id and
creditor id, each component of the network is solved by itself, and the answer is that of the
pinned solver (OR-tools' cost-scaling flow) on that input. Within a pair the oldest due day is
served first, days not said last, then the smaller obligation id. Row order never matters.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.errors import Fault
from tailrace.network.cycles import cycles_of
from tailrace.network.debts import Debts, Flags, Ints, debts_of
from tailrace.network.flow import circulation
from tailrace.network.graph import components
from tailrace.network.prices import potentials
from tailrace.network.rules import NetworkRules


class Totals(Struct, frozen=True, kw_only=True):
    """What a clearing did in one currency, in minor units."""

    currency: str
    obligations: int
    firms: int
    debt_minor: int
    cleared_minor: int  # on both sides: a debt of 5 set off in full counts 5
    bilateral_minor: int  # what netting of pairs alone would have cleared
    net_debt_minor: int  # sum of the positive net positions: the same before and after


class Certificate(Struct, frozen=True, kw_only=True):
    """The set-offs and the prices that prove them: see `verify_clearing` and docs/clearing.md."""

    set_off: Ints  # by input row
    prices: pa.Table  # firm, currency, potential
    minimum_minor: int  # rows below it took no part


class Pairs(Struct, frozen=True, kw_only=True):
    """Debts merged by (currency, debtor, creditor), sorted by them; nodes are firms of a currency."""

    tail: Ints
    head: Ints
    debt: Ints
    set_off: Ints
    firm: Ints  # of a node
    currency: Ints  # of a node
    at: Ints  # pair of each input row, -1 where it took no part


class Clearing(Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """The answer of `clear`. `set_off` is int64 by input row, zero where nothing cleared."""

    set_off: Ints
    certificate: Certificate
    totals: dict[str, Totals]  # by currency, in order of its code
    faults: list[Fault]  # bad rows, which took no part
    firms: pa.Array  # every firm's id, in order
    currencies: list[str]
    pairs: Pairs

    @cached_property
    def cycles(self) -> pa.Table:
        """The set-offs as cycles: (cycle, step, debtor, creditor, currency, amount_minor, length).

        Rows of a pair sum to its set-offs. Cycle 0 is among the shortest; see `cycles.cycles_of`.
        """
        pairs = self.pairs
        found = cycles_of(pairs.tail, pairs.head, pairs.set_off)
        node, other = pairs.tail[found.pair], pairs.head[found.pair]
        codes = pa.array(self.currencies, pa.string())
        return pa.table(
            {
                "cycle": found.cycle,
                "step": found.step,
                "debtor": self.firms.take(pa.array(pairs.firm[node])),
                "creditor": self.firms.take(pa.array(pairs.firm[other])),
                "currency": codes.take(pa.array(pairs.currency[node])),
                "amount_minor": found.amount,
                "length": found.length,
            }
        )

    def notices(self) -> pa.Table:
        """Return what each firm is told: one row for each firm and currency, in that order.

        (firm, currency, owed_minor, owing_minor, set_off_minor, net_minor, cycles): owed and owing
        before, the same amount set off from both, the net position that did not move.
        """
        pairs, count = self.pairs, len(self.pairs.firm)
        owed, owing, done, cycles = (np.zeros(count, np.int64) for _ in range(4))
        np.add.at(owed, pairs.tail, pairs.debt)
        np.add.at(owing, pairs.head, pairs.debt)
        np.add.at(done, pairs.tail, pairs.set_off)
        found = cycles_of(pairs.tail, pairs.head, pairs.set_off)
        np.add.at(cycles, pairs.tail[found.pair], 1)
        codes = pa.array(self.currencies, pa.string())
        return pa.table(
            {
                "firm": self.firms.take(pa.array(pairs.firm)),
                "currency": codes.take(pa.array(pairs.currency)),
                "owed_minor": owed,
                "owing_minor": owing,
                "set_off_minor": done,
                "net_minor": owing - owed,
                "cycles": cycles,
            }
        )


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
    pairs, component = _solved(_merged(debts))
    set_off = _allocated(debts, pairs)
    prices = potentials(pairs.tail, pairs.head, pairs.debt, pairs.set_off, component)
    codes = pa.array(debts.currencies, pa.string())
    table = pa.table(
        {
            "firm": debts.firms.take(pa.array(pairs.firm)),
            "currency": codes.take(pa.array(pairs.currency)),
            "potential": prices,
        }
    )
    return Clearing(
        set_off=set_off,
        certificate=Certificate(set_off=set_off, prices=table, minimum_minor=minimum),
        totals=_totals(debts, pairs),
        faults=debts.faults,
        firms=debts.firms,
        currencies=debts.currencies,
        pairs=pairs,
    )


def _merged(debts: Debts) -> Pairs:
    """Fold the debts of one firm to another in one currency into one pair."""
    rows = np.flatnonzero(debts.good)
    base = debts.currency[rows] * len(debts.firms)
    ends = np.concatenate([base + debts.debtor[rows], base + debts.creditor[rows]])
    nodes, end = np.unique(ends, return_inverse=True)
    codes = end[: len(rows)] * len(nodes) + end[len(rows) :]
    pairs, pair = np.unique(codes, return_inverse=True)
    debt = np.zeros(len(pairs), np.int64)
    np.add.at(debt, pair, debts.amount[rows])
    at = np.full(len(debts.good), -1, np.int64)
    at[rows] = pair
    firms, count = max(len(debts.firms), 1), max(len(nodes), 1)
    return Pairs(
        tail=pairs // count,
        head=pairs % count,
        debt=debt,
        set_off=np.zeros(len(pairs), np.int64),
        firm=nodes % firms,
        currency=nodes // firms,
        at=at,
    )


def _solved(pairs: Pairs) -> tuple[Pairs, Ints]:
    """Return the pairs with their set-offs, and the component of each node."""
    own = pairs.tail == pairs.head
    live = np.flatnonzero(~own & (pairs.debt > 0))
    tail, head = pairs.tail[live], pairs.head[live]
    component = components(tail, head, len(pairs.firm))
    pairs.set_off[own] = pairs.debt[own]
    pairs.set_off[live] = circulation(tail, head, pairs.debt[live], component)
    return pairs, component


def _allocated(debts: Debts, pairs: Pairs) -> Ints:
    """Return each row's set-off: a pair's goes to its oldest due day first, then by id."""
    set_off = np.zeros(len(debts.amount), np.int64)
    took_part = pairs.at >= 0
    full = _on_rows(pairs.set_off == pairs.debt, pairs.at) & took_part
    set_off[full] = debts.amount[full]
    partly = _on_rows((pairs.set_off > 0) & (pairs.set_off < pairs.debt), pairs.at) & took_part
    rows = np.flatnonzero(partly)
    if not len(rows):
        return set_off
    rows = rows[_oldest_first(debts, pairs.at[rows], rows)]
    pair = pairs.at[rows]
    running = np.cumsum(debts.amount[rows])
    starts = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]])
    before = running - debts.amount[rows]
    before -= np.repeat(before[starts], np.diff(np.r_[starts, len(rows)]))
    set_off[rows] = np.clip(pairs.set_off[pair] - before, 0, debts.amount[rows])
    return set_off


def _oldest_first(debts: Debts, pair: Ints, rows: Ints) -> Ints:
    chosen = pa.array(rows)
    keys = {"pair": pa.array(pair), "id": debts.obligation_id.take(chosen)}
    order = [("pair", "ascending"), ("id", "ascending")]
    if debts.due_on is not None and not pa.types.is_null(debts.due_on.type):
        keys["due_on"] = debts.due_on.take(chosen)
        order.insert(1, ("due_on", "ascending"))
    sorting = pc.sort_indices(pa.table(keys), sort_keys=order)  # nulls last
    return sorting.to_numpy().astype(np.int64)


def _on_rows(of_pair: Flags, at: Ints) -> Flags:
    return of_pair[at] if len(of_pair) else np.zeros(len(at), np.bool_)


def _totals(debts: Debts, pairs: Pairs) -> dict[str, Totals]:
    bilateral = _bilateral(pairs)
    net = np.zeros(len(pairs.firm), np.int64)
    np.add.at(net, pairs.head, pairs.debt)
    np.subtract.at(net, pairs.tail, pairs.debt)
    of_pair = pairs.currency[pairs.tail]
    totals = {}
    for number, code in enumerate(debts.currencies):
        mine = of_pair == number
        nodes = pairs.currency == number
        totals[code] = Totals(
            currency=code,
            obligations=int((debts.good & (debts.currency == number)).sum()),
            firms=int(nodes.sum()),
            debt_minor=int(pairs.debt[mine].sum()),
            cleared_minor=int(pairs.set_off[mine].sum()),
            bilateral_minor=int(bilateral[mine].sum()),
            net_debt_minor=int(net[nodes & (net > 0)].sum()),
        )
    return totals


def _bilateral(pairs: Pairs) -> Ints:
    """Return what each pair would set off against the debts the other way alone."""
    count = max(len(pairs.firm), 1)
    code, back = pairs.tail * count + pairs.head, pairs.head * count + pairs.tail
    at = np.minimum(np.searchsorted(code, back), max(len(code) - 1, 0))
    return np.where(code[at] == back, np.minimum(pairs.debt, pairs.debt[at]), 0)
