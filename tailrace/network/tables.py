"""What the network writes. Clearing, debt, set-off, price and cycle bind: they are appended."""

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
        Column("currency", TEXT, "ISO 4217"),
        Column("obligations", COUNT, "obligations it saw"),
        Column("firms", COUNT, "firms it saw"),
        Column("debt_minor", MINOR, "sum of the obligations"),
        Column("cleared_minor", MINOR, "sum of the set-offs"),
        Column("bilateral_minor", MINOR, "what netting of pairs alone would have cleared"),
        Column(
            "net_debt_minor", MINOR, "sum of the positive net positions; the same before and after"
        ),
        Column("round_id", TEXT, "the round that adopted it, if one did", null=True),
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
    "The certificate's other half: one whole number for each firm of a clearing (a potential).",
    (
        Column("clearing_id", TEXT, "the clearing"),
        Column("firm_id", TEXT, "the firm"),
        Column("potential", COUNT, "its potential"),
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
        Column("debtor_id", TEXT, "who owed", points="firm"),
        Column("creditor_id", TEXT, "who was owed", points="firm"),
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
        Column("set_off_minor", MINOR, "set off on each side: the same on both"),
        Column("net_minor", MINOR, "owing - owed: the same before and after"),
        Column("cycles", COUNT, "cycles it stands in"),
    ),
    ("notice_id",),
)

DECIDED = rounds.DECIDED  # appended by people, read as records are
TABLES = (OBLIGATION, CLEARING, DEBT, SET_OFF, PRICE, CYCLE, DUE, NOTICE, *rounds.TABLES)
