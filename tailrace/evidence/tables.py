"""What evidence writes. All derived: recomputed from the records at will."""

from __future__ import annotations

from tailrace.base.tables import COUNT, DAY, FLAG, MINOR, QUANTITY, TEXT, Column, Schema
from tailrace.evidence.chain import CHAIN
from tailrace.evidence.changes.working import KEPT as OF_CHANGES
from tailrace.evidence.changes.working import WORKING as FOR_CHANGES
from tailrace.evidence.finding import WORKING as FOUND
from tailrace.evidence.goods.service_tables import WORKING as OF_SERVICES
from tailrace.evidence.goods.working import WORKING as OF_GOODS
from tailrace.evidence.logs.working import KEPT as OF_LOGS
from tailrace.evidence.logs.working import WORKING as FOR_LOGS
from tailrace.evidence.money.working import WORKING as OF_MONEY
from tailrace.evidence.papers.working import WORKING as OF_PAPERS
from tailrace.evidence.verdicts.working import WORKING as OF_VERDICTS
from tailrace.evidence.who.working import WORKING as OF_WHO

FIRM = Schema(
    "firm",
    "Which party rows are one firm. One row for each party_id; firm_id is the smallest party_id of "
    "the parties joined by a strong identifier or an account.",
    (
        Column("party_id", TEXT, "a party as some document describes it"),
        Column("firm_id", TEXT, "the firm it is"),
        Column("name", TEXT, "the firm's name: the most often used, smallest first on ties"),
        Column("reason", TEXT, "the identifier that joined it: VAT GB123, IBAN ..., or alone"),
    ),
    ("party_id",),
)

CLAIM = Schema(
    "claim",
    "What one firm says another owes: an invoice, less its credit notes, less what was paid. All "
    "amounts gross, in minor units, zero or more unless said.",
    (
        Column(
            "claim_id",
            TEXT,
            "digest of the creditor's strongest number, the invoice's number and its year",
        ),
        Column("document_id", TEXT, "the invoice it rests on"),
        Column("number", TEXT, "the invoice's number"),
        Column("debtor_id", TEXT, "who owes", points="firm"),
        Column("creditor_id", TEXT, "who is owed", points="firm"),
        Column("payee_id", TEXT, "who is to be paid", null=True, points="firm"),
        Column("payee_account", TEXT, "IBAN or other to pay to", null=True),
        Column("currency", TEXT, "ISO 4217"),
        Column("amount_minor", MINOR, "payable amount of the invoice (BT-115)"),
        Column("credited_minor", MINOR, "undone by credit notes"),
        Column("paid_minor", MINOR, "paid, as a bank statement tells"),
        Column("issued_on", DAY, "day of the invoice"),
        Column("due_on", DAY, "day payment is due; the issue day where nothing is said"),
        Column("payment_ref", TEXT, "the string a payment carries", null=True),
        Column("first_paid_on", DAY, "day of the first payment", null=True),
        Column("settled_on", DAY, "day it was paid in full by bank", null=True),
        Column(
            "closed_minor",
            MINOR,
            "not paid and no longer owed: a discount of the terms taken in time, a small difference",
            null=True,
        ),
    ),
    ("claim_id",),
)

MATCH = Schema(
    "match",
    "One row that bears on a claim: an order, despatch, receipt, credit or payment that proves, "
    "undoes or pays a part of it.",
    (
        Column("match_id", TEXT, "digest of rule, claim line and the other row"),
        Column("claim_id", TEXT, "the claim"),
        Column("line_id", TEXT, "the invoice line", null=True),
        Column(
            "role",
            TEXT,
            "ordered, despatched, received, metered, worked, accepted, credited, prepaid, paid",
        ),
        Column("with_document_id", TEXT, "the other document", null=True, points="document"),
        Column("with_line_id", TEXT, "its line", null=True, points="line"),
        Column("with_payment_id", TEXT, "the payment", null=True, points="payment"),
        Column(
            "quantity", QUANTITY, "quantity it contributes, in the invoice line's unit", null=True
        ),
        Column("amount_minor", MINOR, "net amount it contributes (payments: gross)"),
        Column("rule", TEXT, "the rule that joined the two"),
        Column("told_by_id", TEXT, "the firm that asserted it", null=True, points="firm"),
        Column(
            "standing",
            TEXT,
            "of who asserted it towards the creditor: other side, third party, own side, affiliate",
            null=True,
        ),
    ),
    ("match_id",),
)

VERDICT = Schema(
    "verdict",
    "One row for each claim: proven, partly or unproven, and the amount.",
    (
        Column("claim_id", TEXT, "the claim"),
        Column("verdict", TEXT, "proven, partly, unproven"),
        Column("currency", TEXT, "ISO 4217"),
        Column("net_minor", MINOR, "sum of the invoice's line amounts, without tax"),
        Column(
            "proven_net_minor", MINOR, "line amounts proven by goods received, before credit notes"
        ),
        Column("open_net_minor", MINOR, "net - proven_net"),
        Column(
            "proven_minor",
            MINOR,
            "gross amount proven and not credited: never above amount - credited",
        ),
        Column("open_minor", MINOR, "gross amount not proven: amount - credited - proven"),
        Column("missing", TEXT, "what is missing and what record would prove the rest", null=True),
        Column("rule", TEXT, "rule set and version"),
        Column("joined_by", TEXT, "the rules that joined its proof, comma between", null=True),
        Column("sources", TEXT, "the independent sources it rests on, in words", null=True),
        Column(
            "held_to",
            TEXT,
            "what holds the amount below what arrived: the order's quantity, its price, a figure "
            "that contradicts another",
            null=True,
        ),
    ),
    ("claim_id",),
)

FINDING = Schema(
    "finding",
    "Something odd in the records, by a named test, with the rows it rests on.",
    (
        Column("finding_id", TEXT, "digest of test and rows"),
        Column(
            "test",
            TEXT,
            "no_goods, over_quantity, price_conflict, duplicate_invoice, stranger_paid, round_trip, "
            "repeated_payment, dangling_reference, over_credited, overpaid, unmatched_payment, ...",
        ),
        Column("grave", FLAG, "points to fraud or loss; else a conflict to clear up"),
        Column("claim_id", TEXT, "the claim it bears on", null=True),
        Column("document_id", TEXT, "the document", null=True),
        Column("line_id", TEXT, "the line", null=True),
        Column("payment_id", TEXT, "the payment", null=True),
        Column(
            "other_id",
            TEXT,
            "the row it was held against: the other invoice, ...",
            null=True,
            points="document",
        ),
        Column("amount_minor", MINOR, "how much is touched", null=True),
        Column("currency", TEXT, "ISO 4217", null=True),
        Column("count", COUNT, "how many rows", null=True),
        Column("what", TEXT, "in words, with the figures"),
    ),
    ("finding_id",),
)

DECISION = Schema(
    "decision",
    "What a person decided of who is who; appended, never altered. `undo` takes one back.",
    (
        Column("decision_id", TEXT, "digest of what, whom and when"),
        Column("what", TEXT, "merge, split, affiliate, undo"),
        Column("party_id", TEXT, "a party of the one firm", null=True, points="party"),
        Column("other_id", TEXT, "a party of the other", null=True, points="party"),
        Column("undoes_id", TEXT, "the decision taken back", null=True, points="decision"),
        Column("reason", TEXT, "why, in the words of who decided"),
        Column("decided_on", DAY, "the day it was decided"),
        Column("decided_by", TEXT, "who decided", null=True),
    ),
    ("decision_id",),
)

AFFILIATE = Schema(
    "affiliate",
    "Firms that are not independent of each other, both ways round: what one of them says of the "
    "other's goods is the other's own word.",
    (
        Column("firm_id", TEXT, "a firm", points="firm"),
        Column("other_id", TEXT, "its affiliate", points="firm"),
        Column("reason", TEXT, "declared, or what they share: account, register number, address"),
    ),
    ("firm_id", "other_id"),
)

CONTRADICTION = Schema(
    "contradiction",
    "A record that contradicts itself or its order: a fault that names both figures. It holds the "
    "claim to the smaller one and proves nothing by itself.",
    (
        Column("contradiction_id", TEXT, "digest of test and row"),
        Column("document_id", TEXT, "the document"),
        Column("line_id", TEXT, "the line", null=True),
        Column("claim_id", TEXT, "the claim it bears on", null=True),
        Column("source_id", TEXT, "the file", null=True),
        Column("position", COUNT, "byte offset or row number", null=True),
        Column("what", TEXT, "what contradicts what, with both figures"),
        Column("where", TEXT, "where, for a person"),
        Column("mend", TEXT, "how to mend it"),
    ),
    ("contradiction_id",),
)

DECIDED = (DECISION,)  # appended by people, read as records are
WORKING = (*OF_WHO, *OF_PAPERS, *OF_GOODS, *OF_SERVICES, *OF_MONEY, *OF_VERDICTS, *FOUND, *FOR_LOGS)
TABLES = (
    FIRM,
    CLAIM,
    MATCH,
    VERDICT,
    FINDING,
    CHAIN,
    AFFILIATE,
    CONTRADICTION,
    *DECIDED,
    *OF_LOGS,
    *OF_CHANGES,
    *FOR_CHANGES,
    *WORKING,
)
