from __future__ import annotations

import csv as plain_csv
import gzip
import os
import subprocess
import sys
import time
from datetime import date
from io import BytesIO
from pathlib import Path
from types import ModuleType

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from intake_world import GATE, GOLDEN, LIMITS

import tailrace
from tailrace.base.errors import Fault, Unreachable
from tailrace.base.ports import Item
from tailrace.base.tables import to_bytes
from tailrace.formats import pool, registry
from tailrace.formats.intake import Known, read_items
from tailrace.formats.page import Page
from tailrace.formats.registry import Format, formats
from tailrace.formats.rows import Rows
from tailrace.gates import open_gate
from tailrace.records.tables import DOCUMENT, TABLES

HEADER = "no,day,item,qty\n"
MAP = b"""
[[file]]
pattern = "*.csv"
kind = "receipt"
columns = { no = "number", day = "issued_on", item = "line.item_ref", qty = "line.quantity" }
"""
PAGES_OF_TWO = msgspec.structs.replace(LIMITS, files_a_page=2)


def receipt(number: str) -> bytes:
    return f"{HEADER}{number},2026-03-02,A,5\n".encode()


def world(count: int = 5) -> list[Item | Fault]:
    files = {f"r{i}.csv": receipt(f"R{i}") for i in range(count)}
    return items({"r.map.toml": MAP, **files})


def items(files: dict[str, bytes]) -> list[Item | Fault]:
    return [Item(name=name, content=files[name]) for name in sorted(files)]


def read(found, *, limits=PAGES_OF_TWO, known=None, workers=1, progress=None):
    return list(read_items(found, limits, known or Known(), workers, progress))


def table(batches, kind: str) -> list[dict]:
    return pa.concat_tables([batch.tables[kind] for batch in batches]).to_pylist()


def known_of(batches) -> Known:
    source, fault = (
        pa.concat_tables([batch.tables[kind] for batch in batches]) for kind in ("source", "fault")
    )
    return Known.of(source, fault)


def spelled(batches) -> list:
    return [(b.key, {kind: to_bytes(t) for kind, t in b.tables.items()}) for b in batches]


@pytest.fixture
def guest(monkeypatch):
    """A format that takes *.guest files, and reads them by the function it is given."""

    def join(function):
        module = ModuleType("guest")
        module.NAME, module.read = "guest", function
        module.sniff = lambda head, name: name.endswith(".guest")
        joined = (Format(name="guest", module=module), *formats())
        monkeypatch.setattr(registry, "formats", lambda: joined)

    return join


def test_every_batch_has_every_table_in_its_declared_schema():
    for batch in read(world()):
        assert list(batch.tables) == [schema.kind for schema in TABLES]
        for schema in TABLES:
            assert batch.tables[schema.kind].schema == schema.arrow


def test_files_are_read_in_pages_in_name_order_with_their_source_rows():
    batches = read(world())
    assert [batch.files for batch in batches] == [1, 2, 2, 1]
    assert [row["name"] for row in table(batches, "source")] == [
        "r.map.toml",
        *[f"r{i}.csv" for i in range(5)],
    ]
    assert [row["number"] for row in table(batches, "document")] == [f"R{i}" for i in range(5)]
    assert sum(batch.documents for batch in batches) == 5


def test_progress_counts_files_to_the_last():
    told = []
    read(world(), progress=lambda done, of: told.append((done, of)))
    assert told == [(3, 6), (5, 6), (6, 6)]


def test_the_same_files_give_the_same_batches_whatever_the_workers():
    one = read(world(9))
    two = read(world(9), workers=2)
    assert spelled(one) == spelled(two)


def test_a_second_reading_of_a_book_gives_nothing():
    found = [*world(), Fault(what="refused", where="x.zip", mend="pack it again")]
    found += items({"a.xyz": b"who knows", "bad.map.toml": b"[[file]"})
    first = read(found)
    assert len(table(first, "fault")) == 3
    assert read(found, known=known_of(first)) == []


@pytest.mark.parametrize("done", [0, 1, 2, 3])
def test_an_import_that_was_stopped_goes_on_with_the_same_batches(done):
    whole = read(world())
    rest = read(world(), known=known_of(whole[:done]) if done else Known())
    assert spelled(rest) == spelled(whole[done:])


def test_files_added_later_are_read_alone():
    before = read(world(3))
    after = read(world(5), known=known_of(before))
    assert [row["name"] for row in table(after, "source")] == ["r3.csv", "r4.csv"]
    keys = [batch.key for batch in before + after]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("size", [1, 2, 10])
def test_the_same_bytes_under_a_second_name_give_a_source_row_alone(size):
    limits = msgspec.structs.replace(LIMITS, files_a_page=size)
    files = {"r.map.toml": MAP, "a.csv": receipt("R"), "b.csv": receipt("R"), "c.csv": receipt("S")}
    batches = read(items(files), limits=limits)
    assert [row["number"] for row in table(batches, "document")] == ["R", "S"]
    told = {row["name"]: row["documents"] for row in table(batches, "source")}
    assert told == {"r.map.toml": 0, "a.csv": 1, "b.csv": 0, "c.csv": 1}


def test_the_same_bytes_that_come_in_a_later_run_give_a_source_row_alone():
    before = read(items({"r.map.toml": MAP, "a.csv": receipt("R")}))
    later = items({"r.map.toml": MAP, "a.csv": receipt("R"), "b.csv": receipt("R")})
    after = read(later, known=known_of(before))
    assert table(after, "document") == []
    assert [(r["name"], r["format"]) for r in table(after, "source")] == [("b.csv", "csv")]
    assert after[0].key not in {batch.key for batch in before}


def test_a_table_is_read_once_its_mapping_is_there():
    files = {"a.csv": receipt("R")}
    before = read(items(files))
    assert [row["format"] for row in table(before, "source")] == ["unread"]
    assert "[file.columns]" in table(before, "fault")[0]["mend"]
    after = read(items({**files, "r.map.toml": MAP}), known=known_of(before))
    assert [row["number"] for row in table(after, "document")] == ["R"]
    assert read(items({**files, "r.map.toml": MAP}), known=known_of(before + after)) == []


def test_a_mapping_gives_meaning_to_any_name_it_fits():
    mapping = MAP.replace(b"*.csv", b"*.dat")
    batches = read(items({"r.map.toml": mapping, "x.dat": receipt("R")}))
    assert [row["format"] for row in table(batches, "source")] == ["mapping", "csv"]


def test_a_wrong_mapping_is_a_fault_and_the_other_mappings_hold():
    found = items({"a.map.toml": b"[[file]", "b.map.toml": MAP, "c.map.toml": b"\xff"})
    batches = read(found + items({"r.csv": receipt("R")}))
    assert [row["where"] for row in table(batches, "fault")] == ["a.map.toml", "c.map.toml"]
    assert len(table(batches, "document")) == 1


def test_a_reader_that_crashes_is_a_fault_of_that_file_alone(guest):
    def crash(content, name, limits):
        raise ZeroDivisionError("at byte 7")

    guest(crash)
    batches = read([*world(2), *items({"x.guest": b"x"})])
    assert len(table(batches, "document")) == 2
    (fault,) = table(batches, "fault")
    assert fault["what"] == "the reader of guest failed: ZeroDivisionError: at byte 7"
    assert fault["where"] == "x.guest"


@pytest.mark.parametrize(
    "tables",
    [
        {"document": [{"number": "no id"}]},
        {"document": [{"mood": "blue"}]},
        {"docment": [{}]},
        {"line": [{"line_id": "l", "document_id": "d", "line_ref": "1", "net_minor": 2**70}]},
    ],
)
def test_rows_that_do_not_fit_leave_their_file_out_alone(guest, tables):
    guest(lambda content, name, limits: Rows(tables, []))
    batches = read([*world(2), *items({"x.guest": b"x"})], limits=LIMITS)
    assert len(table(batches, "document")) == 2
    (fault,) = table(batches, "fault")
    assert fault["what"].startswith("the reader of guest gave rows that do not fit")
    assert {r["name"]: r["documents"] for r in table(batches, "source")}["x.guest"] == 0


def test_a_format_that_fails_at_sniffing_does_not_stop_the_others(guest):
    guest(lambda content, name, limits: Rows())
    registry.formats()[0].module.sniff = lambda head, name: 1 / 0
    assert len(table(read(world(2)), "document")) == 2


def test_the_folder_is_the_list_of_formats():
    names = [f.name for f in formats()]
    assert {"csv", "excel", "ocel", "parquet"} <= set(names)
    assert names == sorted(names, key=lambda name: (name == "unread", name))


def test_what_no_format_takes_is_a_fault_that_says_so():
    batches = read(items({"a.xyz": b"\x00\x01\x02"}))
    assert table(batches, "source")[0]["format"] == "unread"
    assert table(batches, "fault")[0]["source_id"] == table(batches, "source")[0]["source_id"]


def test_a_reading_process_that_dies_raises_and_says_what_to_do():
    with pytest.raises(Unreachable) as caught:
        list(pool.in_order(_die, [[1], [2], [3]], 2))
    assert "one worker" in caught.value.mend


def _die(items) -> Page:
    os._exit(3)


def parquet_of(count: int) -> bytes:
    rows = [
        {
            "document_id": f"d{i}",
            "kind": "invoice",
            "number": f"P{i}",
            "issued_on": date(2026, 3, 2),
            "source_id": "",
            "position": 0,
        }
        for i in range(count)
    ]
    out = BytesIO()
    pq.write_table(DOCUMENT.rows(rows), out)
    return out.getvalue()


def test_parquet_comes_in_parts_between_the_pages_and_its_source_row_last(monkeypatch):
    monkeypatch.setattr("tailrace.formats.parquet.ROWS_A_PART", 3)
    found = items({"a.csv": receipt("R0"), "document.parquet": parquet_of(7), "r.map.toml": MAP})
    batches = read(found)
    assert [batch.documents for batch in batches] == [0, 1, 3, 3, 1, 0]
    assert table(batches, "source")[-1]["documents"] == 7
    assert read(found, known=known_of(batches)) == []
    again = read(found, known=known_of(batches[:3]))  # stopped after the first part
    assert spelled(again) == spelled(batches[2:])


def test_parquet_twice_is_read_once():
    found = items({"a/document.parquet": parquet_of(2), "b/document.parquet": parquet_of(2)})
    batches = read(found)
    assert len(table(batches, "document")) == 2
    assert [row["documents"] for row in table(batches, "source")] == [2, 0]


def test_parquet_that_cannot_be_opened_is_a_fault(tmp_path):
    (tmp_path / "document.parquet").write_bytes(parquet_of(1))
    found = list(open_gate(tmp_path, **GATE).items())
    (tmp_path / "document.parquet").unlink()
    (fault,) = table(read(found), "fault")
    assert fault["where"] == "document.parquet"


def test_gzip_of_a_table_fits_the_mapping_of_its_name(tmp_path):
    (tmp_path / "r.csv.gz").write_bytes(gzip.compress(receipt("R")))
    (tmp_path / "r.map.toml").write_bytes(MAP)
    batches = read(open_gate(tmp_path, **GATE).items())
    assert [row["number"] for row in table(batches, "document")] == ["R"]
    assert table(batches, "source")[-1]["name"] == "r.csv.gz"


def test_the_golden_folder_is_read_without_a_crash():
    batches = read(open_gate(GOLDEN / "csv", **GATE).items(), limits=LIMITS)
    read_by = {row["name"]: row["format"] for row in table(batches, "source")}
    assert read_by["wareneingang.csv"] == "csv"
    assert read_by["payments.map.toml"] == "mapping"


@pytest.fixture(scope="module")
def hostile():
    folder = Path(__file__).resolve().parents[3] / "shared/records/hostile"
    if not folder.exists():
        pytest.skip("shared data 'records/hostile' is not beside this checkout")
    xml = [".xml", ".xml.gz"]  # those are for the tests of the XML formats
    entries = open_gate(folder, **GATE).items()
    found = [
        e for e in entries if isinstance(e, Fault) or not any(e.name.endswith(end) for end in xml)
    ]
    batches = read(found, limits=LIMITS)
    with (folder / "EXPECT.tsv").open(newline="") as file:
        expect = {
            row["file"]: row["expected"] for row in plain_csv.DictReader(file, delimiter="\t")
        }
    return expect, table(batches, "fault"), table(batches, "source")


def test_every_hostile_file_that_is_not_xml_is_spoken_of(hostile):
    expect, faults, _ = hostile
    named = {name for name in expect if ".xml" not in name}
    assert named == {n for n in named if any(f["where"].startswith(n) for f in faults)}


def test_the_hostile_archives_are_refused_as_expected(hostile):
    _, faults, _ = hostile
    by_file = {f["where"].split("/")[0]: f["what"] for f in faults}
    assert "expand to more than" in by_file["zip-bomb-200MB.zip"]
    assert "member path refused" in by_file["zip-slip.zip"]


def test_hostile_files_of_formats_not_read_yet_say_so(hostile):
    _, faults, sources = hostile
    later = [s for s in sources if s["name"].endswith((".edi", ".sta"))]
    assert len(later) == 7
    assert {s["format"] for s in later} == {"unread"}
    for source in later:
        what = [f["what"] for f in faults if f["source_id"] == source["source_id"]]
        assert len(what) == 1 and "not read yet" in what[0], (source["name"], what)


def test_the_hostile_table_is_text_and_its_comma_a_number_only_as_declared(shared):
    content = shared("records/hostile/csv-formula.csv").read_bytes()
    mapping = b"""
        [[file]]
        pattern = "csv-formula.csv"
        kind = "invoice"
        %s
        constants = { currency = "EUR", issued_on = "2026-03-31" }
        columns = { supplier = "seller.name", invoice = "number", amount = "payable" }
    """
    marks = b"decimal = ','\nthousands = '.'"
    for declared, payable in ((marks, 123456), (b"", None)):
        files = {"m.map.toml": mapping % declared, "csv-formula.csv": content}
        batches = read(items(files))
        assert table(batches, "document")[0]["payable_minor"] == payable
        assert table(batches, "party")[0]["name"] == "=cmd|calc!A0"
        assert len(table(batches, "fault")) == (payable is None)


_STUCK = """
import os, sys, time
from tailrace.formats import pool

def stuck(items):
    print(os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    list(pool.in_order(stuck, [[1], [2], [3]], 2))
"""


def test_reading_processes_end_when_the_one_that_started_them_is_killed(tmp_path):
    script = tmp_path / "stuck.py"
    script.write_text(_STUCK)
    root = str(Path(tailrace.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
    deadline = time.monotonic() + 20
    while alive := [pid for pid in workers if _alive(pid)]:
        assert time.monotonic() < deadline, f"processes {alive} outlived their parent"
        time.sleep(0.1)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
