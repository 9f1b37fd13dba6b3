"""What a round records, appended and never altered, and what is derived from it."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, MINOR, TEXT, Column, Schema

ROUND = Schema(
    "round",
    "A clearing round: opened for a day under a rule book that does not change while it lasts.",
    (
        Column("round_id", TEXT, "digest of day, rule book and how many rounds were opened before"),
        Column("on", DAY, "the day of the round: what is past due on it is mandatory"),
        Column("rules", TEXT, "the rule book and the rules of the clearing as JSON"),
        Column("opened_on", DAY, "the day it was opened"),
        Column("opened_by", TEXT, "who opened it", null=True),
    ),
    ("round_id",),
)

ROUND_ACT = Schema(
    "round_act",
    "What somebody did or said in a round, in the order of recording; `undo` takes an act back.",
    (
        Column("round_act_id", TEXT, "digest of round, number and what"),
        Column("round_id", TEXT, "the round"),
        Column("seq", COUNT, "1, 2, 3, ... in the round"),
        Column(
            "what",
            TEXT,
            "declare, confirm, change, dispute, withdraw; preliminary, final; accept, refuse; "
            "adopt, cancel; undo",
        ),
        Column("obligation_id", TEXT, "the debt it is about", null=True),
        Column("firm_id", TEXT, "the party that says it", null=True, points="firm"),
        Column("debtor_id", TEXT, "who owes the debt", null=True, points="firm"),
        Column("creditor_id", TEXT, "who is owed", null=True, points="firm"),
        Column("currency", TEXT, "ISO 4217", null=True),
        Column("amount_minor", MINOR, "what of the debt is open in this party's word", null=True),
        Column("due_on", DAY, "day payment is due", null=True),
        Column(
            "proposal_id",
            TEXT,
            "the run that is accepted or adopted",
            null=True,
            points="round_act",
        ),
        Column("undoes_id", TEXT, "the act taken back", null=True, points="round_act"),
        Column("reason", TEXT, "why, in the words of who acts", null=True),
        Column("acted_on", DAY, "the day"),
        Column("acted_by", TEXT, "who acts for the party or the scheme", null=True),
    ),
    ("round_act_id",),
)

ROUND_LINE = Schema(
    "round_line",
    "A debt as a preliminary or final run saw it: its part in the round, or why it has none.",
    (
        Column("round_act_id", TEXT, "the run"),
        Column("round_id", TEXT, "the round"),
        Column("obligation_id", TEXT, "the debt"),
        Column("claim_id", TEXT, "its claim, where documents of the book tell it", null=True),
        Column("debtor_id", TEXT, "who owes", points="firm"),
        Column("creditor_id", TEXT, "who is owed", points="firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("amount_minor", MINOR, "open as the round counts it"),
        Column("due_on", DAY, "day payment is due", null=True),
        Column("mandatory", FLAG, "takes part by the rule book, whether anybody asks or not"),
        Column("left_out", TEXT, "why it takes no part; null where it does", null=True),
        Column("set_off_minor", MINOR, "set off by this run"),
    ),
    ("round_act_id", "obligation_id"),
)

RESERVED = Schema(
    "reserved",
    "Debts of a final run that is not yet adopted: nothing else may sell, pay or clear them. Derived.",
    (
        Column("obligation_id", TEXT, "the debt"),
        Column("round_id", TEXT, "the round that reserves it"),
    ),
    ("obligation_id", "round_id"),
)

DECIDED = (ROUND, ROUND_ACT, ROUND_LINE)
TABLES = (*DECIDED, RESERVED)
