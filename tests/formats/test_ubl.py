"""UBL documents, read and written by one mapping. The golden files are ours; the firms invented."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_world import GOLDEN, LIMITS, business, expected
from xml_world import (
    counts,
    currencies,
    days,
    invoice,
    maybe,
    minor,
    numbered,
    parties,
    told,
    words,
)

from tailrace.base.errors import BadTerms
from tailrace.base.tables import Schema
from tailrace.formats import ubl
from tailrace.formats.rows import Rows
from tailrace.formats.ubl_paths import BY_KIND
from tailrace.records.tables import RECORDS

SCHEMAS: dict[str, Schema] = {schema.kind: schema for schema in RECORDS}
FILES = sorted(path.stem for path in (GOLDEN / "ubl").glob("*.xml"))


def golden(name: str) -> bytes:
    return (GOLDEN / "ubl" / f"{name}.xml").read_bytes()


def read(content: bytes):
    return ubl.read(content, "r.xml", LIMITS)


@pytest.mark.parametrize("name", FILES)
def test_a_golden_document_becomes_these_rows(name):
    rows = ubl.read(golden(name), f"{name}.xml", LIMITS)
    assert business(rows) == expected(f"ubl/{name}.json")


@pytest.mark.parametrize("name", FILES)
def test_a_golden_document_is_sniffed_and_fits_the_declared_tables(name):
    assert ubl.sniff(golden(name)[:4096], f"{name}.xml")
    rows = read(golden(name))
    for kind, some in rows.tables.items():
        assert SCHEMAS[kind].rows(some).num_rows == len(some)


@pytest.mark.parametrize("name", FILES)
def test_a_golden_document_written_and_read_again_says_the_same(name):
    rows = read(golden(name))
    again = read(ubl.write(rows.tables))
    assert again.faults == []
    assert told(again) == told(rows)


def test_every_kind_of_document_has_a_golden_file():
    assert set(FILES) == {*BY_KIND, "order_response_simple"}


def test_every_position_is_the_byte_where_an_element_of_the_file_begins():
    content = golden("invoice")
    for kind, some in read(content).tables.items():
        for row in some:
            assert content[row["position"] :][:5] in (b"<cac:", b"<Invo"), kind


def test_a_short_or_simple_answer_says_whether_the_order_is_accepted():
    (document,) = read(golden("order_response_simple")).tables["document"]
    assert (document["kind"], document["status_code"]) == ("order_response", "RE")
    assert document["note"] == "ausgelaufen"


def test_who_wrote_a_document_is_the_seller_or_the_buyer_by_its_kind():
    for name in FILES:
        (document,) = read(golden(name)).tables["document"]
        ours = ("order", "receipt", "remittance", "acceptance", "response")
        writer = "buyer_id" if document["kind"] in ours else "seller_id"
        assert document["issuer_id"] == document[writer] is not None


def test_the_account_paid_to_identifies_the_payee_else_the_seller():
    def owner(content: bytes) -> tuple[str, str]:
        tables = read(content).tables
        (row,) = [i for i in tables["party_identifier"] if i["scheme"] == "IBAN"]
        (document,) = tables["document"]
        return row["party_id"], document["payee_id"] or document["seller_id"]

    one, other = owner(golden("invoice"))
    assert one == other
    start = golden("invoice").index(b"<cac:PayeeParty>")
    end = golden("invoice").index(b"</cac:PayeeParty>") + len(b"</cac:PayeeParty>")
    alone, seller = owner(golden("invoice")[:start] + golden("invoice")[end:])
    assert alone == seller != one


def test_a_line_that_names_no_order_means_the_only_one_the_document_names():
    tables = read(golden("receipt")).tables
    (line,) = tables["line"]
    assert (line["order_ref"], line["order_line_ref"]) == (None, "10.2")
    edges = {
        (r["to_kind"], r["to_number"], r["to_line"]) for r in tables["reference"] if r["line_id"]
    }
    assert edges == {("order", "B-4711", "10.2"), ("despatch", "L-88", "1")}


def test_an_invoice_whose_type_is_a_credit_note_is_one():
    content = golden("invoice").replace(b"TypeCode>380<", b"TypeCode>381<")
    (document,) = read(content).tables["document"]
    assert document["kind"] == "credit_note"


def test_a_credit_note_line_without_billing_reference_credits_the_invoice_it_disputes():
    content = golden("credit_note")
    while b"<cac:BillingReference>" in content:
        start = content.index(b"<cac:BillingReference>")
        end = content.index(b"</cac:BillingReference>") + len(b"</cac:BillingReference>")
        content = content[:start] + content[end:]
    (edge,) = read(content).tables["reference"]
    assert (edge["to_kind"], edge["to_number"]) == ("invoice", "R-2031")


def test_the_due_day_is_the_invoice_s_own_before_that_of_its_payment_means():
    means = (
        b"<cac:PaymentMeans><cbc:PaymentDueDate>2026-05-01</cbc:PaymentDueDate></cac:PaymentMeans>"
    )
    later = invoice(more=means.decode())
    assert read(later).tables["document"][0]["due_on"] == date(2026, 5, 1)
    own = later.replace(
        b"<cbc:DocumentCurr", b"<cbc:DueDate>2026-04-01</cbc:DueDate><cbc:DocumentCurr"
    )
    assert read(own).tables["document"][0]["due_on"] == date(2026, 4, 1)


def whats(content: bytes) -> list[str]:
    return [fault.what for fault in read(content).faults]


def test_an_unknown_currency_is_a_fault_and_no_amount_is_guessed():
    content = invoice().replace(b"NOK", b"XQX")
    (document,) = read(content).tables["document"]
    assert document["currency"] is None
    assert document["payable_minor"] is None
    assert "unknown currency 'XQX'" in whats(content)


def test_an_amount_in_another_currency_than_the_document_is_a_fault():
    content = invoice().replace(
        b'PayableAmount currencyID="NOK"', b'PayableAmount currencyID="SEK"'
    )
    assert read(content).tables["document"][0]["payable_minor"] is None
    assert whats(content) == ["payable is in SEK, the document in NOK"]


def test_an_amount_without_a_currency_is_in_the_document_s():
    content = invoice().replace(b'PayableAmount currencyID="NOK"', b"PayableAmount")
    assert read(content).tables["document"][0]["payable_minor"] == 80178
    assert whats(content) == []


def test_a_currency_s_own_decimals_count():
    content = invoice("801").replace(b"801.78", b"801").replace(b"NOK", b"JPY")
    assert read(content).tables["document"][0]["payable_minor"] == 801
    assert "801.78 JPY is not a whole number" in whats(invoice().replace(b"NOK", b"JPY"))[0]


TAX = '<cac:TaxTotal><cbc:TaxAmount currencyID="NOK">{}</cbc:TaxAmount></cac:TaxTotal>'


def test_two_different_tax_totals_in_one_currency_are_neither_taken():
    content = invoice(more=TAX.format("1.00") + TAX.format("2.00"))
    assert read(content).tables["document"][0]["tax_total_minor"] is None
    assert whats(content) == ["the tax total is said twice in one currency; neither is taken"]
    same = invoice(more=TAX.format("1.00") + TAX.format("1.0"))
    assert read(same).tables["document"][0]["tax_total_minor"] == 100
    assert whats(same) == []


def test_totals_that_do_not_add_up_are_kept_and_reported():
    content = invoice().replace(b">801.78<", b">801.77<", 1)
    assert read(content).tables["document"][0]["line_total_minor"] == 80177
    assert whats(content) == [
        "BR-CO-10: the lines sum to 801.78 NOK, LineExtensionAmount says 801.77 NOK"
    ]
    wrong = golden("invoice").replace(b">556.90<", b">556.91<")
    assert [what.partition(":")[0] for what in whats(wrong)] == ["BR-CO-16"]


def test_an_allowance_below_zero_is_read_as_a_charge_and_reported():
    more = (
        "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        '<cbc:Amount currencyID="NOK">-3.00</cbc:Amount></cac:AllowanceCharge>'
    )
    (row,) = read(invoice(more=more)).tables["allowance_charge"]
    assert (row["charge"], row["amount_minor"]) == (True, 300)
    assert whats(invoice(more=more)) == [
        "an allowance or charge is below zero; it is read as its opposite"
    ]


def test_a_price_per_another_unit_than_the_quantity_is_reported():
    content = golden("invoice").replace(
        b'BaseQuantity unitCode="LTR"', b'BaseQuantity unitCode="EA"'
    )
    assert whats(content) == ["line 2 mixes EA, LTR"]


def test_a_sub_line_knows_its_line_and_is_not_counted_twice():
    rows = read(golden("invoice"))
    assert [(r["line_ref"], r["parent_ref"]) for r in rows.tables["line"]] == [
        ("1", None), ("2", None), ("2.1", "2"),
    ]  # fmt: skip
    assert rows.faults == []


def test_a_customer_number_makes_no_two_firms_one():
    first = golden("order")
    other = first.replace(b"Fahrrad Lindner", b"Rad und Tat")
    for scheme in (b"529900ABCDEFGHIJKL12", b"DE298765432"):
        first, other = first.replace(scheme, b""), other.replace(scheme, b"")
    one, two = (read(content).tables["document"][0]["buyer_id"] for content in (first, other))
    assert one is not None
    assert one != two


def test_a_remittance_line_that_pays_two_documents_says_no_amount_for_either():
    content = golden("remittance").replace(
        b"</cac:InvoiceDocumentReference>",
        b"</cac:InvoiceDocumentReference><cac:CreditNoteDocumentReference><cbc:ID>G-9</cbc:ID>"
        b"</cac:CreditNoteDocumentReference>",
    )
    amounts = [row["amount_minor"] for row in read(content).tables["allocation"]]
    assert amounts == [None, None, -1012]
    assert whats(content) == ["line 1 pays 2 documents with one amount"]


def test_a_remittance_that_does_not_say_what_was_paid_is_refused():
    content = golden("remittance").replace(b">535.78<", b">-535.78<")
    assert read(content).tables == {}
    assert whats(content) == ["the remittance does not say what was paid"]


def test_a_kind_ubl_has_no_document_for_is_not_written():
    with pytest.raises(BadTerms, match="UBL has no statement"):
        ubl.write({"document": [{"kind": "statement"}]})
    with pytest.raises(BadTerms, match="0 document rows"):
        ubl.write({})


def test_another_ubl_document_is_named_as_not_read_yet():
    content = invoice().replace(b"Invoice-2", b"Reminder-2").replace(b"<Invoice ", b"<Reminder ")
    content = content.replace(b"</Invoice>", b"</Reminder>")
    assert not ubl.sniff(content[:4096], "r.xml")
    assert whats(content) == ["Reminder is not read yet"]


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


CHAIN = {
    "UBL-Order-2.0-Example.xml": ("order", "AEG012345", {}),
    "UBL-OrderResponseSimple-2.0-Example.xml": ("order_response", "66890-9-09", {"order": "AEG012345"}),
    "UBL-DespatchAdvice-2.0-Example.xml": ("despatch", "565899", {"order": "AEG012345"}),
    "UBL-ReceiptAdvice-2.0-Example.xml": ("receipt", "658398", {"order": "AEG012345", "despatch": "565899"}),
    "UBL-Invoice-2.0-Example.xml": ("invoice", "A00095678", {"order": "AEG012345"}),
    "UBL-CreditNote-2.0-Example.xml": ("credit_note", "CN758494", {"invoice": "A00095678"}),
    "UBL-RemittanceAdvice-2.0-Example.xml": ("remittance", "6577884", {}),
}  # fmt: skip


def test_the_oasis_chain_reads_completely_and_its_two_parties_stay_the_same(shared):
    folder = shared("records/ubl/chain-AEG012345")
    firms: dict[str, set[str]] = defaultdict(set)
    for name, (kind, number, names) in CHAIN.items():
        rows = ubl.read((folder / name).read_bytes(), name, LIMITS)
        assert rows.faults == []
        (document,) = rows.tables["document"]
        assert (document["kind"], document["number"]) == (kind, number)
        edges = {(r["to_kind"], r["to_number"]) for r in rows.tables.get("reference", ())}
        assert edges >= set(names.items())
        for role in ("seller_id", "buyer_id"):
            firms[role].add(document[role])
        assert told(read(ubl.write(rows.tables))) == told(rows)
    assert [len(ids) for ids in firms.values()] == [1, 1]


REAL = [
    "ubl", "corpus/Invoice", "corpus/CreditNote", "corpus/Order", "corpus/OrderResponse",
    "corpus/DespatchAdvice", "peppol-bis3/examples", "peppol-logistics/examples",
    "peppol-postaward", "xrechnung", "en16931/examples",
]  # fmt: skip


@pytest.mark.parametrize("folder", REAL)
def test_real_documents_read_and_write_back_what_they_say(shared, folder):
    read_back = 0
    for path in sorted(shared(f"records/{folder}").rglob("*.xml")):
        content = path.read_bytes()
        if not ubl.sniff(content[:4096], path.name):
            continue
        rows = ubl.read(content, path.name, LIMITS)
        assert rows.documents == 1 or rows.faults, path
        if rows.documents:
            for kind, some in rows.tables.items():
                SCHEMAS[kind].rows(some)
            assert told(read(ubl.write(rows.tables))) == told(rows), path
            read_back += 1
    assert read_back
