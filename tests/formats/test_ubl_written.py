"""Documents made up, written as UBL and read again."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ubl_world import golden, read
from xml_world import counts, currencies, days, maybe, minor, numbered, parties, told, words

from tailrace.formats import ubl
from tailrace.formats.rows import Rows
from tailrace.formats.ubl_paths import BY_KIND

INVOICED = ("invoice", "credit_note")
MONEY = (
    "line_total_minor", "allowance_total_minor", "charge_total_minor", "tax_exclusive_minor",
    "tax_total_minor", "tax_inclusive_minor", "prepaid_minor", "rounding_minor", "payable_minor",
)  # fmt: skip
SCHEMES = ("VAT", "REG", "0088", "0199", "TAX", "CUSTOMER", "EMAIL", "ENDPOINT:9930", "ID")


@st.composite
def documents(draw: Any) -> dict[str, list[dict[str, Any]]]:
    """One document with parties, lines and references, as reading would make its rows."""
    apart = ("remittance", "acceptance", "response")  # they hold no lines; see test_ubl_answers
    kind = draw(st.sampled_from([k for k in BY_KIND if k not in apart]))
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    seller, buyer = _party(draw, tables), _party(draw, tables)
    document: dict[str, Any] = {
        "document_id": "d",
        "kind": kind,
        "number": draw(words),
        "uuid": draw(maybe(words)),
        "issued_on": draw(days),
        "issuer_id": buyer if kind in ("order", "receipt") else seller,
        "seller_id": seller,
        "buyer_id": buyer,
        "note": draw(maybe(words)),
    }
    if kind in ("order", *INVOICED):
        document["terms_text"] = draw(maybe(words))
        document["due_on"] = draw(maybe(days))
        document["buyer_ref"] = draw(maybe(words))
        document["payment_ref"] = draw(maybe(words))
    if kind in INVOICED:
        _priced(draw, tables, document)
    for number in range(draw(st.integers(0, 3))):
        _line(draw, tables, document, number)
    if draw(st.booleans()) and kind != "order":
        order = {"to_kind": "order", "to_number": draw(words), "to_issued_on": draw(maybe(days))}
        tables["reference"].append({"document_id": "d", "line_id": None, **order})
    return {**tables, "document": [document]}


def _party(draw: Any, tables: dict[str, list[dict[str, Any]]]) -> str:
    row, numbers = draw(parties(SCHEMES))
    if all(row["party_id"] != other["party_id"] for other in tables["party"]):
        tables["party"].append(row)
        tables["party_identifier"] += numbers
    return row["party_id"]


def _priced(draw: Any, tables: dict[str, list[dict[str, Any]]], document: dict[str, Any]) -> None:
    currency = document["currency"] = draw(currencies)
    document["delivered_on"] = draw(maybe(days))
    document["type_code"] = "381" if document["kind"] == "credit_note" else "380"
    for column in MONEY:
        document[column] = draw(maybe(minor))
    for _ in range(draw(st.integers(0, 2))):
        sub = {
            "category": draw(maybe(words)),
            "rate": draw(maybe(counts)),
            "reason": draw(maybe(words)),
        }
        sub |= {"taxable_minor": draw(maybe(minor)), "tax_minor": draw(maybe(minor))}
        tables["tax_subtotal"].append({"document_id": "d", "currency": currency, **sub})
    tables["allowance_charge"].append({
        "document_id": "d",
        "line_id": None,
        "charge": draw(st.booleans()),
        "amount_minor": draw(st.integers(0, 10**9)),
        "currency": currency,
        "factor": draw(maybe(counts)),
        "reason": draw(maybe(words)),
    })  # fmt: skip


def _line(
    draw: Any, tables: dict[str, list[dict[str, Any]]], document: dict[str, Any], number: int
) -> None:
    kind, line = document["kind"], numbered("line", number)
    unit = draw(maybe(st.sampled_from(["EA", "KGM"])))
    row: dict[str, Any] = {
        "line_id": line,
        "document_id": "d",
        "line_ref": str(number),
        "item_ref": draw(words),
        "item_name": draw(maybe(words)),
        "quantity": draw(counts),
        "unit": unit,
        "note": draw(maybe(words)),
    }
    if kind in ("order", *INVOICED):
        row["price"], row["price_base_quantity"] = draw(maybe(counts)), draw(maybe(counts))
    if kind in INVOICED:
        row["net_minor"], row["tax_rate"] = draw(maybe(minor)), draw(maybe(counts))
    if kind == "receipt":
        row["short_quantity"], row["rejected_quantity"] = draw(maybe(counts)), draw(maybe(counts))
        row["delivered_on"], row["reject_code"] = draw(maybe(days)), draw(maybe(words))
    if kind != "order" and draw(st.booleans()):
        row["order_ref"], row["order_line_ref"] = draw(words), draw(maybe(words))
        edge = {"to_kind": "order", "to_number": row["order_ref"], "to_line": row["order_line_ref"]}
        tables["reference"].append({"document_id": "d", "line_id": line, **edge})
    if kind in ("receipt", *INVOICED) and draw(st.booleans()):
        edge = {"to_kind": "despatch", "to_number": draw(words), "to_line": draw(maybe(words))}
        tables["reference"].append({"document_id": "d", "line_id": line, **edge})
    tables["line"].append(row)


@given(documents())
@settings(max_examples=80, deadline=None)
def test_what_is_written_reads_back_as_it_was(tables):
    content = ubl.write(tables)
    assert told(read(content)) == told(Rows(tables))
    assert ubl.write(tables) == content


@given(st.lists(st.tuples(st.sampled_from(["invoice", "credit_note"]), words, minor), max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_remittance_written_reads_back_what_it_pays(paid):
    payment = {"payment_id": "p", "document_id": "d", "told_by": "debtor", "reversal": False}
    payment |= {"amount_minor": 5, "currency": "EUR", "end_to_end_ref": "E1"}
    document = {"document_id": "d", "kind": "remittance", "number": "Z", "currency": "EUR"}
    document |= {"issued_on": date(2026, 4, 1), "payable_minor": 5}
    allocations = [
        {"payment_id": "p", "to_kind": kind, "to_number": number, "amount_minor": amount}
        for kind, number, amount in paid
    ]
    tables = {"document": [document], "payment": [payment], "allocation": allocations}
    again = read(ubl.write(tables)).tables
    assert [
        (a["to_kind"], a["to_number"], a["amount_minor"]) for a in again.get("allocation", ())
    ] == paid
    assert again["payment"][0]["end_to_end_ref"] == "E1"


def test_a_quantity_keeps_its_six_decimals_both_ways():
    rows = read(golden("despatch")).tables
    rows["line"][0]["quantity"] = Decimal("0.000001")
    assert read(ubl.write(rows)).tables["line"][0]["quantity"] == Decimal("0.000001")
