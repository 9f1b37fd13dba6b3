"""Books that adopt under rules: debts a reader can add up, and the rows that prove them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from network_world import ON, claim, engine_with

from tailrace.network import NetworkRules, verify_adopted
from tailrace.network.adopt import ADOPTED
from tailrace.network.rules import (
    CreditLine,
    Priority,
)
from tailrace.network.steps import STEPS

PROOF = ("debt", "set_off", "price", "clearing", "shadow_price", "circle", "cycle")
Tables = dict[str, pa.Table]


def ruled(**said: Any) -> NetworkRules:
    return NetworkRules(minimum_minor=1, **said)


class Book:
    """What was adopted, page after page, and the claims that are known."""

    def __init__(self, *debts: tuple[str, str, str, int], **other: Any) -> None:
        self.rows = [claim(name, d, c, amount, **other) for name, d, c, amount in debts]
        self.kept: Tables = {schema.kind: schema.empty() for schema in ADOPTED}

    def add(self, name: str, debtor: str, creditor: str, amount: int, **other: Any) -> None:
        self.rows.append(claim(name, debtor, creditor, amount, **other))

    def adopt(self, network: NetworkRules, on: date = ON) -> dict[str, int]:
        """Run the network's steps and keep what binds; return what is set off by claim."""
        self.engine = engine = engine_with(self.rows)
        for kind, table in self.kept.items():
            engine.put(kind, table)
        made: Tables = {}
        for step in STEPS:
            found = engine.run(step, on=on, network=network)
            made |= found if step.binds else {}
        self.kept = {kind: pa.concat_tables([self.kept[kind], made[kind]]) for kind in made}
        rows = made["set_off"].to_pylist()
        return {row["claim_id"]: row["amount_minor"] for row in rows}

    def proven(self, **bent: pa.Table) -> int:
        """Return what all clearings set off, proven from their rows; some of them bent."""
        tables = self.kept | bent
        return sum(verify_adopted(*(tables[kind] for kind in PROOF)).values())


RING = (("ab", "a", "b", 500), ("bc", "b", "c", 700), ("ca", "c", "a", 600))
# Of a's debt to b, 10, the longer way home through d and e wants 8 and the shorter through c 8.
TWO_WAYS = (
    ("ab", "a", "b", 10),
    *(("bc", "b", "c", 8), ("ca", "c", "a", 8)),
    *(("bd", "b", "d", 8), ("de", "d", "e", 8), ("ea", "e", "a", 8)),
)
CHAIN = (("ma", "m", "a", 10), ("ab", "a", "b", 10), ("bn", "b", "n", 10))
LINES = (CreditLine(firm="m", short_minor=5), CreditLine(firm="n", long_minor=4))
OLD = Priority(name="older", due_before=ON + timedelta(days=3))
