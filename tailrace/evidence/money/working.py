"""Working tables of payments: each once, what it means, what it pays. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, MINOR, TEXT, Column, Schema

PAID_ONCE = Schema(
    "paid_once",
    "Payments, each once however often it was told, with firms in place of parties.",
    (
        Column("payment_id", TEXT, "its first telling", points="payment"),
        Column("run", COUNT, "1, 2, ... where the same payment was made more than once"),
        Column("made_id", TEXT, "the first of the same payments", points="payment"),
        Column("told_by", TEXT, "bank or debtor"),
        Column("reversed", FLAG, "taken back since"),
        Column("amount_minor", MINOR, "positive"),
        Column("currency", TEXT, "ISO 4217"),
        Column("debtor_id", TEXT, "who paid", null=True, points="firm"),
        Column("creditor_id", TEXT, "who was paid", null=True, points="firm"),
        Column("debtor_account", TEXT, "from where", null=True),
        Column("creditor_account", TEXT, "to where", null=True),
        Column("end_to_end_ref", TEXT, "EndToEndId", null=True),
        Column("structured_ref", TEXT, "creditor reference", null=True),
        Column("remittance_text", TEXT, "text", null=True),
        Column("booked_on", DAY, "first booking day"),
    ),
    ("payment_id",),
)

TELLING = Schema(
    "telling",
    "Every telling of a payment and the payment it tells.",
    (
        Column("told_id", TEXT, "a payment row", points="payment"),
        Column("payment_id", TEXT, "the payment it is: the smallest of its rows"),
        Column("key", TEXT, "what payments that are alike share"),
        Column("run", COUNT, "1, 2, ... among those alike on one side"),
        Column("reversal", FLAG, "it takes a payment back"),
        Column("booked_on", DAY, "first booking day of the payment"),
        Column("side", TEXT, "credit, debit or empty"),
    ),
    ("told_id",),
)

ADVICE = Schema(
    "advice",
    "Payments by bank and the rows that say what they are for: themselves and remittance advices.",
    (
        Column("payment_id", TEXT, "the payment by bank"),
        Column(
            "advice_id", TEXT, "itself, or the payment of a remittance advice", points="payment"
        ),
    ),
    ("payment_id", "advice_id"),
)

SAID = Schema(
    "said",
    "Numbers a payment by bank gives for what it pays.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("ref", TEXT, "the number, in capitals"),
        Column("rank", COUNT, "0 listed, 1 creditor reference, 2 end-to-end reference, 3 text"),
        Column("amount_minor", MINOR, "as listed", null=True),
    ),
    ("payment_id", "ref", "rank"),
)

TAKEN = Schema(
    "taken",
    "What payments take off claims by the credit notes they list.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("claim_id", TEXT, "the claim the credit note names"),
        Column("amount_minor", MINOR, "above zero"),
    ),
    ("payment_id", "claim_id"),
)

MEANT = Schema(
    "meant",
    "Claims that a payment means, by reference, by what it lists, by text or by content.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("claim_id", TEXT, "the claim"),
        Column("amount_minor", MINOR, "as listed", null=True),
        Column("rule", TEXT, "the rule that found it"),
    ),
    ("payment_id", "claim_id"),
)

PLAIN = Schema(
    "plain",
    "What payments pay where one claim is meant or amounts are listed.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("claim_id", TEXT, "the claim"),
        Column("amount_minor", MINOR, "gross, zero or more"),
        Column("booked_on", DAY, "its day"),
        Column("rule", TEXT, "the rule that found it"),
    ),
    ("payment_id", "claim_id"),
)

SHARED = Schema(
    "shared",
    "Payments that mean several claims without saying how much of each.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("claim_id", TEXT, "a claim it means"),
        Column("rule", TEXT, "the rule that found it"),
        Column("amount_minor", MINOR, "the payment's amount"),
        Column("booked_on", DAY, "its day"),
        Column("issued_on", DAY, "day of the invoice"),
        Column("owed_minor", MINOR, "left of the claim"),
        Column("proven_minor", MINOR, "left of what was received of it"),
    ),
    ("payment_id", "claim_id"),
)

SPREAD = Schema(
    "spread",
    "What payments for several claims without amounts pay of each.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("claim_id", TEXT, "the claim"),
        Column("amount_minor", MINOR, "gross, above zero"),
        Column("booked_on", DAY, "its day"),
        Column("rule", TEXT, "the rule that found it"),
    ),
    ("payment_id", "claim_id"),
)

PAID = Schema(
    "paid",
    "What each payment pays of each claim.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("claim_id", TEXT, "the claim"),
        Column("amount_minor", MINOR, "gross, above zero"),
        Column("booked_on", DAY, "its day"),
        Column("rule", TEXT, "the rule that found it"),
    ),
    ("payment_id", "claim_id"),
)

REFERRED = Schema(
    "referred",
    "Creditor references of payments and invoices in one spelling, with their check digits tested.",
    (
        Column("kind", TEXT, "payment, text (of a payment) or claim"),
        Column("subject", TEXT, "the payment or claim"),
        Column("told", TEXT, "as written"),
        Column("ref", TEXT, "letters and digits alone, without leading zeros"),
        Column("scheme", TEXT, "whose check digits it has", null=True),
        Column("sound", FLAG, "the check digits are right; null where none are known", null=True),
    ),
    ("kind", "subject", "told"),
)

CLOSED = Schema(
    "closed",
    "What is not paid and no longer owed of claims that were paid short.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("amount_minor", MINOR, "what is left and closed"),
        Column("rule", TEXT, "discount of the terms, small difference"),
        Column("words", TEXT, "under which terms"),
    ),
    ("claim_id",),
)

WORKING = (
    PAID_ONCE,
    TELLING,
    ADVICE,
    REFERRED,
    SAID,
    TAKEN,
    MEANT,
    PLAIN,
    SHARED,
    SPREAD,
    PAID,
    CLOSED,
)
