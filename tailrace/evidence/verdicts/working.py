"""Working tables of verdicts: shares with their place, and how lines and claims stand. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, FLAG, MINOR, QUANTITY, TEXT, Column, Schema

PART = Schema(
    "part",
    "A share of an invoice line, with its place in the line.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("claim_id", TEXT, "its claim"),
        Column("role", TEXT, "ordered, despatched, received"),
        Column("with_line_id", TEXT, "the other line", points="line"),
        Column("quantity", QUANTITY, "what it contributes"),
        Column("before", QUANTITY, "what stands before it in the line"),
        Column("whole", QUANTITY, "the line's quantity"),
        Column("counts", QUANTITY, "what of it may count at most"),
        Column("net_minor", MINOR, "the line's amount, at most the order's price allows"),
        Column("rule", TEXT, "the rule that joined the two"),
    ),
    ("line_id", "role", "with_line_id", "rule"),
)

PART_AMOUNT = Schema(
    "part_amount",
    "What a share that is not the whole line is worth: exact division, rounded down as it runs.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("role", TEXT, "ordered, despatched, received"),
        Column("with_line_id", TEXT, "the other line", points="line"),
        Column("rule", TEXT, "the rule that joined the two"),
        Column("amount_minor", MINOR, "net amount"),
    ),
    ("line_id", "role", "with_line_id", "rule"),
)

LINE_STATE = Schema(
    "line_state",
    "How each invoice line stands: invoiced, received, proven.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("claim_id", TEXT, "its claim"),
        Column("quantity", QUANTITY, "invoiced"),
        Column("received", QUANTITY, "received and used for it"),
        Column("counted", QUANTITY, "of that, within what was ordered"),
        Column("net_minor", MINOR, "line amount"),
        Column("proven_net_minor", MINOR, "proven of it"),
    ),
    ("line_id",),
)

CLAIM_STATE = Schema(
    "claim_state",
    "How each claim stands, lines together.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("amount_minor", MINOR, "payable amount"),
        Column("net_minor", MINOR, "sum of the line amounts"),
        Column("proven_net_minor", MINOR, "proven of them"),
        Column("lines", COUNT, "lines of the invoice"),
        Column("open_lines", COUNT, "lines not received in full"),
        Column("whole", FLAG, "there are lines and none is open"),
    ),
    ("claim_id",),
)

GROSS = Schema(
    "gross",
    "The gross amount of each claim that goods received prove, before credit notes.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("gross_minor", MINOR, "payable x proven net / net, rounded down"),
    ),
    ("claim_id",),
)

BACKING = Schema(
    "backing",
    "By which rules the proof of a claim was joined, by whose word, and what holds it.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("joined_by", TEXT, "the rules, comma between", null=True),
        Column("sources", TEXT, "who says so, in words", null=True),
        Column("held_to", TEXT, "what holds it below what arrived", null=True),
    ),
    ("claim_id",),
)

WORKING = (BACKING, PART, PART_AMOUNT, LINE_STATE, CLAIM_STATE, GROSS)
