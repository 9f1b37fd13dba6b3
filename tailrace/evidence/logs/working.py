"""Tables of event logs. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, FLAG, MINOR, MOMENT, TEXT, Column, Schema

LOG_TIE = Schema(
    "log_tie",
    "Objects of a log that share an event: each with itself, and with the smallest it meets.",
    (
        Column("object_kind", TEXT, "what it is"),
        Column("object_ref", TEXT, "the object's own id"),
        Column("with_kind", TEXT, "what the other is"),
        Column("with_ref", TEXT, "the other's own id"),
    ),
    ("object_kind", "object_ref", "with_kind", "with_ref"),
)

LOG_CASE = Schema(
    "log_case",
    "Which objects of a log are one case: an order item, or the chain of documents of an order.",
    (
        Column("object_kind", TEXT, "what it is"),
        Column("object_ref", TEXT, "the object's own id"),
        Column("case_ref", TEXT, "the object that names its case: orders first, then the smallest"),
    ),
    ("object_kind", "object_ref"),
)

LOG_EVENT = Schema(
    "log_event",
    "Events of a log as the counting sees them: one row for each step of a case.",
    (
        Column("case_ref", TEXT, "the case: an order item"),
        Column("step", TEXT, "what it counts as: receipt, invoice, clear, ... (rules.toml [logs])"),
        Column("at", MOMENT, "when"),
        Column("position", COUNT, "place in the log; decides between events of one moment"),
        Column("amount_minor", MINOR, "net worth of the case at the event", null=True),
        Column("currency", TEXT, "ISO 4217", null=True),
        Column("partner", TEXT, "the other party, as the log names it", null=True),
        Column("category", TEXT, "how the case is to be matched, as the log says", null=True),
        Column("event_id", TEXT, "the event", null=True),
    ),
    ("case_ref", "at", "position", "step"),
)

COUNTED = Schema(
    "counted",
    "One obligation for each invoice receipt of a log: proven by existence, order, count and "
    "reversal. Its amount is an upper bound, not the invoice's own.",
    (
        Column("case_ref", TEXT, "the case"),
        Column("nth", COUNT, "which invoice receipt of the case, in order of time; from 1"),
        Column("partner", TEXT, "who is owed, as the log names it", null=True),
        Column("verdict", TEXT, "proven, unproven; reversed where a cancellation took it back"),
        Column(
            "basis",
            TEXT,
            "receipt before invoice, receipt after invoice, no receipt due, none",
        ),
        Column("amount_minor", MINOR, "net worth of the case at the invoice receipt", null=True),
        Column("currency", TEXT, "ISO 4217", null=True),
        Column("invoiced_at", MOMENT, "moment of the invoice receipt"),
        Column("received_at", MOMENT, "moment of the receipt that backs it", null=True),
        Column("cleared_at", MOMENT, "moment it was cleared", null=True),
        Column("reversed_at", MOMENT, "moment it was cancelled", null=True),
        Column("days", COUNT, "calendar days from invoice receipt to clearing", null=True),
        Column("blocked", FLAG, "open, and payment of the case is blocked on the day"),
        Column("outside", FLAG, "a moment it rests on lies outside the span of the log"),
        Column("invoice_position", COUNT, "place of the invoice receipt in the log"),
        Column("receipt_position", COUNT, "place of the receipt", null=True),
        Column("invoice_event_id", TEXT, "the invoice receipt", null=True, points="event"),
        Column("receipt_event_id", TEXT, "the receipt", null=True, points="event"),
    ),
    ("case_ref", "nth"),
)

CASE_STATE = Schema(
    "case_state",
    "One row for each case of a log: what happened to it, counted, and where it stands.",
    (
        Column("case_ref", TEXT, "the case"),
        Column("partner", TEXT, "the other party, as the log names it", null=True),
        Column("category", TEXT, "how it is to be matched, as the log says", null=True),
        Column("flow", TEXT, "after, before, no receipt, no invoice", null=True),
        Column(
            "state",
            TEXT,
            "settled: as many clearings as standing invoices; open: fewer; accrued: received, no "
            "invoice stands; neither",
        ),
        Column("events", COUNT, "events of the case, other ones too"),
        Column("receipts", COUNT, "receipts entered"),
        Column("receipts_cancelled", COUNT, "receipts cancelled or sent back"),
        Column("receipts_standing", COUNT, "receipts not taken back"),
        Column("invoices", COUNT, "invoice receipts entered"),
        Column("invoices_cancelled", COUNT, "invoice receipts cancelled"),
        Column("invoices_standing", COUNT, "invoice receipts not taken back"),
        Column("invoices_proven", COUNT, "standing invoices that a receipt backs"),
        Column("receipts_unbilled", COUNT, "standing receipts that back no invoice: the accrual"),
        Column("clearings", COUNT, "clearings entered"),
        Column("invoices_cleared", COUNT, "standing invoices cleared, in turn"),
        Column("clearings_spare", COUNT, "clearings that clear no standing invoice"),
        Column("payments_repeated", COUNT, "times one payment was executed once more"),
        Column("debit_memos", COUNT, "debit memos of the vendor"),
        Column("adjustments", COUNT, "later charges or credits"),
        Column("adjustments_cancelled", COUNT, "of them taken back"),
        Column("changes", COUNT, "changes of price or quantity"),
        Column("blocks_set", COUNT, "payment blocks set"),
        Column("blocks_removed", COUNT, "payment blocks removed"),
        Column("blocked", FLAG, "the last that happened to a payment block is that it was set"),
        Column("invoice_before_order", FLAG, "a vendor's invoice is dated before the order"),
        Column("outside", COUNT, "events outside the span of the log"),
        Column("amount_minor", MINOR, "net worth at its last event that tells one", null=True),
        Column("currency", TEXT, "ISO 4217", null=True),
    ),
    ("case_ref",),
)

WORKING = (LOG_TIE, LOG_CASE, LOG_EVENT)
KEPT = (COUNTED, CASE_STATE)
