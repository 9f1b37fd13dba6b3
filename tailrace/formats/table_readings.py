"""Rows of a table file that are meter readings: one row, one reading.

A row with the start of its interval says what was used in it; one without is a running total. A
mapping may say `cumulative` itself. Who read the meter is `reader.*`: without it a reading proves
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tailrace.formats.table_fields import READER
from tailrace.formats.tabular import Cells, Reader
from tailrace.records import ids

QUALITIES = ("measured", "estimated", "corrected")
_MUST = ("meter_ref", "to_at", "value", "unit")


def read_readings(reader: Reader, numbered: Iterable[tuple[int, list[Any]]]) -> None:
    """Write reading and party rows; a bad row is a Fault."""
    for row, cells in numbered:
        reading = _reading(reader, row, cells)
        if reading is not None:
            reader.rows.add("reading", reading)


def _reading(reader: Reader, row: int, cells: Cells) -> dict[str, Any] | None:
    reading: dict[str, Any] = {"reading_id": ids.reading_id(reader.source_id, row)}
    for i, f in reader.layout.of_table["reading"]:
        reading[f.key] = reader.value(row, cells, i, f)
    if missing := [key for key in _MUST if reading.get(key) is None]:
        what = f"reading refused: {', '.join(missing)} not said"
        reader.fault(row, what, "every reading needs its meter, moment, value and unit")
        return None
    start, quality = reading.get("from_at"), reading.get("quality")
    if start is not None and start >= reading["to_at"]:
        what = f"reading refused: it ends at {reading['to_at']} and begins at {start}"
        reader.fault(row, what, "an interval ends after it begins")
        return None
    if quality is not None and quality.lower() not in QUALITIES:
        what = f"quality {quality!r} is not known"
        reader.fault(
            row, what, f"say {', '.join(QUALITIES)}; the reading stays, its quality unsaid"
        )
        quality = None
    if reading.get("cumulative") is None:
        reading["cumulative"] = start is None
    if not reading["cumulative"] and start is None:
        what = "reading refused: an interval without its start"
        reader.fault(row, what, "map from_at, or leave cumulative out for a running total")
        return None
    reading["quality"] = quality.lower() if quality else None
    reading["reader_id"] = reader.party(READER, row, cells)
    reading.update(source_id=reader.source_id, position=row)
    return reading
