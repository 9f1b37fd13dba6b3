"""Promise: 10 million order, receipt and invoice lines to verdicts in 4x the bare three-way join.

The lines are a town's of 20,000 firms, repeated with other ids and numbers. In the time: items,
matching in all its lanes, proof, caps and verdicts, from record tables loaded in DuckDB with the
parties resolved and the papers, credit notes and contradictions listed. Out of it: reading Parquet,
who is who, payments, findings, and the table `match`, which is told by itself.

The peer joins order line, receipt line and invoice line on buyer, seller, order number and order
line, all text, in the same DuckDB with the same threads, and keeps the three ids and quantities; it
knows nothing of tolerances, many to many, other references, money or verdicts. It is told twice:
from three tables that hold nothing but these columns, made before the clock starts; and from the
record tables that ours starts from. Times are processor seconds of all threads.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import msgspec
import pyarrow as pa

from benchmarks.measure import Result, cost, result, tailrace, under
from tailrace.base.steps import Step
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence import steps
from tailrace.evidence.verdicts.matches import match
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import packaged

LINES = 10_000_000
FIRMS = 20_000
ON = date(2026, 3, 31)
KINDS = "('order', 'receipt', 'invoice')"
PREPARED = (
    *steps.WHO,
    *steps.FORGIVEN,
    *steps.PAPERS,
    *steps.CONTRADICTIONS,
    *steps.MEANINGS,
)
TIMED = (*steps.ITEMS, *steps.METERS, *steps.MATCHING, *steps.PROOF)
UNTIMED = steps.PAYMENTS  # there are none; verdicts read the tables
AFTER = tuple(s for s in steps.VERDICTS if s is not match)
_MET = """
    create table met as
    with {flat}
    select o.line_id as order_line_id, r.line_id as receipt_line_id, i.line_id as invoice_line_id,
           o.quantity as ordered, r.quantity as received, i.quantity as invoiced
    from invoiced i
    join received r using (buyer_id, seller_id, order_ref, order_line_ref)
    join ordered o using (buyer_id, seller_id, order_ref, order_line_ref)"""
_ROLES = {"order": "ordered", "receipt": "received", "invoice": "invoiced"}


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one run took in processor seconds, step by step, and how much there was."""

    lines: int
    ours_s: float
    peer_s: float
    peer_from_records_s: float
    match_s: float
    verdicts: int
    proven: int
    met: int
    by_step: dict[str, float]


def measure() -> Result:
    """Build the town, run both sides in a process of its own."""
    with TemporaryDirectory() as folder:
        town, told = Path(folder) / "town", Path(folder) / "told.json"
        size = ["--firms", str(FIRMS), "--seed", "1"]
        cost([*tailrace(), "town", str(town), *size, "--as", "parquet"])
        command = [sys.executable, "-m", "benchmarks.matching", str(town / "records")]
        whole = cost([*command, str(LINES), str(told)])
        spent = msgspec.json.decode(told.read_bytes(), type=Spent)
    return result(
        f"{spent.lines:,} order, receipt and invoice lines to {spent.verdicts:,} verdicts in 4x the "
        "bare three-way DuckDB join of the same rows",
        [
            under("against the bare join", 4, spent.ours_s / spent.peer_s, "times"),
            under(
                "against the bare join from the record tables",
                4,
                spent.ours_s / spent.peer_from_records_s,
                "times",
            ),
            under(
                "the same with the table of matches",
                4,
                (spent.ours_s + spent.match_s) / spent.peer_s,
                "times",
            ),
            under("largest process", 10_240, whole.peak_mb, "MB"),
        ],
        peer=f"the bare join, {spent.peer_s:.1f} CPU s for {spent.met:,} rows, from the record tables "
        f"{spent.peer_from_records_s:.1f} s; ours {spent.ours_s:.1f} s and {spent.match_s:.1f} s for "
        f"matches; the longest steps: {longest(spent.by_step)}",
        ratio=spent.ours_s / spent.peer_s,
    )


def longest(by_step: dict[str, float]) -> str:
    first = sorted(by_step.items(), key=lambda step: -step[1])[:8]
    return ", ".join(f"{name} {spent:.1f} s" for name, spent in first)


def run(records: Path, wanted: int, share: int = 1) -> Spent:
    """Load, prepare, and time both sides in turn: the peer before and after, the faster counts."""
    rules = {"on": ON, "evidence": packaged().evidence}
    engine = DuckDBEngine(SCHEMAS)
    lines = load(engine, records, wanted, share)
    times: dict[str, float] = {}
    for kind in (k for step in steps.STEPS for k in step.reads):
        if kind in SCHEMAS and not engine_holds(engine, kind):
            engine.put(kind, SCHEMAS[kind].empty())
    for step in PREPARED:
        engine.run(step, **rules)
    first = [peer(engine, from_records=way) for way in (False, True)]
    timed(engine, TIMED, rules, times)
    for step in UNTIMED:
        engine.run(step, **rules)
    timed(engine, AFTER, rules, times)
    ours = sum(times.values())
    with_matches: dict[str, float] = {}
    timed(engine, (match,), rules, with_matches)
    verdicts, proven = count(engine, "count(*), count(*) filter (verdict = 'proven')", "verdict")
    (met,) = count(engine, "count(*)", "met")
    second = [peer(engine, from_records=way) for way in (False, True)]
    return Spent(
        lines=lines,
        ours_s=ours,
        peer_s=min(first[0], second[0]),
        peer_from_records_s=min(first[1], second[1]),
        match_s=with_matches["match"],
        verdicts=verdicts,
        proven=proven,
        met=met,
        by_step={**times, **with_matches},
    )


def timed(
    engine: DuckDBEngine,
    chosen: tuple[Step, ...],
    rules: dict[str, object],
    times: dict[str, float],
) -> None:
    for step in chosen:
        start = time.process_time()
        engine.run(step, **rules)
        times[step.name] = time.process_time() - start


def load(engine: DuckDBEngine, records: Path, wanted: int, share: int) -> int:
    """Put the records of some pairs of firms, as often as needed to reach the lines wanted."""
    base = duckdb.connect()
    base.execute("set preserve_insertion_order = false")
    base.execute(
        f"create view d as select * from '{records}/document.parquet' where kind in {KINDS} "
        f"and hash(seller_id, buyer_id) % {share} = 0"
    )
    held = base.execute(
        f"select count(*) from '{records}/line.parquet' semi join d using (document_id)"
    ).fetchone()
    assert held is not None
    copies = -(-wanted // held[0]) if wanted else 1
    for kind in ("party", "party_identifier"):
        engine.put(kind, base.execute(f"from '{records}/{kind}.parquet'").to_arrow_table())
    for n in range(copies):
        for kind, query in repeated(records, n):
            engine.add(kind, base.execute(query).to_arrow_table())
    return int(held[0]) * copies


def repeated(records: Path, n: int) -> Iterator[tuple[str, str]]:
    """Yield the queries of one copy: ids get another first letter, numbers another end."""
    of = f"case when {{0}} is not null then '{chr(103 + n)}' || substr({{0}}, 2) end as {{0}}"
    number = f"{{0}} || '-{n}' as {{0}}"
    document, line = of.format("document_id"), of.format("line_id")
    yield "document", f"select * replace ({document}, {number.format('number')}) from d"
    yield (
        "line",
        f"select * replace ({document}, {line}, {number.format('order_ref')}) "
        f"from '{records}/line.parquet' semi join d using (document_id)",
    )
    yield (
        "reference",
        f"select * replace ({document}, {line}, {number.format('to_number')}) "
        f"from '{records}/reference.parquet' semi join d using (document_id)",
    )


def peer(engine: DuckDBEngine, *, from_records: bool) -> float:
    """Time the bare join of the very lines, each with its parties and order line as text."""
    queries = {kind: _bare(kind) for kind in _ROLES}
    if not from_records:
        for kind, query in queries.items():
            engine._db.execute(f"create or replace table bare_{kind} as {query}")
            queries[kind] = f"from bare_{kind}"
    flat = ", ".join(f"{role} as ({queries[kind]})" for kind, role in _ROLES.items())
    engine.drop("met")
    start = time.process_time()
    engine._db.execute(_MET.format(flat=flat))
    spent = time.process_time() - start
    for kind in _ROLES:
        engine.drop(f"bare_{kind}")
    return spent


def _bare(kind: str) -> str:
    """Return the query of one side's lines from the record tables."""
    order = ("p.number", "l.line_ref") if kind == "order" else ("l.order_ref", "l.order_line_ref")
    return f"""
        select line_id, buyer_id, seller_id, l.quantity, {order[0]} as order_ref,
               {order[1]} as order_line_ref
        from line l join paper p using (document_id) where p.kind = '{kind}'"""


def engine_holds(engine: DuckDBEngine, kind: str) -> bool:
    found = engine.sql(f"select 1 from duckdb_tables() where table_name = '{kind}'")
    return found.num_rows > 0


def count(engine: DuckDBEngine, what: str, kind: str) -> list[int]:
    table: pa.Table = engine.sql(f"select {what} from {kind}")
    return [column[0].as_py() for column in table.columns]


if __name__ == "__main__":
    made = run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    Path(sys.argv[3]).write_bytes(msgspec.json.format(msgspec.json.encode(made)))
