"""Before: what earlier clearings set off, which uses up limits and lines.

A cap bounds all that is set off under it, by clearings adopted before as well, a floor is met by them
as well, and a credit line is of a member's standing with the circle, however it came about. So a
clearing after another that nothing came between has nothing to set off: both together are within the
rules, and the first was the greatest alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.network.rules import NetworkRules

Key = TypeVar("Key", bound=tuple[str, ...])


class Before(Struct, frozen=True, kw_only=True):
    """What was adopted before: set-offs that count against limits, and members' standing."""

    set_off: pa.Table  # debtor_id, creditor_id, currency, amount_minor
    circle: pa.Table  # firm_id, currency, amount_minor: owed to the circle; below zero, by it


class Used(Struct, frozen=True, kw_only=True):
    """The same by firm and pair, in the units of a clearing: lots, where currencies are joined."""

    firms: dict[tuple[str, str], int] = {}  # (currency, firm): set off as debtor
    pairs: dict[tuple[str, str, str], int] = {}  # (currency, debtor, creditor)
    lines: dict[tuple[str, str], int] = {}  # (currency, firm): owed to the circle

    def plus(self, other: Used) -> Used:
        """Return the sum of both."""
        return Used(
            firms=_sum(self.firms, other.firms),
            pairs=_sum(self.pairs, other.pairs),
            lines=_sum(self.lines, other.lines),
        )


def earlier(
    set_off: pa.Table, clearing: pa.Table, circle: pa.Table, rules: NetworkRules
) -> Before | None:
    """Return what counts under these rules of the clearings in these kinds; None where nothing does.

    Set-offs count since the day `limits_from`, standing with the circle always.
    """
    if not rules.limited:
        return None
    if rules.limits_from is not None:
        since = pa.scalar(rules.limits_from, pa.date32())
        old = clearing.filter(pc.less(clearing["on"], since))["clearing_id"]
        gone = pc.is_in(set_off["clearing_id"], value_set=pa.array(old.to_pylist(), pa.string()))
        set_off = set_off.filter(pc.invert(gone))
    return Before(
        set_off=set_off.select(["debtor_id", "creditor_id", "currency", "amount_minor"]),
        circle=circle.select(["firm_id", "currency", "amount_minor"]),
    )


def used_of(
    before: Before | None,
    rules: NetworkRules,
    code_of: Mapping[str, str],
    lot_of: Mapping[str, int],
) -> Used:
    """Return what was used, by the currency a clearing counts in and in its lots.

    code_of, lot_of: by currency, those that are joined; others are as they are, in lots of one.
    """
    if before is None:
        return Used()
    firms: dict[tuple[str, str], int] = {}
    pairs: dict[tuple[str, str, str], int] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in _summed(before.set_off, rules):
        code, lot = row["currency"], lot_of.get(row["currency"], 1)
        code, amount = code_of.get(code, code), row["amount_minor"] // lot
        firms[code, row["debtor_id"]] = firms.get((code, row["debtor_id"]), 0) + amount
        key = code, row["debtor_id"], row["creditor_id"]
        pairs[key] = pairs.get(key, 0) + amount
    for row in before.circle.to_pylist():
        code, lot = row["currency"], lot_of.get(row["currency"], 1)
        key_ = code_of.get(code, code), row["firm_id"]
        lines[key_] = lines.get(key_, 0) + row["amount_minor"] // lot
    return Used(firms=firms, pairs=pairs, lines=lines)


def _summed(set_off: pa.Table, rules: NetworkRules) -> list[dict[str, Any]]:
    """Return the set-offs of debtors that a limit names, summed by pair and currency."""
    named = {str(limit.firm) for limit in rules.firm} | {str(pair.debtor) for pair in rules.pair}
    named |= set(rules.sector_of) if rules.sector else set()
    mine = pc.is_in(set_off["debtor_id"], value_set=pa.array(sorted(named), pa.string()))
    rows = set_off.filter(pc.and_(mine, pc.not_equal(set_off["debtor_id"], set_off["creditor_id"])))
    keys = ["debtor_id", "creditor_id", "currency"]
    summed = rows.group_by(keys).aggregate([("amount_minor", "sum")])
    return summed.rename_columns([*keys, "amount_minor"]).to_pylist()


def _sum(one: dict[Key, int], other: dict[Key, int]) -> dict[Key, int]:
    return one | {key: one.get(key, 0) + amount for key, amount in other.items()}
