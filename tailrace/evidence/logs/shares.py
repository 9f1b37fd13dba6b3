"""What a log shows as a whole: shares of each state, and its obligations counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Figures = dict[str, Any]


def case_shares(case_state: pa.Table) -> Figures:
    """Return how many cases of a log, or of one category of it, are in which state."""
    n = {c: case_state[c].to_numpy() for c in case_state.column_names if _counts(case_state, c)}
    before = case_state["invoice_before_order"].to_numpy()
    once = (n["receipts"] == 1) & (n["invoices"] == 1) & (n["clearings"] == 1)
    received, invoiced = n["receipts_standing"] > 0, n["invoices_standing"] > 0
    taken_back = n["receipts_cancelled"] + n["invoices_cancelled"] + n["adjustments_cancelled"]
    alike = n["receipts_standing"] == n["invoices_standing"]
    entered = n["invoices"] > 0
    return {
        "cases": case_state.num_rows,
        "partners": pc.count_distinct(case_state["partner"]).as_py(),
        "events": int(n["events"].sum()),
        "events_outside": int(n["outside"].sum()),
        "receipt_invoice_clearing": int(
            ((n["receipts"] > 0) & entered & (n["clearings"] > 0)).sum()
        ),
        "one_of_each": int(once.sum()),
        "same_number": int((alike & received).sum()),
        "accrued": int((received & ~invoiced).sum()),
        "open": int((invoiced & (n["clearings"] < n["invoices_standing"])).sum()),
        "settled": int((invoiced & (n["clearings"] >= n["invoices_standing"])).sum()),
        "neither": int((~received & ~invoiced).sum()),
        "invoice_without_receipt": int((invoiced & ~received).sum()),
        "block_set": int((n["blocks_set"] > 0).sum()),
        "block_removed": int((n["blocks_removed"] > 0).sum()),
        "blocked": int(pc.sum(case_state["blocked"]).as_py() or 0),
        "cancelled_or_debit_memo": int((taken_back + n["debit_memos"] > 0).sum()),
        "price_or_quantity_changed": int((n["changes"] > 0).sum()),
        "invoiced": int(entered.sum()),
        "invoice_before_order": int((before & entered).sum()),
        "receipts_unbilled": int(n["receipts_unbilled"].sum()),
        "payment_repeated": int((n["payments_repeated"] > 0).sum()),
        "payments_repeated": int(n["payments_repeated"].sum()),
        "clearings_spare": int(n["clearings_spare"].sum()),
    }


def obligation_shares(counted: pa.Table) -> Figures:
    """Return how many obligations are backed, cleared and blocked; days from invoice to clearing."""
    verdict, basis = _texts(counted["verdict"]), _texts(counted["basis"])
    live = verdict != "reversed"
    cleared = counted["cleared_at"].is_valid().to_numpy() & live
    days = np.sort(pc.fill_null(counted["days"], 0).to_numpy()[cleared])
    return {
        "obligations": counted.num_rows,
        "reversed": int((~live).sum()),
        "standing": int(live.sum()),
        "proven": int((verdict == "proven").sum()),
        "unproven": int((verdict == "unproven").sum()),
        "receipt_before_invoice": int((live & (basis == "receipt before invoice")).sum()),
        "receipt_after_invoice": int((live & (basis == "receipt after invoice")).sum()),
        "cleared": int(cleared.sum()),
        "blocked": int(pc.sum(counted["blocked"]).as_py() or 0),
        "outside": int(pc.sum(counted["outside"]).as_py() or 0),
        "days_p05_p50_p95": [int(days[int(len(days) * q)]) for q in (0.05, 0.5, 0.95)]
        if len(days)
        else [],
    }


def _counts(table: pa.Table, name: str) -> bool:
    return pa.types.is_integer(table.schema.field(name).type) and name != "amount_minor"


def _texts(column: pa.ChunkedArray) -> np.ndarray:
    return np.array(column.to_pylist(), dtype=object)
