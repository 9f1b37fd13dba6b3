"""What is lost by clearing step by step: nothing that was adopted is moved again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from tailrace.network.clearing import clear
from tailrace.network.constraints.before import Before
from tailrace.network.rules import NetworkRules


def joint_loss(
    set_off: pa.Table, open_debts: pa.Table, network: NetworkRules, before: Before | None = None
) -> list[dict[str, Any]]:
    """Return by currency what clearing step by step leaves on the table against all at once.

    set_off: what was adopted, row for row where it stays; open_debts: what a new clearing sees, as
    `clear` takes it; before: what earlier clearings used of limits and lines. `adopted` and `added`
    together are one way to clear what both saw, so their sum is at most `joint`, the greatest set-off
    of both as one within the members' credit lines and no other rule; the rest is the loss. Nothing
    is told where currencies clear together.
    """
    if network.parity:
        return []
    rules = replace(network, absent="skip")
    added = clear(open_debts, rules, before).totals
    pair = ["debtor_id", "creditor_id", "currency"]
    rows = pa.concat_tables(
        [_bare(table, [*pair, "amount_minor"]) for table in (set_off, open_debts)]
    )
    joint = rows.group_by(pair).aggregate([("amount_minor", "sum")])
    joint = joint.rename_columns([*pair, "amount_minor"])
    joint = joint.append_column("obligation_id", pa.array(np.arange(joint.num_rows)))
    moved = set_off.group_by("currency").aggregate([("amount_minor", "sum")]).to_pylist()
    adopted = {row["currency"]: row["amount_minor_sum"] for row in moved}
    told = []
    lines = NetworkRules(minimum_minor=0, absent="skip", credit=network.credit)
    for code, totals in clear(joint, lines).totals.items():
        done, more = adopted.get(code, 0), added[code].cleared_minor if code in added else 0
        told.append(
            {
                "currency": code,
                "adopted_minor": done,
                "added_minor": more,
                "joint_minor": totals.cleared_minor,
                "loss_minor": totals.cleared_minor - done - more,
            }
        )
    return told


def _bare(table: pa.Table, names: list[str]) -> pa.Table:
    table = table.select(names)
    return table.cast(pa.schema([field.with_nullable(True) for field in table.schema]))
