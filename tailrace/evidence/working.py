"""Working tables of evidence: what stands between the records and the verdicts. All derived."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, MINOR, QUANTITY, TEXT, Column, Schema

KNOWN_BY = Schema(
    "known_by",
    "By what a party is known: its strong identifiers and its accounts, once each.",
    (
        Column("party_id", TEXT, "the party"),
        Column("token", TEXT, "scheme and value: VAT GB123, IBAN GB33..."),
        Column("rank", COUNT, "0 is the strongest; 9 is an account"),
        Column("banked", FLAG, "an account that a bank's statement gives this party"),
    ),
    ("party_id", "token"),
)

SAME_FIRM = Schema(
    "same_firm",
    "Which known parties are one firm, before names are chosen.",
    (
        Column("party_id", TEXT, "the party"),
        Column("firm_id", TEXT, "the smallest party_id of its firm", points="firm"),
        Column("reason", TEXT, "the token that joined it, or alone"),
    ),
    ("party_id",),
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
        Column("order_ref", TEXT, "the order it belongs to", null=True),
        Column("order_line_ref", TEXT, "the line of that order", null=True),
        Column("despatch_ref", TEXT, "the despatch it belongs to", null=True),
        Column("despatch_line_ref", TEXT, "the line of that despatch", null=True),
        Column("receipt_ref", TEXT, "the receipt it names", null=True),
        Column("item", TEXT, "what it is, the same text for the same item"),
        Column("unit", TEXT, "UN/ECE Rec. 20; empty where nothing is said"),
        Column("quantity", QUANTITY, "what counts: received less rejected; 1 where none is said"),
        Column("day", DAY, "delivery, else issue"),
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
    ),
    ("line_id",),
)

SUPPLY = Schema(
    "supply",
    "Receipt lines that can prove: written by the buyer, less what was rejected or taken back.",
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
    ),
    ("line_id",),
)


def share_of(rule: str, doc: str) -> Schema:
    """Declare the shares that one rule of matching finds."""
    return Schema(
        f"share_{rule}",
        doc,
        (
            Column("line_id", TEXT, "the invoice line"),
            Column("with_line_id", TEXT, "the other line", points="line"),
            Column("quantity", QUANTITY, "what the other line contributes, above zero"),
            Column("rule", TEXT, "the rule that joined the two"),
        ),
        ("line_id", "with_line_id", "rule"),
    )


SHARE_ORDER = share_of("order", "What each order line contributes to each invoice line.")
SHARE_DESPATCH = share_of("despatch", "What each despatch line contributes to each invoice line.")
SHARE_BY_DESPATCH = share_of("by_despatch", "Receipts that name the invoice's own despatch.")
SHARE_BY_RECEIPT = share_of("by_receipt", "Receipts the invoice names.")
SHARE_BY_ORDER = share_of("by_order", "Receipts for the same order line.")
SHARE_BY_ITEM = share_of("by_item", "Receipts for the same order and item.")
SHARE_BY_CONTENT = share_of("by_content", "Receipts from the same seller of the same item.")

PART = Schema(
    "part",
    "A share of an invoice line, with its place in the line.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("claim_id", TEXT, "its claim"),
        Column("role", TEXT, "ordered, despatched, received"),
        Column("with_line_id", TEXT, "the other line", points="line"),
        Column("quantity", QUANTITY, "what it contributes"),
        Column("before", QUANTITY, "what stands before it in the line"),
        Column("whole", QUANTITY, "the line's quantity"),
        Column("net_minor", MINOR, "the line's amount"),
        Column("rule", TEXT, "the rule that joined the two"),
    ),
    ("line_id", "role", "with_line_id", "rule"),
)

PART_AMOUNT = Schema(
    "part_amount",
    "What a share that is not the whole line is worth: exact division, rounded down as it runs.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("role", TEXT, "ordered, despatched, received"),
        Column("with_line_id", TEXT, "the other line", points="line"),
        Column("rule", TEXT, "the rule that joined the two"),
        Column("amount_minor", MINOR, "net amount"),
    ),
    ("line_id", "role", "with_line_id", "rule"),
)

LINE_STATE = Schema(
    "line_state",
    "How each invoice line stands: invoiced, received, proven.",
    (
        Column("line_id", TEXT, "the invoice line"),
        Column("claim_id", TEXT, "its claim"),
        Column("quantity", QUANTITY, "invoiced"),
        Column("received", QUANTITY, "received and used for it"),
        Column("net_minor", MINOR, "line amount"),
        Column("proven_net_minor", MINOR, "proven of it"),
    ),
    ("line_id",),
)

CLAIM_STATE = Schema(
    "claim_state",
    "How each claim stands, lines together.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("amount_minor", MINOR, "payable amount"),
        Column("net_minor", MINOR, "sum of the line amounts"),
        Column("proven_net_minor", MINOR, "proven of them"),
        Column("lines", COUNT, "lines of the invoice"),
        Column("open_lines", COUNT, "lines not received in full"),
        Column("whole", FLAG, "there are lines and none is open"),
    ),
    ("claim_id",),
)

GROSS = Schema(
    "gross",
    "The gross amount of each claim that goods received prove, before credit notes.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("gross_minor", MINOR, "payable x proven net / net, rounded down"),
    ),
    ("claim_id",),
)

BILL = Schema(
    "bill",
    "Invoices that make a claim: who owes whom how much, before credit notes and payments.",
    (
        Column("claim_id", TEXT, "digest of creditor, number and issue year"),
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
    ),
    ("document_id", "claim_id"),
)

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

SHARES = (
    SHARE_ORDER,
    SHARE_DESPATCH,
    SHARE_BY_DESPATCH,
    SHARE_BY_RECEIPT,
    SHARE_BY_ORDER,
    SHARE_BY_ITEM,
    SHARE_BY_CONTENT,
)


def found_by(group: str, doc: str) -> Schema:
    """Declare what one group of tests finds, before findings are put together."""
    return Schema(
        f"found_{group}",
        doc,
        (
            Column("test", TEXT, "the test"),
            Column("cause", TEXT, "the rows it rests on, as ids"),
            Column("grave", FLAG, "points to fraud or loss"),
            Column("claim_id", TEXT, "the claim", null=True),
            Column("document_id", TEXT, "the document", null=True),
            Column("line_id", TEXT, "the line", null=True),
            Column("payment_id", TEXT, "the payment", null=True),
            Column("other_id", TEXT, "what it was held against", null=True, points="document"),
            Column("amount_minor", MINOR, "how much is touched", null=True),
            Column("currency", TEXT, "ISO 4217", null=True),
            Column("count", COUNT, "how many rows", null=True),
            Column("what", TEXT, "in words"),
        ),
        ("test", "cause"),
    )


FOUND = (
    found_by("goods", "What is odd between orders, despatches, receipts and invoices."),
    found_by("papers", "What is odd in documents: told twice, dangling, beyond use."),
    found_by("payments", "What is odd in payments."),
    found_by("circles", "Goods that come back to where they came from."),
)
WORKING = (
    KNOWN_BY,
    SAME_FIRM,
    ACCOUNT,
    PAPER,
    TWICE,
    ALIAS,
    ARTICLE,
    GOODS,
    TIED,
    UNPRICED,
    WORTH,
    BILL,
    CREDIT,
    DEMAND,
    SUPPLY,
    *SHARES,
    PART,
    PART_AMOUNT,
    LINE_STATE,
    CLAIM_STATE,
    GROSS,
    PAID_ONCE,
    TELLING,
    ADVICE,
    SAID,
    TAKEN,
    MEANT,
    PLAIN,
    SHARED,
    SPREAD,
    PAID,
    *FOUND,
)
