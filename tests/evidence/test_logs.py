"""Event logs counted: golden logs a reader adds up by hand, a plain queue, and the real logs.

A golden log is a text file: comments behind `#`, then sections. `log` holds an event a line: case,
day, activity, net worth, category; `rules` what it changes in [logs]; `on` the day. `counted` and
`state` are tables of what is expected, for exactly those rows; a table tells the columns it names.
"""

from __future__ import annotations

import gzip
import random
import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.logs import queues
from tailrace.evidence.logs.count import counted
from tailrace.evidence.logs.narrow import columns_of, narrowed, with_cases
from tailrace.evidence.logs.shares import case_shares, obligation_shares
from tailrace.evidence.logs.working import LOG_EVENT
from tailrace.evidence.steps import LOGS
from tailrace.formats import ocel
from tailrace.records import ids
from tailrace.records.tables import EVENT, TABLES
from tailrace.street.logs import count_log, read_log
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import Rules, load, packaged

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "logs"
CASES = sorted(GOLDEN.glob("*.txt"))
HEADS = ("log", "rules", "on", "counted", "state")
ON = date(2026, 4, 1)
_LINE = re.compile(r"(\S+) (\d{4}-\d\d-\d\d) (.*?) (\d+\.\d\d)(?: (.*))?")
Row = dict[str, Any]


def sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    head = ""
    for line in text.splitlines():
        if line.strip() in HEADS:
            head = line.strip()
            found[head] = []
        elif line.strip() and not line.startswith("#"):
            found[head].append(line)
    return found


def table(lines: list[str]) -> list[dict[str, str]]:
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def events_of(lines: list[str]) -> list[Row]:
    """Return the events of a golden log as rows of the `event` kind, in the order of the lines."""
    rows = []
    for position, line in enumerate(lines, start=1):
        case, day, activity, worth, category = _LINE.fullmatch(line).groups()
        rows.append(
            {
                "event_id": ids.event_id("log", str(position)),
                "event_ref": str(position),
                "activity": activity,
                "happened_at": datetime.fromisoformat(f"{day}T12:00:00+00:00"),
                "object_kind": "order item",
                "object_ref": case,
                "known": True,
                "amount_minor": int(worth.replace(".", "")),
                "currency": "EUR",
                "category": category,
                "source_id": "log",
                "position": position,
            }
        )
    return rows


def rules_of(lines: list[str]) -> Rules:
    return load({"logs": tomllib.loads("\n".join(lines))}, where="golden log")


def by_steps(rows: dict[str, list[Row]], on: date, rules: Rules) -> dict[str, list[Row]]:
    """Return what the steps of the room make of record rows."""
    engine = DuckDBEngine(SCHEMAS, threads=1)
    for schema in TABLES:
        engine.put(schema.kind, schema.rows(rows.get(schema.kind, ())))
    for step in LOGS:
        engine.run(step, **rules.named(on=on, accept="none"))
    return {kind: engine.get(kind).to_pylist() for kind in ("counted", "case_state")}


def spoken(row: Row) -> dict[str, str]:
    """Return a row as the text writes it."""
    said = {}
    for name, value in row.items():
        if isinstance(value, bool):
            said[name] = "yes" if value else "no"
        elif isinstance(value, datetime):
            said[name.removesuffix("_at")] = value.date().isoformat()
        elif name == "amount_minor" and value is not None:
            said["amount"] = f"{value // 100}.{value % 100:02}"
        else:
            said[name.removesuffix("_at")] = "" if value is None else str(value)
    return {**said, "case": row["case_ref"]}


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


# The counting against a plain queue


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


# Reading logs in columns


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


# The real logs


@pytest.fixture(scope="module")
def bpi():
    """Return the shared part of BPI 2019's after-receipt category, counted."""
    folder = Path(__file__).resolve().parents[3] / "shared/data/p2p-bpi2019"
    if not folder.exists():
        pytest.skip("shared data 'p2p-bpi2019' is not beside this checkout")
    rules = packaged()
    parts = [
        read_log(folder / f"{n}events.csv.gz", rules, cases=folder / f"{n}items.csv.gz")
        for n in ("", "rare-")
    ]
    assert all(part.faults == [] for part in parts)
    log = pa.concat_tables([part.rows["log_event"] for part in parts])
    return counted(log, on=date(2021, 1, 1), logs=rules.logs)


def test_the_shared_part_of_bpi_2019_shows_its_states(bpi):
    cases = case_shares(bpi["case_state"])
    assert (cases["cases"], cases["partners"]) == (9_529, 374)
    assert cases["events"] == 166_085
    assert cases["events_outside"] == 45
    shares = {k: round(100 * v / cases["cases"], 1) for k, v in cases.items() if isinstance(v, int)}
    assert shares["receipt_invoice_clearing"] == 62.8  # of the whole category 63.5
    assert shares["one_of_each"] == 49.3  # 47.9
    assert shares["same_number"] == 64.3  # 61.2
    assert shares["accrued"] == 22.1  # 22.4
    assert shares["open"] == 13.8  # 13.3
    assert shares["neither"] == 4.4  # 4.6
    assert shares["invoice_without_receipt"] == 0.0  # 0.0
    assert shares["block_removed"] == 14.6  # 14.7
    assert shares["cancelled_or_debit_memo"] == 5.2  # 6.3
    assert shares["price_or_quantity_changed"] == 13.8  # 12.4
    assert round(100 * cases["invoice_before_order"] / cases["invoiced"], 1) == 2.6  # 3.4


def test_the_shared_part_of_bpi_2019_gives_obligations_backed_first_in_first_out(bpi):
    owed = obligation_shares(bpi["counted"])
    assert (owed["obligations"], owed["reversed"], owed["standing"]) == (9_960, 416, 9_544)
    assert (owed["proven"], owed["cleared"]) == (9_275, 7_046)
    assert round(100 * owed["proven"] / owed["standing"], 1) == 97.2  # of the whole category 97.4
    assert round(100 * owed["cleared"] / owed["standing"], 1) == 73.8  # 72.3
    assert owed["days_p05_p50_p95"] == [2, 28, 87]  # 2, 28, 106
    rows = bpi["counted"]
    assert rows["amount_minor"].null_count == 0
    # Written 2.6787987E7 in the log: the exponent is read, and the cents are exact.
    assert pa.compute.max(rows["amount_minor"]).as_py() == 2_678_798_700


def test_the_part_of_the_ocel_log_has_an_obligation_for_each_invoice_there_is(shared):
    packed = shared("records/ocel/ocel2-p2p-part1.json.gz").read_bytes()
    made = ocel.read(gzip.decompress(packed), "p2p.json", packaged().records).tables
    told = by_steps(made, date(2024, 1, 1), packaged())
    owed, cases = told["counted"], told["case_state"]
    assert len(cases) == len(owed) == 546
    assert {row["verdict"] for row in owed} == {"proven"}
    assert all(row["cleared_at"] and row["amount_minor"] > 0 and row["partner"] for row in owed)
    assert sum(row["payments_repeated"] > 0 for row in cases) == 113
    assert sum(row["payments_repeated"] for row in cases) == 142
    # What was received and never invoiced: the invoice receipts that are named and absent.
    assert sum(row["receipts_unbilled"] for row in cases) == 584


def test_a_log_in_xes_and_in_columns_count_alike(shared):
    path = shared("records/xes/bpic2019-1-trace-per-variant-a.xes.gz")
    rules = packaged()
    log = read_log(path, rules)
    assert log.faults == []
    made = count_log(log, log.until, rules)
    columns = columns_of(EVENT.names, rules.logs, "log")
    narrow, _ = narrowed(log.rows["event"], columns, "EUR", rules.logs, "log")
    direct = counted(narrow, on=log.until, logs=rules.logs)
    assert all(made[kind].equals(direct[kind]) for kind in made)
    assert made["case_state"].num_rows == 6_033


def test_what_holds_for_a_case_stands_beside_its_events():
    events = pa.table({"item_id": ["b", "a", "c"], "activity": ["x", "y", "z"]})
    items = pa.table({"item_id": ["a", "b"], "vendor": ["v1", "v2"]})
    beside = with_cases(events, "item_id", items, "item_id")
    assert beside["vendor"].to_pylist() == ["v2", "v1", None]
