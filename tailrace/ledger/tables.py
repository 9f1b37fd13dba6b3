"""What the ledger writes. Transfers bind: they are appended."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, MINOR, TEXT, Column, Schema

TRANSFER = Schema(
    "transfer",
    "One amount of one unit from the credit account to the debit account.",
    (
        Column(
            "transfer_id", TEXT, "its deed's digest, cut, and its place in the deed in three digits"
        ),
        Column(
            "deed_id",
            TEXT,
            "transfers of one deed stand or fall together: digest of rule and cause",
        ),
        Column("sequence", COUNT, "place within the deed"),
        Column("debit", TEXT, "account: <firm_id>/<name>"),
        Column("credit", TEXT, "account: <firm_id>/<name>"),
        Column("unit", TEXT, "EUR; goods:<item>|<unit>; obligation:<id>"),
        Column("amount", MINOR, "above zero, in the unit's smallest part (goods: millionths)"),
        Column("valid_on", DAY, "the day it is true of"),
        Column("recorded_on", DAY, "the day the book learned it"),
        Column("rule", TEXT, "receipt, claim, credit, payment, set_off, sale, ..."),
        Column("cause_kind", TEXT, "kind of the row that caused it"),
        Column("cause_id", TEXT, "its id", points=""),
    ),
    ("transfer_id",),
)

BALANCE = Schema(
    "balance",
    "One row for each account and unit: the trial balance. Debits are above zero. Derived.",
    (
        Column("account", TEXT, "<firm_id>/<name>"),
        Column("unit", TEXT, "what is counted"),
        Column("debits", MINOR, "sum of debits"),
        Column("credits", MINOR, "sum of credits"),
        Column("balance", MINOR, "debits - credits"),
        Column("transfers", COUNT, "how many"),
    ),
    ("account", "unit"),
)

REFUSAL = Schema(
    "refusal",
    "A deed the ledger refused, with the status that names the cause.",
    (
        Column("deed_id", TEXT, "the deed"),
        Column(
            "status",
            TEXT,
            "overdrawn, undocumented, exists_with_different_fields, amount_must_be_positive, ...",
        ),
        Column("account", TEXT, "the account", null=True),
        Column("cause_kind", TEXT, "kind of the row that caused it"),
        Column("cause_id", TEXT, "its id", points=""),
        Column("what", TEXT, "in words, with the figures"),
    ),
    ("deed_id",),
)

DEED = Schema(
    "deed",
    "Transfers that are wanted and not posted yet, in the order they are decided. Derived; their "
    "ids and the day they are recorded are given when they are posted.",
    (
        Column("rank", COUNT, "which rules are decided first"),
        *(c for c in TRANSFER.columns if c.name not in ("transfer_id", "recorded_on")),
    ),
    ("rank", "deed_id", "sequence"),
)

TWIN = Schema(
    "twin",
    "Posted transfers whose deed is wanted again: the first answer stands. Derived.",
    TRANSFER.columns,
    ("transfer_id",),
)

TABLES = (TRANSFER, BALANCE, REFUSAL, DEED, TWIN)
