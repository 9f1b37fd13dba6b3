"""Working tables of services: lines without goods, what meters counted, what proves them. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, MOMENT, QUANTITY, TEXT, Column, Schema

SERVICE_LINE = Schema(
    "service_line",
    "Invoice lines without goods: work, time, lots under a contract, what a named meter counts.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("document_id", TEXT, "the invoice"),
        Column("buyer_id", TEXT, "the debtor", points="firm"),
        Column("seller_id", TEXT, "the creditor", points="firm"),
        Column("meter_ref", TEXT, "the meter or object it names (BT-18, BT-128)", null=True),
        Column("item", TEXT, "what is charged; empty where nothing is said"),
        Column("unit", TEXT, "UN/ECE Rec. 20; empty where nothing is said"),
        Column("quantity", QUANTITY, "invoiced, above zero; 1 where none is said"),
        Column("period_from", DAY, "first day of its period (BT-134, BT-73)", null=True),
        Column("period_to", DAY, "last day of it, else of delivery, else of issue"),
        Column("day", DAY, "issue day of the invoice"),
    ),
    ("line_id",),
)

CONSUMPTION = Schema(
    "consumption",
    "What a meter counted from one moment to another, as one reader tells it; no two of a series "
    "overlap.",
    (
        Column("meter_ref", TEXT, "the meter"),
        Column("register", TEXT, "the register; empty where none is said"),
        Column("unit", TEXT, "UN/ECE Rec. 20"),
        Column("told_by_id", TEXT, "the firm that read it", points="firm"),
        Column("series", COUNT, "-1 a running total; else how long its intervals are, as a power"),
        Column("from_at", MOMENT, "start"),
        Column("to_at", MOMENT, "end"),
        Column("quantity", QUANTITY, "what was counted; below zero only in an interval said so"),
        Column("closing_id", TEXT, "the reading at its end", points="reading"),
    ),
    ("meter_ref", "register", "unit", "told_by_id", "series", "from_at"),
)

METERED = Schema(
    "metered",
    "What a meter counted in the period of an invoice line, by a reader that is not the seller's.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("document_id", TEXT, "the invoice"),
        Column("meter_ref", TEXT, "the meter"),
        Column("register", TEXT, "the register; empty where none is said"),
        Column("told_by_id", TEXT, "the firm that read it", points="firm"),
        Column("quantity", QUANTITY, "counted in the line's unit, above zero"),
        Column("from_at", MOMENT, "start of the first reading used"),
        Column("to_at", MOMENT, "end of the last"),
        Column("closing_id", TEXT, "the last reading used", points="reading"),
        Column("count", COUNT, "how many stretches were added"),
    ),
    ("line_id",),
)

SERVICE_SUPPLY = Schema(
    "service_supply",
    "What can prove lines without goods, beside receipts: timesheets, meters, acceptances.",
    (
        Column("line_id", TEXT, "the other line; a digest where the proof is no line"),
        Column("document_id", TEXT, "timesheet or acceptance; the invoice where a meter counted"),
        Column("buyer_id", TEXT, "who was served", points="firm"),
        Column("seller_id", TEXT, "who served", points="firm"),
        Column("order_ref", TEXT, "its order", null=True),
        Column("order_line_ref", TEXT, "line of the order", null=True),
        Column("despatch_ref", TEXT, "never said", null=True),
        Column("receipt_ref", TEXT, "the number of the timesheet or acceptance"),
        Column("item", TEXT, "the item; empty where it is for one line"),
        Column("unit", TEXT, "the unit"),
        Column("quantity", QUANTITY, "above zero"),
        Column("day", DAY, "day of work, reading or acceptance"),
        Column("role", TEXT, "worked, metered, accepted"),
        Column("told_by_id", TEXT, "the firm whose word it is", points="firm"),
        Column("for_line_id", TEXT, "the only line it can prove", null=True, points="line"),
    ),
    ("line_id",),
)

WORKING = (SERVICE_LINE, CONSUMPTION, METERED, SERVICE_SUPPLY)
