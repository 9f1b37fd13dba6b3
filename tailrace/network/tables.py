"""What the network writes. A clearing binds, with all that it rests on: its kinds are appended."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, MINOR, TEXT, Column, Schema
from tailrace.network.rounds import tables as rounds

OBLIGATION = Schema(
    "obligation",
    "A claim's proven, unpaid part: before set-offs, and what set-offs adopted earlier leave. Derived.",
    (
        Column("obligation_id", TEXT, "digest of the claim"),
        Column("claim_id", TEXT, "the claim"),
        Column("debtor_id", TEXT, "who owes", points="firm"),
        Column("creditor_id", TEXT, "who is owed by the claim", points="firm"),
        Column(
            "holder_id",
            TEXT,
            "who holds it now: the creditor, or its buyer once sold",
            points="firm",
        ),
        Column("currency", TEXT, "ISO 4217"),
        Column(
            "amount_minor", MINOR, "proven and not paid by bank, before any set-off; above zero"
        ),
        Column("set_off_minor", MINOR, "set off by clearings adopted before this run"),
        Column("open_minor", MINOR, "amount - set_off, zero or more"),
        Column("due_on", DAY, "day payment is due"),
        Column("held", FLAG, "sold, instructed or reserved by a round: not cleared, not offered"),
    ),
    ("obligation_id",),
)

CLEARING = Schema(
    "clearing",
    "One adopted clearing of one currency on one day.",
    (
        Column("clearing_id", TEXT, "digest of day, currency and the obligations cleared"),
        Column("on", DAY, "the day"),
        Column("currency", TEXT, "ISO 4217; the first, where currencies clear together at parity"),
        Column("obligations", COUNT, "obligations it saw"),
        Column("firms", COUNT, "firms it saw"),
        Column("debt_minor", MINOR, "sum of the obligations"),
        Column("cleared_minor", MINOR, "sum of the set-offs"),
        Column("bilateral_minor", MINOR, "what netting of pairs alone would have cleared"),
        Column(
            "net_debt_minor", MINOR, "sum of the positive net positions; the same before and after"
        ),
        Column("round_id", TEXT, "the round that adopted it, if one did", null=True),
        Column("rules", TEXT, "the rules of the circle as JSON; null: none bound it", null=True),
        Column("circle_minor", MINOR, "owed to the circle by members short, and by it", null=True),
        Column(
            "optimum_minor",
            MINOR,
            "where a rule is kept after the optimum: no set-off is greater",
            null=True,
        ),
    ),
    ("clearing_id",),
)

DEBT = Schema(
    "debt",
    "An obligation as a clearing saw it: what the clearing rests on and can be proven from later.",
    (
        Column("clearing_id", TEXT, "the clearing"),
        Column("obligation_id", TEXT, "the obligation"),
        Column("debtor_id", TEXT, "who owed", points="firm"),
        Column("creditor_id", TEXT, "who was owed", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("amount_minor", MINOR, "open before the clearing"),
        Column("due_on", DAY, "day payment is due, where rules asked for it", null=True),
        Column("weight", COUNT, "a unit of it counts so much; null: one", null=True),
        Column("before_minor", MINOR, "set off by earlier clearings, under rules", null=True),
        Column(
            "best_minor",
            MINOR,
            "the optimum sets off so much; said where a rule after it left less",
            null=True,
        ),
    ),
    ("clearing_id", "obligation_id"),
)

SET_OFF = Schema(
    "set_off",
    "An amount of an obligation cleared without money.",
    (
        Column("set_off_id", TEXT, "digest of clearing and obligation"),
        Column("clearing_id", TEXT, "the clearing"),
        Column("obligation_id", TEXT, "the obligation"),
        Column("claim_id", TEXT, "its claim; null where parties declared it", null=True),
        Column("debtor_id", TEXT, "who owed", points="firm"),
        Column("creditor_id", TEXT, "who was owed", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("amount_minor", MINOR, "above zero"),
    ),
    ("set_off_id",),
)

PRICE = Schema(
    "price",
    "The certificate's other half: one whole number for each firm of a clearing (a potential). "
    "A clearing under rules has its prices in `shadow_price`.",
    (
        Column("clearing_id", TEXT, "the clearing"),
        Column("firm_id", TEXT, "the firm"),
        Column("potential", COUNT, "its potential"),
    ),
    ("clearing_id", "firm_id"),
)

SHADOW_PRICE = Schema(
    "shadow_price",
    "The proof of a clearing under rules: what a unit more would be worth at each firm and limit.",
    (
        Column("clearing_id", TEXT, "the clearing"),
        Column("stage", COUNT, "0, 1, ...: the classes of priority in order, then the whole"),
        Column("kind", TEXT, "price: of a net position; firm, pair, sector: of a limit"),
        Column("firm_id", TEXT, "the firm; null for a sector", null=True, points="firm"),
        Column("other_id", TEXT, "the creditor of a pair", null=True, points="firm"),
        Column("number", COUNT, "of the sector, among those with a cap on the sum", null=True),
        Column("scale", COUNT, "worth is in parts of a unit, so many to one"),
        Column("worth", COUNT, "what a unit more is worth"),
    ),
    ("clearing_id", "stage", "kind", "firm_id", "other_id", "number"),
)

CIRCLE = Schema(
    "circle",
    "What a member ends up short or long by a clearing: how far its credit line was used by it.",
    (
        Column("clearing_id", TEXT, "the clearing"),
        Column("firm_id", TEXT, "the member", points="firm"),
        Column("currency", TEXT, "ISO 4217; the first, where currencies clear together at parity"),
        Column("amount_minor", MINOR, "above zero it owes the circle; below, the circle owes it"),
    ),
    ("clearing_id", "firm_id"),
)

CYCLE = Schema(
    "cycle",
    "The set-offs of a clearing as cycles: one row for each step of a cycle.",
    (
        Column("cycle_id", TEXT, "digest of clearing and members in order"),
        Column("clearing_id", TEXT, "the clearing"),
        Column("step", COUNT, "0, 1, ... along the cycle"),
        Column("debtor_id", TEXT, "who owed; null: the circle", null=True, points="firm"),
        Column("creditor_id", TEXT, "who was owed; null: the circle", null=True, points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("amount_minor", MINOR, "the same at each step"),
        Column("length", COUNT, "steps in the cycle"),
    ),
    ("cycle_id", "step"),
)

DUE = Schema(
    "due",
    "What is still to be paid in money after every clearing, this run's included. Derived.",
    (
        Column("obligation_id", TEXT, "the obligation"),
        Column("claim_id", TEXT, "its claim"),
        Column("debtor_id", TEXT, "who owes", points="firm"),
        Column("creditor_id", TEXT, "who is owed by the claim", points="firm"),
        Column("holder_id", TEXT, "who is to be paid", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("due_minor", MINOR, "above zero"),
        Column("due_on", DAY, "day payment is due"),
        Column("held", FLAG, "sold, already instructed or reserved by a round"),
        Column("round_id", TEXT, "the round that reserves it: not paid before its end", null=True),
    ),
    ("obligation_id",),
)

NOTICE = Schema(
    "notice",
    "What a party is told of a clearing: before, set off and after, on both sides. Derived.",
    (
        Column("notice_id", TEXT, "digest of clearing and firm"),
        Column("clearing_id", TEXT, "the clearing"),
        Column("firm_id", TEXT, "the party told"),
        Column("on", DAY, "the day of the clearing"),
        Column("currency", TEXT, "ISO 4217"),
        Column("owed_minor", MINOR, "what it owed before"),
        Column("owing_minor", MINOR, "what it was owed before"),
        Column("set_off_minor", MINOR, "set off of what it owed"),
        Column(
            "set_off_owing_minor",
            MINOR,
            "set off of what it was owed: the same, but for a credit line with the circle",
        ),
        Column("net_minor", MINOR, "owing - owed, before"),
        Column(
            "net_after_minor",
            MINOR,
            "of what is left: the same, but for what a credit line owes the circle",
        ),
        Column("cycles", COUNT, "cycles it stands in"),
    ),
    ("notice_id",),
)

DECIDED = rounds.DECIDED  # appended by people, read as records are
TABLES = (
    *(OBLIGATION, CLEARING, DEBT, SET_OFF, PRICE, SHADOW_PRICE, CIRCLE, CYCLE),
    *(DUE, NOTICE),
    *rounds.TABLES,
)
