"""A run of a round: the greatest set-off of what takes part, its totals, and what it costs or gives.

A preliminary and a final run are the same reckoning; only what may follow differs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.network.certificate import verify_clearing
from tailrace.network.clearing import Clearing, Totals, clear
from tailrace.network.rounds.tables import ROUND_LINE
from tailrace.network.rules import NetworkRules


class Proposal(Struct, frozen=True, kw_only=True):
    """A run's lines, with what is set off of each, and the clearing that proves it the greatest."""

    lines: pa.Table
    clearing: Clearing

    @property
    def totals(self) -> dict[str, Totals]:
        return self.clearing.totals


def propose(lines: pa.Table, round_act_id: str, network: NetworkRules) -> Proposal:
    """Return the run of these lines: what may be set off without moving anybody's net position.

    Raises `BadTerms` where the proof of the clearing fails, which is ours to mend.
    """
    part = taking_part(lines)
    clearing = clear(part, network)
    verify_clearing(part, clearing)
    whole = np.zeros(lines.num_rows, np.int64)
    whole[np.flatnonzero(pc.is_null(lines["left_out"]).to_numpy())] = clearing.set_off
    at = lines.column_names.index("set_off_minor")
    lines = lines.set_column(at, "set_off_minor", pa.array(whole))
    at = lines.column_names.index("round_act_id")
    ids = pa.array([round_act_id] * lines.num_rows, pa.string())
    return Proposal(
        lines=ROUND_LINE.cast(lines.set_column(at, "round_act_id", ids)), clearing=clearing
    )


def taking_part(lines: pa.Table) -> pa.Table:
    """Return the lines that take part, as obligations that `clear` takes."""
    part = lines.filter(pc.is_null(lines["left_out"]))
    return part.drop_columns(["round_act_id", "round_id", "left_out", "mandatory", "set_off_minor"])


def by_firm(lines: pa.Table) -> pa.Table:
    """Return (firm, currency, owed, owing, set_off, mandatory, net): what each party is told.

    Of the debts that take part; set off is the same on both sides, and `net` does not move.
    """
    part = lines.filter(pc.is_null(lines["left_out"]))
    amount, set_off, none = (
        part["amount_minor"],
        part["set_off_minor"],
        pc.multiply(part["amount_minor"], 0),
    )
    sides = [
        pa.table(
            {
                "firm_id": part[side],
                "currency": part["currency"],
                "owed_minor": amount if side == "debtor_id" else none,
                "owing_minor": none if side == "debtor_id" else amount,
                "set_off_minor": set_off if side == "debtor_id" else none,
                "received_minor": none if side == "debtor_id" else set_off,
            }
        )
        for side in ("debtor_id", "creditor_id")
    ]
    sums = ["owed_minor", "owing_minor", "set_off_minor", "received_minor"]
    rows = (
        pa.concat_tables(sides)
        .group_by(["firm_id", "currency"])
        .aggregate([(name, "sum") for name in sums])
    )
    rows = rows.rename_columns([name.removesuffix("_sum") for name in rows.column_names])
    net = pc.subtract(rows["owing_minor"], rows["owed_minor"])
    rows = rows.append_column("net_minor", net)
    return rows.sort_by([("firm_id", "ascending"), ("currency", "ascending")])


def left_out(lines: pa.Table) -> list[dict[str, Any]]:
    """Return by reason and currency how many debts took no part, and of which amount."""
    out = lines.filter(pc.is_valid(lines["left_out"]))
    rows = out.group_by(["left_out", "currency"]).aggregate(
        [("amount_minor", "sum"), ("obligation_id", "count")]
    )
    order = [("left_out", "ascending"), ("currency", "ascending")]
    return [
        {
            "left_out": row["left_out"],
            "currency": row["currency"],
            "debts": row["obligation_id_count"],
            "amount_minor": row["amount_minor_sum"],
        }
        for row in rows.sort_by(order).to_pylist()
    ]


def lost(before: pa.Table, after: pa.Table, without: str) -> pa.Table:
    """Return (firm_id, currency, before_minor, after_minor, lost_minor): what a refusal does.

    before, after: lines of the run with the firm and of the run without it. Only firms whose
    set-off changes are listed, the one that refuses first, then the greatest loss; a firm may gain.
    """
    one, other = (
        by_firm(lines).select(["firm_id", "currency", "set_off_minor"]) for lines in (before, after)
    )
    keys = ["firm_id", "currency"]
    one = one.rename_columns([*keys, "before_minor"])
    other = other.rename_columns([*keys, "after_minor"])
    rows = one.join(other, keys=keys, join_type="full outer")
    names = ("before_minor", "after_minor")
    had, has = (pc.fill_null(rows[name], 0) for name in names)
    loss = pc.subtract(had, has)
    rows = pa.table(
        {
            **{key: rows[key] for key in keys},
            "before_minor": had,
            "after_minor": has,
            "lost_minor": loss,
            "first": pc.equal(rows["firm_id"], without),
        }
    ).filter(pc.not_equal(loss, 0))
    order = [
        ("first", "descending"),
        ("lost_minor", "descending"),
        ("firm_id", "ascending"),
        ("currency", "ascending"),
    ]
    return rows.sort_by(order).drop_columns(["first"])


def joint_loss(
    set_off: pa.Table, open_debts: pa.Table, network: NetworkRules
) -> list[dict[str, Any]]:
    """Return by currency what clearing step by step leaves on the table against all at once.

    set_off: what was adopted, row for row where it stays; open_debts: what a new clearing sees, as
    `clear` takes it. `adopted` and `added` together are one way to clear what both saw, so their sum
    is at most `joint`, the greatest set-off of both as one without any rule; the rest is the loss.
    """
    added = clear(open_debts, network).totals
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
    for code, totals in clear(joint).totals.items():
        before, more = adopted.get(code, 0), added[code].cleared_minor if code in added else 0
        told.append(
            {
                "currency": code,
                "adopted_minor": before,
                "added_minor": more,
                "joint_minor": totals.cleared_minor,
                "loss_minor": totals.cleared_minor - before - more,
            }
        )
    return told


def _bare(table: pa.Table, names: list[str]) -> pa.Table:
    table = table.select(names)
    return table.cast(pa.schema([field.with_nullable(True) for field in table.schema]))
