"""What is wrong or unclear in a UBL document: what is said of it, and what is taken all the same."""

from __future__ import annotations

import pytest
from ubl_world import golden, read, whats
from xml_world import invoice

from tailrace.base.errors import BadTerms
from tailrace.formats import ubl


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
