"""Green Button feeds: what a meter counted, as its reader publishes it. The golden file is ours."""

from __future__ import annotations

from decimal import Decimal

import pytest
from intake_world import GOLDEN, LIMITS, business, expected

from tailrace.formats import espi
from tailrace.formats.registry import find
from tailrace.records.tables import READING

TEXT = (GOLDEN / "espi/monthly.xml").read_text("utf-8")


def read(text: str = TEXT):
    return espi.read(text.encode(), "monthly.xml", LIMITS)


def values(text: str = TEXT) -> list[Decimal]:
    return [row["value"] for row in read(text).tables.get("reading", [])]


def test_the_golden_feed_becomes_these_readings():
    rows = read()
    assert business(rows) == expected("espi/monthly.expected.json")
    assert READING.rows(rows.tables["reading"]).num_rows == 2


def test_a_feed_finds_its_format_by_its_first_bytes():
    assert find(TEXT.encode()[:4096], "f.xml", []).name == "espi"


def test_a_feed_of_something_else_is_left_to_others():
    assert not espi.sniff(b'<feed xmlns="http://www.w3.org/2005/Atom"><title/></feed>', "f.xml")


@pytest.mark.parametrize(("power", "counted"), [("3", "412"), ("0", "0.412"), ("-3", "0.000412")])
def test_watt_hours_and_their_power_of_ten_become_kilowatt_hours(power, counted):
    text = TEXT.replace(">3</espi:powerOf", f">{power}</espi:powerOf")
    assert values(text)[0] == Decimal(counted)


def test_a_value_finer_than_six_decimals_is_a_fault_and_is_not_rounded():
    rows = read(TEXT.replace(">3</espi:powerOf", ">-9</espi:powerOf"))
    assert "reading" not in rows.tables
    assert len(rows.faults) == 4


def test_the_author_of_the_feed_is_the_reader_and_without_one_nobody_is():
    assert all(row["reader_id"] for row in read().tables["reading"])
    nobody = read(TEXT.replace("<author><name>Muldennetz</name></author>", ""))
    assert [row["reader_id"] for row in nobody.tables["reading"]] == [None, None]


def test_a_meter_without_a_title_is_known_by_its_address():
    rows = read(TEXT.replace("<title>Z-4711</title>", ""))
    assert {row["meter_ref"] for row in rows.tables["reading"]} == {"01"}


def test_a_running_total_has_an_end_and_no_start():
    text = TEXT.replace(">4</espi:accumulation", ">3</espi:accumulation")
    rows = read(text).tables["reading"]
    assert {(row["cumulative"], row["from_at"]) for row in rows} == {(True, None)}
    assert len(rows) == 3  # a total needs no duration


def test_a_doctype_is_refused():
    rows = read(TEXT.replace("?>", '?><!DOCTYPE feed [<!ENTITY a "b">]>', 1))
    assert rows.tables == {}
    assert len(rows.faults) == 1
