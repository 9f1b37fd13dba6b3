"""Rows of a table file that are payments: one row, one payment.

A payment belongs to the statement or remittance that tells it: the `number` the row gives, else the
file itself. A row that names an invoice is allocated to it whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tailrace.formats.table_fields import SIDES
from tailrace.formats.table_parties import account_scheme
from tailrace.formats.table_values import compact
from tailrace.formats.tabular import Cells, Reader
from tailrace.records import ids

_MUST = ("amount_minor", "currency", "booked_on")
_TOLD = {"bank": "statement", "debtor": "remittance"}
_WAYS = ("credit", "debit", None)


def read_payments(reader: Reader, numbered: Iterable[tuple[int, list[Any]]]) -> None:
    """Write document, payment, allocation and party rows; a bad row is a Fault."""
    documents: dict[tuple[str, str], dict[str, Any]] = {}
    at = reader.layout.number
    for row, cells in numbered:
        payment = _payment(reader, row, cells)
        if payment is None:
            continue
        number = reader.values.text(cells[at]) if at is not None else None
        key = (number or reader.name.rsplit("/", 1)[-1], payment["told_by"])
        document = documents.get(key)
        if document is None:
            document = documents[key] = _document(reader, row, *key)
            reader.rows.add("document", document)
        day = payment["booked_on"]
        document["issued_on"] = max(document["issued_on"] or day, day)
        payment["document_id"] = document["document_id"]
        reader.rows.add("payment", payment)
        _allocations(reader, row, cells, payment)


def _document(reader: Reader, row: int, number: str, told_by: str) -> dict[str, Any]:
    """Return the statement or remittance; its day is that of its last payment."""
    return {
        "document_id": ids.document_id(reader.source_id, row),
        "kind": _TOLD[told_by],
        "number": number,
        "issued_on": None,
        "source_id": reader.source_id,
        "position": row,
    }


def _payment(reader: Reader, row: int, cells: Cells) -> dict[str, Any] | None:
    """Return the payment of a row; None, and a Fault, where it must be refused."""
    payment: dict[str, Any] = {"payment_id": ids.payment_id(reader.source_id, row)}
    placed = reader.layout.of_table["payment"]
    for i, f in sorted(placed, key=lambda pair: pair[1].spelled == "amount"):
        payment[f.key] = reader.value(row, cells, i, f, payment.get("currency"))
    missing = [key for key in _MUST if payment.get(key) is None]
    if missing:
        what = f"payment refused: {', '.join(missing)} not said"
        reader.fault(row, what, "every payment needs its amount, currency and booking day")
        return None
    if payment.get("told_by") not in _TOLD or payment.get("direction") not in _WAYS:
        what = f"told_by {payment.get('told_by')!r}, direction {payment.get('direction')!r}"
        mend = "told_by is bank or debtor; direction is credit or debit"
        reader.fault(row, f"payment refused: {what}", mend)
        return None
    if payment["amount_minor"] <= 0:
        what = "payment refused: its amount is not above zero"
        mend = "say its way in payment.direction, and payment.reversal for one taken back"
        reader.fault(row, what, mend)
        return None
    payment["reversal"] = bool(payment.get("reversal"))
    for side in SIDES:
        _side(reader, row, cells, payment, side)
    payment.update(source_id=reader.source_id, position=row)
    return payment


def _side(reader: Reader, row: int, cells: Cells, payment: dict[str, Any], side: str) -> None:
    """Set who pays or is paid, and from or to which account."""
    party = payment[f"{side}_id"] = reader.party(side, row, cells)
    account = payment.get(f"{side}_account")
    account = compact(account) if account else reader.identifier(side, "IBAN", cells)
    payment[f"{side}_account"] = account
    if account and party:
        reader.parties.identify(party, account_scheme(account), account, row)


def _allocations(reader: Reader, row: int, cells: Cells, payment: dict[str, Any]) -> None:
    for part, placed in reader.layout.referred.items():
        said = {f.key: reader.value(row, cells, i, f) for i, f in placed}
        if said.get("to_number") is None:
            continue
        allocation = {
            "payment_id": payment["payment_id"],
            "to_kind": part,
            "to_number": said["to_number"],
            "to_issued_on": said.get("to_issued_on"),
            "amount_minor": payment["amount_minor"] * (-1 if part == "credit_note" else 1),
            "source_id": reader.source_id,
            "position": row,
        }
        reader.rows.add("allocation", allocation)
