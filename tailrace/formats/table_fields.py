"""The fields a column of a CSV or Excel file can be mapped to.

The names are those of the record tables (`records/tables.py`): a document's column by its name, a
line's as `line.<column>`, a payment's as `payment.<column>`, a party's as `<role>.name` or
`<role>.<scheme>`, another document's as `<kind>.number` and `<kind>.line`. Amounts lose `_minor`.
"""

from __future__ import annotations

import re

import pyarrow as pa
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.base.tables import DAY, FLAG, MINOR, MOMENT, QUANTITY, TEXT, Schema
from tailrace.records.tables import DOCUMENT, EVENT, LINE, PARTY, PAYMENT, READING

# What a mapping of each kind must say. A payment file must say who tells it, bank or debtor: only
# what a bank tells counts as paid, so no default would be safe.
KINDS: dict[str, tuple[str, ...]] = {
    "order": ("number", "issued_on"),
    "order_response": ("number", "issued_on"),
    "despatch": ("number", "issued_on"),
    "receipt": ("number", "issued_on"),
    "invoice": ("number", "issued_on"),
    "credit_note": ("number", "issued_on"),
    "timesheet": ("number", "issued_on"),
    "acceptance": ("number", "issued_on"),
    "payment": ("payment.amount", "payment.booked_on", "payment.told_by"),
    "event": ("activity", "happened_at", "object_ref"),
    "reading": ("meter_ref", "to_at", "value", "unit"),
}
# Who wrote a document that does not name its issuer. A timesheet nobody signed is the seller's own.
ISSUER = {
    "order": "buyer",
    "order_response": "seller",
    "despatch": "seller",
    "receipt": "buyer",
    "invoice": "seller",
    "credit_note": "seller",
    "timesheet": "seller",
    "acceptance": "buyer",
}
ROLES = ("seller", "buyer", "payee", "ship_from", "ship_to", "issuer")
SIDES = ("debtor", "creditor")
READER = "reader"  # who read a meter
REFERRED = (
    "order",
    "sales_order",
    "despatch",
    "receipt",
    "timesheet",
    "invoice",
    "credit_note",
    "contract",
    "project",
    "tender",
    "object",
)
_SCHEME = re.compile(r"[A-Z][A-Z0-9_]*(?::[A-Z0-9]+)?|[0-9]{4}")
_SPELLED = {
    TEXT: "text",
    DAY: "day",
    MOMENT: "moment",
    MINOR: "amount",
    QUANTITY: "number",
    FLAG: "flag",
}
_DERIVED = ("position", "kind")


class Field(Struct, frozen=True, kw_only=True):
    """Where a column's value goes and how it is spelled.

    `table` is document, line, payment, reference or party; `key` the column there, or the scheme
    of an identifier; `part` the role of a party or the kind of a document referred to.
    """

    name: str
    table: str
    key: str
    spelled: str = "text"
    part: str | None = None


def _own(schema: Schema, prefix: str, table: str) -> dict[str, Field]:
    """Return the fields of a table that a file can say: its columns, but no ids."""
    found = {}
    for c in schema.columns:
        if c.name.endswith("_id") or c.name in _DERIVED:
            continue
        name = prefix + (c.name.removesuffix("_minor") if c.type == MINOR else c.name)
        found[name] = Field(name=name, table=table, key=c.name, spelled=_kind(c.type))
    return found


def _kind(type_: pa.DataType) -> str:
    return _SPELLED[type_]


_DOCUMENT = _own(DOCUMENT, "", "document")
_LINE = _own(LINE, "line.", "line")
_PAYMENT = _own(PAYMENT, "payment.", "payment")
_EVENT = _own(EVENT, "", "event")
_READING = _own(READING, "", "reading")
_CURRENCY = Field(name="currency", table="payment", key="currency")
_PARTY = [c.name for c in PARTY.columns if c.name not in ("party_id", "source_id", "position")]
_REFERENCE = {
    "number": "to_number",
    "line": "to_line",
    "issued_on": "to_issued_on",
    "uuid": "to_uuid",
}


def field_of(name: str, kind: str, where: str) -> Field:
    """Return the field of that name in files of a kind; raises `BadTerms` that lists the names."""
    if kind == "event":
        if name in _EVENT:
            return _EVENT[name]
        raise BadTerms(f"no field {name!r}", where=where, mend=f"an event has {', '.join(_EVENT)}")
    pays = kind == "payment"
    paid = {**_PAYMENT, "number": _DOCUMENT["number"], "currency": _CURRENCY}
    own = paid if pays else _READING if kind == "reading" else {**_DOCUMENT, **_LINE}
    if name in own:
        return own[name]
    part, _, key = name.partition(".")
    if part in _roles(kind):
        if key in _PARTY or _SCHEME.fullmatch(key):
            return Field(name=name, table="party", key=key, part=part)
        mend = f"say {part}.name, {part}.country or a scheme in capitals, as {part}.VAT"
        raise BadTerms(f"no field {name!r}", where=where, mend=mend)
    if part in _referred(kind) and key in _REFERENCE:
        spelled = "day" if key == "issued_on" else "text"
        return Field(name=name, table="reference", key=_REFERENCE[key], part=part, spelled=spelled)
    mend = f"a {kind} has {', '.join(names(kind))}"
    raise BadTerms(f"no field {name!r}", where=where, mend=mend)


def _roles(kind: str) -> tuple[str, ...]:
    return {"payment": SIDES, "reading": (READER,)}.get(kind, ROLES)


def _referred(kind: str) -> tuple[str, ...]:
    return {"payment": ("invoice", "credit_note"), "reading": ()}.get(kind, REFERRED)


def names(kind: str) -> list[str]:
    """Return the names of the fields a file of a kind can say, for people."""
    if kind == "reading":
        return [*_READING, f"{READER}.name", f"{READER}.VAT"]
    if kind == "event":
        return list(_EVENT)
    if kind == "payment":
        sides = [f"{s}.{what}" for s in SIDES for what in ("name", "VAT", "IBAN")]
        return [*_PAYMENT, *sides, "invoice.number", "credit_note.number"]
    spoken = (*ROLES[:3], "issuer")
    parties = [f"{role}.{what}" for role in spoken for what in ("name", "VAT")]
    refs = [f"{other}.number" for other in REFERRED] + ["order.line", "despatch.line"]
    return [*_DOCUMENT, *_LINE, *parties, *refs]
