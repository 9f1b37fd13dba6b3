"""From rows of the record model to a UBL document as the mapping writes it.

The mirror of `ubl_rows`: what reading joins from several elements is said here in one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tailrace.formats.mapping import Record, money
from tailrace.formats.ubl_answers import record as answer_record
from tailrace.formats.ubl_reader import TOTALS
from tailrace.formats.ubl_references import LINE_ROLES, NA, OBJECT, PROJECT, ROLES

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
_TRANSFER, _UNDEFINED = "30", "1"  # UNTDID 4461: credit transfer, not defined
_PLAIN = (
    "type_code", "number", "uuid", "issued_on", "currency", "tax_currency", "tax_point_on",
    "buyer_ref", "status_code", "note", "period_from", "period_to",
)  # fmt: skip
_LINE_PLAIN = (
    "line_ref", "quantity", "unit", "price", "price_base_quantity", "buyer_item_ref",
    "standard_item_ref", "item_name", "tax_category", "tax_rate", "delivered_on", "period_from",
    "period_to",
    "short_quantity", "rejected_quantity", "backorder_quantity", "note",
)  # fmt: skip
_ACCOUNTS = {"IBAN", "ACCOUNT", "BIC"}  # said where the payment is, not in the party
_REJECT_CODE_MAX = 10  # a reason this short and without blanks is a code


class _Book:
    """The rows beside a document, found by what they belong to."""

    def __init__(self, document: Row, tables: Tables) -> None:
        self.document = document
        self.currency: str | None = document.get("currency")
        self.parties = {row["party_id"]: row for row in tables.get("party", ())}
        self.numbers = _by(tables.get("party_identifier", ()), "party_id")
        self.references = _by(tables.get("reference", ()), "line_id")
        self.allowances = _by(tables.get("allowance_charge", ()), "line_id")

    def money(self, row: Row, column: str) -> Any:
        return money(row.get(f"{column}_minor"), self.currency)

    def party(self, party_id: str | None) -> Record | None:
        """Return a party as its element says it: names, address in one line, and numbers."""
        if party_id is None:
            return None
        row = self.parties.get(party_id, {})
        said: Record = {"name": row.get("name"), "country": row.get("country"), "numbers": []}
        if row.get("address"):
            said["lines"] = [row["address"]]
        legal: list[Record] = []
        taxes: list[Record] = []
        for number in self.numbers.get(party_id, ()):
            scheme, value = number["scheme"], number["value"]
            if scheme == "REG":
                legal.append({"value": value})
            elif scheme in ("VAT", "TAX"):
                taxes.append({"value": value, "scheme": scheme})
            elif scheme == "EMAIL" and "email" not in said:
                said["email"] = value
            elif scheme == "CUSTOMER" and "customer" not in said:
                said["customer"] = value
            elif scheme.partition(":")[0] == "ENDPOINT" and "endpoint" not in said:
                said["endpoint"] = value
                said["endpoint_scheme"] = scheme.partition(":")[2] or None
            elif scheme not in _ACCOUNTS:
                said["numbers"].append(
                    {"value": value, "scheme": None if scheme == "ID" else scheme}
                )
        if row.get("legal_name"):
            if not legal:
                legal.append({})
            legal[0]["legal_name"] = row["legal_name"]
        said["legal"], said["taxes"] = legal, taxes
        return _kept(said)

    def receiver(self, party_id: str | None) -> Record | None:
        """Return a party whose element has no room for the other side's number for it."""
        said = self.party(party_id)
        if said and "customer" in said:
            mine = {"value": said.pop("customer"), "scheme": "CUSTOMER"}
            said["numbers"] = [*said.get("numbers", ()), mine]
        return said


def _by(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.get(column)].append(row)
    return found


def _kept(record: Record) -> Record:
    """Return a record without what is not said."""
    return {key: value for key, value in record.items() if value is not None and value != []}


def record_of(document: Row, tables: Tables, covers: Collection[str]) -> Record:
    """Return the record of a document's root element. `covers` names what its form can say."""
    book = _Book(document, tables)
    said: Record = {column: document.get(column) for column in _PLAIN}
    for column in TOTALS:
        said[column] = book.money(document, column)
    if document.get("terms_text"):
        said["terms"] = [document["terms_text"]]
    if "answers" in covers:
        answer_record(book, said, tables)
        return _kept(said)
    _parties(book, said, "receiver" in covers)
    _delivery(book, said)
    if document["kind"] == "remittance":
        _remittance(book, said, tables)
    else:
        if "due_on" in covers:
            said["due_on"] = document.get("due_on")
        _means(document, said, "due_on" in covers)
        said["allowances"] = _allowances(book, None)
        said["taxes"] = _taxes(book, tables.get("tax_subtotal", ()))
        said["lines"] = _lines(book, tables.get("line", ()))
    _refer(said, book, None)
    return _kept(said)


def _parties(book: _Book, said: Record, by_place: bool) -> None:
    """Say who is who; despatch and receipt name the places first, the traders only if others."""
    document = book.document
    seller, buyer = document.get("seller_id"), document.get("buyer_id")
    place_from, place_to = document.get("ship_from_id"), document.get("ship_to_id")
    if not by_place:
        said["seller"], said["buyer"] = book.party(seller), book.party(buyer)
        said["payee"] = book.receiver(document.get("payee_id"))
        return
    said["despatcher"], said["receiver"] = (
        book.party(place_from or seller),
        book.party(place_to or buyer),
    )
    said["seller"] = book.party(seller) if place_from else None
    said["buyer"] = book.party(buyer) if place_to else None


def _delivery(book: _Book, said: Record) -> None:
    document = book.document
    ship_to = None if "receiver" in said else book.receiver(document.get("ship_to_id"))
    delivery = _kept({"delivered_on": document.get("delivered_on"), "ship_to": ship_to})
    if delivery:
        said["deliveries"] = [delivery]
        said["shipment_ref"] = "1"  # Shipment may not be without a number


def _means(document: Row, said: Record, due_said: bool) -> None:
    means = _kept({
        "payee_account": document.get("payee_account"),
        "payment_ref": document.get("payment_ref"),
        "due_on": None if due_said else document.get("due_on"),
    })  # fmt: skip
    if means:
        said["means"] = [{"code": _TRANSFER if "payee_account" in means else _UNDEFINED, **means}]


def _allowances(book: _Book, line: str | None) -> list[Record]:
    return [
        _kept({
            "charge": row["charge"],
            "reason": row.get("reason"),
            "factor": row.get("factor"),
            "amount": book.money(row, "amount"),
            "base": book.money(row, "base"),
        })
        for row in book.allowances.get(line, ())
    ]  # fmt: skip


def _taxes(book: _Book, rows: Sequence[Row]) -> list[Record]:
    subtotals = [
        _kept({
            "taxable": book.money(row, "taxable"),
            "tax": book.money(row, "tax"),
            "category": row.get("category"),
            "percent": row.get("rate"),
            "reason": row.get("reason"),
            "scheme": "VAT",
        })
        for row in rows
    ]  # fmt: skip
    total = book.money(book.document, "tax_total")
    return [_kept({"tax_total": total, "subtotals": subtotals})] if total or subtotals else []


def _lines(book: _Book, rows: Sequence[Row]) -> list[Record]:
    """Return the lines, each inside the line it is part of."""
    made: list[Record] = []
    parents: dict[str, Record] = {}
    for row in rows:
        line = _line(book, row)
        parent = parents.get(row["parent_ref"]) if row.get("parent_ref") else None
        (made if parent is None else parent.setdefault("lines", [])).append(line)
        parents.setdefault(row["line_ref"], line)
    return made


def _line(book: _Book, row: Row) -> Record:
    said: Record = {column: row.get(column) for column in _LINE_PLAIN}
    said["net"] = book.money(row, "net")
    item = row.get("item_ref")
    if item != (row.get("buyer_item_ref") or row.get("standard_item_ref")):
        said["seller_item_ref"] = item
    if row.get("price") is not None:
        said["price_currency"] = book.currency
        said["base_unit"] = row.get("unit") if row.get("price_base_quantity") is not None else None
    if row.get("tax_category") or row.get("tax_rate") is not None:
        said["tax_scheme"] = "VAT"
    unit = row.get("unit")
    said.update(short_unit=unit, rejected_unit=unit, backorder_unit=unit)
    reason = row.get("reject_code")
    if reason:
        code = len(reason) <= _REJECT_CODE_MAX and " " not in reason
        said["reject_code" if code and book.document["kind"] == "receipt" else "reject_text"] = (
            reason
        )
    said["allowances"] = _allowances(book, row["line_id"])
    _order_line(said, book, row)
    _refer(said, book, row["line_id"])
    return _kept(said)


def _order_line(said: Record, book: _Book, row: Row) -> None:
    """Say the order line of a line, and any other its references name; it comes first."""
    lines: dict[tuple[str | None, str | None], Record] = {}
    order, line = row.get("order_ref"), row.get("order_line_ref")
    if order or line:
        lines[order, line] = _kept({"to_line": line or NA, "number": order})
    alone = (
        len({r["to_number"] for r in book.references.get(None, ()) if r["to_kind"] == "order"}) == 1
    )
    for reference in book.references.get(row["line_id"], ()):
        kind, number, to_line = (
            reference["to_kind"],
            reference["to_number"],
            reference.get("to_line"),
        )
        if kind == "order":
            implied = alone and order is None and to_line == line
            key = (order if implied else number, to_line)
            found = lines.setdefault(key, {"to_line": to_line or NA})
            found.update(_kept(_target(reference, number=not implied)))
    for reference in book.references.get(row["line_id"], ()):
        if reference["to_kind"] == "sales_order":
            sales = {"sales": reference["to_number"], "sales_line": reference.get("to_line")}
            free = next((one for one in lines.values() if "sales" not in one), None)
            if free is None:
                free = lines["sales", str(len(lines))] = {"to_line": NA}
            free.update(_kept(sales))
    said["order_lines"] = list(lines.values())


def _target(reference: Row, *, number: bool = True) -> Record:
    said = {"uuid": reference.get("to_uuid"), "issued_on": reference.get("to_issued_on")}
    return {"number": reference["to_number"], **said} if number else said


def _refer(said: Record, book: _Book, line: str | None) -> None:
    """Say what a document or line refers to, each where UBL has a place for it."""
    for reference in book.references.get(line, ()):
        kind = reference["to_kind"]
        one = _kept({**_target(reference), "issuer": book.receiver(reference.get("to_issuer_id"))})
        if kind in ("order", "sales_order"):
            if line is None:
                _order(said, kind, one)
        elif kind in ("invoice", "credit_note"):
            parts = [{"to_line": reference["to_line"]}] if reference.get("to_line") else []
            said.setdefault("billing", []).append(_kept({f"{kind}s": [one], "parts": parts}))
        elif kind == "object":
            said.setdefault("others", []).append({**one, "type": OBJECT})
        elif line is not None:
            role = next((r for r, k in LINE_ROLES.items() if k == kind), None)
            if role:
                target = {"to_line": reference.get("to_line") or NA, **one}
                said.setdefault(role, []).append(target)
        elif kind == "project" and book.document["kind"] == "credit_note":
            said.setdefault("others", []).append({**one, "type": PROJECT})
        else:
            role = next((r for r, k in ROLES.items() if k == kind), None)
            if role:
                said.setdefault(role, []).append(one)


def _order(said: Record, kind: str, one: Record) -> None:
    """Say an order, with the seller's number for it in the same element where both are known."""
    orders = said.setdefault("orders", [])
    if kind == "order":
        free = next((o for o in orders if o["number"] == NA), None)
        if free is None:
            orders.append(one)
        else:
            free.update(one)
        return
    free = next((o for o in orders if "sales" not in o), None)
    if free is None:
        orders.append({"number": NA, "sales": one["number"]})
    else:
        free["sales"] = one["number"]


def _remittance(book: _Book, said: Record, tables: Tables) -> None:
    """Say the payment and what it pays: an invoice as a debit, a credit note taken as a credit."""
    (payment,) = tables["payment"]
    said["payable"] = money(payment["amount_minor"], payment["currency"])
    said["end_to_end_ref"] = payment.get("end_to_end_ref")
    document = book.document
    means = _kept({
        "payee_account": payment.get("creditor_account") or document.get("payee_account"),
        "payment_ref": payment.get("structured_ref") or document.get("payment_ref"),
        "instruction": payment.get("remittance_text"),
        "payer": payment.get("debtor_account"),
        "due_on": payment.get("value_on"),
    })  # fmt: skip
    if means:
        said["means"] = [{"code": _TRANSFER, **means}]
    said["lines"] = [
        _remitted(number, row, payment["currency"])
        for number, row in enumerate(tables.get("allocation", ()), start=1)
    ]


def _remitted(number: int, row: Row, currency: str) -> Record:
    paid = row.get("amount_minor")
    debit = None if paid is None else max(paid, 0)
    credit = None if paid is None else max(-paid, 0)
    cut = money(row.get("deduction_minor"), currency)
    parts = []
    if cut is not None:
        cuts = [_kept({"charge": False, "reason": row.get("reason"), "amount": cut})]
        parts = [{"to_line": str(number), "cuts": cuts}]
    named = _kept({"number": row["to_number"], "issued_on": row.get("to_issued_on")})
    return _kept({
        "line_ref": str(number),
        "debit": money(debit, currency),
        "credit": money(credit, currency),
        "billing": [_kept({f"{row['to_kind']}s": [named], "parts": parts})],
    })  # fmt: skip
