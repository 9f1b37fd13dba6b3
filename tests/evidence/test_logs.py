"""Event logs counted: the golden logs, and what cannot be read in one."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from logs_world import CASES, ON, by_steps, events_of, rules_of, sections, spoken, table

from tailrace.base.errors import BadTerms
from tailrace.evidence.logs.count import counted
from tailrace.evidence.logs.narrow import columns_of, narrowed, with_cases
from tailrace.records import ids
from tailrace.records.tables import EVENT
from tailrace.street.rules import packaged


@pytest.mark.parametrize("path", CASES, ids=[p.stem for p in CASES])
def test_the_log_adds_up(path: Path):
    said = sections(path.read_text("utf-8"))
    on = date.fromisoformat(said["on"][0]) if "on" in said else ON
    rules = rules_of(said.get("rules", []))
    events = events_of(said["log"])
    random.Random(3).shuffle(events)  # the order in which rows come in says nothing
    made = by_steps({"event": events}, on, rules)
    for section, kind in (("counted", "counted"), ("state", "case_state")):
        rows = [spoken(row) for row in made[kind]]
        expected = table(said[section])
        assert [{k: row[k] for k in expected[0]} for row in rows] == expected


@pytest.mark.parametrize("path", CASES, ids=[p.stem for p in CASES])
def test_a_log_in_columns_counts_as_its_events_in_a_book_do(path: Path):
    said = sections(path.read_text("utf-8"))
    on = date.fromisoformat(said["on"][0]) if "on" in said else ON
    rules = rules_of(said.get("rules", []))
    events = events_of(said["log"])
    columns = columns_of(EVENT.names, rules.logs, "log")
    narrow, faults = narrowed(EVENT.rows(events), columns, "EUR", rules.logs, "log")
    direct = counted(narrow, on=on, logs=rules.logs)
    assert faults == []
    in_book = by_steps({"event": events}, on, rules)
    assert {kind: made.to_pylist() for kind, made in direct.items()} == in_book


def test_an_amount_or_a_moment_that_cannot_be_read_is_a_fault_beside_the_rest():
    log = pa.table(
        {
            "case": ["P1", "P1", None, "P1", "P1"],
            "activity": [
                "Record Goods Receipt",
                "Record Invoice Receipt",
                "x",
                "Clear Invoice",
                "x",
            ],
            "ts": [
                "2026-03-02T00:00:00Z",
                "2026-03-03 10:00:00",
                "2026-03-03",
                "soon",
                "2026-02-30",
            ],
            "amount": ["100.0", "1.0E2", "1", "1", "0.001"],
        }
    )
    rules = packaged().logs
    columns = columns_of(log.column_names, rules, "x.csv")
    rows, faults = narrowed(log, columns, "EUR", rules, "x.csv")
    assert rows["amount_minor"].to_pylist() == [10000, 10000]
    assert [f.what.split()[0] for f in faults] == ["1", "3"]
    assert [f.where for f in faults] == ["x.csv, row 5", "x.csv, row 3"]


def test_a_log_whose_columns_are_not_known_says_which_and_how_to_name_them():
    with pytest.raises(BadTerms, match=r"no column of the log is its activity; it has case, when"):
        columns_of(["case", "when"], packaged().logs, "x.csv")


def test_an_unknown_step_in_the_rules_is_refused():
    with pytest.raises(BadTerms, match=r"logs\.steps names 'recieved'"):
        rules_of(['steps."Receipt" = "recieved"'])


def test_an_event_of_a_document_counts_once_for_each_document():
    payment = {"object_kind": "payment", "object_ref": "pay1"}
    invoice = {"object_kind": "invoice", "object_ref": "inv1"}
    order = {"object_kind": "order", "object_ref": "o1"}
    told = [
        ("1", "Create Purchase Order", [order]),
        ("2", "Create Goods Receipt", [order, {"object_kind": "receipt", "object_ref": "r1"}]),
        ("3", "Create Invoice Receipt", [order, invoice]),
        ("4", "Create Invoice Receipt", [invoice]),
        ("5", "Execute Payment", [payment, invoice]),
        ("6", "Execute Payment", [payment, invoice]),
    ]
    rows = [
        {
            "event_id": ids.event_id("log", ref),
            "event_ref": ref,
            "activity": activity,
            "happened_at": datetime(2026, 3, int(ref), tzinfo=UTC),
            "known": True,
            "source_id": "log",
            "position": int(ref),
            **touched,
        }
        for ref, activity, objects in told
        for touched in objects
    ]
    made = by_steps({"event": rows}, ON, packaged())
    (state,) = made["case_state"]
    assert state["case_ref"] == "o1"
    figures = ("receipts", "invoices", "clearings", "payments_repeated")
    assert [state[name] for name in figures] == [1, 1, 1, 1]


def test_what_holds_for_a_case_stands_beside_its_events():
    events = pa.table({"item_id": ["b", "a", "c"], "activity": ["x", "y", "z"]})
    items = pa.table({"item_id": ["a", "b"], "vendor": ["v1", "v2"]})
    beside = with_cases(events, "item_id", items, "item_id")
    assert beside["vendor"].to_pylist() == ["v2", "v1", None]
