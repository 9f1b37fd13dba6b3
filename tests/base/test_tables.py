"""Declared tables: what fits is kept, what does not is refused aloud, equal rows are equal bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace import BadTerms
from tailrace.base.tables import (
    COUNT,
    DAY,
    FLAG,
    MOMENT,
    QUANTITY,
    RATIO,
    TEXT,
    Column,
    Gathered,
    Schema,
    from_bytes,
    rows_in,
    rows_of,
    to_bytes,
)

LOAD = Schema(
    "load",
    "One load that left a yard.",
    (
        Column("load_id", TEXT, "id"),
        Column("pallets", COUNT, "how many"),
        Column("left_on", DAY, "the day", null=True),
        Column("left_at", MOMENT, "the moment", null=True),
        Column("weight", QUANTITY, "in KGM", null=True),
        Column("cold", FLAG, "whether it is cooled", null=True),
        Column("fill", RATIO, "share of the truck", null=True),
        Column("yard_id", TEXT, "where from", null=True),
        Column("driver_id", TEXT, "who", null=True, points="person"),
    ),
    ("load_id",),
)
ROW = {"load_id": "a", "pallets": 3}

loads = st.lists(
    st.fixed_dictionaries(
        {"load_id": st.text(max_size=5), "pallets": st.integers(-(2**63), 2**63 - 1)},
        optional={
            "left_on": st.none() | st.dates(),
            "left_at": st.none() | st.datetimes(timezones=st.just(UTC)),
            "weight": st.none() | st.integers(-(10**17), 10**17).map(lambda n: Decimal(n) / 10**6),
            "cold": st.none() | st.booleans(),
            "fill": st.none() | st.floats(allow_nan=False),
            "yard_id": st.none() | st.text(max_size=3),
        },
    ),
    max_size=12,
)


@given(loads)
def test_rows_come_back_as_they_went_in(rows):
    rows = [row for row in rows if row["load_id"].isprintable()]
    full = [{name: row.get(name) for name in LOAD.names} for row in rows]
    table = LOAD.rows(rows)
    assert list(rows_of(table)) == full
    assert from_bytes(to_bytes(table)).equals(table)
    assert rows_in(to_bytes(table)) == len(rows)
    gathered = Gathered(LOAD)
    for row in rows:
        gathered.add(row)
    assert gathered.count == len(rows)
    assert gathered.table().equals(table)


@given(loads, st.integers(0, 12), st.integers(0, 12))
def test_equal_tables_are_equal_bytes_however_they_were_made(rows, a, b):
    rows = [row for row in rows if row["load_id"].isprintable()]
    table = LOAD.rows(rows)
    part = table.slice(min(a, b), abs(b - a))
    fresh = LOAD.rows(part.to_pylist())
    kept = pa.array([min(a, b) <= i < max(a, b) for i in range(table.num_rows)], pa.bool_())
    nulled = [pc.if_else(c.is_null(), pa.scalar(None, c.type), c) for c in part.columns]
    assert to_bytes(part) == to_bytes(fresh)
    assert to_bytes(table.filter(kept)) == to_bytes(fresh)
    assert to_bytes(pa.table(nulled, schema=LOAD.arrow)) == to_bytes(fresh)
    assert to_bytes(pa.concat_tables([part.slice(0, 1), part.slice(1)])) == to_bytes(fresh)


def test_a_cast_puts_columns_in_order_and_says_null_for_what_is_not_said():
    loose = pa.table({"pallets": pa.array([3], pa.int8()), "load_id": ["a"], "other": [1]})
    assert LOAD.cast(loose).to_pylist() == [{**dict.fromkeys(LOAD.names), **ROW}]


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("pallets", pa.array([1.5]), "column 'pallets': Float value 1.500000 was truncated"),
        ("pallets", pa.array([2**63], pa.uint64()), "column 'pallets': Integer value"),
        ("pallets", pa.array(["many"]), "column 'pallets': Failed to parse string: 'many'"),
        ("pallets", pa.array([None], pa.int64()), "column 'pallets' is null in 1 rows"),
        ("weight", pa.array([Decimal("0.0000001")]), "column 'weight': Rescaling Decimal"),
        ("weight", pa.array([Decimal(10**12)]), "column 'weight': Decimal value does not fit"),
        (
            "left_on",
            pa.array([datetime(2026, 3, 31, 5)]),
            "column 'left_on': a moment is not a day",
        ),
        ("left_on", pa.array([[1]]), "column 'left_on': Unsupported cast"),
        ("yard_id", pa.array([b"\xff"]), "column 'yard_id': Invalid UTF8"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_column(name, values, said):
    columns = {"load_id": pa.array(["a"]), "pallets": pa.array([3]), name: values}
    with pytest.raises(BadTerms) as refused:
        LOAD.cast(pa.table(columns))
    assert refused.value.what.startswith(said)
    assert refused.value.where == "table load"
    assert refused.value.mend.startswith("columns are load_id, pallets, left_on")


def test_a_column_that_must_be_said_may_not_be_left_out():
    with pytest.raises(BadTerms, match="column 'pallets' is missing"):
        LOAD.cast(pa.table({"load_id": ["a"]}))
    with pytest.raises(BadTerms, match="column 'pallets' is null in 1 rows"):
        LOAD.rows([{"load_id": "a"}])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pallets", 2**63),
        ("pallets", 1.5),
        ("pallets", True),
        ("pallets", "3"),
        ("load_id", 3),
        ("load_id", "\ud800"),
        ("weight", 1.5),
        ("weight", Decimal("NaN")),
        ("weight", Decimal("1e40")),
        ("left_on", "2026-03-31"),
        ("left_on", datetime(2026, 3, 31, 5)),
    ],
)
def test_a_row_with_a_value_of_another_type_is_refused_with_its_column(name, value):
    with pytest.raises(BadTerms, match=f"column '{name}'"):
        LOAD.rows([{**ROW, name: value}])


def test_a_name_that_is_no_column_is_refused():
    with pytest.raises(BadTerms, match="no column named palets"):
        LOAD.rows([{**ROW, "palets": 3}])


def test_an_id_column_leads_to_the_table_it_names():
    assert LOAD.pointers() == {"yard_id": "yard", "driver_id": "person"}


def test_an_empty_table_has_its_columns():
    assert LOAD.empty().schema == LOAD.arrow
    assert from_bytes(to_bytes(LOAD.empty())).schema == LOAD.arrow
    assert LOAD.rows([{**ROW, "left_on": date(2026, 3, 31)}]).num_rows == 1
