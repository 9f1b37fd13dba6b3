"""Timesheets, acceptances, meter readings and other firms' receipts as table files."""

from __future__ import annotations

import pytest
from intake_world import GOLDEN, LIMITS, business, expected

from tailrace.base.errors import BadTerms
from tailrace.formats import csv
from tailrace.formats.table_mapping import parse

NAMES = ["stundenzettel", "abnahme", "ablesung", "frachtbrief"]
READINGS = """
[[file]]
pattern = "*.csv"
kind = "reading"
[file.constants]
unit = "KWH"
[file.columns]
"meter" = "meter_ref"
"from" = "from_at"
"to" = "to_at"
"value" = "value"
"running" = "cumulative"
"""


def golden(name: str):
    mapping = (GOLDEN / f"csv/{name}.map.toml").read_text("utf-8")
    return (GOLDEN / f"csv/{name}.csv").read_bytes(), parse(mapping, f"{name}.map.toml")


def read(rows: str, mapping: str = READINGS):
    text = f"meter,from,to,value,running\n{rows}"
    return csv.read(text.encode(), "r.csv", LIMITS, parse(mapping, "r.map.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_files_of_services_become_what_is_written_beside_them(name):
    content, mappings = golden(name)
    rows = csv.read(content, f"{name}.csv", LIMITS, mappings)
    assert business(rows) == expected(f"csv/{name}.expected.json")


@pytest.mark.parametrize("name", ["stundenzettel", "abnahme", "ablesung"])
def test_what_was_read_of_services_is_written_and_read_again_the_same(name):
    content, mappings = golden(name)
    first = csv.read(content, f"{name}.csv", LIMITS, mappings)
    again = csv.read(csv.write(first.tables, mappings[0]), f"{name}.csv", LIMITS, mappings)
    assert not again.faults
    assert {**business(again), "fault": 0} == {**business(first), "fault": 0}


def test_a_timesheet_is_its_signers_word_and_the_sellers_where_nobody_signed():
    content, mappings = golden("stundenzettel")
    signed, bare = csv.read(content, "stundenzettel.csv", LIMITS, mappings).tables["document"]
    assert signed["issuer_id"] == signed["buyer_id"] != signed["seller_id"]
    assert bare["issuer_id"] == bare["seller_id"] != bare["buyer_id"]


def test_a_carriers_receipt_is_the_carriers_word():
    content, mappings = golden("frachtbrief")
    (receipt,) = csv.read(content, "frachtbrief.csv", LIMITS, mappings).tables["document"]
    assert receipt["issuer_id"] not in (None, receipt["buyer_id"], receipt["seller_id"])


def test_an_acceptance_that_counts_nothing_has_no_lines():
    content, mappings = golden("abnahme")
    rows = csv.read(content, "abnahme.csv", LIMITS, mappings)
    whole = rows.tables["document"][1]["document_id"]
    assert [line["document_id"] == whole for line in rows.tables["line"]] == [False]


def test_a_reading_with_a_start_is_an_interval_and_one_without_a_running_total():
    rows = read("M,2026-03-01,2026-03-02,5,\nM,,2026-03-02,105,\n")
    assert [r["cumulative"] for r in rows.tables["reading"]] == [False, True]


def test_an_interval_without_its_start_is_refused():
    rows = read("M,,2026-03-02,5,no\n")
    assert "reading" not in rows.tables
    assert [f.what for f in rows.faults] == ["reading refused: an interval without its start"]


def test_a_field_readings_do_not_have_is_named_with_those_they_have():
    with pytest.raises(BadTerms, match=r"no field 'line\.quantity'") as why:
        read(
            "",
            READINGS.replace('"unit"', '"x"').replace('"value" = "value"', '"v" = "line.quantity"'),
        )
    assert "meter_ref" in why.value.mend and "reader.VAT" in why.value.mend


def test_a_mapping_of_readings_must_say_meter_moment_value_and_unit():
    with pytest.raises(BadTerms, match="a reading needs value"):
        read("", READINGS.replace('"value" = "value"\n', ""))
