from __future__ import annotations

import time
import tomllib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_world import GOLDEN, LIMITS, business, expected

from tailrace.base.errors import BadTerms
from tailrace.formats import csv
from tailrace.formats.table_mapping import parse
from tailrace.formats.table_values import escape_formula, unescape_formula

MAP = """
[[file]]
pattern = "*.csv"
kind = "receipt"
[file.constants]
currency = "EUR"
buyer.name = "Hafenwerk"
[file.columns]
"no" = "number"
"day" = "issued_on"
"seller" = "seller.name"
"order" = "order.number"
"item" = "line.item_ref"
"qty" = "line.quantity"
"net" = "line.net"
"""
HEADER = "no,day,seller,order,item,qty,net"
ROW = "R1,2026-03-02,Weir,PO1,A,5,10.00"


def read(text: str | bytes, mapping: str = MAP, name: str = "r.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return csv.read(content, name, LIMITS, parse(mapping, "r.map.toml"))


def whats(rows) -> list[str]:
    return [f"{f.position}: {f.what}" for f in rows.faults]


def lines(rows) -> list[str]:
    return [row["item_ref"] for row in rows.tables.get("line", [])]


@pytest.mark.parametrize("name", ["wareneingang", "payments"])
def test_the_golden_files_become_what_is_written_beside_them(name):
    mappings = parse((GOLDEN / f"csv/{name}.map.toml").read_text("utf-8"), f"{name}.map.toml")
    content = (GOLDEN / f"csv/{name}.csv").read_bytes()
    rows = csv.read(content, f"{name}.csv", LIMITS, mappings)
    assert business(rows) == expected(f"csv/{name}.expected.json")


@pytest.mark.parametrize("name", ["wareneingang", "payments"])
def test_what_was_read_is_written_and_read_again_the_same(name):
    mappings = parse((GOLDEN / f"csv/{name}.map.toml").read_text("utf-8"), f"{name}.map.toml")
    first = csv.read((GOLDEN / f"csv/{name}.csv").read_bytes(), f"{name}.csv", LIMITS, mappings)
    again = csv.read(csv.write(first.tables, mappings[0]), f"{name}.csv", LIMITS, mappings)
    assert not again.faults
    assert _unplaced(business(again)) == _unplaced(business(first))


def _unplaced(shown):
    """Without row numbers and faults: refused rows are not written, so later rows move up."""
    tables = {k: v for k, v in shown.items() if k != "fault"}
    return {
        kind: sorted(str({k: v for k, v in row.items() if k != "position"}) for row in rows)
        for kind, rows in tables.items()
    }


def test_rows_of_one_number_and_issuer_are_one_document_wherever_they_stand():
    rows = read(f"{HEADER}\n{ROW}\nR2,2026-03-02,Weir,PO2,B,1,1\nR1,,,PO1,C,2,2\n")
    assert [d["number"] for d in rows.tables["document"]] == ["R1", "R2"]
    first = rows.tables["document"][0]["document_id"]
    assert [r["item_ref"] for r in rows.tables["line"] if r["document_id"] == first] == ["A", "C"]
    assert not rows.faults


def test_the_same_number_of_two_sellers_is_two_invoices():
    mapping = MAP.replace('"receipt"', '"invoice"')
    rows = read(f"{HEADER}\n{ROW}\n{ROW.replace('Weir', 'Dam')}\n", mapping)
    assert len(rows.tables["document"]) == 2


def test_a_later_row_that_says_otherwise_is_a_fault_and_the_first_counts():
    rows = read(f"{HEADER}\n{ROW}\nR1,2026-03-09,Weir,PO1,B,1,1\n")
    assert whats(rows) == ["3: day (issued_on) is '2026-03-09' here, '2026-03-02' in row 2"]
    assert rows.tables["document"][0]["issued_on"] == date(2026, 3, 2)
    assert lines(rows) == ["A", "B"]


def test_one_document_may_serve_several_orders():
    rows = read(f"{HEADER}\n{ROW}\nR1,2026-03-02,Weir,PO2,B,1,1\n")
    whole = [r["to_number"] for r in rows.tables["reference"] if r.get("line_id") is None]
    assert whole == ["PO1", "PO2"]
    assert [r["order_ref"] for r in rows.tables["line"]] == ["PO1", "PO2"]


@given(st.lists(st.sampled_from(["good", "ragged", "day", "number", "quote"]), max_size=30))
def test_a_bad_row_never_loses_its_neighbours(kinds):
    spelled = {
        "good": "R{i},2026-03-02,Weir,PO1,I{i},5,10.00",
        "ragged": "R{i},2026-03-02,Weir",
        "day": "R{i},02.03.2026,Weir,PO1,I{i},5,10.00",
        "number": ",2026-03-02,Weir,PO1,I{i},5,10.00",
        "quote": 'R{i},2026-03-02,"Weir,PO1,I{i},5,10.00',
    }
    text = "\n".join([HEADER, *(spelled[kind].format(i=i) for i, kind in enumerate(kinds))])
    rows = read(text)
    assert lines(rows) == [f"I{i}" for i, kind in enumerate(kinds) if kind == "good"]
    bad = {i + 2 for i, kind in enumerate(kinds) if kind != "good"}
    assert {f.position for f in rows.faults} == bad


def test_a_bad_field_that_may_be_missing_is_null_with_a_fault_that_names_it():
    rows = read(f"{HEADER}\n{ROW.replace('10.00', 'ten')}\n")
    assert rows.tables["line"][0]["net_minor"] is None
    assert whats(rows) == ["2: net (line.net): 'ten' is not a number"]


@pytest.mark.parametrize("spelled", ["NaN", "1e3", "1,5", "1.234,56", "١٢", "--1", "1.2.3", "0x1"])
def test_a_number_is_read_only_as_declared(spelled):
    rows = read(f'{HEADER}\nR1,2026-03-02,Weir,PO1,A,"{spelled}",1\n')
    assert rows.tables["line"][0]["quantity"] is None
    assert "is not a number" in rows.faults[0].what
    assert "decimal = '.'" in rows.faults[0].mend


def test_a_decimal_comma_is_read_where_it_is_declared():
    mapping = MAP.replace('kind = "receipt"', 'kind = "receipt"\ndecimal = ","\nthousands = "."')
    good = read(f'{HEADER}\nR1,2026-03-02,Weir,PO1,A,"1.234,5","1.234,56"\n', mapping)
    assert good.tables["line"][0]["quantity"] == Decimal("1234.5")
    assert good.tables["line"][0]["net_minor"] == 123456
    bad = read(f'{HEADER}\nR1,2026-03-02,Weir,PO1,A,"12.34,5","1,234.56"\n', mapping)
    assert len(bad.faults) == 2


def test_an_amount_is_kept_exactly_or_refused():
    rows = read(f"{HEADER}\n{ROW.replace('10.00', '10.005')}\n")
    assert "not a whole number of minor units" in rows.faults[0].what


def test_an_amount_without_a_currency_says_how_to_declare_one():
    rows = read(f"{HEADER}\n{ROW}\n", MAP.replace('currency = "EUR"\n', ""))
    assert "currency" in rows.faults[0].mend
    unknown = read(f"{HEADER}\n{ROW}\n", MAP.replace('"EUR"', '"EUX"'))
    assert "unknown currency 'EUX'" in unknown.faults[0].what


def test_text_that_looks_like_a_formula_stays_text():
    rows = read(f"{HEADER}\nR1,2026-03-02,=cmd|calc!A0,PO1,+A,5,1\n")
    assert "=cmd|calc!A0" in {p["name"] for p in rows.tables["party"]}
    assert lines(rows) == ["+A"]


@pytest.mark.parametrize(
    "text", ["=cmd|calc!A0", "+A", "@x", "-a", "\tx", "'=1", "''+2", "'x", "-5"]
)
def test_export_escapes_what_a_spreadsheet_would_run_and_import_takes_it_off(text):
    shown = escape_formula(text)
    assert shown[0] not in "=+@\t\r" and (shown[0] != "-" or text == "-5")
    assert unescape_formula(shown) == text


@given(st.text())
def test_escaping_loses_nothing(text):
    assert unescape_formula(escape_formula(text)) == text


def test_a_written_file_holds_no_live_formula():
    mapping = parse(MAP, "m")[0]
    rows = read(f"{HEADER}\nR1,2026-03-02,=cmd|calc!A0,PO1,A,-5,-1.00\n")
    written = csv.write(rows.tables, mapping).decode()
    assert "'=cmd|calc!A0" in written
    assert ",-5,-1.00" in written


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (f"{HEADER}\n{ROW}\n".encode("utf-8-sig"), "utf-8"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "utf-8"),
        (f"{HEADER}\n{ROW.replace('Weir', 'Söhne')}\n".encode("cp1252"), "cp1252"),
        (f"{HEADER}\r\n{ROW}\r\n".encode(), "utf-8"),
        (f"{HEADER}\r{ROW}\r".encode(), "utf-8"),
    ],
)
def test_byte_order_marks_encodings_and_line_ends_are_read(content, encoding):
    mapping = MAP.replace('kind = "receipt"', f'kind = "receipt"\nencoding = "{encoding}"')
    rows = read(content, mapping)
    assert lines(rows) == ["A"] and not rows.faults


def test_a_row_not_in_the_declared_encoding_is_a_fault_and_the_others_stay():
    bad = f"{HEADER}\n{ROW}\n".encode() + "R2,2026-03-02,Söhne,PO1,B,5,1\n".encode("cp1252")
    rows = read(bad + b"R3,2026-03-02,Weir,PO1,C,5,1\n")
    assert lines(rows) == ["A", "C"]
    assert whats(rows) == ["3: the row holds bytes that are not utf-8"]
    assert "cp1252" in rows.faults[0].mend


def test_a_row_with_a_control_character_is_a_fault():
    rows = read(f"{HEADER}\n{ROW}\nR2,2026-03-02,We\x00ir,PO1,B,5,1\n")
    assert whats(rows) == ["3: the row holds a control character (U+0000)"]


def test_a_header_without_a_mapped_column_names_it_and_the_nearest():
    rows = read(f"{HEADER.replace('qty', 'qtty')}\n{ROW}\n")
    assert not rows.tables
    assert rows.faults[0].what == "the header lacks 'qty' (nearest: 'qtty')"
    assert rows.faults[0].position == 1


def test_another_delimiter_is_named():
    rows = read(f"{HEADER}\n{ROW}\n".replace(",", ";"))
    assert "declare delimiter = ';'" in rows.faults[0].what


def test_a_mapped_column_that_is_there_twice_is_refused():
    rows = read(f"{HEADER},qty\n{ROW},5\n")
    assert rows.faults[0].what == "column 'qty' is in the header twice"


def test_a_column_nobody_mapped_may_come_twice():
    assert not read(f"{HEADER},x,x\n{ROW},1,2\n").faults


def test_a_ragged_row_says_both_widths_and_blank_rows_are_no_rows():
    rows = read(f"{HEADER}\n\n{ROW},extra\n,,,,,,\n{ROW},,\n")
    assert whats(rows) == ["3: the row has 8 cells, the header 7"]
    assert lines(rows) == ["A"]


def test_a_quote_that_is_never_closed_loses_only_its_own_row():
    many = "\n".join(f"R{i},2026-03-02,Weir,PO1,I{i},5,1" for i in range(2, 900))
    rows = read(f'{HEADER}\n{ROW}\nR1,2026-03-02,"Weir,PO1,B,5,1\n{many}\n')
    assert whats(rows) == ["3: the row is malformed: a quote is never closed"]
    assert len(lines(rows)) == 899


def test_a_cell_may_hold_line_ends():
    rows = read(f'{HEADER}\nR1,2026-03-02,"Weir\nand Sons",PO1,A,5,1\n{ROW}\n')
    assert "Weir\nand Sons" in {p["name"] for p in rows.tables["party"]}
    assert {d["position"] for d in rows.tables["document"]} == {2}


def test_an_empty_file_and_a_header_alone_are_told_apart():
    assert read("").faults[0].what == "the file is empty"
    only = read(f"{HEADER}\n")
    assert not only.faults and not only.tables


def test_a_document_without_line_columns_stands_in_one_row():
    mapping = MAP.replace('"item" = "line.item_ref"\n', "").replace('"qty" = "line.quantity"\n', "")
    rows = read(f"{HEADER}\n{ROW}\n{ROW}\n", mapping.replace("line.net", "payable"))
    assert whats(rows) == ["3: document 'R1' is already in row 2"]
    assert rows.tables["document"][0]["payable_minor"] == 1000


def test_without_a_mapping_the_fault_prints_one_that_works():
    text = "invoice no;date;supplier;amount;what\n7;02.03.2026;Weir;1.234,56;x\n"
    fault = csv.read(text.encode(), "old/books.csv", LIMITS).faults[0]
    assert fault.what == "no mapping is declared for this table"
    assert "books.map.toml" in fault.mend
    skeleton = fault.mend.split("\n", 1)[1]
    assert tomllib.loads(skeleton)["file"][0]["decimal"] == ","
    rows = csv.read(text.encode(), "old/books.csv", LIMITS, parse(skeleton, "books.map.toml"))
    assert not rows.faults
    assert rows.tables["document"][0]["payable_minor"] == 123456
    assert rows.tables["document"][0]["issued_on"] == date(2026, 3, 2)


def test_a_skeleton_survives_any_header():
    fault = csv.read(b'a"b,\\x,=1,\n1,2,3,4\n', "x.csv", LIMITS).faults[0]
    assert tomllib.loads(fault.mend.split("\n", 1)[1])["file"][0]["pattern"] == "x.csv"


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("[[file]", "not TOML"),
        ("x = 1", "declares no [[file]] (found x)"),
        (MAP.replace("receipt", "recipe"), "no kind 'recipe'"),
        (MAP.replace("line.item_ref", "line.itm"), "no field 'line.itm'"),
        (MAP.replace("seller.name", "seller.nmae"), "no field 'seller.nmae'"),
        (MAP.replace('"no" = "number"\n', ""), "a receipt needs number"),
        (MAP.replace("line.item_ref", "number"), "number mapped twice"),
        (MAP.replace('pattern = "*.csv"', "delimiter = ';;'\npattern='*'"), "not one character"),
        (MAP.replace('pattern = "*.csv"', "decimal = 'x'\npattern='*'"), "decimal is . or ,"),
        (
            MAP.replace('pattern = "*.csv"', "encoding = 'utf-9'\npattern='*'"),
            "no encoding 'utf-9'",
        ),
        (MAP.replace('pattern = "*.csv"', "colour = 'red'\npattern='*'"), "'colour' is not a key"),
        (MAP.replace('pattern = "*.csv"\n', ""), "'pattern' is missing"),
        (MAP.replace("receipt", "payment"), "no field 'issued_on'"),
    ],
)
def test_a_wrong_mapping_says_what_where_and_how_to_mend_it(broken, what):
    with pytest.raises(BadTerms) as caught:
        parse(broken, "r.map.toml")
    assert what in caught.value.what
    assert caught.value.where.startswith("r.map.toml")
    assert caught.value.mend


def test_a_payment_file_must_say_who_tells_it():
    with pytest.raises(BadTerms, match=r"payment\.told_by"):
        parse(
            "[[file]]\npattern='*'\nkind='payment'\n[file.columns]\n"
            "a='payment.amount'\nb='payment.booked_on'\n",
            "p.map.toml",
        )


def test_thirty_thousand_rows_take_seconds():
    row = "R{a},2026-03-02,,PO{a},A{b},{c}.5,{d}.10"
    rows = [row.format(a=i // 3, b=i % 500, c=i % 97, d=i % 1000) for i in range(30_000)]
    start = time.process_time()
    assert len(read("\n".join([HEADER, *rows])).tables["line"]) == 30_000
    assert time.process_time() - start < 6  # about one second on an idle core
