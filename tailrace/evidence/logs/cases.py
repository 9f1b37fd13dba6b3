"""The state of each case of a log: its events counted by step, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tailrace.evidence.logs.events import Events, text_of
from tailrace.evidence.logs.queues import NONE, Flags, Ints
from tailrace.evidence.logs.rules import FLOWS, STEPS

if TYPE_CHECKING:
    from tailrace.evidence.logs.count import Counted

STATES = ("settled", "open", "accrued", "neither")
_OF_STEP = {
    "receipts": "receipt",
    "receipts_cancelled": "cancel_receipt",
    "invoices": "invoice",
    "invoices_cancelled": "cancel_invoice",
    "clearings": "clear",
    "payments_repeated": "clear_again",
    "debit_memos": "debit_memo",
    "adjustments": "adjust",
    "adjustments_cancelled": "cancel_adjust",
    "changes": "change",
    "blocks_set": "block",
    "blocks_removed": "unblock",
}


def case_states(events: Events, found: Counted) -> pa.Table:
    """Return a row for each case, in order of its name."""
    cases = len(events.names)
    kinds = np.bincount(events.case * len(STEPS) + events.step, minlength=cases * len(STEPS))
    kinds = kinds.reshape(cases, len(STEPS))
    said = {name: kinds[:, STEPS.index(step)] for name, step in _OF_STEP.items()}

    def per_case(which: Ints) -> Ints:
        return np.bincount(events.case[which], minlength=cases)

    received, invoiced = per_case(found.receipts), per_case(found.standing)
    proven = per_case(found.invoices[found.receipt != NONE])
    stands = found.reversed_by == NONE
    cleared = per_case(found.invoices[stands & (found.cleared_by != NONE)])
    state = np.select(
        [(invoiced > 0) & (said["clearings"] >= invoiced), invoiced > 0, received > 0], [0, 1, 2], 3
    )
    last = events.saying("amount_minor", last=True)
    columns = {
        "case_ref": events.names,
        "partner": events.take("partner", events.saying("partner")),
        "category": found.category,
        "flow": text_of(FLOWS, found.flow),
        "state": text_of(STATES, state),
        "events": kinds.sum(axis=1),
        **said,
        "receipts_standing": received,
        "invoices_standing": invoiced,
        "invoices_proven": proven,
        "receipts_unbilled": received - proven,
        "invoices_cleared": cleared,
        "clearings_spare": said["clearings"] - cleared,
        "blocked": blocked_cases(events),
        "invoice_before_order": _before_order(events, cases),
        "outside": np.bincount(events.case, weights=events.outside, minlength=cases).astype(int),
        "amount_minor": events.take("amount_minor", last),
        "currency": events.take("currency", last),
    }
    return pa.table(columns)


def _before_order(events: Events, cases: int) -> Flags:
    """Return the cases with a vendor's invoice dated before the order was created."""
    found = np.zeros(cases, dtype=np.bool_)
    first = {}
    for step in ("order", "vendor_invoice"):
        rows = events.of(step)[::-1]
        first[step] = np.full(cases, np.iinfo(np.int64).max)
        first[step][events.case[rows]] = events.at[rows]  # backwards: the first of a case stays
    known = first["order"] < np.iinfo(np.int64).max
    found[known] = first["vendor_invoice"][known] < first["order"][known]
    return found


def blocked_cases(events: Events) -> Flags:
    """Return which cases stand blocked: the last word on a payment block is that it was set."""
    found = np.zeros(len(events.names), dtype=np.bool_)
    words = events.of("block", "unblock")
    setting = np.zeros(len(events.case), dtype=np.bool_)
    setting[events.of("block")] = True
    found[events.case[words]] = setting[words]  # in order: the last of a case stays
    return found
