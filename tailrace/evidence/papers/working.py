"""Working tables of documents: which count, which make a claim, what corrects them. All derived."""

from __future__ import annotations

from tailrace.base.tables import DAY, FLAG, MINOR, QUANTITY, TEXT, Column, Schema

PAPER = Schema(
    "paper",
    "The documents that count on the day, once each, with firms in place of parties.",
    (
        Column("document_id", TEXT, "the document"),
        Column("kind", TEXT, "order, despatch, receipt, invoice, credit_note"),
        Column("number", TEXT, "the issuer's number"),
        Column("issued_on", DAY, "issue day"),
        Column("writer_id", TEXT, "the firm that wrote it", null=True, points="firm"),
        Column("seller_id", TEXT, "the selling firm", null=True, points="firm"),
        Column("buyer_id", TEXT, "the buying firm", null=True, points="firm"),
        Column("payee_id", TEXT, "who is to be paid, if not the seller", null=True, points="firm"),
        Column("day", DAY, "actual delivery, else issue"),
    ),
    ("document_id",),
)

TWICE = Schema(
    "twice",
    "A document told more than once: the ones that do not count, and the one that does.",
    (
        Column("document_id", TEXT, "the one that does not count"),
        Column("kept_id", TEXT, "the one that counts", points="document"),
        Column("kind", TEXT, "its kind"),
        Column("alike", FLAG, "parties, amounts and lines are the same"),
    ),
    ("document_id",),
)

BILL = Schema(
    "bill",
    "Invoices that make a claim: who owes whom how much, before credit notes and payments.",
    (
        Column(
            "claim_id",
            TEXT,
            "digest of the creditor's strongest number, the invoice's number and its year",
        ),
        Column("document_id", TEXT, "the invoice"),
        Column("number", TEXT, "its number"),
        Column("debtor_id", TEXT, "who owes", points="firm"),
        Column("creditor_id", TEXT, "who is owed", points="firm"),
        Column("payee_id", TEXT, "who is to be paid", null=True, points="firm"),
        Column("payee_account", TEXT, "the account to pay to", null=True),
        Column("currency", TEXT, "ISO 4217"),
        Column("amount_minor", MINOR, "payable"),
        Column("issued_on", DAY, "issue day"),
        Column("due_on", DAY, "due day, else issue day"),
        Column("payment_ref", TEXT, "the string a payment carries", null=True),
    ),
    ("claim_id",),
)

CREDIT = Schema(
    "credit",
    "What a credit note takes off a claim.",
    (
        Column("document_id", TEXT, "the credit note, or an invoice below zero"),
        Column("claim_id", TEXT, "the claim", null=True),
        Column("amount_minor", MINOR, "taken off; what no claim takes has no claim"),
        Column("currency", TEXT, "ISO 4217"),
        Column("issued_on", DAY, "its day"),
        Column("rule", TEXT, "invoice named, content, replaced", null=True),
    ),
    ("document_id", "claim_id"),
)

PLACED = Schema(
    "placed",
    "Credit notes that name no invoice and fit only one, by what they credit.",
    (
        Column("document_id", TEXT, "the credit note"),
        Column("claim_id", TEXT, "the claim it fits"),
    ),
    ("document_id",),
)

UNDONE = Schema(
    "undone",
    "Invoice lines whose goods are no longer asked for: credited, or replaced with their invoice.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("claim_id", TEXT, "its claim"),
        Column("quantity", QUANTITY, "no longer asked for, never above the line's"),
        Column("net_minor", MINOR, "its part of the line amount"),
    ),
    ("line_id",),
)

ADVANCED = Schema(
    "advanced",
    "What final invoices deduct as paid ahead (BT-113), and the prepayment invoices it stands for.",
    (
        Column("claim_id", TEXT, "the final invoice's claim"),
        Column("ahead_id", TEXT, "the prepayment's claim", null=True, points="claim"),
        Column("prepaid_minor", MINOR, "all that the final invoice deducts"),
        Column("before_minor", MINOR, "deducted for older prepayments"),
        Column("amount_minor", MINOR, "deducted for this one"),
        Column("rule", TEXT, "invoice named, same order", null=True),
    ),
    ("claim_id", "ahead_id"),
)

MISREAD = Schema(
    "misread",
    "Lines whose amount is not near their quantity times price.",
    (
        Column("line_id", TEXT, "the line"),
        Column("quantity", QUANTITY, "as said"),
        Column("price", QUANTITY, "as said"),
        Column("price_base_quantity", QUANTITY, "as said", null=True),
        Column("currency", TEXT, "ISO 4217"),
        Column("extra_minor", MINOR, "charges less allowances of the line"),
    ),
    ("line_id",),
)

RECKONED = Schema(
    "reckoned",
    "What those lines come to, quantity times price with charges and allowances.",
    (
        Column("line_id", TEXT, "the line"),
        Column("net_minor", MINOR, "rounded half up"),
    ),
    ("line_id",),
)

CHECKED = Schema(
    "checked",
    "Records that contradict themselves or their order, before they are faults.",
    (
        Column("test", TEXT, "which two figures"),
        Column("document_id", TEXT, "the document"),
        Column("line_id", TEXT, "the line", null=True),
        Column("cap_minor", MINOR, "payable by the smaller figure", null=True),
        Column("what", TEXT, "what contradicts what, with both figures"),
        Column("mend", TEXT, "how to mend it"),
    ),
    ("test", "document_id", "line_id"),
)

HELD = Schema(
    "held",
    "Claims whose own figures contradict each other: proven up to the smaller one.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("held_minor", MINOR, "the smallest amount the figures give"),
        Column("words", TEXT, "which figures"),
    ),
    ("claim_id",),
)

WORKING = (
    PAPER,
    TWICE,
    BILL,
    CREDIT,
    PLACED,
    UNDONE,
    ADVANCED,
    MISREAD,
    RECKONED,
    CHECKED,
    HELD,
)
