"""The payment a UBL RemittanceAdvice tells of, and what it says it pays.

Source: OASIS UBL 2.1, 3.2 RemittanceAdvice, BillingReference.
"""

from __future__ import annotations

from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.formats.mapping import POSITION, Record
from tailrace.formats.parties import account_pair
from tailrace.formats.ubl_reader import Reader, first
from tailrace.records.ids import payment_id


def payment(reader: Reader, row: dict[str, Any]) -> None:
    """Add the payment a remittance tells of, and what it says it pays.

    A debit pays an invoice, a credit takes a credit note: each allocation is debit less credit.
    """
    raw = reader.raw
    means: list[Record] = raw.get("means", [])
    identity = payment_id(reader.source_id, reader.position)
    allocations = [a for line in raw.get("lines", ()) for a in _allocations(reader, line, identity)]
    paid = row["payable_minor"]
    if paid is None:
        paid = sum(a["amount_minor"] or 0 for a in allocations)
    if reader.currency is None or paid < 0:
        mend = "state TotalPaymentAmount, zero or more, with its currency"
        raise BadTerms("the remittance does not say what was paid", where="", mend=mend)
    payer = first(means, "payer")
    reader.rows.add("payment", {
        "payment_id": identity,
        "document_id": reader.document_id,
        "told_by": "debtor",
        "direction": None,
        "reversal": False,
        "amount_minor": paid,
        "currency": reader.currency,
        "debtor_id": row["buyer_id"],
        "creditor_id": row["payee_id"] or row["seller_id"],
        "debtor_account": account_pair(payer)[1] if payer else None,
        "creditor_account": row["payee_account"],
        "end_to_end_ref": raw.get("end_to_end_ref"),
        "structured_ref": row["payment_ref"],
        "remittance_text": first(means, "instruction"),
        "value_on": first(means, "due_on"),
        **reader.where(reader.position),
    })  # fmt: skip
    reader.rows.extend("allocation", allocations)


def _allocations(reader: Reader, line: Record, payment: str) -> list[dict[str, Any]]:
    debit, credit = reader.money(line, "debit"), reader.money(line, "credit")
    paid = reader.money(line, "balance")
    if debit is not None or credit is not None:
        paid = (debit or 0) - (credit or 0)
    found = []
    for billing in line.get("billing", ()):
        cuts = [cut for part in billing.get("parts", ()) for cut in part.get("cuts", ())]
        deducted = [reader.money(cut, "amount") or 0 for cut in cuts]
        named = [("invoice", r) for r in billing.get("invoices", ())]
        named += [("credit_note", r) for r in billing.get("credit_notes", ())]
        for kind, reference in named:
            if reference.get("number"):
                found.append({
                    "payment_id": payment,
                    "to_kind": kind,
                    "to_number": reference["number"],
                    "to_issued_on": reference.get("issued_on"),
                    "amount_minor": paid,
                    "deduction_minor": sum(deducted) if cuts else None,
                    "reason": first(cuts, "reason"),
                    **reader.where(line[POSITION]),
                })  # fmt: skip
    if len(found) > 1 and paid is not None:
        what = f"line {line['line_ref']} pays {len(found)} documents with one amount"
        reader.trouble.note(what, "give each document a line of its own", line[POSITION])
        for row in found:
            row["amount_minor"] = None
    return found
