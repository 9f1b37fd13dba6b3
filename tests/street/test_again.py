"""Proving only what has changed ends, row for row, as proving everything does."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from town_world import AT, build_town
from trade_text import GIVEN, Trade

from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import KEYED, STEPS
from tailrace.job import Job, run
from tailrace.street.again import KEPT, key_of, prove_again, schemas_with
from tailrace.street.memory import Memory, made_under
from tailrace.street.opening import open_book
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import packaged
from tailrace.town import build
from tailrace.town.records import records

ON = date(2026, 3, 31)
ALL = schemas_with(SCHEMAS)
LATER = tuple(k for step in STEPS if step not in KEYED for k in step.writes if k not in KEPT)
Tables = dict[str, pa.Table]


def proven(tables: Tables, on: date, before: Tables | None = None) -> tuple[Tables, int]:
    """Return what evidence makes of records, from nothing or on top of what was proven before."""
    engine, touched = DuckDBEngine(ALL), -1
    named = packaged().named(on=on, accept="none")
    for schema in GIVEN:
        engine.put(schema.kind, tables.get(schema.kind, schema.empty()))
    for step in STEPS:
        if before is None or step not in KEYED:
            engine.run(step, **named)
        elif step is KEYED[0]:
            touched = prove_again(engine, before, named, ALL)
    return {kind: engine.get(kind) for kind in (*KEPT, *LATER)}, touched


def alike(one: Tables, other: Tables) -> list[str]:
    """Return the kinds whose rows differ."""
    return [kind for kind in one if not one[kind].equals(other[kind])]


def without(tables: Tables, documents: set[str]) -> Tables:
    """Return record tables as they were before some documents came in, with all that is in them."""
    gone = pa.array(sorted(documents), pa.string())
    return {
        kind: t.filter(pc.invert(pc.is_in(t["document_id"], gone)))
        if "document_id" in t.column_names
        else t
        for kind, t in tables.items()
    }


@pytest.fixture(scope="module")
def town() -> Tables:
    return records(build(3, 14, months=4, on=ON, fraud_share=0.1, csv_share=0.2))


@pytest.mark.parametrize("seed", range(4))
def test_a_few_documents_more_end_as_a_run_over_everything(town, seed):
    ids = town["document"]["document_id"].to_pylist()
    late = set(Random(seed).sample(ids, 1 + 3 * seed))
    before, _ = proven(without(town, late), ON)
    again, touched = proven(town, ON, before)
    whole, _ = proven(town, ON)
    assert alike(whole, again) == []
    pairs = {(r["seller_id"], r["buyer_id"]) for r in whole["paper"].to_pylist()}
    assert 0 < touched < len(pairs)


def test_one_receipt_more_touches_one_pair(town):
    receipts = town["document"].filter(pc.equal(town["document"]["kind"], "receipt"))
    late = {receipts["document_id"][receipts.num_rows // 2].as_py()}
    before, _ = proven(without(town, late), ON)
    again, touched = proven(town, ON, before)
    assert touched <= 2
    assert alike(proven(town, ON)[0], again) == []


def test_nothing_new_touches_nothing(town):
    before, _ = proven(town, ON)
    again, touched = proven(town, ON, before)
    assert touched == 0
    assert alike(before, again) == []


def test_the_next_day_and_the_day_before_end_as_a_run_over_everything(town):
    before, _ = proven(town, ON - timedelta(days=9))
    again, _ = proven(town, ON, before)
    whole, _ = proven(town, ON)
    assert alike(whole, again) == []
    back, _ = proven(town, ON - timedelta(days=9), whole)
    assert alike(before, back) == []


WORLD = """
    order B1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00 standard=4006381333931
    order B1 2026-03-01 buyer=Bakery seller=Mill | 1 flour 10 KGM 5.00
    despatch L1 2026-03-02 seller=Farm | 1 wheat 100 KGM order=B1/1
    despatch L1 2026-03-02 seller=Mill buyer=Bakery | 1 flour 10 KGM order=B1/1
    receipt W1 2026-03-03 buyer=Mill | 1 wheat 40 KGM order=B1/1
    receipt W2 2026-03-04 buyer=Mill seller=Farm despatch=L1 | 1 wheat 30 KGM
    receipt W3 2026-03-05 buyer=Mill seller=Farm receipt=W2 | 1 wheat -10 KGM order=B1/1
    receipt W9 2026-03-05 buyer=Bakery seller=Mill | 1 flour 10 KGM buyer_item=F
    invoice R1 2026-03-05 buyer=Mill seller=Farm despatch=L1 | 1 wheat 50 KGM 2.00
    invoice R2 2026-03-06 buyer=Mill seller=Farm order=B1 | 1 wheat 50 KGM 2.00
    invoice R1 2026-03-06 buyer=Bakery seller=Mill | 1 flour 10 KGM 5.00 buyer_item=F
    invoice R2 2026-03-06 buyer=Bakery seller=Mill | 1 flour 10 KGM 5.00
    invoice R2 2026-03-06 buyer=Bakery seller=Mill | 1 flour 12 KGM 5.00
    invoice R5 2026-03-07 buyer=Bakery seller=Farm | 1 wheat 7 KGM 5.00
    invoice R6 2026-03-07 buyer=?Mill seller=Farm | 1 wheat 7 KGM 5.00
    credit_note G1 2026-03-08 buyer=Mill seller=Farm of=R1 | 1 wheat 5 KGM 2.00
    payment P1 2026-03-09 from=Mill to=Farm amount=120.00 text=R1_R2
    payment P2 2026-03-10 from=Bakery amount=50.00 to=Mill text=R1
    payment P3 2026-03-10 to=Farm amount=35.00 text=R5
    payment P4 2026-03-11 from=Bakery to=Farm amount=60.00 text=R5_R1
    payment P4 2026-03-12 from=Bakery to=Farm amount=60.00 text=R5_R1 reversal=yes
    account Mill XA1
    account ?Mill XA1
    decide merge Mill Bakery 2026-03-20 reason=one_company
    decide affiliate Mill Farm 2026-03-20 reason=one_owner
"""
LINES = [line.strip() for line in WORLD.strip().splitlines()]


@settings(max_examples=25)
@given(st.sets(st.sampled_from(LINES), min_size=1, max_size=4), st.integers(0, 2))
def test_any_record_may_come_last(late, days):
    on = date(2026, 6, 30) - timedelta(days=days)
    whole = Trade(WORLD).tables()
    early = Trade("\n".join(line for line in LINES if line not in late)).tables()
    before, _ = proven(early, on)
    again, _ = proven(whole, on, before)
    assert alike(proven(whole, on)[0], again) == []


def test_every_keyed_kind_can_be_laid_to_its_pair():
    for step in KEYED:
        assert "on" not in step.asks, f"{step.rule} asks for the day: its rows would change with it"
        for kind in step.writes:
            assert key_of(SCHEMAS[kind]), kind


def test_a_run_takes_up_the_proof_of_the_last_and_ends_as_one_from_nothing(tmp_path):
    folder = build_town(tmp_path / "town", firms=12, seed=5)
    late = sorted((folder / "records").rglob("*.xml"))[::40]
    aside = tmp_path / "aside"
    aside.mkdir()
    moved = {file: aside / f"{i}.xml" for i, file in enumerate(late)}
    for file, place in moved.items():
        shutil.move(file, place)
    run(Job(where=str(folder), workers=1, at=AT))
    for file, place in moved.items():
        shutil.move(place, file)
    plain = tmp_path / "plain"
    shutil.copytree(folder, plain)
    shutil.rmtree(plain / "out" / "memory")
    said: list[str] = []
    run(Job(where=str(folder), workers=1, at=AT), progress=said.append)
    run(Job(where=str(plain), workers=1, at=AT))
    assert any("pairs of firms proven again" in word for word in said)
    assert _digests(folder) == _digests(plain)


@pytest.mark.parametrize("hurt", ["flip", "cut", "lose", "note", "rules"])
def test_a_memory_that_is_not_what_it_was_is_not_used(tmp_path, hurt):
    engine = DuckDBEngine(SCHEMAS)
    for kind in KEPT:
        engine.put(kind, SCHEMAS[kind].empty())
    memory, under = Memory(tmp_path / "memory"), made_under("rules", SCHEMAS)
    memory.keep(under, engine)
    assert memory.recall(under, SCHEMAS) is not None
    file = tmp_path / "memory" / f"{KEPT[0]}.arrow"
    body = bytearray(file.read_bytes())
    if hurt == "flip":
        body[len(body) // 2] ^= 1
        file.write_bytes(body)
    elif hurt == "cut":
        file.write_bytes(body[:-1])
    elif hurt == "lose":
        file.unlink()
    elif hurt == "note":
        (tmp_path / "memory" / "memory.json").write_text("{", "utf-8")
    else:
        under = made_under("other rules", SCHEMAS)
    assert memory.recall(under, SCHEMAS) is None


def _digests(folder) -> list[str]:
    with open_book(str(folder / "out" / "book.db")) as book:
        return [page.digest for page in book.pages()]
