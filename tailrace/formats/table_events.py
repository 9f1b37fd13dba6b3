"""Rows of a table file that are events: one row, one event of one object.

Such a file is a log of its own: its rows count in their order, and an event that gives itself no
id is known by its row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tailrace.formats.table_fields import KINDS
from tailrace.formats.tabular import Cells, Reader
from tailrace.records import ids

_OBJECT = "order item"


def read_events(reader: Reader, numbered: Iterable[tuple[int, list[Any]]]) -> None:
    """Write event rows; a row without activity, moment or object is a Fault."""
    placed = reader.layout.of_table["event"]
    placed = sorted(placed, key=lambda pair: pair[1].spelled == "amount")  # the currency first
    for row, cells in numbered:
        event = _event(reader, row, cells, placed)
        if event is not None:
            reader.rows.add("event", event)


def _event(reader: Reader, row: int, cells: Cells, placed: list[Any]) -> dict[str, Any] | None:
    """Return the event of a row; None, and a Fault, where it must be refused."""
    event: dict[str, Any] = {"object_kind": _OBJECT, "known": True}
    for i, f in placed:
        value = reader.value(row, cells, i, f, event.get("currency"))
        if value is not None:
            event[f.key] = value
    missing = [name for name in KINDS["event"] if event.get(name) is None]
    if missing:
        mend = f"every event says {', '.join(KINDS['event'])}"
        reader.fault(row, f"event refused: {missing[0]} is not said", mend)
        return None
    event.setdefault("event_ref", str(row))
    event["event_id"] = ids.event_id(reader.source_id, event["event_ref"])
    event.update(source_id=reader.source_id, position=row)
    return event
