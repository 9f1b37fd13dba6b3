"""Promise: two million documents of 20,000 firms, as Parquet, in under 3 minutes and 8 GB."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Result, cost, result, tailrace, under

READ = """
import sys
import duckdb
print(duckdb.sql(f\"\"\"
    select count(*), sum(l.net_minor) from '{sys.argv[1]}/line.parquet' l
    join '{sys.argv[1]}/document.parquet' d using (document_id)\"\"\").fetchone())
"""


def measure() -> Result:
    """Run a fresh town; the peer only joins lines to documents in DuckDB."""
    with tempfile.TemporaryDirectory() as place:
        town = Path(place) / "town"
        built = cost(
            [*tailrace(), "town", str(town), "--firms", "20000", "--seed", "1", "--as", "parquet"]
        )
        documents = _documents(town)
        ours = cost([*tailrace(), "run", str(town)])
        peer = cost([sys.executable, "-c", READ, str(town / "records")])
    return result(
        f"tailrace run on {documents:,} documents of 20,000 firms in under 3 minutes and 8 GB",
        [
            under("tailrace run", 180, ours.wall_s, "s"),
            under("its largest process", 8192, max(ours.peak_mb, built.peak_mb), "MB"),
            under("tailrace town --as parquet", 600, built.wall_s, "s"),
        ],
        peer=f"DuckDB joining the same lines to their documents, {peer.cpu_s:.2f} CPU s",
        ratio=ours.cpu_s / peer.cpu_s,
    )


def _documents(town: Path) -> int:
    import pyarrow.parquet as pq

    return pq.ParquetFile(town / "records" / "document.parquet").metadata.num_rows
