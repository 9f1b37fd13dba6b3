from __future__ import annotations

from datetime import date
from io import BytesIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from intake_world import LIMITS

from tailrace.base.ids import source_id
from tailrace.formats import parquet
from tailrace.records.tables import DOCUMENT, PARTY


def documents(count: int) -> pa.Table:
    return DOCUMENT.rows(
        {
            "document_id": f"d{i}",
            "kind": "invoice",
            "number": f"INV-{i}",
            "issued_on": date(2026, 3, 2),
            "payable_minor": 100 * i,
            "source_id": "elsewhere",
            "position": 0,
        }
        for i in range(count)
    )


def spelled(table: pa.Table, **options) -> bytes:
    out = BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def parts(content: bytes, name: str = "document.parquet", limits=LIMITS):
    return list(parquet.stream(BytesIO(content), name, limits, source_id(content)))


def test_rows_are_taken_as_they_are_under_their_own_source_and_row_numbers():
    content = spelled(documents(3))
    (part,) = parts(content)
    assert part.kind == "document"
    assert part.table.schema == DOCUMENT.arrow
    assert part.table["document_id"].to_pylist() == ["d0", "d1", "d2"]
    assert part.table["position"].to_pylist() == [1, 2, 3]
    assert set(part.table["source_id"].to_pylist()) == {source_id(content)}


def test_a_large_file_comes_in_parts_of_bounded_size(monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_A_PART", 4)
    found = parts(spelled(documents(10), row_group_size=3))
    assert [part.table.num_rows for part in found] == [4, 4, 2]
    assert found[-1].table["position"].to_pylist() == [9, 10]


def test_reading_at_once_gives_the_same_rows():
    content = spelled(documents(3))
    rows = parquet.read(content, "document.parquet", LIMITS)
    assert rows.tables["document"] == parts(content)[0].table.to_pylist()
    assert rows.documents == 3


@pytest.mark.parametrize("name", ["party.parquet", "a/party-0007.parquet", "party/part-3.parquet"])
def test_the_name_says_the_kind(name):
    assert parquet.kind_of(name) == "party"
    (part,) = parts(spelled(PARTY.rows([{"party_id": "p", "source_id": "", "position": 0}])), name)
    assert part.kind == "party"


def test_a_name_without_a_kind_is_a_fault_that_lists_them():
    (part,) = parts(spelled(documents(1)), "stuff.parquet")
    assert part.faults[0].what == "the name says no kind of record"
    assert "document.parquet" in part.faults[0].mend


def test_a_missing_column_and_a_wrong_type_are_faults():
    lacking = documents(2).drop_columns(["number", "currency"])
    (part,) = parts(spelled(lacking))
    assert part.faults[0].what == "the file lacks number"
    at = DOCUMENT.names.index("issued_on")
    wrong = documents(2).set_column(at, "issued_on", pa.array(["soon", "late"]))
    (part,) = parts(spelled(wrong))
    assert "column 'issued_on'" in part.faults[0].what
    assert part.table.num_rows == 0


def test_a_column_that_may_be_null_may_be_left_out_and_strange_ones_are_passed_over():
    table = documents(2).drop_columns(["currency"]).append_column("mood", pa.array(["a", "b"]))
    (part,) = parts(spelled(table))
    assert part.table.schema == DOCUMENT.arrow and not part.faults


def test_a_row_that_lacks_what_must_be_said_is_left_out_alone():
    numbers = pa.array(["A", None, "C"], pa.string())
    at = DOCUMENT.names.index("number")
    table = documents(3).cast(_nullable(DOCUMENT.arrow)).set_column(at, "number", numbers)
    (part,) = parts(spelled(table))
    assert part.table["number"].to_pylist() == ["A", "C"]
    assert part.table["position"].to_pylist() == [1, 3]
    assert [f.position for f in part.faults] == [2]


def test_many_bad_rows_are_named_a_hundred_times_and_then_counted():
    at = DOCUMENT.names.index("number")
    nothing = pa.nulls(250, pa.string())
    table = documents(250).cast(_nullable(DOCUMENT.arrow)).set_column(at, "number", nothing)
    (part,) = parts(spelled(table))
    assert len(part.faults) == 101
    assert part.faults[-1].what.startswith("150 more rows")


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])


@pytest.mark.parametrize("cut", [0, 3, 40, -5])
def test_a_damaged_file_is_a_fault(cut):
    (part,) = parts(spelled(documents(3))[:cut])
    assert part.faults[0].what.startswith("cannot be read")


def test_a_column_that_unpacks_too_far_is_refused():
    tight = msgspec.structs.replace(LIMITS, bytes_max=100)
    (part,) = parts(spelled(documents(3)), limits=tight)
    assert "the limit is 100" in part.faults[0].what


def test_the_digest_is_that_of_the_whole_file():
    content = spelled(documents(3))
    file = BytesIO(content)
    assert parquet.digest_of(file) == source_id(content)
    assert file.tell() == 0
