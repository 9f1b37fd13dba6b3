"""From rows of the record model to a camt.053.001.08 as the mapping writes it.

The mirror of `camt053_rows`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.formats.camt053_rows import BOOKED, CREDIT, DEBIT, NOT_PROVIDED
from tailrace.formats.mapping import Record, money
from tailrace.formats.parties import account_pair

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
TEXT_MAX = 140  # characters of one Ustrd
LINE_MAX = 70  # characters of one AdrLine
CODES = {"0060": "DUNS", "0088": "GS1G", "REG": "COID", "CUSTOMER": "CUST"}
_NUMBERS = {"invoice": "CINV", "credit_note": "CREN"}
_BALANCES = {"opening": "OPBD", "closing": "CLBD"}
_ACCOUNTS = {"IBAN", "ACCOUNT"}


class _Book:
    """The rows beside a statement, found by what they belong to."""

    def __init__(self, tables: Tables) -> None:
        self.parties = {row["party_id"]: row for row in tables.get("party", ())}
        self.numbers: dict[str, list[Row]] = defaultdict(list)
        for row in tables.get("party_identifier", ()):
            self.numbers[row["party_id"]].append(row)
        self.allocations: dict[str, list[Row]] = defaultdict(list)
        for row in tables.get("allocation", ()):
            self.allocations[row["payment_id"]].append(row)

    def party(self, party_id: str | None) -> Record:
        """Return a party as its element says it; its accounts are said beside it."""
        if party_id is None:
            return {}
        row = self.parties.get(party_id, {})
        name = row.get("name") or row.get("legal_name")
        said: Record = {"name": name, "country": row.get("country")}
        if row.get("address"):
            said["lines"] = wrapped(row["address"], LINE_MAX, ", ")
        for number in self.numbers.get(party_id, ()):
            scheme, value = number["scheme"], number["value"]
            if scheme == "BIC" and "bic" not in said:
                said["bic"] = value
            elif scheme == "0199" and "lei" not in said:
                said["lei"] = value
            elif scheme not in _ACCOUNTS:
                code = CODES.get(scheme)
                named = {"code": code} if code else {"scheme": None if scheme == "ID" else scheme}
                said.setdefault("numbers", []).append(_kept({"value": value, **named}))
        return _kept(said)


def wrapped(text: str, width: int, joint: str) -> list[str]:
    """Return text in pieces of at most `width` that give it back when joined by `joint`.

    A piece longer than that stays whole: cutting it would change what is read back.
    """
    pieces: list[str] = []
    for part in text.split(joint):
        if pieces and len(pieces[-1]) + len(joint) + len(part) <= width:
            pieces[-1] += joint + part
        else:
            pieces.append(part)
    return pieces


def _kept(record: Record) -> Record:
    return {key: value for key, value in record.items() if value is not None and value != []}


def record_of(document: Row, tables: Tables) -> Record:
    """Return the record of a file with this one statement."""
    book = _Book(tables)
    rows = tables.get("statement_entry", ())
    entries = [row for row in rows if row["entry"] == "entry"]
    balances = [row for row in rows if row["entry"] != "entry"]
    if not rows:
        mend = "give it a balance or an entry: they name the account"
        raise BadTerms("a statement without entries", where="camt053.write", mend=mend)
    account, owner = rows[0]["account"], rows[0].get("owner_id")
    paired = _paired(entries, list(tables.get("payment", ())))
    statement = {
        "number": document["number"],
        "issued_on": document["issued_on"],
        "sequence": rows[0].get("sequence"),
        "currency": document.get("currency"),
        "note": document.get("note"),
        "owner": book.party(owner),
        "bank": book.party(document.get("issuer_id")),
        **_account(account, "account"),
        "balances": [_balance(row) for row in balances],
        "entries": [
            _entry(book, row, payments, account)
            for row, payments in zip(entries, paired, strict=True)
        ],
    }
    head = {"message": document["number"], "created_on": document["issued_on"]}
    return {**head, "statements": [_kept({k: v for k, v in statement.items() if v != {}})]}


def _account(account: str | None, role: str) -> Record:
    if not account:
        return {}
    scheme, number = account_pair(account)
    return {role if scheme == "IBAN" else f"{role}_other": number}


def _signed(row: Row) -> Record:
    value = row["amount_minor"]
    return {
        "amount": money(abs(value), row["currency"]),
        "direction": DEBIT if value < 0 else CREDIT,
    }


def _balance(row: Row) -> Record:
    day = row.get("booked_on")
    return _kept({"type": _BALANCES[row["entry"]], "booked_on": day, **_signed(row)})


def _paired(entries: list[Row], payments: list[Row]) -> list[list[Row]]:
    """Return the payments of each entry: in order, as many as it takes to reach its amount."""
    taken: list[list[Row]] = []
    queue = list(reversed(payments))
    for entry in entries:
        mine: list[Row] = []
        open_minor = abs(entry["amount_minor"])
        while queue and (mine or _opens(queue[-1], entry)):
            payment = queue.pop()
            mine.append(payment)
            along = payment["direction"] == _way(entry)
            moved = payment["amount_minor"] if along else -payment["amount_minor"]
            open_minor -= moved if payment["currency"] == entry["currency"] else open_minor
            if open_minor <= 0:
                break
        taken.append(mine)
    if queue:
        what = f"payment {queue[-1]['payment_id']} fits no entry of its statement"
        mend = "give each payment an entry of the same direction, in the same order"
        raise BadTerms(what, where="camt053.write", mend=mend)
    return taken


def _way(entry: Row) -> str:
    return "debit" if entry["amount_minor"] < 0 else "credit"


def _opens(payment: Row, entry: Row) -> bool:
    """Whether a payment may be an entry's first: it is booked, and the money went the same way."""
    same = bool(payment["reversal"]) == bool(entry["reversal"])
    way = payment.get("direction") == _way(entry)
    return same and way and entry.get("status") in (BOOKED, None)


def _entry(book: _Book, row: Row, payments: list[Row], account: str) -> Record:
    code = row.get("bank_code") or ""
    parts = code.split("/")
    said = {
        **_signed(row),
        "reversal": True if row["reversal"] else None,
        "status": row.get("status"),
        "booked_on": row.get("booked_on"),
        "value_on": row.get("value_on"),
        "entry_ref": row.get("entry_ref"),
        "text": row.get("text"),
        "transactions": [_transaction(book, one, account) for one in payments],
    }
    if len(parts) == 3:
        said.update(domain=parts[0], family=parts[1], subfamily=parts[2])
    else:
        said["bank_code"] = code or None
    return _kept(said)


def _transaction(book: _Book, row: Row, account: str) -> Record:
    text = row.get("remittance_text")
    structured = [_allocation(one, row["currency"]) for one in book.allocations[row["payment_id"]]]
    if row.get("structured_ref"):
        structured.insert(0, {"structured_ref": row["structured_ref"]})
    said = {
        "end_to_end_ref": row.get("end_to_end_ref") or NOT_PROVIDED,
        "uetr": row.get("uetr"),
        "amount": money(row["amount_minor"], row["currency"]),
        "direction": DEBIT if row["direction"] == "debit" else CREDIT,
        "debtor": book.party(row.get("debtor_id")),
        "creditor": book.party(row.get("creditor_id")),
        **_account(row.get("debtor_account"), "debtor_account"),
        **_account(row.get("creditor_account"), "creditor_account"),
        "unstructured": wrapped(text, TEXT_MAX, " ") if text else None,
        "structured": structured,
    }
    return _kept({key: value for key, value in said.items() if value != {}})


def _allocation(row: Row, currency: str) -> Record:
    kind, paid, cut = row["to_kind"], row.get("amount_minor"), row.get("deduction_minor")
    document = {
        "code": _NUMBERS[kind],
        "number": row["to_number"],
        "issued_on": row.get("to_issued_on"),
    }
    said: Record = {"documents": [_kept(document)]}
    if paid is not None:
        column, value = ("credited", -paid) if kind == "credit_note" else ("remitted", paid)
        said[column] = money(value, currency)
    if cut is not None:
        said["adjustments"] = [_kept({
            "amount": money(abs(cut), currency),
            "direction": CREDIT if cut < 0 else DEBIT,
            "reason": row.get("reason"),
        })]  # fmt: skip
    return said
