"""Obligations of a log, by count: each invoice receipt, what backs it, whether it was cleared.

Receipts and invoices that were taken back are out first; a cancellation takes the oldest. Of those
that stand the first receipt answers the first invoice and the second the second, and the first
clearing clears the first invoice: first in, first out. A receipt proves where it came no later than
its invoice, or where the matching category lets the invoice come first. A clearing before its
invoice clears nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.steps import array_step
from tailrace.base.tables import MOMENT
from tailrace.evidence.logs.cases import blocked_cases, case_states
from tailrace.evidence.logs.events import Events, text_of
from tailrace.evidence.logs.queues import NONE, Ints, nth, nth_of, taken_back
from tailrace.evidence.logs.rules import AFTER, BEFORE, FLOWS, NO_RECEIPT, LogRules, bare
from tailrace.evidence.logs.working import CASE_STATE, COUNTED

BASES = ("receipt before invoice", "receipt after invoice", "no receipt due", "none")
VERDICTS = ("proven", "unproven", "reversed")
_FIRST, _LATER, _NOT_DUE, _NOTHING = range(4)
_PROVEN, _UNPROVEN, _REVERSED = range(3)
DAY_US = 86_400_000_000


@array_step(reads=("log_event",), writes=("counted", "case_state"), version=1)
def counted(log_event: pa.Table, *, on: date, logs: LogRules) -> Mapping[str, pa.Table]:
    """Count each case of a log as of a day: an obligation for each invoice receipt, a row a case."""
    events = Events(log_event, on, logs.span_share)
    found = Counted(events, logs)
    cast = {COUNTED: obligations(events, found), CASE_STATE: case_states(events, found)}
    return {schema.kind: schema.cast(table) for schema, table in cast.items()}


class Counted:
    """What each invoice receipt meets. All arrays hold events by their number in the order.

    `invoices`: every invoice receipt; `reversed_by`, `receipt`, `cleared_by`: the event it meets,
    else NONE; `late`: its receipt came after it. `receipts` and `standing` are the receipts and
    invoices that were not taken back.
    """

    def __init__(self, events: Events, logs: LogRules) -> None:
        case = events.case
        self.flow, self.category = flows(events, logs)
        self.receipts, _ = standing(events, "receipt", "cancel_receipt")
        self.standing, self.reversed_by = standing(events, "invoice", "cancel_invoice")
        self.invoices = events.of("invoice")
        self.clears = events.of("clear")
        flow = self.flow[case[self.standing]]
        receipt = nth_of(case, self.standing, self.receipts)
        too_late = (receipt > self.standing) & (flow == FLOWS.index(AFTER))
        receipt[too_late | (flow == FLOWS.index(NO_RECEIPT))] = NONE
        cleared_by = nth_of(case, self.standing, self.clears)
        cleared_by[cleared_by < self.standing] = NONE  # before there was anything to clear
        stands = self.reversed_by == NONE
        self.receipt, self.cleared_by = (
            np.full(len(self.invoices), NONE, dtype=np.int64) for _ in range(2)
        )
        self.receipt[stands], self.cleared_by[stands] = receipt, cleared_by
        self.late = self.receipt > self.invoices


def standing(events: Events, entry: str, cancel: str) -> tuple[Ints, Ints]:
    """Return the entries that were not taken back, and for every entry the event that did."""
    rows = events.of(entry, cancel)
    entries = events.of(entry)
    if len(rows) == len(entries):
        return entries, np.full(len(entries), NONE, dtype=np.int64)
    mine = np.zeros(len(events.case), dtype=np.bool_)
    mine[entries] = True
    delta = np.where(mine[rows], 1, -1)
    by = taken_back(events.case[rows], delta)[delta > 0]
    by = np.where(by == NONE, NONE, rows[by])
    return entries[by == NONE], by


def flows(events: Events, logs: LogRules) -> tuple[Ints, pa.Array]:
    """Return each case's flow by number, and its category as the first event that names one says."""
    category = events.take("category", events.saying("category"))
    meant = {bare(name): FLOWS.index(flow) for name, flow in logs.flows.items()}
    before = FLOWS.index(BEFORE)
    if pa.types.is_null(category.type):
        return np.full(len(events.names), before, dtype=np.int64), category
    if not pa.types.is_dictionary(category.type):
        category = category.dictionary_encode()
    names = [meant.get(bare(name), before) for name in category.dictionary.to_pylist()]
    codes = pc.fill_null(category.indices, len(names)).to_numpy(zero_copy_only=False)
    return np.array([*names, before], dtype=np.int64)[codes], category


def obligations(events: Events, found: Counted) -> pa.Table:
    """Return a row for each invoice receipt, in order of case and time."""
    invoices, case = found.invoices, events.case[found.invoices]
    back = found.reversed_by != NONE
    backed = found.receipt != NONE
    not_due = found.flow[case] == FLOWS.index(NO_RECEIPT)
    basis = np.select([backed & ~found.late, backed, not_due], [_FIRST, _LATER, _NOT_DUE], _NOTHING)
    verdict = np.select([back, backed], [_REVERSED, _PROVEN], _UNPROVEN)
    blocked = blocked_cases(events)[case] & ~back & (found.cleared_by == NONE)
    outside = events.outside[invoices]
    for other in (found.receipt, found.cleared_by):
        outside = outside | (events.outside[other] & (other != NONE))
    days = _moments(events, found.cleared_by) // DAY_US - events.at[invoices] // DAY_US
    columns = {
        "case_ref": pa.DictionaryArray.from_arrays(pa.array(case, pa.int32()), events.names),
        "nth": pa.array(nth(case) + 1),
        "partner": events.take("partner", invoices),
        "verdict": text_of(VERDICTS, verdict),
        "basis": text_of(BASES, basis),
        "amount_minor": events.take("amount_minor", invoices),
        "currency": events.take("currency", invoices),
        "invoiced_at": moment(events, invoices),
        "received_at": moment(events, found.receipt),
        "cleared_at": moment(events, found.cleared_by),
        "reversed_at": moment(events, found.reversed_by),
        "days": pa.array(days, mask=found.cleared_by == NONE),
        "blocked": pa.array(blocked),
        "outside": pa.array(outside),
        "invoice_position": events.take("position", invoices),
        "receipt_position": events.take("position", found.receipt),
        "invoice_event_id": events.take("event_id", invoices),
        "receipt_event_id": events.take("event_id", found.receipt),
    }
    return pa.table(columns)


def _moments(events: Events, which: Ints) -> Ints:
    return events.at[which] if len(events.at) else which


def moment(events: Events, which: Ints) -> pa.Array:
    """Return the moments of events, null for NONE."""
    none = which == NONE
    return (
        pa.array(_moments(events, which), pa.int64(), mask=none)
        .cast(pa.timestamp("us"))
        .cast(MOMENT)
    )
