"""Golden logs a reader adds up by hand, and the steps that count them.

A golden log is a text file: comments behind `#`, then sections. `log` holds an event a line: case,
day, activity, net worth, category; `rules` what it changes in [logs]; `on` the day. `counted` and
`state` are tables of what is expected, for exactly those rows; a table tells the columns it names.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import LOGS
from tailrace.records import ids
from tailrace.records.tables import TABLES
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import Rules, load

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
