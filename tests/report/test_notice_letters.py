"""A party's notice as page, rows and UBL: the same figures in each, and they add up."""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from datetime import date

import pyarrow as pa
from debts_world import world
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tailrace.network import NetworkRules, clear, ways_to_settle
from tailrace.network.book_letters import letter_of_rows
from tailrace.network.letters import (
    COLUMNS,
    Letter,
    letter_rows,
    letters_of,
)
from tailrace.network.notices import notice_table
from tailrace.network.rules import CreditLine
from tailrace.report.notice import notice_document, notice_page

ON = date(2026, 3, 31)
SCHEMA = "records/ubl/xsd/maindoc/UBL-AttachedDocument-2.1.xsd"  # as OASIS packs it


def letters(*debts: tuple[str, str, int], rules: NetworkRules | None = None) -> dict[str, Letter]:
    """Return the letters of the clearing of debts (debtor, creditor, amount), by firm."""
    table = world(*debts)
    made = letters_of(table, clear(table, rules), name="march", on=ON)
    return {x.party: x for x in made}


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
        "Note",
        "DocumentType",
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
    assert [r.text for r in references] == [row["invoice"] for row in rows]
    issuers = root.findall("cac:ParentDocumentLineReference//cac:IssuerParty//cbc:Name", names)
    assert [r.text for r in issuers] == ["Cedar & Co", "Birch"]  # a creditor numbers its invoices


def test_a_name_that_a_spreadsheet_would_run_or_xml_could_not_hold_is_made_plain():
    evil = "=cmd|'/c calc'!A1\x07<x>"
    made = letters((evil, "b", 5), ("b", evil, 5))["b"]
    root = etree.fromstring(notice_document(made))
    text = b64decode(root.find(".//{*}EmbeddedDocumentBinaryObject").text).decode()
    assert all(not cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row)
    assert "<x>" not in notice_page(made)


def test_firms_of_a_book_go_by_their_names_in_lines_and_cycles():
    table = world(*WORLD)
    names = {"Alder": "Alder Oy", "Birch": "Birch AS"}
    made = list(letters_of(table, clear(table), name="march", on=ON, names=names))
    assert [(x.party_id, x.party) for x in made][:2] == [
        ("Alder", "Alder Oy"),
        ("Birch", "Birch AS"),
    ]
    assert [line.counterparty for line in made[0].lines] == ["Birch AS", "Cedar & Co"]
    assert made[0].ways[0].firms == ["Alder Oy", "Birch AS", "Cedar & Co"]


def test_debts_are_called_by_their_invoices_numbers_where_they_are_told():
    table = world(("a", "b", 5), ("b", "a", 4)).append_column("invoice", pa.array(["B-7", None]))
    (alder, _) = letters_of(table, clear(table), name="march", on=ON)
    assert [(x.reference, x.obligation_id) for x in alder.lines] == [("B-7", "o0"), ("o1", "o1")]
    assert "<td>B-7</td>" in notice_page(alder)


def test_a_letter_of_a_book_names_invoices_set_off_or_not_and_declared_debts_by_their_ids():
    notice = {"clearing_id": "k", "firm_id": "a", "on": ON, "currency": "EUR"}
    notice |= {"owed_minor": 9, "owing_minor": 4, "set_off_minor": 4, "set_off_owing_minor": 4}
    sides = ({"debtor_id": "a", "creditor_id": "b"}, {"debtor_id": "b", "creditor_id": "a"})
    ends = tuple(side | {"currency": "EUR"} for side in sides)
    debts = [
        {"clearing_id": "k", "obligation_id": "x", "amount_minor": 5, **ends[0]},
        {"clearing_id": "k", "obligation_id": "y", "amount_minor": 4, **ends[0]},
        {"clearing_id": "k", "obligation_id": "z", "amount_minor": 4, **ends[1]},
        {"clearing_id": "old", "obligation_id": "x", "amount_minor": 1, **ends[0]},
    ]
    done = [{"clearing_id": "k", "obligation_id": o, "amount_minor": 4} for o in "yz"]
    letter = letter_of_rows(notice, debts, done, [], {"b": "Birch"}, {"x": "B-1", "y": "B-2"})
    told = [(x.counterparty, x.reference, x.before_minor, x.set_off_minor) for x in letter.lines]
    assert told == [("Birch", "B-1", 5, 0), ("Birch", "B-2", 4, 4), ("Birch", "z", 4, 4)]


def test_under_a_credit_line_the_net_position_moves_by_what_the_circle_is_owed_and_it_is_said():
    # B can pass on 8.00: A and B set off 8.00 each, C 4.00 to A and 4.00 to D
    debts = (("A", "B", 1000), ("B", "C", 800), ("C", "A", 500), ("C", "D", 400))
    lines = tuple(CreditLine(firm=f, long_minor=400, short_minor=400) for f in "AD")
    rules = NetworkRules(minimum_minor=0, credit=lines)
    told = letters(*debts, rules=rules)
    a, d = told["A"], told["D"]
    assert (a.set_off_minor, a.set_off_owing_minor, a.circle_minor) == (800, 400, 400)
    assert (a.net_minor, a.net_after_minor) == (-500, -100)
    assert (d.circle_minor, d.net_minor, d.net_after_minor) == (-400, 400, 0)
    page = notice_page(a)
    assert "goes from -5.00 EUR to -1.00 EUR" in page
    assert "by your credit line you owe the circle 4.00 EUR" in page
    assert "the circle owes you 4.00 EUR" in notice_page(d)
    assert "Your net position is 2.00 EUR as before" in notice_page(told["B"])
    note = etree.fromstring(notice_document(a)).findtext("{*}Note")
    assert note.startswith("8.00 EUR set off of what you owed, 4.00 EUR of what you were owed.")
    table = world(*debts)
    rows = {row["firm"]: row for row in notice_table(clear(table, rules)).to_pylist()}
    for firm, letter in told.items():
        row = rows[firm]
        assert row["net_minor"] == letter.net_minor
        assert row["net_after_minor"] == letter.net_after_minor
        assert row["circle_minor"] == letter.circle_minor
        assert row["set_off_owing_minor"] == letter.set_off_owing_minor


def test_currencies_at_fixed_rates_are_told_each_by_itself_in_amounts_as_they_are():
    # 20 cents are worth 229 oere: 10.03 EUR against 114.50 NOK clear 50 lots
    table = world(("a", "b", 1003), ("b", "a", 11450), ("a", "c", 50))
    codes = pa.array(["EUR", "NOK", "EUR"])
    table = table.set_column(table.column_names.index("currency"), "currency", codes)
    rules = NetworkRules(minimum_minor=0, parity={"EUR": 20, "NOK": 229})
    clearing = clear(table, rules)
    made = list(letters_of(table, clearing, name="march", on=ON))
    told = {
        (x.party, x.currency): (x.owed_minor, x.owing_minor, x.set_off_minor, x.set_off_owing_minor)
        for x in made
    }
    assert told["a", "EUR"] == (1053, 0, 1000, 0)
    assert told["a", "NOK"] == (0, 11450, 0, 11450)
    page = notice_page(made[0])
    assert "net position in EUR goes from -10.53 EUR to -0.53 EUR; over EUR+NOK" in page
    assert "1,000 EUR+NOK: a &rarr; b &rarr; a" in page
    ways = {way.way: (way.cleared_minor, way.left_minor) for way in ways_to_settle(clearing)}
    assert ways["cyclic set-off"] == (2000, 40)  # 102 lots of 20 cents, 100 of them cleared
    assert ways["as owed"] == (0, 2040)


def test_the_sender_is_named_on_the_page_and_in_the_document():
    letter = letters(*WORLD)["Alder"]
    assert "<p>From Valley &amp; Sons</p>" in notice_page(letter, sender="Valley & Sons")
    root = etree.fromstring(notice_document(letter, sender="Valley & Sons"))
    assert root.findtext("{*}SenderParty//{*}Name") == "Valley & Sons"


def test_the_document_is_valid_by_the_schema_of_ubl(shared):
    schema = etree.XMLSchema(file=str(shared(SCHEMA)))
    for letter in letters(*WORLD, ("=evil()", "<x>\x07", 5)).values():
        document = etree.fromstring(notice_document(letter, sender="Valley & Sons"))
        schema.assertValid(document)


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
