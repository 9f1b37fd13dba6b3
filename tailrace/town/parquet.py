"""The town as Parquet: one file a record table, as `formats/parquet.py` reads them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tailrace.town.economy import Economy
from tailrace.town.records import records
from tailrace.town.telling import Progress, documents_of

ROWS_A_GROUP = 100_000


def write_records(e: Economy, place: Path, progress: Progress) -> dict[str, int]:
    """Write the record tables below `place`; return how many documents of each kind."""
    progress("record tables")
    tables = records(e)
    for kind, table in tables.items():
        progress(f"{kind}.parquet")
        if table.num_rows:
            _write(table, place / f"{kind}.parquet")
    return documents_of(tables["document"])


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table,
        path,
        row_group_size=ROWS_A_GROUP,
        compression="zstd",
        compression_level=1,
        store_schema=False,
    )
