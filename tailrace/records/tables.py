"""The record model: twelve tables that hold every standard, and two that say where rows came from.

Every row carries `source_id` (SHA-256 of the file's bytes) and `position` (byte offset of its
element, or the row number of a table file), so that `why` can open the original.
Money is in minor units of the row's currency, positive unless the column says otherwise; a credit
note holds positive amounts, its sign is its `kind`. Null means "not said".
"""

from __future__ import annotations

import pyarrow as pa

from tailrace.base.tables import (
    COUNT,
    DAY,
    FLAG,
    MINOR,
    MOMENT,
    QUANTITY,
    TEXT,
    Column,
    Schema,
)


def _said(name: str, type_: pa.DataType, doc: str, points: str | None = None) -> Column:
    """A column that may be null: "not said"."""
    return Column(name, type_, doc, null=True, points=points)


_WHERE = (
    Column("source_id", TEXT, "SHA-256 of the file's bytes, 64 hex digits"),
    Column("position", COUNT, "byte offset of the element, or row number of a table file"),
)

SOURCE = Schema(
    "source",
    "A file that was read: its name, digest, size and the format that read it.",
    (
        Column("source_id", TEXT, "SHA-256 of the file's bytes"),
        Column("name", TEXT, "path below the folder, member of the ZIP, or -"),
        Column("format", TEXT, "the format's name, as `ubl`; `unread` where none fits"),
        Column("size", COUNT, "bytes"),
        Column("documents", COUNT, "documents read from it"),
        Column("faults", COUNT, "faults found in it"),
    ),
    ("source_id", "name"),
)

FAULT = Schema(
    "fault",
    "What was wrong with a file or row, beside the rows that were right.",
    (
        Column("fault_id", TEXT, "digest of source, position and what"),
        _said("source_id", TEXT, "the file"),
        _said("position", COUNT, "byte offset or row number"),
        Column("what", TEXT, "what is wrong"),
        Column("where", TEXT, "where, for a person"),
        Column("mend", TEXT, "how to mend it"),
    ),
    ("fault_id",),
)

DOCUMENT = Schema(
    "document",
    "One business document as received.",
    (
        Column("document_id", TEXT, "digest of source and position"),
        Column(
            "kind",
            TEXT,
            "order, order_response, despatch, receipt, timesheet, acceptance, response, invoice, "
            "credit_note, remittance, statement",
        ),
        _said("type_code", TEXT, "UNTDID 1001 where given: 380, 381, 384, 386, 389 (BT-3)"),
        Column("number", TEXT, "the issuer's number, text (BT-1)"),
        _said("uuid", TEXT, "the document's UUID, as written"),
        Column("issued_on", DAY, "issue day (BT-2)"),
        _said(
            "issuer_id",
            TEXT,
            "party that wrote it: seller of an invoice, buyer of a receipt",
            "party",
        ),
        _said("seller_id", TEXT, "BG-4", "party"),
        _said("buyer_id", TEXT, "BG-7", "party"),
        _said("payee_id", TEXT, "BG-10, if other than the seller", "party"),
        _said("ship_from_id", TEXT, "despatching party, if other than the seller", "party"),
        _said("ship_to_id", TEXT, "receiving party, if other than the buyer (BG-13)", "party"),
        _said("delivered_on", DAY, "actual delivery (BT-72)"),
        _said("period_from", DAY, "first day of the invoicing period (BT-73)"),
        _said("period_to", DAY, "last day of the invoicing period (BT-74)"),
        _said("currency", TEXT, "ISO 4217 (BT-5)"),
        _said("tax_currency", TEXT, "ISO 4217 (BT-6)"),
        _said("due_on", DAY, "payment due (BT-9)"),
        _said("tax_point_on", DAY, "BT-7"),
        _said("terms_text", TEXT, "payment terms in words (BT-20)"),
        _said("buyer_ref", TEXT, "BT-10"),
        _said("payment_ref", TEXT, "the string a payment will carry (BT-83)"),
        _said("payee_account", TEXT, "IBAN or account of the payee (BT-84)"),
        _said("line_total_minor", MINOR, "BT-106"),
        _said("allowance_total_minor", MINOR, "BT-107"),
        _said("charge_total_minor", MINOR, "BT-108"),
        _said("tax_exclusive_minor", MINOR, "BT-109"),
        _said("tax_total_minor", MINOR, "BT-110"),
        _said("tax_inclusive_minor", MINOR, "BT-112"),
        _said("prepaid_minor", MINOR, "BT-113"),
        _said("rounding_minor", MINOR, "BT-114"),
        _said("payable_minor", MINOR, "BT-115; may be zero or negative"),
        _said("status_code", TEXT, "DocumentStatusCode, ResponseCode or acceptance: AP, RE, ..."),
        _said("note", TEXT, "BT-22, first"),
        *_WHERE,
    ),
    ("document_id",),
)

LINE = Schema(
    "line",
    "One line of a document. `quantity` is what its kind speaks of: ordered, despatched, received, "
    "invoiced or credited; below zero in corrections.",
    (
        Column("line_id", TEXT, "digest of document and position"),
        Column("document_id", TEXT, "the document"),
        Column("line_ref", TEXT, "line number as written, text: 1, A, 10.2 (BT-126)"),
        _said("parent_ref", TEXT, "line_ref of the line this is part of"),
        _said("item_ref", TEXT, "seller's, else buyer's, else standard item number (BT-155..157)"),
        _said("buyer_item_ref", TEXT, "BT-156"),
        _said("standard_item_ref", TEXT, "GTIN or other (BT-157)"),
        _said("item_name", TEXT, "BT-153"),
        _said("quantity", QUANTITY, "in `unit` (BT-129)"),
        _said("unit", TEXT, "UN/ECE Rec. 20 (BT-130)"),
        _said("price", QUANTITY, "net price of one price base quantity (BT-146)"),
        _said("price_base_quantity", QUANTITY, "null means 1 (BT-149)"),
        _said("net_minor", MINOR, "line amount without tax (BT-131)"),
        _said("tax_category", TEXT, "BT-151"),
        _said("tax_rate", QUANTITY, "per cent, as written (BT-152)"),
        _said("order_ref", TEXT, "number of the order this line belongs to, if said"),
        _said("order_line_ref", TEXT, "line of that order, as written (BT-132)"),
        _said("delivered_on", DAY, "actual delivery or receipt of this line"),
        _said("period_from", DAY, "first day of the line's period (BT-134)"),
        _said("period_to", DAY, "last day of the line's period (BT-135)"),
        _said("short_quantity", QUANTITY, "ordered or despatched but not there"),
        _said("rejected_quantity", QUANTITY, "there but refused"),
        _said("backorder_quantity", QUANTITY, "to follow"),
        _said("reject_code", TEXT, "reason, UNTDID or text"),
        _said("note", TEXT, "BT-127"),
        *_WHERE,
    ),
    ("line_id",),
)

REFERENCE = Schema(
    "reference",
    "A document or line names another document: the edges of the matching graph.",
    (
        Column("document_id", TEXT, "the document that refers"),
        _said("line_id", TEXT, "the line that refers; null for the whole document"),
        Column(
            "to_kind",
            TEXT,
            "order, sales_order, despatch, receipt, invoice, credit_note, contract, project, "
            "tender, requisition, payment, object (BT-11..18), receipts and invoices too (BG-3)",
        ),
        Column("to_number", TEXT, "number of the document referred to"),
        _said("to_line", TEXT, "its line, as written"),
        _said("to_issuer_id", TEXT, "its issuer, if said", "party"),
        _said("to_uuid", TEXT, "its UUID, if said"),
        _said("to_issued_on", DAY, "its issue day, if said"),
        *_WHERE,
    ),
    ("document_id", "line_id", "to_kind", "to_number", "to_line"),
)

PARTY = Schema(
    "party",
    "A party as a document describes it. Its id is a digest of its identifiers, or of its name, "
    "address and country where it has none: the same words give the same row.",
    (
        Column("party_id", TEXT, "digest of what identifies it"),
        _said("name", TEXT, "trading name (BT-28, BT-45)"),
        _said("legal_name", TEXT, "registered name (BT-27, BT-44)"),
        _said("country", TEXT, "ISO 3166-1 alpha-2 (BT-40, BT-55)"),
        _said("address", TEXT, "street, post code and town in one line"),
        *_WHERE,
    ),
    ("party_id",),
)

PARTY_IDENTIFIER = Schema(
    "party_identifier",
    "A number by which a party is known. Scheme: VAT, REG, IBAN, ACCOUNT, BIC, ICD codes (0088 GLN, "
    "0060 DUNS, 0199 LEI), CUSTOMER (the other side's number for it), EMAIL, ENDPOINT:<EAS>.",
    (
        Column("party_id", TEXT, "the party"),
        Column("scheme", TEXT, "what kind of number"),
        Column("value", TEXT, "the number without blanks"),
        *_WHERE,
    ),
    ("party_id", "scheme", "value"),
)

TAX_SUBTOTAL = Schema(
    "tax_subtotal",
    "One VAT breakdown of a document (BG-23).",
    (
        Column("document_id", TEXT, "the document"),
        _said("category", TEXT, "BT-118"),
        _said("rate", QUANTITY, "per cent (BT-119)"),
        _said("taxable_minor", MINOR, "BT-116"),
        _said("tax_minor", MINOR, "BT-117"),
        _said("currency", TEXT, "ISO 4217"),
        _said("reason", TEXT, "exemption reason or code (BT-120, 121)"),
        *_WHERE,
    ),
    ("document_id", "position"),
)

ALLOWANCE_CHARGE = Schema(
    "allowance_charge",
    "An allowance or charge of a document or line (BG-20, 21, 27, 28).",
    (
        Column("document_id", TEXT, "the document"),
        _said("line_id", TEXT, "the line; null for the document"),
        Column("charge", FLAG, "true for a charge, false for an allowance"),
        Column("amount_minor", MINOR, "positive"),
        _said("currency", TEXT, "ISO 4217"),
        _said("base_minor", MINOR, "what it was taken of"),
        _said("factor", QUANTITY, "multiplier as written"),
        _said("reason", TEXT, "code or words"),
        *_WHERE,
    ),
    ("document_id", "position"),
)

PAYMENT = Schema(
    "payment",
    "A payment as one side's bank or remittance tells it. The same payment may be told twice, in the "
    "payer's and the payee's statement: evidence makes them one.",
    (
        Column("payment_id", TEXT, "digest of source and position"),
        Column("document_id", TEXT, "the statement or remittance that tells it"),
        Column("told_by", TEXT, "bank (a statement) or debtor (a remittance)"),
        _said(
            "direction", TEXT, "credit or debit of the statement's account; null in a remittance"
        ),
        Column("reversal", FLAG, "the entry takes an earlier one back"),
        Column("amount_minor", MINOR, "positive"),
        Column("currency", TEXT, "ISO 4217"),
        _said("debtor_id", TEXT, "who paid", "party"),
        _said("creditor_id", TEXT, "who was paid", "party"),
        _said("debtor_account", TEXT, "IBAN or other"),
        _said("creditor_account", TEXT, "IBAN or other"),
        _said("end_to_end_ref", TEXT, "EndToEndId; NOTPROVIDED is null"),
        _said("uetr", TEXT, "unique end-to-end transaction reference"),
        _said("structured_ref", TEXT, "creditor reference (ISO 11649 or national)"),
        _said("remittance_text", TEXT, "unstructured remittance information"),
        _said("booked_on", DAY, "booking day"),
        _said("value_on", DAY, "value day"),
        *_WHERE,
    ),
    ("payment_id",),
)

ALLOCATION = Schema(
    "allocation",
    "What a payment says it pays: one row for each document named.",
    (
        Column("payment_id", TEXT, "the payment"),
        Column("to_kind", TEXT, "invoice or credit_note"),
        Column("to_number", TEXT, "document number as written"),
        _said("to_issued_on", DAY, "its day, if said"),
        _said("amount_minor", MINOR, "paid towards it; below zero for a credit note taken"),
        _said("deduction_minor", MINOR, "held back, with its reason"),
        _said("reason", TEXT, "of the deduction"),
        *_WHERE,
    ),
    ("payment_id", "to_number", "position"),
)

STATEMENT_ENTRY = Schema(
    "statement_entry",
    "One line of an account statement, opening and closing balances among them.",
    (
        Column("statement_entry_id", TEXT, "digest of source and position"),
        Column("document_id", TEXT, "the statement"),
        Column("account", TEXT, "IBAN or other"),
        _said("owner_id", TEXT, "whose account", "party"),
        _said("sequence", TEXT, "electronic sequence number of the statement"),
        Column("entry", TEXT, "opening, closing, entry (ISO 20022: OPBD, CLBD, Ntry)"),
        Column("amount_minor", MINOR, "credit above zero, debit below"),
        Column("currency", TEXT, "ISO 4217"),
        Column("reversal", FLAG, "takes an earlier entry back"),
        _said("status", TEXT, "BOOK, PDNG, INFO"),
        _said("booked_on", DAY, "booking day"),
        _said("value_on", DAY, "value day"),
        _said("bank_code", TEXT, "bank transaction code: PMNT/RCDT/ESCT"),
        _said("entry_ref", TEXT, "the bank's reference"),
        _said("text", TEXT, "additional entry information"),
        *_WHERE,
    ),
    ("statement_entry_id",),
)

EVENT = Schema(
    "event",
    "Something that happened to objects: EPCIS and OCEL events, one row for each object touched.",
    (
        Column("event_id", TEXT, "digest of source and the event's own id"),
        Column("event_ref", TEXT, "the event's own id, as written"),
        Column("activity", TEXT, "what: Create Goods Receipt, shipping, ..."),
        Column("happened_at", MOMENT, "when"),
        _said("object_kind", TEXT, "order, receipt, invoice, payment, item, ... or as written"),
        _said("object_ref", TEXT, "the object's own id"),
        _said("qualifier", TEXT, "the object's part in it"),
        Column("known", FLAG, "the object exists in the source; false where the reference dangles"),
        _said("quantity", QUANTITY, "in `unit`"),
        _said("unit", TEXT, "UN/ECE Rec. 20"),
        _said("place", TEXT, "where"),
        _said("actor", TEXT, "who"),
        _said("amount_minor", MINOR, "what the object is worth at the event, as the log says"),
        _said("currency", TEXT, "ISO 4217"),
        _said("partner", TEXT, "the other party of the object, as the log names it"),
        _said("category", TEXT, "how the object is to be matched, as the log says"),
        *_WHERE,
    ),
    ("event_id", "object_ref", "qualifier"),
)

READING = Schema(
    "reading",
    "What a meter or machine showed.",
    (
        Column("reading_id", TEXT, "digest of source and position"),
        Column("meter_ref", TEXT, "the meter's number"),
        _said("register", TEXT, "OBIS code or name"),
        _said("from_at", MOMENT, "start of the interval; null for a cumulative register"),
        Column("to_at", MOMENT, "moment or end of the interval"),
        Column("value", QUANTITY, "in `unit`"),
        Column("unit", TEXT, "UN/ECE Rec. 20: KWH, HUR"),
        _said("quality", TEXT, "measured, estimated, corrected"),
        Column("cumulative", FLAG, "a running total, not an interval"),
        _said("reader_id", TEXT, "who read it: the grid operator, buyer, seller", "party"),
        *_WHERE,
    ),
    ("reading_id",),
)

RECORDS = (
    DOCUMENT,
    LINE,
    REFERENCE,
    PARTY,
    PARTY_IDENTIFIER,
    TAX_SUBTOTAL,
    ALLOWANCE_CHARGE,
    PAYMENT,
    ALLOCATION,
    STATEMENT_ENTRY,
    EVENT,
    READING,
)
TABLES = (SOURCE, FAULT, *RECORDS)
