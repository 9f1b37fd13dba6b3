"""Notices: what a clearing did to one party, as rows, as text for people and as CSV rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.ids import sql_id
from tailrace.base.money import text

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing

Row = Mapping[str, Any]

CYCLES_MAX = 12  # told in a notice's text, greatest first; the rest are counted
COLUMNS = (
    "clearing_id",
    "on",
    "party",
    "side",
    "counterparty",
    "invoice",
    "obligation_id",
    "claim_id",
    "currency",
    "set_off_minor",
)


def notice_sql() -> str:
    """Return the SQL of kind `notice`: one row for each clearing and firm it saw.

    Rests on the debts the clearing saw, so an old notice reads the same for good. Where currencies
    cleared together at parity a firm has one for each; `cycles` counts those of the clearing.
    """
    named = "case when s.currency = c.currency then 'notice' else 'notice ' || s.currency end"
    notice_id = sql_id(named, "clearing_id", "firm_id")
    return f"""
        with side as (
            select clearing_id, debtor_id as firm_id, currency, amount_minor as owed, 0 as owing,
                   0 as done, 0 as taken
            from debt
            union all
            select clearing_id, creditor_id, currency, 0, amount_minor, 0, 0 from debt
            union all
            select clearing_id, debtor_id, currency, 0, 0, amount_minor, 0 from set_off
            union all
            select clearing_id, creditor_id, currency, 0, 0, 0, amount_minor from set_off),
        standing as (
            select clearing_id, firm_id, currency, sum(owed) as owed, sum(owing) as owing,
                   sum(done) as done, sum(taken) as taken
            from side group by clearing_id, firm_id, currency),
        through as (
            select clearing_id, debtor_id as firm_id, count(*) as cycles
            from cycle group by clearing_id, debtor_id)
        select {notice_id} as notice_id, clearing_id, firm_id, c."on", s.currency,
               s.owed as owed_minor, s.owing as owing_minor, s.done as set_off_minor,
               s.taken as set_off_owing_minor, s.owing - s.owed as net_minor,
               s.owing - s.owed + s.done - s.taken as net_after_minor,
               coalesce(t.cycles, 0) as cycles
        from standing s join clearing c using (clearing_id)
            left join through t using (clearing_id, firm_id)
        order by notice_id"""


def invoices_sql() -> str:
    """Return the SQL of what invoices are called: `obligation_id, number` of every claim there is."""
    obligation_id = sql_id("'obligation'", "claim_id")
    return f"select {obligation_id} as obligation_id, number from claim"


def notice_table(clearing: Clearing) -> pa.Table:
    """Return `Clearing.notices()` with what credit lines did, where members have any.

    set_off_minor is of what a firm owed, `set_off_owing_minor` of what it was owed; `circle_minor`
    is the first less the second, above zero where it owes the circle; `net_after_minor` is the net
    position of what is left.
    """
    table = clearing.notices()
    if clearing.circle is None:
        return table
    keys = ["firm", "currency"]
    moved = clearing.circle.rename_columns([*keys, "circle_minor"])
    place = pa.array(np.arange(table.num_rows))
    joined = table.append_column("place", place).join(moved, keys, join_type="left outer")
    joined = joined.sort_by("place").drop_columns(["place"])
    circle = pc.fill_null(joined["circle_minor"], 0)
    return (
        joined.drop_columns(["circle_minor"])
        .append_column("set_off_owing_minor", pc.subtract(joined["set_off_minor"], circle))
        .append_column("circle_minor", circle)
        .append_column("net_after_minor", pc.add(joined["net_minor"], circle))
    )


def notice_rows(
    notice: Row,
    set_offs: Iterable[Row],
    names: Mapping[str, str],
    invoices: Mapping[str, str],
) -> list[Row]:
    """Return a party's set-offs as CSV rows (COLUMNS), what it owed before what it was owed.

    notice: a row of kind `notice`; set_offs: rows of kind `set_off`, others' are passed over;
    names: a firm's name by its id, the id itself where there is none; invoices: an invoice's number
    by the obligation's id, nothing where parties declared the debt and no document tells of it.
    """
    me = notice["firm_id"]
    rows: list[Row] = []
    for side, mine, other in (
        ("owed", "debtor_id", "creditor_id"),
        ("owing", "creditor_id", "debtor_id"),
    ):
        found = [s for s in _under(notice, set_offs) if s[mine] == me]
        for row in sorted(found, key=lambda s: (s[other], s["obligation_id"])):
            rows.append(
                {
                    "clearing_id": notice["clearing_id"],
                    "on": notice["on"],
                    "party": names.get(me, me),
                    "side": side,
                    "counterparty": names.get(row[other], row[other]),
                    "invoice": invoices.get(row["obligation_id"]),
                    "obligation_id": row["obligation_id"],
                    "claim_id": row["claim_id"],
                    "currency": row["currency"],
                    "set_off_minor": row["amount_minor"],
                }
            )
    return rows


def notice_text(
    notice: Row,
    set_offs: Iterable[Row],
    cycles: Iterable[Row],
    names: Mapping[str, str],
    invoices: Mapping[str, str],
    *,
    sender: str,
) -> str:
    """Return a party's notice as plain text: before, set off, after, with whom and through what.

    notice: a row of kind `notice`; set_offs, cycles: rows of those kinds, where whole cycles are
    given and others' rows are passed over; names, invoices: see `notice_rows`; sender: who tells it.
    """
    me, code = notice["firm_id"], notice["currency"]
    rows = notice_rows(notice, set_offs, names, invoices)
    parts = [
        _head(notice, names.get(me, me), sender),
        _with(rows, "owed", "You no longer owe", code),
        _with(rows, "owing", "You are no longer owed", code),
        _through(_rings(notice, cycles), names, code),
        "No money moved. What remains is due as before.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(notice: Row, name: str, sender: str) -> str:
    code, done = notice["currency"], notice["set_off_minor"]
    taken, net, after = (
        notice[name] for name in ("set_off_owing_minor", "net_minor", "net_after_minor")
    )
    on: date = notice["on"]
    same = done == taken
    lines = [
        ("you owed", notice["owed_minor"]),
        ("you were owed", notice["owing_minor"]),
        *([("set off on each side", done)] if same else []),
        *([] if same else [("set off of what you owed", done)]),
        *([] if same else [("set off of what you were owed", taken)]),
        ("you still owe", notice["owed_minor"] - done),
        ("you are still owed", notice["owing_minor"] - taken),
        *([("net position, before and after", net)] if same else []),
        *([] if same else [("net position before", net), ("net position after", after)]),
        *([("you owe the circle", done - taken)] if done > taken else []),
        *([("the circle owes you", taken - done)] if taken > done else []),
    ]
    shown = [(label, text(amount, code)) for label, amount in lines]
    width = max(len(amount) for _, amount in shown)
    body = "\n".join(f"  {label:<32}{amount:>{width}}" for label, amount in shown)
    title = f"Notice of set-off, {on.isoformat()}, {code}\nFrom: {sender}\nTo: {name}"
    return f"{title}\nClearing: {notice['clearing_id']}\n\n{body}"


def _with(rows: Sequence[Row], side: str, title: str, code: str) -> str:
    mine = [row for row in rows if row["side"] == side]
    if not mine:
        return ""
    way = "to" if side == "owed" else "by"
    lines = [
        f"  {text(row['set_off_minor'], code)} {way} {row['counterparty']} ({_debt(row)})"
        for row in mine
    ]
    return "\n".join([f"{title}:", *lines])


def _debt(row: Row) -> str:
    """Return what a debt is called: by its invoice, by a claim no longer made, or as declared."""
    if row["invoice"]:
        return f"invoice {row['invoice']}"
    return f"claim {row['claim_id']}" if row["claim_id"] else f"debt {row['obligation_id']}"


def _rings(notice: Row, cycles: Iterable[Row]) -> list[list[Row]]:
    """Return the cycles this party stands in, greatest amount first."""
    rings: dict[str, list[Row]] = {}
    for row in _under(notice, cycles):
        rings.setdefault(row["cycle_id"], []).append(row)
    mine = [
        sorted(ring, key=lambda row: row["step"])
        for ring in rings.values()
        if any(row["debtor_id"] == notice["firm_id"] for row in ring)
    ]
    return sorted(mine, key=lambda ring: (-ring[0]["amount_minor"], ring[0]["cycle_id"]))


def _through(rings: Sequence[Sequence[Row]], names: Mapping[str, str], code: str) -> str:
    if not rings:
        return ""
    lines = ["Through these cycles (each owes the next):"]
    for ring in rings[:CYCLES_MAX]:
        firms = [row["debtor_id"] for row in ring] + [ring[0]["debtor_id"]]
        chain = " -> ".join(names.get(firm, firm) if firm else "the circle" for firm in firms)
        lines.append(f"  {text(ring[0]['amount_minor'], code)}: {chain}")
    if len(rings) > CYCLES_MAX:
        lines.append(f"  and {len(rings) - CYCLES_MAX:,} smaller ones")
    return "\n".join(lines)


def _under(notice: Row, rows: Iterable[Row]) -> Iterable[Row]:
    keys = ("clearing_id", "currency")
    return (row for row in rows if all(row[key] == notice[key] for key in keys))
