"""The one suite every engine passes, with equal rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace import BadTerms
from tailrace.base.errors import NotFound
from tailrace.base.ids import digest_id, sql_id
from tailrace.base.steps import array_step, step
from tailrace.base.tables import (
    COUNT,
    DAY,
    FLAG,
    MINOR,
    MOMENT,
    QUANTITY,
    RATIO,
    TEXT,
    Column,
    Schema,
)
from tailrace.engines import duckdb

LOAD = Schema(
    "load",
    "One load that left a yard.",
    (
        Column("load_id", TEXT, "id"),
        Column("yard", TEXT, "where from", null=True),
        Column("value_minor", MINOR, "what it is worth", null=True),
        Column("left_on", DAY, "the day", null=True),
        Column("left_at", MOMENT, "the moment", null=True),
        Column("weight", QUANTITY, "in KGM", null=True),
        Column("cold", FLAG, "whether it is cooled", null=True),
        Column("fill", RATIO, "share of the truck", null=True),
    ),
    ("load_id",),
)
YARD = Schema(
    "yard",
    "What left a yard.",
    (
        Column("yard_id", TEXT, "id"),
        Column("yard", TEXT, "name", null=True),
        Column("loads", COUNT, "how many"),
        Column("value_minor", MINOR, "worth of all", null=True),
        Column("first_on", DAY, "first day", null=True),
    ),
    ("yard_id",),
)
LOST = Schema("lost", "A load that is lost.", LOAD.columns, ("load_id",))
SCHEMAS = {schema.kind: schema for schema in (LOAD, YARD, LOST)}


ENGINES = [duckdb]


@pytest.fixture(params=ENGINES)
def engine(request):
    opened = request.param.open_engine(SCHEMAS)
    yield opened
    opened.close()


@pytest.fixture(params=ENGINES, scope="module")
def reused(request):
    """An engine for examples that put their own tables in place of those before."""
    opened = request.param.open_engine(SCHEMAS)
    yield opened
    opened.close()


@step(reads=("load",), writes="yard", version=1)
def count_yards():
    """Count what left each yard."""
    return f"""
        select {sql_id("'yard'", "yard")} as yard_id, yard, count(*) as loads,
               sum(value_minor) as value_minor, min(left_on) as first_on
        from load group by yard"""


def of_sql(sql: str, **options):
    """Return a step that writes yards by this SQL."""

    @step(reads=("load",), writes="yard", version=1, **options)
    def written():
        return sql

    return written


def yards(**columns: str) -> str:
    """Return SQL for one yard, with these expressions as columns."""
    said = {"yard_id": "'y'", "yard": "null", "loads": "1", "value_minor": "null"}
    said |= {"first_on": "null", **columns}
    return "select " + ", ".join(f"{sql} as {name}" for name, sql in said.items())


ROWS = [
    {
        "load_id": "a",
        "yard": "north",
        "value_minor": 2**62,
        "left_on": date(2026, 3, 31),
        "left_at": datetime(2026, 3, 31, 23, 30, 0, 123456, tzinfo=UTC),
        "weight": Decimal("999999999999.999999"),
        "cold": True,
        "fill": 0.1,
    },
    {"load_id": "b", "weight": Decimal("-0.000001"), "yard": "", "cold": False},
    {"load_id": "c"},
]


def test_a_table_comes_back_as_it_was_put_to_the_last_digit_and_null(engine):
    table = LOAD.rows(ROWS)
    engine.put("load", table)
    assert engine.get("load").equals(table)
    engine.put("load", table.slice(0, 1))
    assert engine.get("load").num_rows == 1


def test_a_table_is_cast_to_its_schema_when_it_is_put(engine):
    engine.put("load", pa.table({"value_minor": pa.array([7], pa.int8()), "load_id": ["a"]}))
    assert engine.get("load").schema == LOAD.arrow
    with pytest.raises(BadTerms, match="column 'load_id' is missing"):
        engine.put("load", pa.table({"value_minor": [7]}))


loads = st.lists(
    st.tuples(
        st.none() | st.text(st.characters(blacklist_categories=("Cs",)), max_size=3),
        st.none() | st.integers(-(2**40), 2**40),
        st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(loads, st.randoms())
def test_a_step_gives_the_same_rows_whatever_the_order_of_its_input(reused, made, chance):
    with_ids = [
        {"load_id": f"l{n}", "yard": yard, "value_minor": value, "left_on": day}
        for n, (yard, value, day) in enumerate(made)
    ]
    mixed = list(with_ids)
    chance.shuffle(mixed)
    found = []
    for rows in (with_ids, mixed):
        reused.put("load", LOAD.rows(rows))
        reused.run(count_yards)
        found.append(reused.get("yard"))
    assert found[0].equals(found[1])
    by_yard: dict = {}
    for row in with_ids:
        by_yard.setdefault(row["yard"], []).append(row)
    assert {row["yard_id"]: row["loads"] for row in found[0].to_pylist()} == {
        digest_id("yard", yard): len(rows) for yard, rows in by_yard.items()
    }
    for row in found[0].to_pylist():
        values = [r["value_minor"] for r in by_yard[row["yard"]] if r["value_minor"] is not None]
        assert row["value_minor"] == (sum(values) if values else None)


def test_rows_come_in_the_order_of_their_key(engine):
    engine.put("load", LOAD.rows([{"load_id": name} for name in ("é", "b", "B", "a", "10", "9")]))
    assert engine.get("load")["load_id"].to_pylist() == ["10", "9", "B", "a", "b", "é"]


def test_a_sum_beyond_64_bits_is_an_error_and_not_another_number(engine):
    rows = [{"load_id": str(n), "yard": "north", "value_minor": 2**62} for n in range(3)]
    engine.put("load", LOAD.rows(rows))
    with pytest.raises(BadTerms) as refused:
        engine.run(count_yards)
    assert "13835058055282163712" in refused.value.what
    assert refused.value.where.endswith("count_yards")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"value_minor": "1.5::double"}, "column value_minor: 1.5 does not fit bigint"),
        ({"value_minor": "1.5"}, "column value_minor: 1.5 does not fit bigint"),
        ({"value_minor": "avg(x) from (values (1), (2)) t(x)"}, "1.5 does not fit bigint"),
        ({"value_minor": "9223372036854775807 * 2"}, "verflow"),
        ({"value_minor": "'many'"}, "many"),
        ({"first_on": "timestamp '2026-03-31 05:00'"}, "column first_on: 2026-03-31 05:00:00"),
        ({"first_on": "'soon'"}, "soon"),
        ({"loads": "null"}, "column 'loads' of 'yard' is null in 1 rows"),
        ({"yard_id": "null"}, "column 'yard_id' of 'yard' is null in 1 rows"),
        ({"loads": "nothing"}, "nothing"),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_and_never_rounded(engine, columns, said):
    [(name, expression)] = columns.items()
    sql, _, source = expression.partition(" from ")
    query = yards(**{name: sql}) + (f" from {source}" if source else "")
    with pytest.raises(BadTerms) as refused:
        engine.run(of_sql(query))
    assert said in refused.value.what
    assert refused.value.where.endswith(".written")


def test_a_decimal_beyond_six_places_is_an_error_and_never_rounded(engine):
    @step(reads=(), writes="load", version=1)
    def weigh(weight):
        columns = ", ".join(
            f"null as {name}" for name in LOAD.names if name not in ("load_id", "weight")
        )
        return f"select 'a' as load_id, {weight} as weight, {columns}"

    engine.run(weigh, weight="0.12345600::decimal(18, 8)")
    assert engine.get("load")["weight"].to_pylist() == [Decimal("0.123456")]
    for weight in ("0.12345678::decimal(18, 8)", "0.1234567::double", "1e12::double"):
        with pytest.raises(BadTerms, match=r"weight|convert"):
            engine.run(weigh, weight=weight)
    engine.run(weigh, weight="0.25::double")
    assert engine.get("load")["weight"].to_pylist() == [Decimal("0.25")]


def test_whole_numbers_of_any_width_fit_as_they_are(engine):
    for expression in ("7::tinyint", "7::hugeint", "7.00::decimal(9, 2)", "7::double", "null"):
        engine.run(of_sql(yards(value_minor=expression)))
        assert engine.get("yard")["value_minor"].to_pylist() in ([7], [None])


def test_a_column_too_few_is_an_error(engine):
    with pytest.raises(BadTerms, match="first_on"):
        engine.run(of_sql("select 'y' as yard_id, null as yard, 1 as loads, 2 as value_minor"))


@array_step(reads=("load",), writes=("lost", "yard"), version=1)
def sort_out(load, seed):
    """Write two kinds from one."""
    yard = {"yard_id": ["y"], "loads": pa.array([seed], pa.int8())}
    return {"lost": load.slice(0, seed), "yard": pa.table(yard)}


def test_an_array_step_is_given_its_tables_in_key_order_and_its_rules(engine):
    engine.put("load", LOAD.rows(reversed(ROWS)))
    made = engine.run(sort_out, seed=2, other=5)
    assert engine.get("lost")["load_id"].to_pylist() == ["a", "b"]
    assert engine.get("yard")["loads"].to_pylist() == [2]
    assert made["yard"].schema == YARD.arrow


def test_a_step_that_goes_by_columns_gives_the_same_rows_however_it_is_sliced(engine, monkeypatch):
    sizes = []

    @array_step(reads=("load", "lost"), writes="yard", version=1, by=("yard",))
    def weighed(load, lost):
        sizes.append((load.num_rows, lost.num_rows))
        sums = load.group_by("yard").aggregate([("value_minor", "sum"), ("load_id", "count")])
        names = pa.array([f"y{name}" for name in sums["yard"].to_pylist()], pa.string())
        columns = {"yard_id": names, "yard": sums["yard"], "loads": sums["load_id_count"]}
        return YARD.cast(pa.table({**columns, "value_minor": sums["value_minor_sum"]}))

    rows = [{"load_id": f"{n:03}", "yard": f"{n % 7}", "value_minor": n} for n in range(100)]
    engine.put("load", LOAD.rows(rows))
    engine.put("lost", LOST.rows([{"load_id": "x", "yard": "9"}]))
    engine.run(weighed)
    whole = engine.get("yard")
    assert whole["value_minor"].to_pylist()[0] == sum(range(0, 100, 7))
    monkeypatch.setattr(duckdb, "SLICE_ROWS", 15)
    engine.run(weighed)
    assert engine.get("yard").equals(whole)
    assert len(sizes) == 1 + 7
    assert sum(loads for loads, _ in sizes[1:]) == 100


def test_a_rule_that_is_missing_is_an_error_that_names_it(engine):
    engine.put("load", LOAD.rows(ROWS))
    with pytest.raises(BadTerms) as refused:
        engine.run(sort_out)
    assert refused.value.what == "step sort_out needs seed"


def test_a_step_that_writes_what_it_did_not_say_is_an_error(engine):
    @array_step(reads=(), writes="yard", version=1)
    def stray():
        return {"lost": LOST.empty()}

    with pytest.raises(BadTerms, match="step wrote lost"):
        engine.run(stray)


def lose(which):
    @array_step(reads=("load",), writes="lost", version=1, binds=True)
    def lose_some(load):
        return load.slice(which, 1)

    return lose_some


def test_what_binds_is_added_to_what_was_adopted_before(engine):
    engine.put("load", LOAD.rows(ROWS))
    assert engine.run(lose(0))["lost"]["load_id"].to_pylist() == ["a"]
    assert engine.run(lose(2))["lost"]["load_id"].to_pylist() == ["c"]
    assert engine.get("lost")["load_id"].to_pylist() == ["a", "c"]


def test_a_query_that_binds_returns_its_rows_and_adds_them(engine):
    engine.put("yard", YARD.rows([{"yard_id": "x", "loads": 1}]))
    made = engine.run(of_sql(yards(), binds=True))
    assert made["yard"]["yard_id"].to_pylist() == ["y"]
    assert engine.get("yard")["yard_id"].to_pylist() == ["x", "y"]
    with pytest.raises(BadTerms, match="column 'loads' is null"):
        engine.run(of_sql(yards(loads="null"), binds=True))


def test_rows_are_found_by_value_and_by_beginning_in_key_order(engine):
    engine.put(
        "load", LOAD.rows([{"load_id": name, "yard": "n%"} for name in ("a_2", "ab", "a_1")])
    )
    ids = lambda table: table["load_id"].to_pylist()  # noqa: E731
    assert ids(engine.find("load", "load_id", ["ab", "a_1", "none"])) == ["a_1", "ab"]
    assert ids(engine.find("load", "load_id", [])) == []
    assert ids(engine.begins("load", "load_id", "a_")) == ["a_1", "a_2"]
    assert ids(engine.begins("load", "yard", "n%")) == ["a_1", "a_2", "ab"]
    assert engine.find("lost", "load_id", ["a"]).equals(LOST.empty())


def test_what_is_not_there_is_named(engine):
    with pytest.raises(NotFound, match="no table 'load'"):
        engine.get("load")
    with pytest.raises(NotFound, match="kinds are load, lost, yard"):
        engine.get("lod")
    with pytest.raises(BadTerms, match="lod"):
        engine.sql("select * from lod")


def test_a_step_sees_no_file_and_no_variable_of_the_program(engine, tmp_path):
    table = LOAD.rows(ROWS)
    secret = tmp_path / "secret.csv"
    secret.write_text("yard_id\nx\n")
    for source in ("table", "query", "step", f"read_csv('{secret}')", f"'{secret}'"):
        with pytest.raises(BadTerms):
            engine.run(of_sql(f"{yards()} from {source}"))
        with pytest.raises(BadTerms):
            engine.sql(f"copy (select 1) to '{tmp_path / 'out.csv'}'")
    assert table.num_rows == 3
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_an_engine_leaves_nothing_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened = duckdb.open_engine(SCHEMAS)
    spill = opened.sql("select current_setting('temp_directory') as folder")["folder"][0].as_py()
    assert Path(spill).is_absolute()
    opened.close()
    assert list(tmp_path.iterdir()) == []
