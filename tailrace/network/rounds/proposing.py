"""A run of a round: the greatest set-off of what takes part, its totals, and what it costs or gives.

A preliminary and a final run are the same reckoning; only what may follow differs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from tailrace.network.certificate import verify_clearing
from tailrace.network.clearing import Clearing, Totals, clear
from tailrace.network.constraints.before import Before
from tailrace.network.constraints.held import check_named
from tailrace.network.debts import Flags, Ints
from tailrace.network.rounds.tables import ROUND_LINE
from tailrace.network.rules import NetworkRules


class Proposal(Struct, frozen=True, kw_only=True):
    """A run's lines, with what is set off of each, and the clearing that proves it the greatest."""

    lines: pa.Table
    clearing: Clearing

    @property
    def totals(self) -> dict[str, Totals]:
        return self.clearing.totals


def propose(
    lines: pa.Table, round_act_id: str, network: NetworkRules, before: Before | None = None
) -> Proposal:
    """Return the run of these lines: what may be set off under the rules of the circle.

    Debts that those rules leave out are left out of the run, with the reason. before: what earlier
    clearings used of limits and credit lines. Raises `BadTerms` for a rule that names what no line
    has, and where the proof of the clearing fails, which is ours to mend.
    """
    check_named(lines, network)
    part = taking_part(lines)
    clearing = clear(part, replace(network, absent="skip"), before)
    verify_clearing(part, clearing)
    rows = np.flatnonzero(pc.is_null(lines["left_out"]).to_numpy())
    whole, out = np.zeros(lines.num_rows, np.int64), np.zeros(lines.num_rows, np.bool_)
    whole[rows], out[rows] = clearing.set_off, ~clearing.took_part
    lines = _with(lines, "left_out", _left_out(lines, rows, out, clearing))
    lines = _with(lines, "set_off_minor", pa.array(whole))
    lines = _with(lines, "round_act_id", pa.array([round_act_id] * lines.num_rows, pa.string()))
    return Proposal(lines=ROUND_LINE.cast(lines), clearing=clearing)


def _left_out(lines: pa.Table, rows: Ints, out: Flags, clearing: Clearing) -> pa.Array:
    """Return why each line takes no part, those that the rules of the circle leave out with the rest."""
    said = pa.table(
        {
            "at": pa.array(rows[clearing.held["row"].to_numpy()]),
            "why": pc.binary_join_element_wise("held out: ", clearing.held["reason"], ""),
        }
    )
    at = pc.index_in(pa.array(np.arange(lines.num_rows)), value_set=said["at"].combine_chunks())
    why = pc.fill_null(said["why"].combine_chunks().take(at), "below the minimum of the clearing")
    return pc.if_else(pa.array(out), why, lines["left_out"].combine_chunks())


def _with(lines: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return lines.set_column(lines.column_names.index(name), name, column)


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
