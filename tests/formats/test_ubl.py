"""UBL documents, read and written by one mapping. The golden files are ours; the firms invented."""

from __future__ import annotations

from datetime import date

import pytest
from intake_world import LIMITS, business, expected
from ubl_world import FILES, SCHEMAS, golden, read
from xml_world import invoice, told

from tailrace.formats import ubl
from tailrace.formats.ubl_paths import BY_KIND


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
