"""Answers to invoices: what counts as the buyer's acceptance, and what does not."""

from __future__ import annotations

import pytest
from intake_world import GOLDEN, LIMITS
from xml_world import told

from tailrace.base.errors import BadTerms
from tailrace.formats import ubl

GIVEN = (GOLDEN / "ubl" / "acceptance.xml").read_text("utf-8")
LINE = (
    "<cac:LineResponse><cac:LineReference><cbc:LineID>1</cbc:LineID></cac:LineReference>"
    "<cac:Response><cbc:ResponseCode>{}</cbc:ResponseCode></cac:Response></cac:LineResponse>"
)


def read(text: str):
    return ubl.read(text.encode(), "a.xml", LIMITS)


def answer(text: str):
    rows = read(text)
    assert rows.faults == []
    (document,) = rows.tables["document"]
    return document


@pytest.mark.parametrize("code", ["AP", "PD"])
def test_approved_and_paid_are_acceptances(code):
    document = answer(GIVEN.replace(">AP<", f">{code}<"))
    assert (document["kind"], document["status_code"]) == ("acceptance", code)


@pytest.mark.parametrize("code", ["AB", "IP", "UQ", "CA", "RE"])
def test_every_other_code_is_a_response_and_keeps_its_code(code):
    document = answer(GIVEN.replace(">AP<", f">{code}<"))
    assert (document["kind"], document["status_code"]) == ("response", code)


def test_the_words_of_oioubl_are_read_as_codes():
    assert answer(GIVEN.replace(">AP<", ">BusinessAccept<"))["kind"] == "acceptance"
    assert answer(GIVEN.replace(">AP<", ">BusinessReject<"))["status_code"] == "RE"
    assert answer(GIVEN.replace(">AP<", ">TechnicalAccept<"))["kind"] == "response"


def test_a_message_level_response_that_could_read_the_file_accepts_nothing():
    document = answer(GIVEN.replace("trns:invoice_response:3", "trns:mlr:3"))
    assert (document["kind"], document["status_code"]) == ("response", "AP")


def test_a_line_that_is_answered_otherwise_makes_the_acceptance_one_on_conditions():
    end = "</cac:DocumentResponse>"
    document = answer(GIVEN.replace(end, LINE.format("RE") + end))
    assert (document["kind"], document["status_code"]) == ("response", "CA")
    assert answer(GIVEN.replace(end, LINE.format("AP") + end))["kind"] == "acceptance"


def test_the_sender_writes_it_and_is_the_buyer_of_the_invoice_it_answers():
    document = answer(GIVEN)
    assert document["issuer_id"] == document["buyer_id"] is not None
    assert document["seller_id"] not in (None, document["buyer_id"])


def test_who_accepts_for_a_buyer_it_names_is_not_that_buyer():
    buyer = (
        '<cac:RecipientParty><cac:PartyIdentification><cbc:ID schemeID="0088">9876549873211</cbc:ID>'
        "</cac:PartyIdentification></cac:RecipientParty></cac:DocumentResponse>"
    )
    document = answer(GIVEN.replace("</cac:DocumentResponse>", buyer))
    assert document["buyer_id"] not in (None, document["issuer_id"])


def test_an_answer_to_an_order_is_the_sellers():
    document = answer(GIVEN.replace(">380<", ">220<"))
    assert document["issuer_id"] == document["seller_id"] is not None


def test_what_an_answer_to_a_catalogue_answers_is_no_reference():
    rows = read(GIVEN.replace(">380<", ">Catalogue<"))
    assert "reference" not in rows.tables


@pytest.mark.parametrize(
    "change", [("AP", "AP"), (">AP<", ">RE<"), (":invoice_response:", ":mlr:")]
)
def test_an_answer_written_and_read_again_says_the_same(change):
    rows = read(GIVEN.replace(*change))
    again = read(ubl.write(rows.tables).decode())
    assert again.faults == []
    assert told(again) == told(rows)


def test_an_acceptance_of_quantities_is_not_written_as_if_it_were_whole():
    tables = {**read(GIVEN).tables, "line": [{"line_id": "l", "line_ref": "1"}]}
    with pytest.raises(BadTerms, match="an acceptance with lines"):
        ubl.write(tables)
