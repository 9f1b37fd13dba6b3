"""A town run once for the tests of the street, and its truth beside it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tailrace.base.ports import Engine
from tailrace.job import Done, Job, run
from tailrace.street.loop import derive, everything
from tailrace.street.opening import open_book
from tailrace.street.rules import of_folder

ON = date(2026, 3, 31)
AT = datetime(2026, 4, 1, 6, tzinfo=UTC)  # when the town's files were read


def build_town(folder: Path, *, firms: int, seed: int) -> Path:
    """Write a town of real files; small ones still hold every planted fraud."""
    from tailrace.town import build, write

    town = build(seed, firms, months=6, on=ON, fraud_share=0.04, csv_share=0.2)
    write(town, folder, form="files", faults=4, workers=1, progress=lambda _: None)
    return folder


def run_town(folder: Path, **asked: Any) -> Done:
    return run(Job(where=str(folder), workers=1, **{"at": AT} | asked))


def seen(folder: Path, *kinds: str) -> Engine:
    """The book of a run town as it stands, in an engine."""
    with open_book(str(folder / "out" / "book.db")) as book:
        return derive(book, kinds or everything(), on=ON, rules=of_folder(folder))


def truth(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "truth" / "summary.json").read_text("utf-8"))
