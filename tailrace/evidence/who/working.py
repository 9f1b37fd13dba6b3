"""Working tables of who is who: numbers parties are known by, firms they make, whose accounts are whose. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, TEXT, Column, Schema

_TOLD = (
    Column("scheme", TEXT, "as the record says"),
    Column("country", TEXT, "of the party; empty where it says none"),
    Column("value", TEXT, "the number in capitals, without blanks, dots, dashes and strokes"),
)
TOLD_NUMBER = Schema(
    "told_number",
    "Numbers by which parties say who they are, each once.",
    _TOLD,
    ("scheme", "country", "value"),
)

NUMBER = Schema(
    "number",
    "What a number told is: its one way of writing, its rank, and what is wrong with it.",
    (
        *_TOLD,
        Column("token", TEXT, "VAT DE129273398, REG FR 732829320, LEI ..., IBAN ..."),
        Column("rank", COUNT, "0 is the strongest; 9 is an account"),
        Column("kind", TEXT, "LEI, VAT and REG with their country, GLN, DUNS, IBAN"),
        Column("wrong", TEXT, "what is wrong with it: it joins nobody", null=True),
    ),
    ("scheme", "country", "value"),
)

KNOWN_BY = Schema(
    "known_by",
    "By what a party is known: its strong identifiers and its accounts, once each.",
    (
        Column("party_id", TEXT, "the party"),
        Column("token", TEXT, "scheme and value: VAT GB123, IBAN GB33..."),
        Column("rank", COUNT, "0 is the strongest; 9 is an account"),
        Column("kind", TEXT, "LEI, VAT and REG with their country, GLN, DUNS, IBAN"),
        Column("banked", FLAG, "an account that a bank's statement gives this party"),
    ),
    ("party_id", "token"),
)

IN_FORCE = Schema(
    "in_force",
    "Decisions of who is who that stand on the day: made by then and not taken back by then.",
    (
        Column("decision_id", TEXT, "the decision"),
        Column("what", TEXT, "merge, split, affiliate"),
        Column("party_id", TEXT, "a party of the one firm"),
        Column("other_id", TEXT, "a party of the other", points="party"),
        Column("reason", TEXT, "why, in the words of who decided"),
        Column("decided_on", DAY, "the day it was decided"),
    ),
    ("decision_id",),
)

SAME_FIRM = Schema(
    "same_firm",
    "Which known parties are one firm, before names are chosen.",
    (
        Column("party_id", TEXT, "the party"),
        Column("firm_id", TEXT, "the smallest party_id of its firm", points="firm"),
        Column("reason", TEXT, "the token that joined it, the decision, or alone"),
    ),
    ("party_id",),
)

CONTESTED = Schema(
    "contested",
    "Numbers that join nobody but those who carry no other: of a VAT group, or of several firms.",
    (
        Column("token", TEXT, "the number"),
        Column("declared", FLAG, "the rules say it is a VAT group's"),
    ),
    ("token",),
)

ACCOUNT = Schema(
    "account",
    "Whose an account is: as a bank's statement tells, else as a firm's own documents say.",
    (
        Column("account", TEXT, "IBAN or other, without blanks"),
        Column("firm_id", TEXT, "its owner", points="firm"),
        Column("banked", FLAG, "a bank's statement tells it"),
        Column("strong", FLAG, "the owner is known by a strong identifier"),
    ),
    ("account", "firm_id"),
)

CALLED = Schema(
    "called",
    "How firms are called: each name once, without legal form, accents and signs.",
    (
        Column("firm_id", TEXT, "the firm", points="firm"),
        Column("root", TEXT, "its words in lower case, without legal forms"),
        Column("word", TEXT, "the first of them"),
    ),
    ("firm_id", "root"),
)

LIKELY = Schema(
    "likely",
    "Firms that may be one, for a person to decide; they are never joined by this.",
    (
        Column("firm_id", TEXT, "a firm", points="firm"),
        Column("other_id", TEXT, "the other, of a greater id", points="firm"),
        Column("weight", COUNT, "sum of the weights of what speaks for and against it"),
        Column("reasons", TEXT, "each with its weight: same name 50, same post code 10"),
    ),
    ("firm_id", "other_id"),
)

WORKING = (
    TOLD_NUMBER,
    NUMBER,
    KNOWN_BY,
    IN_FORCE,
    SAME_FIRM,
    CONTESTED,
    ACCOUNT,
    CALLED,
    LIKELY,
)
