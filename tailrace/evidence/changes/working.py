"""Tables of what changed. All derived, for the day `since` that was asked for."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, MINOR, RATIO, TEXT, Column, Schema

OBSERVATION = Schema(
    "observation",
    "One observation of a measure between two firms: an order, an invoice or a line of one.",
    (
        Column("measure", TEXT, "what is watched; `order` counts for order volume and order count"),
        Column("seller_id", TEXT, "the selling firm", points="firm"),
        Column("buyer_id", TEXT, "the buying firm", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("item", TEXT, "item and unit of a price; empty for other measures"),
        Column("day", DAY, "when: order, invoice or due day"),
        Column("value", RATIO, "in the measure's unit; of an order its minor units"),
        Column("per", RATIO, "what `value` is divided by: the price base quantity; else 1"),
        Column("open", FLAG, "not over yet: the value is at least this"),
        Column("row_id", TEXT, "the order, claim or line it is read from", points=""),
        Column("document_id", TEXT, "the order or invoice"),
    ),
    ("measure", "row_id"),
)

OPEN_SUM = Schema(
    "open_sum",
    "What stands between two firms, for the sums of a need.",
    (
        Column("seller_id", TEXT, "who is owed", points="firm"),
        Column("buyer_id", TEXT, "who owes", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("open_minor", MINOR, "owed and not paid"),
        Column("invoiced_minor", MINOR, "invoiced since the day"),
        Column("ordered_minor", MINOR, "ordered since the day"),
    ),
    ("seller_id", "buyer_id", "currency"),
)

_WHO = (
    Column("measure", TEXT, "what is watched"),
    Column("view", TEXT, "relation, seller (a firm as seller, to all), buyer"),
    Column("seller_id", TEXT, "the selling firm", null=True, points="firm"),
    Column("buyer_id", TEXT, "the buying firm", null=True, points="firm"),
    Column("currency", TEXT, "ISO 4217"),
    Column("before_count", COUNT, "observations before the day: weeks, orders, invoices"),
    Column("after_count", COUNT, "observations since the day"),
    Column("open_count", COUNT, "of both: not over yet"),
)

SERIES = Schema(
    "series",
    "Every series of a measure, whether it could be judged, and how it was.",
    (
        *_WHO,
        Column("state", TEXT, "judged, little before, little since, no variation"),
        Column("p", RATIO, "two-sided, of no change", null=True),
        Column("q", RATIO, "p corrected for all tests of the run", null=True),
    ),
    ("measure", "view", "seller_id", "buyer_id", "currency"),
)

CHANGE = Schema(
    "change",
    "A series that broke by as much as matters, with the need that suggests.",
    (
        Column("change_id", TEXT, "digest of measure, view, firms, currency and the day asked"),
        *_WHO,
        Column("unit", TEXT, "of before and after"),
        Column("before", RATIO, "the figure before"),
        Column("after", RATIO, "the figure since"),
        Column("effect", RATIO, "the change; of a relative measure as a share of the past"),
        Column("effect_low", RATIO, "95 % interval, lower end"),
        Column("effect_high", RATIO, "upper end"),
        Column("broke_on", DAY, "the day that divides the series best, not before the day asked"),
        Column("broke_from", DAY, "first day that divides it nearly as well"),
        Column("broke_to", DAY, "last such day"),
        Column("test", TEXT, "the test"),
        Column("p", RATIO, "two-sided, of no change"),
        Column("q", RATIO, "p corrected for all tests of the run"),
        Column("need", TEXT, "what it asks for", null=True),
        Column("need_for_id", TEXT, "whose need it is", null=True, points="firm"),
        Column("need_days", COUNT, "for how many days", null=True),
        Column("amount_minor", MINOR, "how much, where the book tells", null=True),
        Column("document_id", TEXT, "the first order or invoice of the break"),
        Column("what", TEXT, "in words, with the figures"),
    ),
    ("change_id",),
)

CHANGE_POINT = Schema(
    "change_point",
    "What a change was seen on: the observations of its series.",
    (
        Column("change_id", TEXT, "the change"),
        Column("place", COUNT, "0, 1, ... by day"),
        Column("day", DAY, "when"),
        Column("value", RATIO, "in the unit of the change"),
        Column("open", FLAG, "not over yet: at least this"),
        Column("document_id", TEXT, "the first order or invoice of it", null=True),
    ),
    ("change_id", "place"),
)
KEPT = (SERIES, CHANGE, CHANGE_POINT)
WORKING = (OBSERVATION, OPEN_SUM)
