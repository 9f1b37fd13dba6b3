"""Kept: a clearing under rules as a book keeps it, proven again from those rows alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.network.constraints.before import Before
from tailrace.network.constraints.check import Told, verify_told
from tailrace.network.constraints.held import Taking, taking_part
from tailrace.network.debts import debts_of
from tailrace.network.rules import rules_of

_MEND = "restore the book from a copy whose head was noted; adopt no more on it"


class Kept(Struct, frozen=True, kw_only=True):
    """The rows of one clearing: kinds `debt` with a column `set_off`, `shadow_price`, `circle`, `cycle`."""

    debt: pa.Table
    worth: pa.Table
    circle: pa.Table
    cycle: pa.Table


def verify_kept(row: Mapping[str, Any], kept: Kept, before: Before | None) -> int:
    """Return what a clearing set off, proven within its rules; raise `BadTerms` where it is not.

    row: its row of kind `clearing`; before: what earlier clearings used of its limits and lines.
    """
    rules = replace(rules_of(row["rules"]), absent="skip")
    taking = taking_part(kept.debt, debts_of(kept.debt, rules.minimum_minor), rules, before)
    codes = taking.debts.currencies
    if not taking.debts.good.all() or len(codes) != 1:
        raise _wrong(row, "a debt that its rules leave out is among those it saw")
    (unit,) = taking.base.values()
    sums = row["debt_minor"], row["obligations"]
    if (int(taking.debts.amount.sum()) * unit, kept.debt.num_rows) != sums:
        raise _wrong(row, "the debts it saw are not those whose sum it tells")
    set_off = kept.debt["set_off"].to_numpy()
    if codes[0].split("+")[0] != row["currency"]:
        raise _wrong(row, "its currency is not that of its debts")
    told = Told(
        set_off=set_off,
        best=pc.fill_null(kept.debt["best_minor"], 0).to_numpy(),
        limits=_limits(kept.worth, codes[0]),
        cleared={codes[0]: row["cleared_minor"]},
        optimum={codes[0]: row["optimum_minor"]},
        cycles=lambda: _cycles(kept.cycle, codes[0]),
    )
    try:
        [cleared] = verify_told(kept.debt.num_rows, told, taking, rules).values()
    except BadTerms as why:
        raise _wrong(row, why.what) from None
    _check_circle(row, kept, taking, set_off)
    _check_id(row, kept, codes[0])
    return cleared


def _limits(worth: pa.Table, code: str) -> pa.Table:
    """Return kind `shadow_price` in the form of `ruling.proof_of`."""
    rows = worth.rename_columns({"firm_id": "firm", "other_id": "other"})
    return rows.append_column("currency", pa.array([code] * rows.num_rows, pa.string()))


def _cycles(cycle: pa.Table, code: str) -> pa.Table:
    """Return kind `cycle` in the form of `Clearing.cycles`."""
    number = pc.dictionary_encode(cycle["cycle_id"]).combine_chunks().indices
    return pa.table(
        {
            "cycle": number.cast(pa.int64()),
            "debtor": cycle["debtor_id"],
            "creditor": cycle["creditor_id"],
            "currency": pa.array([code] * cycle.num_rows, pa.string()),
            "amount_minor": cycle["amount_minor"],
            "length": cycle["length"],
        }
    )


def _check_circle(
    row: Mapping[str, Any], kept: Kept, taking: Taking, set_off: np.ndarray[Any, Any]
) -> None:
    """Raise where what members are said to owe the circle is not what their set-offs left."""
    debts = taking.debts
    owes = np.zeros(len(debts.firms), np.int64)
    np.add.at(owes, debts.debtor, set_off // taking.lot)
    np.subtract.at(owes, debts.creditor, set_off // taking.lot)
    (unit,) = taking.base.values()
    moved = np.flatnonzero(owes)
    made = dict(
        zip(
            debts.firms.take(pa.array(moved)).to_pylist(),
            (owes[moved] * unit).tolist(),
            strict=True,
        )
    )
    said = {one["firm_id"]: one["amount_minor"] for one in kept.circle.to_pylist()}
    if made != said or len(said) != kept.circle.num_rows:
        raise _wrong(row, "what members owe the circle is not what their set-offs left")
    if row["circle_minor"] != sum(amount for amount in made.values() if amount > 0):
        raise _wrong(row, "the sum its members owe the circle is not that of its rows")


def _check_id(row: Mapping[str, Any], kept: Kept, code: str) -> None:
    """Raise where the id of a day's own clearing is not that of its day, rules and debts."""
    if row["round_id"] is not None:
        return  # a round's clearing is named by its run, which keeps the rules
    rows = kept.debt.filter(pc.greater(kept.debt["set_off"], 0)).sort_by("obligation_id")
    name = clearing_id(row["on"], code, row["rules"], rows["obligation_id"], rows["before_minor"])
    if name != row["clearing_id"]:
        raise _wrong(row, "its id is not that of its day, rules and debts")


def clearing_id(
    on: Any, code: str, rules: str | None, names: pa.ChunkedArray, before: pa.ChunkedArray
) -> str:
    """Return the id of a day's clearing: a digest of day, currency, rules and the debts set off.

    before: what was set off of them by earlier clearings. The same debts may clear again on the same
    day once more of them is proven.
    """
    done = before.to_pylist()
    again = done if any(done) else []
    said = [] if rules is None else [rules]
    return digest_id("clearing", on, code, *said, *names.to_pylist(), *again)


def _wrong(row: Mapping[str, Any], what: str) -> BadTerms:
    return BadTerms(what, where=f"clearing {row['clearing_id']}", mend=_MEND)
