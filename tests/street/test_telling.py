"""The summary as a person reads it."""

from __future__ import annotations

from datetime import date

from tailrace.engines.duckdb import open_engine
from tailrace.street.rooms import SCHEMAS
from tailrace.street.summary import summarise
from tailrace.street.telling import told


def test_a_book_with_nothing_in_it_says_so():
    engine = open_engine(SCHEMAS)
    for kind, schema in SCHEMAS.items():
        engine.put(kind, schema.empty())
    lines = list(told(summarise(engine, on=date(2026, 1, 1), where="empty")))
    assert lines[0] == "Tailrace  2026-01-01  0 firms, 0 files: nothing that could be read"
    assert lines[-1] == "payment days   the past is too short to judge the payment interval"


def test_one_document_is_one_and_two_are_several():
    engine = open_engine(SCHEMAS)
    for kind, schema in SCHEMAS.items():
        engine.put(kind, schema.empty())
    row = {"number": "1", "issued_on": date(2026, 1, 1), "source_id": "s", "position": 0}
    rows = [row | {"document_id": str(n), "kind": kind} for n, kind in enumerate(KINDS)]
    engine.put("document", SCHEMAS["document"].rows(rows))
    line = next(told(summarise(engine, on=date(2026, 1, 1), where="few")))
    assert line.endswith("2 despatches, 1 invoice")


KINDS = ("despatch", "invoice", "despatch")
