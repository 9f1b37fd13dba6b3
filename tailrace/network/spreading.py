"""Spreading: the routing of a clearing as an array step that goes by component.

`clear` merges the debts of each currency, finds the components and, given an engine, puts their pairs
there as the kind `pair`; the step `route` answers component by component, on as many processes or
machines as the engine has; `clear` takes the answers and goes on. It is the same `routed` that runs in
this process otherwise. The three kinds live no longer than the clearing and are in no book.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.steps import array_step
from tailrace.base.tables import COUNT, MINOR, TEXT, Column, Schema
from tailrace.network.solver.compiled import pays
from tailrace.network.solver.components import Within
from tailrace.network.solver.given import NO_INTS
from tailrace.network.solver.routing import Routed, Router, routed_here

if TYPE_CHECKING:
    from tailrace.base.ports import Engine

PAIR = Schema(
    "pair",
    "What one firm owes another where both lie on a ring: what a clearing routes.",
    (
        Column("currency", TEXT, "ISO 4217"),
        Column("component", COUNT, "firms on rings with one another, counted by currency"),
        Column("pair", COUNT, "its place: by component, debtor, creditor, the heavier first"),
        Column("debtor", COUNT, "who owes, as a number that rises with the ids of a component"),
        Column("creditor", COUNT, "who is owed"),
        Column("weight", COUNT, "what a unit counts, one or more"),
        Column("amount_minor", MINOR, "what is owed, above zero"),
    ),
    ("currency", "pair"),
)
ROUTED = Schema(
    "routed",
    "What is set off of a pair.",
    (
        Column("currency", TEXT, "ISO 4217"),
        Column("pair", COUNT, "the pair"),
        Column("set_off_minor", MINOR, "zero or more"),
    ),
    ("currency", "pair"),
)
POTENTIAL = Schema(
    "potential",
    "A firm's price within its component: with the set-offs, the proof that they are the greatest.",
    (
        Column("currency", TEXT, "ISO 4217"),
        Column("firm", COUNT, "the firm's number"),
        Column("potential", COUNT, "its price"),
    ),
    ("currency", "firm"),
)
TABLES = (PAIR, ROUTED, POTENTIAL)


@array_step(
    reads=("pair",), writes=("routed", "potential"), version=1, by=("currency", "component")
)
def route(pair: pa.Table) -> dict[str, pa.Table]:
    """Give the greatest set-off of each pair and the prices that prove it, component by component.

    pair: all pairs of the components it is given, in any order; routed, potential: the same pairs, and
    each of their firms. Tie rule: docs/clearing.md; the answer of a component rests on its own pairs.
    """
    pair = pair.sort_by([("currency", "ascending"), ("pair", "ascending")])
    network, codes = _laid_out(pair)
    moved, price = routed_here(network)
    given = np.searchsorted(network.u, np.arange(len(price)))  # each node's first pair as debtor
    return {
        "routed": pair.select(["currency", "pair"]).append_column("set_off_minor", pa.array(moved)),
        "potential": pa.table(
            {
                "currency": codes.take(pa.array(given)),
                "firm": network.node,
                "potential": price,
            }
        ),
    }


def _laid_out(pair: pa.Table) -> tuple[Within, pa.Array]:
    """Return sorted pairs as the routing takes them, and the currency of each.

    Each firm of a component owes another one in it, so the debtors are all the nodes there are.
    """
    codes = pair["currency"].combine_chunks()
    currency = codes.dictionary_encode().indices.to_numpy()
    component, debtor, creditor, weight, debt = (
        pair[name].to_numpy()
        for name in ("component", "debtor", "creditor", "weight", "amount_minor")
    )
    firms = int(debtor.max(initial=-1)) + 1
    owes, owed = currency * firms + debtor, currency * firms + creditor
    node = owes[np.diff(owes, prepend=-1) > 0]
    u, v = (np.searchsorted(node, side).astype(np.int32) for side in (owes, owed))
    begins = (np.diff(component, prepend=-1) != 0) | (np.diff(currency, prepend=-1) != 0)
    return Within(
        u=u,
        v=v,
        debt=debt,
        weight=weight if (weight > 1).any() else NO_INTS,
        pair=pair["pair"].to_numpy(),
        node=node % max(firms, 1),
        start=np.append(u[begins], len(node)).astype(np.int32),
        compiled=pays(len(debt)),
    ), codes


def by_engine(engine: Engine, currencies: Sequence[str]) -> Router:
    """Return a router that has the engine run `route`; a code for each network it will be given.

    The engine must know the kinds of `TABLES`; it is left without them.
    """
    return partial(_routed_by, engine, currencies)


def _routed_by(
    engine: Engine, currencies: Sequence[str], networks: Sequence[Within]
) -> Iterator[Routed]:
    told = [_pairs_of(code, n) for code, n in zip(currencies, networks, strict=True)]
    engine.put("pair", pa.concat_tables([PAIR.empty(), *told]))
    engine.run(route)
    moved, price = engine.get("routed"), engine.get("potential")
    for schema in TABLES:
        engine.drop(schema.kind)
    for code in currencies:
        mine = (table.filter(pc.equal(table["currency"], code)) for table in (moved, price))
        yield next(mine)["set_off_minor"].to_numpy(), next(mine)["potential"].to_numpy()


def _pairs_of(code: str, network: Within) -> pa.Table:
    """Return a network's pairs as a table: the nodes of `Within` are the firms' numbers."""
    pairs = len(network.u)
    ones = np.ones(pairs, np.int64)
    return PAIR.cast(
        pa.table(
            {
                "currency": pa.array([code]).take(pa.array(np.zeros(pairs, np.int8))),
                "component": np.searchsorted(network.start, network.u, side="right") - 1,
                "pair": np.arange(pairs),
                "debtor": network.u,
                "creditor": network.v,
                "weight": network.weight if len(network.weight) else ones,
                "amount_minor": network.debt,
            }
        )
    )
