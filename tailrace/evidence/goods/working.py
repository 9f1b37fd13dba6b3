"""Working tables of goods: lines, the two sides of the proof, and what each contributes. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, MINOR, QUANTITY, TEXT, Column, Schema
from tailrace.evidence.goods import share_tables

ALIAS = Schema(
    "alias",
    "Two numbers that a line gives one item.",
    (
        Column("token", TEXT, "scheme, who gave it, number"),
        Column("other", TEXT, "another of the same line"),
    ),
    ("token", "other"),
)

ARTICLE = Schema(
    "article",
    "Item numbers that lines have joined into items.",
    (
        Column("scheme", TEXT, "s the seller's, b the buyer's, t a standard number"),
        Column("owner", TEXT, "the firm that gave it; empty for a standard number"),
        Column("number", TEXT, "the number"),
        Column("item", TEXT, "the smallest of the numbers it is joined with"),
    ),
    ("scheme", "owner", "number"),
)

GOODS = Schema(
    "goods",
    "Lines of goods as the matching sees them: parties, order line, despatch, item, unit, quantity.",
    (
        Column("line_id", TEXT, "the line"),
        Column("document_id", TEXT, "its document"),
        Column("role", TEXT, "ordered, despatched, received, invoiced, credited"),
        Column("buyer_id", TEXT, "the buying firm", null=True, points="firm"),
        Column("seller_id", TEXT, "the selling firm", null=True, points="firm"),
        Column("writer_id", TEXT, "the firm that wrote the document", null=True, points="firm"),
        Column("number", TEXT, "the document's own number"),
        Column("order_ref", TEXT, "the order it belongs to", null=True),
        Column("order_line_ref", TEXT, "the line of that order", null=True),
        Column("despatch_ref", TEXT, "the despatch it belongs to", null=True),
        Column("despatch_line_ref", TEXT, "the line of that despatch", null=True),
        Column("receipt_ref", TEXT, "the receipt it names", null=True),
        Column("item", TEXT, "what it is, the same text for the same item"),
        Column("unit", TEXT, "UN/ECE Rec. 20; empty where nothing is said"),
        Column("quantity", QUANTITY, "what counts: received less rejected; 1 where none is said"),
        Column("day", DAY, "of a receipt, of the delivery; else of issue"),
        Column("net_minor", MINOR, "line amount, as the document says it", null=True),
        Column("is_lot", FLAG, "it says no quantity"),
        Column("is_part", FLAG, "it is part of another line of its document"),
        Column("turned", TEXT, "the declared conversion of its unit, in words", null=True),
    ),
    ("line_id",),
)

TIED = Schema(
    "tied",
    "Lines whose order line was not written on them and was found: by despatch or by item.",
    (
        Column("line_id", TEXT, "the line"),
        Column("order_ref", TEXT, "the order it belongs to"),
        Column("order_line_ref", TEXT, "the line of that order"),
    ),
    ("line_id",),
)

UNPRICED = Schema(
    "unpriced",
    "Invoice lines with quantity and price and no amount.",
    (
        Column("line_id", TEXT, "the line"),
        Column("quantity", QUANTITY, "invoiced"),
        Column("price", QUANTITY, "of one price base quantity"),
        Column("price_base_quantity", QUANTITY, "null means 1", null=True),
        Column("currency", TEXT, "ISO 4217"),
    ),
    ("line_id",),
)

WORTH = Schema(
    "worth",
    "Line amounts that were not said: quantity times price, rounded half up.",
    (
        Column("line_id", TEXT, "the line"),
        Column("net_minor", MINOR, "its amount"),
    ),
    ("line_id",),
)

DEMAND = Schema(
    "demand",
    "Invoice lines of claims, as receipts are to prove them.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("claim_id", TEXT, "its claim"),
        Column("buyer_id", TEXT, "the debtor", points="firm"),
        Column("seller_id", TEXT, "the creditor", points="firm"),
        Column("order_ref", TEXT, "its order", null=True),
        Column("order_line_ref", TEXT, "line of the order", null=True),
        Column("despatch_ref", TEXT, "its despatch", null=True),
        Column("receipt_ref", TEXT, "its receipt", null=True),
        Column("item", TEXT, "the item"),
        Column("unit", TEXT, "the unit"),
        Column("quantity", QUANTITY, "invoiced, above zero"),
        Column("net_minor", MINOR, "line amount"),
        Column("day", DAY, "issue day of the invoice"),
        Column("turned", TEXT, "the declared conversion of its unit, in words", null=True),
    ),
    ("line_id",),
)

SUPPLY = Schema(
    "supply",
    "What can prove: receipts of the buyer or a third party, less what was rejected or taken back, "
    "and what proves lines without goods.",
    (
        Column("line_id", TEXT, "the receipt line"),
        Column("document_id", TEXT, "the receipt"),
        Column("buyer_id", TEXT, "who received", points="firm"),
        Column("seller_id", TEXT, "who delivered", points="firm"),
        Column("order_ref", TEXT, "its order", null=True),
        Column("order_line_ref", TEXT, "line of the order", null=True),
        Column("despatch_ref", TEXT, "its despatch", null=True),
        Column("receipt_ref", TEXT, "the receipt's own number"),
        Column("item", TEXT, "the item"),
        Column("unit", TEXT, "the unit"),
        Column("quantity", QUANTITY, "above zero"),
        Column("day", DAY, "day of receipt"),
        Column("turned", TEXT, "the declared conversion of its unit, in words", null=True),
        Column("role", TEXT, "received; worked, metered, accepted of lines without goods"),
        Column("told_by_id", TEXT, "the firm whose word it is", null=True, points="firm"),
        Column(
            "standing",
            TEXT,
            "other side: the debtor's word; third party: neither's, nor an affiliate's of the creditor",
        ),
        Column("for_line_id", TEXT, "the only line it can prove", null=True, points="line"),
    ),
    ("line_id",),
)


TOLERANCE = Schema(
    "tolerance",
    "What each firm forgives where it buys.",
    (
        Column("firm_id", TEXT, "the buyer"),
        Column("quantity_rel", QUANTITY, "relative: 0.02 is two per cent"),
        Column("quantity_abs", QUANTITY, "beside it, in the line's unit"),
        Column("price_rel", QUANTITY, "relative"),
        Column("price_abs", QUANTITY, "beside it, in the currency, for one unit"),
        Column("amount_rel", QUANTITY, "relative"),
        Column("amount_minor", MINOR, "beside it"),
        Column("content_days", COUNT, "goods joined by content lie within these days"),
        Column("rule", TEXT, "the buyer's own, as the rules name it", null=True),
    ),
    ("firm_id",),
)

FACTOR = Schema(
    "factor",
    "Declared conversions of units.",
    (
        Column("unit", TEXT, "from"),
        Column("into_unit", TEXT, "into"),
        Column("factor", QUANTITY, "one `unit` is so many `into_unit`"),
        Column("item", TEXT, "of this item alone", null=True),
        Column("seller_id", TEXT, "of this seller alone", null=True, points="firm"),
        Column("place", COUNT, "its place among the rules"),
    ),
    ("place",),
)

QUANTITY_CAP = Schema(
    "quantity_cap",
    "Invoice lines that count for less than arrived: more arrived than was ordered.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("quantity", QUANTITY, "what counts, zero or more"),
        Column("words", TEXT, "both figures"),
    ),
    ("line_id",),
)

PRICED = Schema(
    "priced",
    "Invoice lines dearer than the order line behind them allows, with both sides' figures.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("net_minor", MINOR, "its amount"),
        Column("quantity", QUANTITY, "invoiced"),
        Column("order_net", MINOR, "amount of the order line", null=True),
        Column("ordered", QUANTITY, "its quantity", null=True),
        Column("price", QUANTITY, "its price", null=True),
        Column("base", QUANTITY, "its price base quantity", null=True),
        Column("currency", TEXT, "ISO 4217"),
        Column("order_ref", TEXT, "the order"),
        Column("order_line_ref", TEXT, "its line"),
        Column("rule", TEXT, "the buyer's own tolerance, as the rules name it", null=True),
    ),
    ("line_id",),
)

PRICE_CAP = Schema(
    "price_cap",
    "What those lines are worth at the order's price.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("net_minor", MINOR, "at most its amount"),
        Column("words", TEXT, "both figures"),
    ),
    ("line_id",),
)

WORKING = (
    *share_tables.WORKING,
    ALIAS,
    ARTICLE,
    GOODS,
    TIED,
    UNPRICED,
    WORTH,
    DEMAND,
    SUPPLY,
    TOLERANCE,
    FACTOR,
    QUANTITY_CAP,
    PRICED,
    PRICE_CAP,
)
