"""The truth as files beside the records, and how the making of a town is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import csv

from tailrace.base.tables import TEXT
from tailrace.town import truth
from tailrace.town.economy import Economy

Progress = Callable[[str], None]
Planted = tuple[str, str]  # file, what is wrong with it


def documents_of(document: pa.Table) -> dict[str, int]:
    """Return how many documents of each kind there are, kinds in the order of their names."""
    counted = document["kind"].value_counts().to_pylist()
    return {c["values"]: c["counts"] for c in sorted(counted, key=lambda c: c["values"])}


def write_truth(
    e: Economy, folder: Path, documents: dict[str, int], *, faults: Sequence[Planted]
) -> None:
    """Write claims.csv, frauds.csv, faults.csv and summary.json."""
    folder.mkdir(parents=True, exist_ok=True)
    planted = {
        "file": pa.array([file for file, _ in faults], TEXT),
        "what": pa.array([what for _, what in faults], TEXT),
    }
    _csv(truth.claims(e), folder / "claims.csv")
    _csv(truth.frauds(e), folder / "frauds.csv")
    _csv(pa.table(planted), folder / "faults.csv")
    told = truth.summary(e, documents, len(faults))
    (folder / "summary.json").write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")


def _csv(table: pa.Table, path: Path) -> None:
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))
