"""Networks under rules that a reader can add up by hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from debts_world import world

from tailrace.network import NetworkRules, clear, verify_clearing


def ruled(**said: Any) -> NetworkRules:
    return NetworkRules(minimum_minor=0, **said)


def proven(debts: pa.Table, **said: Any) -> list[int]:
    """Return the set-offs under these rules, checked."""
    clearing = clear(debts, ruled(**said))
    verify_clearing(debts, clearing)
    return clearing.set_off.tolist()


# a owes b 10; from b a ring of three leads home through c, and one of four through d and e. Both want
# the debt of a: the longer clears more, so 8 go round it and 2 round the other: 32 + 6 = 38.
TWO_WAYS = world(
    ("a", "b", 10), ("b", "c", 8), ("c", "a", 8), ("b", "d", 8), ("d", "e", 8), ("e", "a", 8)
)
