from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
from intake_world import GATE, LIMITS

from tailrace.formats import csv
from tailrace.formats.intake import Known, read_items
from tailrace.formats.table_fields import KINDS, field_of, names
from tailrace.formats.table_mapping import parse
from tailrace.gates import open_gate

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/own-csv.md").read_text("utf-8")


def test_the_example_folder_is_read_without_a_fault():
    items = open_gate(ROOT / "examples/own-csv", **GATE).items()
    batches = list(read_items(items, LIMITS, Known(), 1))
    found = {
        kind: pa.concat_tables([b.tables[kind] for b in batches]).to_pylist()
        for kind in ("document", "line", "fault", "party_identifier")
    }
    assert found["fault"] == []
    payable = {d["number"]: d["payable_minor"] for d in found["document"]}
    assert payable == {"GR-1001": None, "GR-1002": None, "INV-501": 366000, "D-9": 60000}
    assert len(found["line"]) == 6
    assert all(line["order_ref"] and line["order_line_ref"] for line in found["line"])
    assert {i["value"] for i in found["party_identifier"]} == {
        "DE123456789",
        "GB123456789",
        "FR40303265045",
    }


def test_the_ten_lines_of_the_page_are_ten_and_work():
    mapping, readings = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(mapping.splitlines()) == 10
    text = "Invoice no,Date,Due,Supplier,Total\n7,2026-03-02,2026-04-01,Weir,119.00\n"
    rows = csv.read(text.encode(), "invoices-march.csv", LIMITS, parse(mapping, "page"))
    assert not rows.faults
    assert rows.tables["document"][0]["payable_minor"] == 11900
    rows = csv.read(
        b"Meter,Day,Total\nM7,2026-03-02,119\n", "readings.csv", LIMITS, parse(readings, "page")
    )
    assert not rows.faults
    assert rows.tables["reading"][0]["cumulative"]


def test_every_field_the_page_names_is_one():
    section = PAGE.split("## Fields")[1].split("## When")[0]
    spelled = set(re.findall(r"`([a-z_]+(?:\.[A-Za-z0-9_]+)?)`", section))
    spelled -= {"bank", "debtor", "seller", "buyer", "payee", "ship_from", "ship_to", "payment"}
    spelled = {name for name in spelled if name not in ("line", "_minor")}
    assert len(spelled) > 30
    for name in spelled:
        kind = "payment" if name.split(".")[0] in ("payment", "debtor", "creditor") else "invoice"
        assert field_of(name, kind, "page").name == name


def test_every_field_that_is_listed_to_people_can_be_mapped():
    for kind in KINDS:
        for name in names(kind):
            assert field_of(name, kind, "list").name == name
