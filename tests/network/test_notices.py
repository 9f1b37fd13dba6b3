"""A notice reads like a letter, and its CSV rows add up to it."""

from __future__ import annotations

import re
from typing import Any

from network_world import claim, engine_with, obligation_of, run

from tailrace.network import notice_rows, notice_text
from tailrace.network.notices import COLUMNS, CYCLES_MAX, invoices_sql

NAMES = {"a": "Alder Oy", "b": "Birch AS", "c": "Cedar GmbH"}
# the claim of 20 is no longer made by later records: it goes by its id
INVOICES = {obligation_of("17"): "A/17", obligation_of("19"): "C-19"}
CLAIMS = [
    claim("17", "a", "b", 50000),
    claim("18", "b", "c", 70000),
    claim("19", "c", "a", 60000),
    claim("20", "a", "c", 2500),
]


def told(firm: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a firm's notice with all set-offs and cycles of the clearing of CLAIMS."""
    engine = engine_with(CLAIMS)
    run(engine)
    notice = next(n for n in engine.get("notice").to_pylist() if n["firm_id"] == firm)
    return notice, engine.get("set_off").to_pylist(), engine.get("cycle").to_pylist()


def test_a_notice_tells_before_after_with_whom_and_through_what():
    notice, set_offs, cycles = told("a")
    assert (
        notice_text(notice, set_offs, cycles, NAMES, INVOICES, sender="Valley Circle")
        == f"""\
Notice of set-off, 2026-03-31, EUR
From: Valley Circle
To: Alder Oy
Clearing: {notice["clearing_id"]}

  you owed                        525.00 EUR
  you were owed                   600.00 EUR
  set off on each side            525.00 EUR
  you still owe                     0.00 EUR
  you are still owed               75.00 EUR
  net position, before and after   75.00 EUR

You no longer owe:
  500.00 EUR to Birch AS (invoice A/17)
  25.00 EUR to Cedar GmbH (claim 20)

You are no longer owed:
  525.00 EUR by Cedar GmbH (invoice C-19)

Through these cycles (each owes the next):
  500.00 EUR: Alder Oy -> Birch AS -> Cedar GmbH -> Alder Oy
  25.00 EUR: Alder Oy -> Cedar GmbH -> Alder Oy

No money moved. What remains is due as before.
"""
    )


def test_a_notices_rows_add_up_on_both_sides():
    notice, set_offs, _ = told("c")
    rows = notice_rows(notice, set_offs, NAMES, INVOICES)
    assert all(tuple(row) == COLUMNS for row in rows)
    for side in ("owed", "owing"):
        amount = sum(row["set_off_minor"] for row in rows if row["side"] == side)
        assert amount == notice["set_off_minor"]
    assert {row["counterparty"] for row in rows} == {"Alder Oy", "Birch AS"}
    assert {row["invoice"] for row in rows} == {"C-19", None}


def test_every_claim_of_a_run_has_its_invoices_number_by_its_obligation():
    engine = engine_with([claim("17", "a", "b", 50000, number="A/17")])
    assert engine.sql(invoices_sql()).to_pylist() == [
        {"obligation_id": obligation_of("17"), "number": "A/17"}
    ]


def test_a_firm_without_a_name_goes_by_its_id_and_one_that_cleared_nothing_is_told_so():
    engine = engine_with([*CLAIMS, claim("21", "d", "a", 100)])
    run(engine)
    notice = next(n for n in engine.get("notice").to_pylist() if n["firm_id"] == "d")
    rows = engine.get("set_off").to_pylist(), []
    said = notice_text(notice, *rows, NAMES, {}, sender="Valley Circle")
    assert "To: d\n" in said
    assert re.search(r"set off on each side +0\.00 EUR", said)
    assert "You no longer owe" not in said


def test_small_cycles_beyond_a_dozen_are_counted_not_listed():
    many = [
        row
        for n in range(CYCLES_MAX + 3)
        for row in (claim(f"a{n}", "a", f"s{n}", 100 + n), claim(f"s{n}", f"s{n}", "a", 100 + n))
    ]
    engine = engine_with(many)
    run(engine)
    notice = next(n for n in engine.get("notice").to_pylist() if n["firm_id"] == "a")
    rows = engine.get("set_off").to_pylist(), engine.get("cycle").to_pylist()
    said = notice_text(notice, *rows, {}, {}, sender="Valley Circle")
    assert "and 3 smaller ones" in said
    assert said.index(f"1.{CYCLES_MAX + 2:02d} EUR: a") < said.index(
        f"1.{CYCLES_MAX + 1:02d} EUR: a"
    )
