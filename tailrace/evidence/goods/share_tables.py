"""Working tables of the matching: what meets what, and what is to be looked at again. All derived."""

from __future__ import annotations

from tailrace.base.tables import DAY, MINOR, QUANTITY, TEXT, Column, Schema

_OTHER = (
    Column("told_by_id", TEXT, "the firm whose word it is", null=True, points="firm"),
    Column(
        "standing",
        TEXT,
        "other side: the debtor's word; own side: the creditor's; third party: neither's",
        null=True,
    ),
)

BACKGROUND = Schema(
    "background",
    "Order and despatch lines that may stand behind claims. They prove nothing.",
    (
        Column("line_id", TEXT, "the line"),
        Column("document_id", TEXT, "its document"),
        Column("role", TEXT, "ordered, despatched"),
        Column("buyer_id", TEXT, "the buying firm", points="firm"),
        Column("seller_id", TEXT, "the selling firm", points="firm"),
        Column("order_ref", TEXT, "its order", null=True),
        Column("order_line_ref", TEXT, "line of the order", null=True),
        Column("despatch_ref", TEXT, "its despatch", null=True),
        Column("receipt_ref", TEXT, "the receipt it names", null=True),
        Column("item", TEXT, "the item"),
        Column("unit", TEXT, "the unit"),
        Column("quantity", QUANTITY, "as the document says it, 1 where it says none"),
        Column("day", DAY, "issue day"),
        Column(
            "net_minor",
            MINOR,
            "line amount where there is a quantity; the smaller figure where it contradicts itself",
            null=True,
        ),
        Column("turned", TEXT, "the declared conversion of its unit, in words", null=True),
        *_OTHER,
    ),
    ("line_id",),
)


def _share(kind: str, doc: str) -> Schema:
    """Declare what lines of one side contribute to invoice lines."""
    return Schema(
        kind,
        doc,
        (
            Column("line_id", TEXT, "the invoice line"),
            Column("with_line_id", TEXT, "the other line", points="line"),
            Column("quantity", QUANTITY, "what the other line contributes, above zero"),
            Column("rule", TEXT, "the rule that joined the two"),
            Column("claim_id", TEXT, "the claim of the invoice line"),
            Column("whole", QUANTITY, "quantity of the invoice line"),
            Column("net_minor", MINOR, "amount of the invoice line"),
            Column("with_document_id", TEXT, "document of the other line", points="document"),
            Column("role", TEXT, "of the other line: received, worked, ..., ordered, despatched"),
            *_OTHER,
            Column("turned", TEXT, "conversions of units on either side, in words", null=True),
        ),
        ("line_id", "with_line_id", "rule"),
    )


def _line(kind: str, doc: str) -> Schema:
    """Declare a list of lines."""
    return Schema(kind, doc, (Column("line_id", TEXT, "the line"),), ("line_id",))


SHARE = _share("share", "What each receipt line, or other proof, contributes to each invoice line.")

SHARE_ORDER = _share("share_order", "What each order line contributes to each invoice line.")

SHARE_DESPATCH = _share(
    "share_despatch", "What each despatch line contributes to each invoice line."
)

STRANGE = _line("strange", "Receipt lines whose order line is invoiced as other items than theirs.")

BEYOND = _line("beyond", "Invoice lines for whose order line more may have come than was ordered.")

DEARER = Schema(
    "dearer",
    "Invoice lines that may ask more for one unit than the order line they name.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("with_line_id", TEXT, "the order line", points="line"),
    ),
    ("line_id", "with_line_id"),
)

RECEIVED = Schema(
    "received",
    "What was received and used for each invoice line, all rules together.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("claim_id", TEXT, "its claim"),
        Column("quantity", QUANTITY, "invoiced"),
        Column("net_minor", MINOR, "line amount"),
        Column("received", QUANTITY, "zero or more"),
    ),
    ("line_id",),
)

WORKING = (
    BACKGROUND,
    SHARE,
    SHARE_ORDER,
    SHARE_DESPATCH,
    STRANGE,
    BEYOND,
    DEARER,
    RECEIVED,
)
