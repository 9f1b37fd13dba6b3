"""What settlement writes. Instructions bind: they are appended. No money moves by them."""

from __future__ import annotations

from tailrace.base.tables import DAY, MINOR, TEXT, Column, Schema

INSTRUCTION = Schema(
    "instruction",
    "A payment somebody is to make: the text of a credit transfer, for the payer's own bank.",
    (
        Column("instruction_id", TEXT, "digest of cause"),
        Column("end_to_end_ref", TEXT, "EndToEndId: at most 35 characters of the SEPA set"),
        Column("reason", TEXT, "obligation (what is due), purchase (an accepted offer)"),
        Column("obligation_id", TEXT, "the obligation paid or bought"),
        Column("claim_id", TEXT, "its claim"),
        Column("contract_id", TEXT, "the contract, for a purchase or what was sold", null=True),
        Column("payer_id", TEXT, "who pays", points="firm"),
        Column("payee_id", TEXT, "who is paid", points="firm"),
        Column("payer_account", TEXT, "IBAN", null=True),
        Column("payee_account", TEXT, "IBAN", null=True),
        Column("currency", TEXT, "ISO 4217"),
        Column("amount_minor", MINOR, "above zero"),
        Column("execute_on", DAY, "requested execution day"),
        Column("remittance_text", TEXT, "what it pays, at most 140 characters"),
        Column("structured_ref", TEXT, "the claim's creditor reference (ISO 11649)", null=True),
    ),
    ("instruction_id",),
)

RECONCILED = Schema(
    "reconciled",
    "Which payment answered which instruction, and how well. Derived.",
    (
        Column("instruction_id", TEXT, "the instruction"),
        Column("status", TEXT, "paid, short, over, unheard"),
        Column("payment_id", TEXT, "the first payment that answers it", null=True),
        Column("paid_minor", MINOR, "heard so far"),
        Column("amount_minor", MINOR, "instructed"),
        Column("currency", TEXT, "ISO 4217"),
    ),
    ("instruction_id",),
)

TABLES = (INSTRUCTION, RECONCILED)
