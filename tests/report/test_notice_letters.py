"""A party's notice as page, rows and UBL: the same figures in each, and they add up."""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from datetime import date

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tailrace.network import clear
from tailrace.network.letters import COLUMNS, Letter, letter_rows, letters_of
from tailrace.report.notice import notice_document, notice_page

ON = date(2026, 3, 31)


def letters(*debts: tuple[str, str, int]) -> dict[str, Letter]:
    """Return the letters of the clearing of debts (debtor, creditor, amount), by firm."""
    table = pa.table(
        {
            "obligation_id": [f"o{n}" for n in range(len(debts))],
            "debtor": pa.array([d for d, _, _ in debts], pa.string()),
            "creditor": pa.array([c for _, c, _ in debts], pa.string()),
            "currency": pa.array(["EUR"] * len(debts), pa.string()),
            "amount_minor": pa.array([a for _, _, a in debts], pa.int64()),
        }
    )
    return {x.party: x for x in letters_of(table, clear(table), name="march", on=ON)}


WORLD = (("Alder", "Birch", 500), ("Birch", "Cedar & Co", 700), ("Cedar & Co", "Alder", 600))


def test_a_letter_tells_before_set_off_and_left_and_the_cycle_it_went_through():
    alder = letters(*WORLD)["Alder"]
    assert (alder.owed_minor, alder.owing_minor, alder.set_off_minor) == (500, 600, 500)
    assert alder.net_minor == 100
    told = [(x.side, x.counterparty, x.before_minor, x.left_minor) for x in alder.lines]
    assert told == [("owed", "Birch", 500, 0), ("owing", "Cedar & Co", 600, 100)]
    assert [(w.firms, w.amount_minor) for w in alder.ways] == [
        (["Alder", "Birch", "Cedar & Co"], 500)
    ]


def test_the_page_names_figures_counterparties_and_cycles_and_escapes_names():
    page = notice_page(letters(*WORLD)["Alder"])
    for words in ("Notice of set-off", "5.00 EUR", "1.00 EUR", "Cedar &amp; Co", "Clearing march"):
        assert words in page
    assert "Alder &rarr; Birch &rarr; Cedar &amp; Co &rarr; Alder" in page
    assert "Cedar & Co" not in page


def test_the_ubl_document_names_the_parties_and_carries_the_lines():
    letter = letters(*WORLD)["Birch"]
    root = etree.fromstring(notice_document(letter, sender="Circle", number="N1"))
    names = {k or "u": v for k, v in root.nsmap.items()}
    assert etree.QName(root).localname == "AttachedDocument"
    parts = [etree.QName(child).localname for child in root]
    assert parts == [
        "UBLVersionID",
        "ID",
        "IssueDate",
        "DocumentType",
        "Note",
        "ParentDocumentID",
        "SenderParty",
        "ReceiverParty",
        "Attachment",
        "ParentDocumentLineReference",
        "ParentDocumentLineReference",
    ]
    assert root.findtext("cbc:ParentDocumentID", namespaces=names) == "march"
    assert root.findtext("cac:ReceiverParty//cbc:Name", namespaces=names) == "Birch"
    file = root.find(".//cbc:EmbeddedDocumentBinaryObject", names)
    assert (file.get("mimeCode"), file.get("filename")) == ("text/csv", "N1.csv")
    rows = list(csv.DictReader(io.StringIO(b64decode(file.text).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["left_minor"]) for row in rows] == [200, 0]
    references = root.findall("cac:ParentDocumentLineReference//cbc:ID", names)
    assert [r.text for r in references] == [row["reference"] for row in rows]


def test_a_name_that_a_spreadsheet_would_run_or_xml_could_not_hold_is_made_plain():
    evil = "=cmd|'/c calc'!A1\x07<x>"
    made = letters((evil, "b", 5), ("b", evil, 5))["b"]
    root = etree.fromstring(notice_document(made))
    text = b64decode(root.find(".//{*}EmbeddedDocumentBinaryObject").text).decode()
    assert all(not cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row)
    assert "<x>" not in notice_page(made)


firms = st.sampled_from("abcd")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(firms, firms, st.integers(0, 50)), max_size=14))
def test_every_letter_adds_up_and_no_net_position_moves(drawn):
    for letter in letters(*drawn).values():
        rows = letter_rows(letter)
        for side, whole in (("owed", letter.owed_minor), ("owing", letter.owing_minor)):
            mine = [row for row in rows if row["side"] == side]
            assert sum(row["before_minor"] for row in mine) == whole
            assert sum(row["set_off_minor"] for row in mine) == letter.set_off_minor
        left = [row["left_minor"] * (1 if row["side"] == "owing" else -1) for row in rows]
        assert sum(left) == letter.net_minor
        through = sum(way.amount_minor for way in letter.ways)
        assert through == letter.set_off_minor  # fewer than WAYS_MAX here
