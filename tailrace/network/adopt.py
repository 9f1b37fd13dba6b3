"""Adoption: a clearing of what is open becomes rows that bind, or nothing at all.

Each currency's clearing is one decision: its set-offs, the debts it saw, the prices that prove it
and the cycles that tell it carry one `clearing_id`.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.network.certificate import check_conserved, verify_clearing
from tailrace.network.clearing import Clearing, clear
from tailrace.network.rules import NetworkRules
from tailrace.network.tables import CLEARING, CYCLE, DEBT, PRICE, SET_OFF

ADOPTED = (CLEARING, DEBT, SET_OFF, PRICE, CYCLE)


def open_debts(obligation: pa.Table) -> pa.Table:
    """Return what may be cleared of kind `obligation`: the open part of all that is not held."""
    free = pc.and_(pc.invert(obligation["held"]), pc.greater(obligation["open_minor"], 0))
    rows = obligation.filter(free).drop_columns(["amount_minor"])
    return rows.rename_columns(
        ["amount_minor" if name == "open_minor" else name for name in rows.column_names]
    )


def adopted(obligation: pa.Table, on: date, network: NetworkRules) -> dict[str, pa.Table]:
    """Return the rows of a day's clearing by kind; all empty where nothing can be set off.

    The clearing is checked before it is given out: each firm's set-offs balance, and the prices
    prove that no more can be cleared. Raises `BadTerms` where either fails, and for rules that bind
    more than which debts take part.
    """
    if network.bounds:
        what = (
            "limits, lines, classes and parities bind a clearing in ways a book cannot prove alone"
        )
        mend = "leave holds and the window in the run's rules; clear the rest with `tailrace clear`"
        raise BadTerms(what, where="rules, [network]", mend=mend)
    debts = open_debts(obligation).sort_by("obligation_id")
    clearing = clear(debts, network)
    cleared = verify_clearing(debts, clearing)
    ids = {
        code: _clearing_id(debts, clearing, code, on) for code, whole in cleared.items() if whole
    }
    return bound(debts, clearing, ids, on)


def bound(
    debts: pa.Table, clearing: Clearing, ids: dict[str, str], on: date, round_id: str | None = None
) -> dict[str, pa.Table]:
    """Return the rows of a clearing that bind, by kind, under an id for each currency that cleared.

    debts: what the clearing saw, in its order, with `claim_id`. Raises `BadTerms` where a firm's
    set-offs do not balance.
    """
    if not ids:
        return {schema.kind: schema.empty() for schema in ADOPTED}
    set_off = _set_offs(debts, clearing, ids)
    check_conserved(set_off)
    return {
        "clearing": _clearings(clearing, ids, on, round_id),
        "debt": DEBT.cast(_under(debts.filter(pa.array(clearing.took_part)), ids)),
        "set_off": set_off,
        "price": _prices(clearing, ids),
        "cycle": _cycles(clearing, ids),
    }


def _clearing_id(debts: pa.Table, clearing: Clearing, code: str, on: date) -> str:
    """Return a digest of day, currency and debts; of what was set off of them before, too.

    The same debts may clear again on the same day once more of them is proven.
    """
    rows = pc.and_(pc.equal(debts["currency"], code), pa.array(clearing.set_off > 0))
    names = debts["obligation_id"].filter(rows).to_pylist()
    before = debts["set_off_minor"].filter(rows).to_pylist()
    again = before if any(before) else []
    return digest_id("clearing", on, code, *names, *again)


def _clearings(clearing: Clearing, ids: dict[str, str], on: date, round_id: str | None) -> pa.Table:
    return CLEARING.rows(
        {
            "clearing_id": clearing_id,
            "round_id": round_id,
            "on": on,
            "currency": code,
            "obligations": clearing.totals[code].obligations,
            "firms": clearing.totals[code].firms,
            "debt_minor": clearing.totals[code].debt_minor,
            "cleared_minor": clearing.totals[code].cleared_minor,
            "bilateral_minor": clearing.totals[code].bilateral_minor,
            "net_debt_minor": clearing.totals[code].net_debt_minor,
        }
        for code, clearing_id in ids.items()
    )


def _set_offs(debts: pa.Table, clearing: Clearing, ids: dict[str, str]) -> pa.Table:
    at = debts.column_names.index("amount_minor")
    rows = debts.set_column(at, "amount_minor", pa.array(clearing.set_off))
    rows = _under(rows.filter(pc.greater(rows["amount_minor"], 0)), ids)
    causes = zip(rows["clearing_id"].to_pylist(), rows["obligation_id"].to_pylist(), strict=True)
    names = [digest_id("set_off", clearing_id, name) for clearing_id, name in causes]
    return SET_OFF.cast(rows.append_column("set_off_id", pa.array(names, pa.string())))


def _prices(clearing: Clearing, ids: dict[str, str]) -> pa.Table:
    rows = _under(clearing.certificate.prices, ids)
    return PRICE.cast(rows.rename_columns({"firm": "firm_id"}))


def _cycles(clearing: Clearing, ids: dict[str, str]) -> pa.Table:
    """Return kind `cycle`; a cycle is named by its firms, from the smallest id on."""
    rows = _under(clearing.cycles, ids)
    firms, under = rows["debtor"].to_pylist(), rows["clearing_id"].to_pylist()
    lengths = rows["length"].to_numpy()
    starts = np.flatnonzero(rows["step"].to_numpy() == 0)
    spans = zip(starts.tolist(), lengths[starts].tolist(), strict=True)
    names = [digest_id("cycle", under[at], *firms[at : at + size]) for at, size in spans]
    each = np.repeat(np.arange(len(names)), lengths[starts])
    rows = rows.append_column("cycle_id", pa.array(names, pa.string()).take(pa.array(each)))
    return CYCLE.cast(rows.rename_columns({"debtor": "debtor_id", "creditor": "creditor_id"}))


def _under(rows: pa.Table, ids: dict[str, str]) -> pa.Table:
    """Return the rows of the currencies that cleared, each with its `clearing_id`."""
    at = pc.index_in(rows["currency"], value_set=pa.array(list(ids), pa.string()))
    names = pa.array(list(ids.values()), pa.string())
    rows = rows.append_column("clearing_id", names.take(at.combine_chunks()))
    return rows.filter(pc.is_valid(rows["clearing_id"]))
