"""A pack as a folder: `records/` as anybody's own, `truth/frauds.csv`, `tailrace.toml`, `lender/`."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from msgspec import Struct

from tailrace.base.errors import BadTerms, NotFound
from tailrace.drill.kinds import KINDS
from tailrace.drill.scene import BASE, ON, Planted
from tailrace.gates import open_gate
from tailrace.records.tables import RECORDS, SOURCE
from tailrace.street.opening import open_book
from tailrace.street.reading import read_into
from tailrace.street.rules import Rules, of_folder

RECORD_DIR, OTHER_DIR, TRUTH = "records", "lender", "truth/frauds.csv"
NEEDED = ("kind", "number", "creditor")
COLUMNS = (*NEEDED, "excess_minor", "words", "what")
MINOR_MAX = 2**63 - 1


class World(Struct, frozen=True, kw_only=True):
    """What a folder holds: the tables of its records, its truth, its rules and day."""

    tables: dict[str, pa.Table]
    truth: list[Planted]
    rules: Rules
    on: date
    other: dict[str, pa.Table] | None


def read(place: Path) -> World:
    """Return a folder's records and truth.

    Raises `NotFound` where one is not there, `BadTerms` where the truth cannot be understood or the
    records hold not one document.
    """
    rules = of_folder(place)
    day = rules.run.on or ON
    if not (place / RECORD_DIR).is_dir():
        mend = f"put documents or record tables into {RECORD_DIR}/; `--write DIR` shows how"
        raise NotFound("no records", where=str(place / RECORD_DIR), mend=mend)
    truth = truth_of(place / TRUTH)
    other = place / OTHER_DIR
    return World(
        tables=_records(place / RECORD_DIR, rules, day),
        truth=truth,
        rules=rules,
        on=day,
        other=_records(other, rules, day) if other.is_dir() else None,
    )


def _records(place: Path, rules: Rules, day: date) -> dict[str, pa.Table]:
    with open_book("memory://") as book:
        gate = open_gate(
            str(place),
            skip=rules.records.skip,
            bytes_max=rules.records.bytes_max,
            expansion_max=rules.records.expansion_max,
        )
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        files = read_into(book, gate.items(), rules.records, at=at, workers=1)
        tables = {schema.kind: book.table(schema.kind) for schema in (*RECORDS, SOURCE)}
        faults = book.table("fault").to_pylist()
    if not tables["document"].num_rows:
        what = f"no document could be read from {files} files"
        if faults:
            what += f"; the first of {len(faults)} faults: {faults[0]['what']}"
        mend = "`tailrace run` on the folder names every fault and how to mend it"
        raise BadTerms(what, where=str(place), mend=mend)
    return tables


def truth_of(path: Path) -> list[Planted]:
    """Return the rows of a truth. Raises `NotFound` without one, `BadTerms` that names the line."""
    if not path.is_file():
        mend = f"a CSV with the columns {', '.join(NEEDED)} and, where needed, {', '.join(COLUMNS[3:])}"
        raise NotFound("no truth", where=str(path), mend=mend)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, strict=True)
            missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
            if missing:
                mend = f"its first line names {', '.join(NEEDED)}"
                raise BadTerms(f"no column {', '.join(missing)}", where=str(path), mend=mend)
            truth = [_planted(row, f"{path}, line {rows.line_num}") for row in rows]
    except (UnicodeDecodeError, csv.Error) as why:
        mend = "write it as CSV in UTF-8, quotes closed"
        raise BadTerms(f"not CSV: {why}", where=str(path), mend=mend) from None
    _once(truth, path)
    return truth


def _planted(row: dict[str, Any], where: str) -> Planted:
    said = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if row.get(None):  # type: ignore[call-overload]  # cells beyond the header
        mend = "quote a cell that holds a comma"
        raise BadTerms("more cells than columns", where=where, mend=mend)
    if said["kind"] not in (*KINDS, BASE):
        mend = f"kinds are {', '.join((*KINDS, BASE))}"
        raise NotFound(f"no kind {said['kind']!r}", where=where, mend=mend)
    for name in ("number", "creditor"):
        if not said[name]:
            mend = "the invoice's number, and the VAT number of its seller as the records write it"
            raise BadTerms(f"{name} is not said", where=where, mend=mend)
    excess = said["excess_minor"]
    if excess and not (
        len(excess) <= 19 and excess.isascii() and excess.isdigit() and int(excess) <= MINOR_MAX
    ):
        mend = "minor units, as 12345; nothing where all of the claim is honest in amount"
        raise BadTerms(f"excess_minor {excess!r}", where=where, mend=mend)
    return Planted(
        kind=said["kind"],
        number=said["number"],
        creditor=said["creditor"],
        excess_minor=int(excess) if excess else None,
        words=said["words"] or None,
        what=said["what"] or None,
    )


def _once(truth: list[Planted], path: Path) -> None:
    """Refuse a claim planted twice as one kind: it would be counted twice."""
    times = Counter((t.kind, t.creditor, t.number, t.words) for t in truth if t.kind != BASE)
    for (kind, creditor, number, _), many in times.items():
        if many > 1:
            mend = "say it once"
            what = f"{kind} {number} of {creditor} stands {many} times"
            raise BadTerms(what, where=str(path), mend=mend)
