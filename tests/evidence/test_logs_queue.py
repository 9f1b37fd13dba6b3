"""Event logs counted against a plain queue: first in, first out, whatever comes in whichever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from logs_world import ON

from tailrace.evidence.logs import queues
from tailrace.evidence.logs.count import counted
from tailrace.evidence.logs.working import LOG_EVENT
from tailrace.street.rules import packaged

STEPS = ("receipt", "cancel_receipt", "invoice", "cancel_invoice", "clear")
CATEGORIES = ("3-way match, invoice after GR", "3-way match, invoice before GR", "2-way match")
logs = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(STEPS), st.integers(0, 5)), max_size=40
)


def log_table(events: list[tuple[int, str, int]]) -> pa.Table:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        {
            "case_ref": f"P{case}",
            "step": step,
            "at": start + timedelta(days=day),
            "position": position,
            "category": CATEGORIES[case % 3],
        }
        for position, (case, step, day) in enumerate(events)
    ]
    return LOG_EVENT.rows(rows)


def by_queue(events: list[tuple[int, str, int]]) -> list[tuple[Any, ...]]:
    """Return (case, invoice position, reversed, receipt position, cleared) by plain lists."""
    found = []
    for case in range(4):
        mine = [(d, p, s) for p, (c, s, d) in enumerate(events) if c == case]
        standing: dict[str, list[tuple[int, int]]] = {"receipt": [], "invoice": [], "clear": []}
        undone, every = set(), []
        for day, position, step in sorted(mine):
            kind = step.removeprefix("cancel_")
            if step != kind:
                if standing[kind]:
                    undone.add(standing[kind].pop(0))
                continue
            standing[kind].append((day, position))
            if kind == "invoice":
                every.append((day, position))
        for invoice in every:
            receipt = cleared = None
            if invoice not in undone:
                k = standing["invoice"].index(invoice)
                receipt = standing["receipt"][k] if k < len(standing["receipt"]) else None
                cleared = standing["clear"][k] if k < len(standing["clear"]) else None
                if receipt and (case % 3 == 2 or (case % 3 == 0 and receipt > invoice)):
                    receipt = None
            paid = cleared is not None and cleared > invoice
            found.append((f"P{case}", invoice[1], invoice in undone, receipt and receipt[1], paid))
    return found


@given(logs)
def test_the_count_is_that_of_a_plain_queue(events):
    made = counted(log_table(events), on=ON, logs=packaged().logs)["counted"].to_pylist()
    told = [
        (
            row["case_ref"],
            row["invoice_position"],
            row["verdict"] == "reversed",
            row["receipt_position"],
            row["cleared_at"] is not None,
        )
        for row in made
    ]
    assert told == by_queue(events)


@given(logs, st.randoms())
def test_the_order_of_rows_changes_nothing(events, chance):
    rows = log_table(events).to_pylist()
    chance.shuffle(rows)
    once = counted(log_table(events), on=ON, logs=packaged().logs)
    again = counted(LOG_EVENT.rows(rows), on=ON, logs=packaged().logs)
    assert all(once[kind].equals(again[kind]) for kind in once)


def test_two_events_of_one_moment_and_place_count_alike_whichever_row_comes_first():
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        {"case_ref": "P", "step": step, "at": moment, "position": 1}
        for step in ("invoice", "receipt")
    ]
    made = [counted(LOG_EVENT.rows(r), on=ON, logs=packaged().logs) for r in (rows, rows[::-1])]
    assert made[0]["counted"].equals(made[1]["counted"])
    assert made[0]["counted"]["basis"].to_pylist() == ["receipt before invoice"]


@given(logs)
def test_nothing_is_proven_or_cleared_twice(events):
    made = counted(log_table(events), on=ON, logs=packaged().logs)
    rows = made["counted"].to_pylist()
    used = [r["receipt_position"] for r in rows if r["receipt_position"] is not None]
    assert len(used) == len(set(used))
    for state in made["case_state"].to_pylist():
        mine = [r for r in rows if r["case_ref"] == state["case_ref"]]
        assert state["invoices"] == len(mine)
        assert state["invoices_standing"] == sum(r["verdict"] != "reversed" for r in mine)
        assert state["invoices_proven"] == sum(r["verdict"] == "proven" for r in mine)
        assert state["invoices_proven"] + state["receipts_unbilled"] == state["receipts_standing"]
        assert state["invoices_cleared"] + state["clearings_spare"] == state["clearings"]


@given(logs)
@settings(max_examples=50)
def test_a_case_counts_alone_as_among_others(events):
    whole = counted(log_table(events), on=ON, logs=packaged().logs)["counted"].to_pylist()
    for case in range(4):
        table = log_table(events)
        alone = table.filter(pa.compute.equal(table["case_ref"], f"P{case}"))
        rows = counted(alone, on=ON, logs=packaged().logs)["counted"].to_pylist()
        assert rows == [row for row in whole if row["case_ref"] == f"P{case}"]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([1, -1])), max_size=30))
def test_a_running_sum_begins_anew_in_every_case(rows):
    rows = sorted(rows, key=lambda row: row[0])
    case, delta = (np.array([row[i] for row in rows], dtype=np.int64) for i in (0, 1))
    total, after, before = queues.running(case, delta)
    at, low = {}, {}
    for n, (c, d) in enumerate(rows):
        assert before[n] == low.get(c, 0)
        at[c] = at.get(c, 0) + d
        low[c] = min(low.get(c, 0), at[c])
        assert (total[n], after[n]) == (at[c], low[c])
