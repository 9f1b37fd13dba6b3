"""Promise: one receipt more is proven in a fraction of the time of proving everything.

Both ways run in this process on the same tables, and must end with the same verdicts. Timed are
the keyed steps alone: who is who, which documents count and what payments mean is worked out in full
either way, and told apart.
"""

from __future__ import annotations

import time
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.measure import Figure, Result, result, under
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import FINDINGS, KEYED, STEPS
from tailrace.records.tables import TABLES
from tailrace.street.again import KEPT, prove_again, schemas_with
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import packaged
from tailrace.town import build
from tailrace.town.records import records

FIRMS, SEED, ON = 6_000, 41, date(2026, 3, 31)
ALL = schemas_with(SCHEMAS)
BEFORE = [step for step in STEPS if step not in KEYED and step not in FINDINGS]
BEFORE = [step for step in BEFORE if STEPS.index(step) < STEPS.index(KEYED[0])]


def measure() -> Result:
    """Prove a town, take one receipt from it, prove it, put it back, prove it again."""
    whole = records(build(SEED, FIRMS, months=6, on=ON, fraud_share=0.01, csv_share=0.0))
    kinds = whole["document"]["kind"]
    receipts = whole["document"].filter(pc.equal(kinds, "receipt"))["document_id"]
    late = receipts[len(receipts) // 2].as_py()
    first = _prepared({k: _without(t, late) for k, t in whole.items()})
    _keyed(first)
    before = {kind: first.get(kind) for kind in KEPT}
    first.close()
    engine = _prepared(whole)
    full_s, full_cpu = _timed(lambda: _keyed(engine))
    expected = engine.get("verdict")
    engine.close()
    engine = _prepared(whole)
    touched = 0

    def again() -> None:
        nonlocal touched
        touched = prove_again(engine, before, _named(), ALL)

    again_s, again_cpu = _timed(again)
    same = engine.get("verdict").equals(expected)
    pairs = engine.sql("select distinct seller_id, buyer_id from paper").num_rows
    figures = (
        Figure(name="same verdicts", asked="equal", measured=str(same), held=same),
        under("pairs touched", 3, touched, f"of {pairs:,} pairs"),
        under("time against everything", 1.0, again_s / full_s, f"x of {full_s:.2f} s"),
    )
    return result(
        __doc__.splitlines()[0] if __doc__ else "",
        figures,
        peer=f"the same steps over everything, {full_cpu:.2f} CPU s; again {again_cpu:.2f} CPU s",
        ratio=again_cpu / full_cpu,
    )


def _named() -> dict[str, object]:
    return packaged().named(on=ON, accept="none")


def _prepared(tables: dict[str, pa.Table]) -> DuckDBEngine:
    """Return an engine with records and all that stands before the keyed steps."""
    engine = DuckDBEngine(ALL)
    for schema in (*TABLES, SCHEMAS["decision"]):
        engine.put(schema.kind, tables.get(schema.kind, schema.empty()))
    for step in BEFORE:
        engine.run(step, **_named())
    return engine


def _keyed(engine: DuckDBEngine) -> None:
    for step in KEYED:
        engine.run(step, **_named())


def _without(table: pa.Table, document: str) -> pa.Table:
    if "document_id" not in table.column_names:
        return table
    return table.filter(pc.not_equal(table["document_id"], document))


def _timed(work) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu
