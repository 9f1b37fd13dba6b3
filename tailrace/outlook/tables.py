"""What the outlook writes. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, MINOR, RATIO, TEXT, Column, Schema

DELAY = Schema(
    "delay",
    "How late a debtor pays, in days against the due day, from its own past in this book.",
    (
        Column("debtor_id", TEXT, "the debtor", points="firm"),
        Column("paid", COUNT, "settled claims it rests on"),
        Column(
            "days_low", COUNT, "lower quantile of rules.interval (10th percentile), nearest rank"
        ),
        Column("days_mid", COUNT, "median, nearest rank"),
        Column(
            "days_high", COUNT, "upper quantile of rules.interval (90th percentile), nearest rank"
        ),
        Column(
            "basis",
            TEXT,
            "own (enough of its own past), all (the book's), none (nothing is settled yet: 0 days)",
        ),
    ),
    ("debtor_id",),
)

COVERAGE = Schema(
    "coverage",
    "How often the 80 % interval covered, judged only on what was known before each claim.",
    (
        Column("scope", TEXT, "own, all or book"),
        Column("claims", COUNT, "settled claims judged"),
        Column("covered", COUNT, "of them inside their interval"),
        Column("share", RATIO, "covered / claims", null=True),
    ),
    ("scope",),
)

CASH = Schema(
    "cash",
    "A firm's cash curve: one row for each firm, currency and day something is expected.",
    (
        Column("stage", TEXT, "before, cleared, left: as in `need`"),
        Column("firm_id", TEXT, "the firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("on", DAY, "the day"),
        Column("in_minor", MINOR, "expected in, by the median delay"),
        Column("out_minor", MINOR, "due out that day"),
        Column("balance_minor", MINOR, "running from the bank's closing balance, expected"),
        Column("low_minor", MINOR, "the same if every debtor pays as late as its 90th percentile"),
        Column(
            "high_minor", MINOR, "the same if every debtor pays as early as its 10th percentile"
        ),
    ),
    ("stage", "firm_id", "currency", "on"),
)

NEED = Schema(
    "need",
    "A dated shortfall of a firm: the first day its curve is below zero, and how deep it goes.",
    (
        Column("need_id", TEXT, "digest of stage, firm, currency, day and amount"),
        Column("firm_id", TEXT, "who is short"),
        Column("currency", TEXT, "ISO 4217"),
        Column("on", DAY, "first day below zero"),
        Column("until_on", DAY, "last day below zero within the horizon"),
        Column("deepest_on", DAY, "first day of the deepest expected shortfall"),
        Column("amount_minor", MINOR, "deepest expected shortfall, above zero"),
        Column("sure", RATIO, "0 to 1: how sure, from the low, expected and high curves"),
        Column(
            "stage",
            TEXT,
            "before (as claimed), cleared (after set-offs), left (after contracts too)",
        ),
        Column("why", TEXT, "in words: what falls due, what is expected late"),
    ),
    ("need_id",),
)

SURPLUS = Schema(
    "surplus",
    "What a firm can spare at most, if every debtor pays late: the lowest point of its low curve.",
    (
        Column("firm_id", TEXT, "the firm"),
        Column("currency", TEXT, "ISO 4217"),
        Column("lowest_minor", MINOR, "least of low_minor over the horizon, stage left"),
    ),
    ("firm_id", "currency"),
)

TABLES = (DELAY, COVERAGE, CASH, SURPLUS, NEED)
