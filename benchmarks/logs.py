"""Promise: 1.6 million events of BPI 2019's shape, in one Parquet file, to obligations in under 5 s.

The peer is a Polars query written by hand for the same tables, run in turn with ours on the same
file; both results are read back and compared cell by cell before any time counts. Ours is
the packaged step with its checks of types and nulls; the peer has none.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Figure, Result, cost, result, under

EVENTS = 1_600_000
RUNS = 5
ON = date(2020, 12, 31)
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "p2p-bpi2019"
_PARTS = (("events.csv.gz", "items.csv.gz"), ("rare-events.csv.gz", "rare-items.csv.gz"))


def measure() -> Result:
    """Time both from file to file, in turn and each in a process of its own."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        source = place / "events.parquet"
        shape = write_log(source)
        for_ours, for_peer = place / "ours", place / "peer"
        times: dict[str, list[tuple[float, float]]] = {"ours": [], "polars": []}
        whole = []
        for _ in range(RUNS):
            for name, out in (("ours", for_ours), ("polars", for_peer)):
                told = place / f"{name}.txt"
                command = [sys.executable, "-m", "benchmarks.logs", name, str(source), str(out)]
                spent = cost([*command, str(told)])
                wall, cpu = told.read_text().split()
                times[name].append((float(wall), float(cpu)))
                if name == "ours":
                    whole.append(spent)
        differing = differences(for_ours, for_peer)
        rows, for_rows = place / "event.parquet", place / "rows"
        write_event_rows(source, rows)
        command = [sys.executable, "-m", "benchmarks.logs", "ours", str(rows), str(for_rows)]
        as_rows = cost([*command, str(place / "rows.txt")])
        differing += differences(for_rows, for_peer)
        owed = pq.read_metadata(f"{for_ours}.counted.parquet").num_rows
    wall = {name: statistics.median(w for w, _ in some) for name, some in times.items()}
    cpu = {name: statistics.median(c for _, c in some) for name, some in times.items()}
    return result(
        f"{EVENTS:,} events of BPI shape ({shape}) to {owed:,} obligations, Parquet to Parquet",
        [
            under("whole process", 5, statistics.median(c.wall_s for c in whole), "s"),
            under("whole process, from `event` rows of the record model", 5, as_rows.wall_s, "s"),
            under("largest process", 10_240, max(c.peak_mb for c in (*whole, as_rows)), "MB"),
            under("wall against Polars by hand", 1.2, wall["ours"] / wall["polars"], "times"),
            under("CPU against Polars by hand", 1.2, cpu["ours"] / cpu["polars"], "times"),
            Figure(
                name="cells that differ from the peer's",
                asked="0",
                measured=f"{differing}",
                held=differing == 0,
            ),
        ],
        peer=(
            f"Polars by hand, {wall['polars']:.2f} s wall and {cpu['polars']:.2f} s CPU from file "
            f"to file; ours {wall['ours']:.2f} s and {cpu['ours']:.2f} s"
        ),
        ratio=cpu["ours"] / cpu["polars"],
    )


def write_log(path: Path) -> str:
    """Write the log and say where its shape is from: the shared part of BPI 2019, or a generator."""
    one = shared_log() if SHARED.is_dir() else made_log(seed=2019)
    copies = -(-EVENTS // one.num_rows)
    parts = []
    for n in range(copies):
        case = pa.array([f"{n:02}-{name}" for name in one["case_ref"].to_pylist()])
        parts.append(one.set_column(0, "case_ref", case.dictionary_encode()))
    whole = pa.concat_tables(parts).slice(0, EVENTS)
    pq.write_table(whole.unify_dictionaries(), path, compression="zstd")
    return f"{copies} copies of " + ("the shared part" if SHARED.is_dir() else "a generated log")


def write_event_rows(source: Path, path: Path) -> None:
    """Write the same log as `event` rows: with ids, and every column the record model has."""
    from tailrace.records.tables import EVENT

    log = pq.read_table(source)
    count = log.num_rows
    names = pa.array([f"{n:032x}" for n in range(count)])
    said = {
        "event_id": names,
        "event_ref": names,
        "activity": log["activity"],
        "happened_at": log["at"],
        "object_kind": pa.repeat("order item", count),
        "object_ref": log["case_ref"].cast(pa.string()),
        "known": pa.repeat(True, count),
        "source_id": pa.repeat("0" * 64, count),
        **{c: log[c] for c in ("position", "amount_minor", "currency", "partner", "category")},
    }
    pq.write_table(EVENT.cast(pa.table(said)), path, compression="zstd")


def shared_log() -> pa.Table:
    """Return the shared part of the after-receipt category with what its items say."""
    import polars as pl

    found = []
    for events, items in _PARTS:
        e, i = (pl.read_csv(SHARED / name, infer_schema_length=0) for name in (events, items))
        found.append(e.join(i, on="item_id", how="left"))
    log = pl.concat(found).sort("item_id", pl.col("seq").cast(pl.Int64))
    cents = pl.col("net_worth_eur").cast(pl.Float64).mul(100).round().cast(pl.Int64)
    form = "%Y-%m-%dT%H:%M:%S%.3f%z"
    return log.select(
        case_ref="item_id",
        activity="activity",
        at=pl.col("ts").str.to_datetime(form, time_unit="us", time_zone="UTC"),
        position=pl.col("seq").cast(pl.Int64),
        amount_minor=cents,
        currency=pl.lit("EUR"),
        partner="vendor",
        category="item_category",
    ).to_arrow()


def made_log(seed: int) -> pa.Table:
    """Return a log of like shape where the shared data is absent: bursts of receipts, some undone."""
    words = [
        ("Create Purchase Order Item", 0.09),
        ("Record Goods Receipt", 0.24),
        ("Record Service Entry Sheet", 0.44),
        ("Record Invoice Receipt", 0.06),
        ("Vendor creates invoice", 0.06),
        ("Clear Invoice", 0.05),
        ("Change Price", 0.02),
        ("Remove Payment Block", 0.02),
        ("Cancel Goods Receipt", 0.01),
        ("Cancel Invoice Receipt", 0.01),
    ]
    rng = np.random.default_rng(seed)
    sizes = np.minimum(rng.geometric(0.06, 9_500) + rng.pareto(1.5, 9_500).astype(int), 900)
    case = np.repeat(np.arange(len(sizes)), sizes)
    count = len(case)
    share = np.array([w for _, w in words])
    activity = rng.choice(len(words), count, p=share / share.sum())
    start = np.datetime64("2018-01-02", "us").astype(np.int64)
    at = start + rng.integers(0, 380 * 24 * 60, count) * 60_000_000
    order = np.lexsort((at, case))
    position = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return pa.table(
        {
            "case_ref": [f"45{c:08}_00010" for c in case],
            "activity": [words[a][0] for a in activity[order]],
            "at": pa.array(at[order], pa.timestamp("us", tz="UTC")),
            "position": position,
            "amount_minor": (case * 7919 % 9_000_000) + 100,
            "currency": ["EUR"] * count,
            "partner": [f"vendorID_{c % 500:04}" for c in case],
            "category": ["3-way match, invoice after GR"] * count,
        }
    )


def ours(source: Path, out: str) -> None:
    """From file to files by the packaged steps."""
    from tailrace.street.logs import count_log, read_log
    from tailrace.street.rules import packaged

    rules = packaged()
    for kind, table in count_log(read_log(source, rules), ON, rules).items():
        pq.write_table(table, f"{out}.{kind}.parquet", compression="zstd")


def by_polars(source: Path, out: str) -> None:
    """From file to files by a query written for this one task."""
    from benchmarks.peers.logs_polars import count

    for kind, frame in count(source, ON).items():
        frame.write_parquet(f"{out}.{kind}.parquet", compression="zstd")


def differences(ours_at: Path, peer_at: Path) -> int:
    """Return how many cells of the two results differ, over all columns that the peer makes."""
    count = 0
    for kind in ("counted", "case_state"):
        a, b = (pq.read_table(f"{p}.{kind}.parquet") for p in (ours_at, peer_at))
        if a.num_rows != b.num_rows:
            return max(a.num_rows, b.num_rows)
        for name in b.column_names:
            same = a[name].cast(b[name].type).combine_chunks().equals(b[name].combine_chunks())
            count += 0 if same else _cells(a[name], b[name])
    return count


def _cells(a: pa.ChunkedArray, b: pa.ChunkedArray) -> int:
    return sum(x != y for x, y in zip(a.to_pylist(), b.to_pylist(), strict=True))


def main() -> None:
    """Run one side: its seconds on the wall and of processors go into a file, imports not counted."""
    name, source, out, told = sys.argv[1:]
    import_module("tailrace.street.logs" if name == "ours" else "benchmarks.peers.logs_polars")
    pa.array(np.zeros(1))  # the first array of NumPy's makes Arrow import pandas, where it is there
    run: Callable[[Path, str], None] = ours if name == "ours" else by_polars
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run(Path(source), out)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    Path(told).write_text(f"{wall} {cpu}")


if __name__ == "__main__":
    main()
