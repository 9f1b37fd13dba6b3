"""Adoption: a clearing of what is open becomes rows that bind, or nothing at all.

Each currency's clearing is one decision: its set-offs, the debts it saw, the rules it was bound by,
the prices that prove it and the cycles that tell it carry one `clearing_id`. Currencies that clear
together at parity are one decision too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from tailrace.base.ids import digest_ids
from tailrace.network.certificate import check_conserved, verify_clearing
from tailrace.network.clearing import Clearing, clear
from tailrace.network.constraints.before import earlier
from tailrace.network.constraints.held import check_named
from tailrace.network.constraints.kept import clearing_id
from tailrace.network.debts import Ints
from tailrace.network.rules import NetworkRules
from tailrace.network.tables import (
    CIRCLE,
    CLEARING,
    CYCLE,
    DEBT,
    PRICE,
    SET_OFF,
    SHADOW_PRICE,
)

ADOPTED = (CLEARING, DEBT, SET_OFF, PRICE, SHADOW_PRICE, CIRCLE, CYCLE)


def open_debts(obligation: pa.Table) -> pa.Table:
    """Return what may be cleared of kind `obligation`: the open part of all that is not held."""
    free = pc.and_(pc.invert(obligation["held"]), pc.greater(obligation["open_minor"], 0))
    rows = obligation.filter(free).drop_columns(["amount_minor"])
    return rows.rename_columns(
        ["amount_minor" if name == "open_minor" else name for name in rows.column_names]
    )


def adopted(
    obligation: pa.Table,
    set_off: pa.Table,
    clearing: pa.Table,
    circle: pa.Table,
    on: date,
    network: NetworkRules,
) -> dict[str, pa.Table]:
    """Return the rows of a day's clearing by kind; all empty where nothing can be set off.

    set_off, clearing, circle: what was adopted before, which counts against limits and credit lines.
    A firm or debt that a rule names may be set off in full by now, but the book must know it.
    The clearing is checked before it is given out: each firm's set-offs balance but for its credit
    line, and the prices prove that no more can be cleared within the rules. Raises `BadTerms` where
    either fails.
    """
    check_named(obligation, network)
    debts = open_debts(obligation).sort_by("obligation_id")
    before = earlier(set_off, clearing, circle, network)
    found = clear(debts, replace(network, absent="skip"), before)
    cleared = verify_clearing(debts, found)
    ids = {
        code: _clearing_id(debts, found, code, on, network)
        for code, sum_ in cleared.items()
        if sum_
    }
    return bound(debts, found, ids, on, network)


def bound(
    debts: pa.Table,
    clearing: Clearing,
    ids: Mapping[str, str],
    on: date,
    network: NetworkRules,
    round_id: str | None = None,
) -> dict[str, pa.Table]:
    """Return the rows of a clearing that bind, by kind, under an id for each currency that cleared.

    debts: what the clearing saw, in its order, with `claim_id`. Raises `BadTerms` where a firm's
    set-offs do not balance.
    """
    if not ids:
        return {schema.kind: schema.empty() for schema in ADOPTED}
    set_off, circle = _set_offs(debts, clearing, ids), _circle(clearing, ids)
    apart = pa.array([name for code, name in ids.items() if "+" not in code], pa.string())
    check_conserved(
        *(rows.filter(pc.is_in(rows["clearing_id"], value_set=apart)) for rows in (set_off, circle))
    )
    return {
        "clearing": _clearings(clearing, ids, on, network, round_id),
        "debt": _debts(debts, clearing, ids),
        "set_off": set_off,
        "price": _prices(clearing, ids),
        "shadow_price": _worths(clearing, ids),
        "circle": circle,
        "cycle": _cycles(clearing, ids),
    }


def _clearing_id(
    debts: pa.Table, clearing: Clearing, code: str, on: date, network: NetworkRules
) -> str:
    mine = pc.is_in(debts["currency"], value_set=pa.array(code.split("+"), pa.string()))
    rows = debts.filter(pc.and_(mine, pa.array(clearing.set_off > 0)))
    return clearing_id(on, code, text_of(network), rows["obligation_id"], rows["set_off_minor"])


def text_of(network: NetworkRules) -> str | None:
    """Return the rules as a clearing keeps them; None where they bind nothing."""
    return None if network.plain else network.text()


def _clearings(
    clearing: Clearing,
    ids: Mapping[str, str],
    on: date,
    network: NetworkRules,
    round_id: str | None,
) -> pa.Table:
    ruled = not network.plain
    return CLEARING.rows(
        {
            "clearing_id": name,
            "round_id": round_id,
            "on": on,
            "currency": first_of(code),
            "obligations": clearing.totals[code].obligations,
            "firms": clearing.totals[code].firms,
            "debt_minor": clearing.totals[code].debt_minor,
            "cleared_minor": clearing.totals[code].cleared_minor,
            "bilateral_minor": clearing.totals[code].bilateral_minor,
            "net_debt_minor": clearing.totals[code].net_debt_minor,
            "rules": text_of(network),
            "circle_minor": clearing.totals[code].circle_minor if ruled else None,
            "optimum_minor": clearing.totals[code].optimum_minor,
        }
        for code, name in ids.items()
    )


def first_of(code: str) -> str:
    """Return the currency in whose minor units sums are told: the first of those that are joined."""
    return code.split("+")[0]


def _debts(debts: pa.Table, clearing: Clearing, ids: Mapping[str, str]) -> pa.Table:
    """Return kind `debt`: the debts that took part; what rules look at, where there were any."""
    proof = clearing.certificate
    if proof.rules is None:
        seen = [c.name for c in DEBT.columns if not c.null] + ["weight"]
        rows = debts.select([name for name in debts.column_names if name in seen])
    else:
        names = ["before_minor" if n == "set_off_minor" else n for n in debts.column_names]
        rows = debts.rename_columns(names)
    if proof.best is not None:
        rows = rows.append_column("best_minor", pa.array(proof.best))
    return DEBT.cast(_under(rows.filter(pa.array(clearing.took_part)), ids))


def _set_offs(debts: pa.Table, clearing: Clearing, ids: Mapping[str, str]) -> pa.Table:
    at = debts.column_names.index("amount_minor")
    rows = debts.set_column(at, "amount_minor", pa.array(clearing.set_off))
    rows = _under(rows.filter(pc.greater(rows["amount_minor"], 0)), ids)
    names = digest_ids("set_off", rows["clearing_id"], rows["obligation_id"])
    return SET_OFF.cast(rows.append_column("set_off_id", names))


def _prices(clearing: Clearing, ids: Mapping[str, str]) -> pa.Table:
    if clearing.certificate.rules is not None:
        return PRICE.empty()  # they are among the worths
    rows = _under(clearing.certificate.prices, ids)
    return PRICE.cast(rows.rename_columns({"firm": "firm_id"}))


def _worths(clearing: Clearing, ids: Mapping[str, str]) -> pa.Table:
    limits = clearing.certificate.limits
    if limits is None:
        return SHADOW_PRICE.empty()
    rows = _under(limits, ids)
    return SHADOW_PRICE.cast(rows.rename_columns({"firm": "firm_id", "other": "other_id"}))


def _circle(clearing: Clearing, ids: Mapping[str, str]) -> pa.Table:
    if clearing.circle is None:
        return CIRCLE.empty()
    rows = _told_in_first(_under(clearing.circle, ids))
    return CIRCLE.cast(rows.rename_columns({"firm": "firm_id"}))


def _cycles(clearing: Clearing, ids: Mapping[str, str]) -> pa.Table:
    """Return kind `cycle`; a cycle is named by its firms, from the smallest id on, the circle last.

    A ring that was found twice is told once, with the sum.
    """
    rows = _under(clearing.cycles, ids)
    if not rows.num_rows:
        return CYCLE.empty()
    rows = rows.combine_chunks()
    starts = np.flatnonzero(rows["step"].to_numpy() == 0)
    offsets = pa.array(np.append(starts, rows.num_rows), pa.int32())
    firms = pa.ListArray.from_arrays(offsets, rows["debtor"].chunk(0))
    names = digest_ids("cycle", rows["clearing_id"].take(pa.array(starts)), firms)
    each = np.repeat(np.arange(len(starts)), np.diff(offsets))
    rows = _once(rows.append_column("cycle_id", names.take(pa.array(each))), names, each)
    return CYCLE.cast(
        _told_in_first(rows).rename_columns({"debtor": "debtor_id", "creditor": "creditor_id"})
    )


def _once(rows: pa.Table, names: pa.Array, each: Ints) -> pa.Table:
    """Return the steps with each ring told once, where it first stands, with the sum of its amounts.

    names: by ring; each: the ring of every step.
    """
    coded = names.dictionary_encode()
    if len(coded.dictionary) == len(names):
        return rows
    ring = coded.indices.to_numpy()
    first = np.full(len(coded.dictionary), len(names))
    np.minimum.at(first, ring, np.arange(len(names)))
    whole = np.zeros(len(first), np.int64)
    begins = rows["step"].to_numpy() == 0
    np.add.at(whole, ring, rows["amount_minor"].to_numpy()[begins])
    at = rows.column_names.index("amount_minor")
    rows = rows.set_column(at, "amount_minor", pa.array(whole[ring[each]]))
    return rows.filter(pa.array(first[ring[each]] == each))


def _under(rows: pa.Table, ids: Mapping[str, str]) -> pa.Table:
    """Return the rows of the currencies that cleared, each with its `clearing_id`."""
    known = {one: name for code, name in ids.items() for one in (code, *code.split("+"))}
    at = pc.index_in(rows["currency"], value_set=pa.array(list(known), pa.string()))
    names = pa.array(list(known.values()), pa.string())
    rows = rows.append_column("clearing_id", names.take(at.combine_chunks()))
    return rows.filter(pc.is_valid(rows["clearing_id"]))


def _told_in_first(rows: pa.Table) -> pa.Table:
    """Return the rows with the first of joined currencies for all of them, as their sums are told."""
    codes = pc.replace_substring_regex(rows["currency"], r"\+.*$", "")
    return rows.set_column(rows.column_names.index("currency"), "currency", codes)
