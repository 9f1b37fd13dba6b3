from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO

import msgspec
import openpyxl
import pytest
from intake_world import GOLDEN, LIMITS, business, expected

from tailrace.formats import excel
from tailrace.formats.table_mapping import parse

MAP = (GOLDEN / "excel/invoices.map.toml").read_text("utf-8")


def workbook(*rows, sheet="Invoices") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, mapping: str = MAP, limits=LIMITS):
    return excel.read(content, "invoices.xlsx", limits, parse(mapping, "invoices.map.toml"))


SMALL = """
[[file]]
pattern = "*.xlsx"
kind = "invoice"
constants = { currency = "EUR" }
columns = { "No" = "number", "Day" = "issued_on", "Total" = "payable" }
"""


def test_the_golden_workbook_becomes_what_is_written_beside_it():
    rows = read((GOLDEN / "excel/invoices.xlsx").read_bytes())
    assert business(rows) == expected("excel/invoices.expected.json")


def test_a_number_is_read_to_the_fifteen_digits_a_workbook_keeps():
    rows = read(workbook(("No", "Day", "Total"), (1, datetime(2026, 3, 2), 0.1 + 0.2)), SMALL)
    assert rows.tables["document"][0]["payable_minor"] == 30
    rows = read(workbook(("No", "Day", "Total"), (1, datetime(2026, 3, 2), 0.005)), SMALL)
    assert "not a whole number of minor units" in rows.faults[0].what


@pytest.mark.parametrize("cell", [True, 46083, datetime(1899, 12, 31)])
def test_a_cell_that_is_no_day_refuses_its_row_alone(cell):
    day = datetime(2026, 3, 2)
    content = workbook(("No", "Day", "Total"), ("A", cell, 1), ("B", day, 2))
    rows = read(content, SMALL)
    assert [d["number"] for d in rows.tables["document"]] == ["B"]
    assert {f.position for f in rows.faults} == {2}


def test_a_formula_is_not_run_and_a_text_stays_text():
    content = workbook(("No", "Day", "Total"), ("=1+1", datetime(2026, 3, 2), 1))
    assert "the document number is blank" in read(content, SMALL).faults[0].what


def test_a_missing_sheet_names_those_there_are():
    fault = read(workbook(("No",), sheet="März")).faults[0]
    assert fault.what == "the workbook has no sheet 'Invoices'"
    assert "März" in fault.mend


def test_without_a_mapping_the_fault_prints_one():
    content = workbook(("Invoice no", "Date", "Amount"), (1, datetime(2026, 3, 2), 1))
    fault = excel.read(content, "a/b.xlsx", LIMITS).faults[0]
    assert '"Invoice no" = "number"' in fault.mend
    assert not excel.read(
        content, "b.xlsx", LIMITS, parse(fault.mend.split("\n", 1)[1], "m")
    ).faults


def test_a_damaged_workbook_is_one_fault():
    content = workbook(("No", "Day", "Total"))
    for broken in (content[:200], b"PK\x03\x04", _without(content, "xl/workbook.xml")):
        fault = read(broken, SMALL).faults[0]
        assert "the workbook cannot be read" in fault.what
        assert fault.source_id


def test_a_workbook_that_expands_too_far_is_refused():
    content = workbook(*[("No", "Day", "Total")] * 2000)
    tight = msgspec.structs.replace(LIMITS, bytes_max=20_000, expansion_max=1)
    assert "the workbook expands to" in read(content, SMALL, tight).faults[0].what


def test_a_workbook_that_declares_a_doctype_is_refused():
    content = workbook(("No", "Day", "Total"))
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><sheet/>'
    fault = read(_without(content, "xl/worksheets/sheet1.xml", evil), SMALL).faults[0]
    assert fault.what == "xl/worksheets/sheet1.xml declares a DOCTYPE, which is refused"


def test_a_cell_far_away_costs_nothing():
    book = openpyxl.Workbook()
    book.active.append(("No", "Day", "Total"))
    book.active.append(("A", datetime(2026, 3, 2), 1))
    book.active["XFD900"] = "far"
    out = BytesIO()
    book.save(out)
    rows = read(out.getvalue(), SMALL)
    assert len(rows.tables["document"]) == 1
    assert "16384 cells" in rows.faults[0].what


def _without(content: bytes, name: str, instead: bytes | None = None) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info.filename, old.read(info))
        if instead is not None:
            new.writestr(name, instead)
    return out.getvalue()
