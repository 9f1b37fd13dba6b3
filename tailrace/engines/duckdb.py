"""DuckDB in process: the default engine, `duckdb://`.

Steps see the tables put in or made before, and nothing else: no file, no network, no variable of
the program. What a query makes is cast to the declared schema; a value that would have to be
rounded, cut or wrapped to fit, or a null where none is allowed, is an error that names the column.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import duckdb
import pyarrow as pa

from tailrace.base.errors import BadTerms, NotFound
from tailrace.base.processes import spread
from tailrace.base.quantity import SCALE
from tailrace.base.steps import Step
from tailrace.base.tables import Column, Schema

SQL_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamptz",
    pa.decimal128(18, 6): "decimal(18, 6)",
    pa.bool_(): "boolean",
    pa.float64(): "double",
}
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",  # nothing is fetched at run time
    "python_enable_replacements": "false",  # an unknown table is an error, not a variable of ours
    "memory_limit": "4GB",  # beyond this DuckDB spills; Arrow and NumPy need their share too
}


SLICE_ROWS = 500_000  # of the largest table of a step that may be run slice by slice
DESCRIBED_MAX = 2_000
# The types of queries by the schemas they ran under, which are held so that no other takes their id.
_DESCRIBED: dict[tuple[int, str], tuple[Mapping[str, Schema], dict[str, str]]] = {}


class DuckDBEngine:
    """Tables by kind in one in-memory database; results are cast to their declared schema."""

    def __init__(
        self, schemas: Mapping[str, Schema], *, threads: int | None = None, processes: int = 1
    ) -> None:
        self.schemas, self.processes = schemas, processes
        self._db = duckdb.connect(":memory:", config=SETTINGS)
        self._db.execute("set timezone = 'UTC'")
        self._db.execute("set preserve_insertion_order = false")
        spill = str(Path(gettempdir()) / f"tailrace-duckdb-{os.getpid()}").replace("'", "''")
        self._db.execute(f"set temp_directory = '{spill}'")  # else .tmp in the user's folder
        self._db.execute("set enable_external_access = false")
        if threads:
            self._db.execute(f"set threads = {threads:d}")

    def put(self, kind: str, table: pa.Table) -> None:
        self._db.register("incoming", self._schema(kind).cast(table))
        self._db.execute(f'create or replace table "{kind}" as from incoming')
        self._db.unregister("incoming")

    def run(self, step: Step, **rules: Any) -> Mapping[str, pa.Table]:
        chosen = step.chosen(rules)
        if step.query and not step.binds:
            self._keep(step, step.function(**chosen))
            return {}
        if step.query:
            made = self._ask(step, step.function(**chosen)).to_arrow_table()
        elif step.by:
            return self._sliced(step, chosen)
        else:
            made = step.function(**{kind: self.get(kind) for kind in step.reads}, **chosen)
        cast = self._cast(step, made)
        for kind, table in cast.items():
            self.add(kind, table) if step.binds else self.put(kind, table)
        return cast

    def _cast(self, step: Step, made: Any) -> dict[str, pa.Table]:
        """Return what a step made by kind, in the declared schemas; raise where a kind is wrong."""
        tables = made if isinstance(made, Mapping) else {step.writes[0]: made}
        if set(tables) != set(step.writes):
            mend = f"return {', '.join(step.writes)}"
            raise BadTerms(f"step wrote {', '.join(tables)}", where=step.rule, mend=mend)
        return {kind: self._schema(kind).cast(table) for kind, table in tables.items()}

    def _sliced(self, step: Step, chosen: Mapping[str, Any]) -> dict[str, pa.Table]:
        """Run an array step slice by slice, so that little of a large book is in memory twice.

        With several processes each takes a slice at a time. Returns no rows: they are in the engine.
        """
        cut = [k for k in step.reads if set(step.by) <= set(self._schema(k).names)]
        rows = max((self._count(kind) for kind in cut), default=0)
        slices = -(-rows // SLICE_ROWS) or 1
        held = ({**self._slice(step, cut, nth, slices), **chosen} for nth in range(slices))
        for nth, made in enumerate(spread(step, held, min(self.processes, slices))):
            for kind, table in self._cast(step, made).items():
                self.add(kind, table) if nth else self.put(kind, table)
        return {kind: self._schema(kind).empty() for kind in step.writes}

    def _slice(self, step: Step, cut: Sequence[str], nth: int, slices: int) -> dict[str, Any]:
        where = f" where hash({', '.join(_named(step.by))}) % {slices} = {nth}"
        return {
            kind: self._read(kind, where if kind in cut and slices > 1 else "")
            for kind in step.reads
        }

    def _count(self, kind: str) -> int:
        found = self._db.execute(f'select count(*) from "{kind}"').fetchone()
        return int(found[0]) if found else 0

    def add(self, kind: str, table: pa.Table) -> None:
        self._db.register("incoming", self._schema(kind).cast(table))
        self._db.execute(f'create table if not exists "{kind}" as from incoming limit 0')
        self._db.execute(f'insert into "{kind}" from incoming')
        self._db.unregister("incoming")

    def drop(self, kind: str) -> None:
        self._db.execute(f'drop table if exists "{kind}"')

    def get(self, kind: str) -> pa.Table:
        key = self._schema(kind).key
        return self._read(kind, f" order by {', '.join(_named(key))}")

    def _read(self, kind: str, how: str) -> pa.Table:
        """Return a table the engine holds; `how` is the SQL of its condition and order."""
        schema = self._schema(kind)
        try:
            found = self._db.execute(f'select {", ".join(_named(schema.names))} from "{kind}"{how}')
        except duckdb.CatalogException:
            mend = "put the table or run the step that writes it first"
            raise NotFound(f"no table {kind!r}", where="engine duckdb", mend=mend) from None
        return schema.cast(found.to_arrow_table())

    def find(self, kind: str, column: str, values: Sequence[str]) -> pa.Table:
        marks = ", ".join("?" for _ in values)
        return self._where(kind, f'"{column}" in ({marks})' if marks else "false", list(values))

    def begins(self, kind: str, column: str, start: str) -> pa.Table:
        return self._where(kind, f'starts_with("{column}", ?)', [start])

    def sql(self, query: str) -> pa.Table:
        try:
            return self._db.execute(query).to_arrow_table()
        except duckdb.Error as why:
            mend = "write DuckDB's SQL over the kinds held"
            raise BadTerms(f"{why}", where="engine duckdb", mend=mend) from why

    def close(self) -> None:
        self._db.close()

    def _where(self, kind: str, condition: str, values: list[str]) -> pa.Table:
        """Return the rows that meet a condition, in key order; none where the kind is not held."""
        schema = self._schema(kind)
        names = ", ".join(f'"{name}"' for name in schema.names)
        order = ", ".join(f'"{name}"' for name in schema.key)
        query = f'select {names} from "{kind}" where {condition} order by {order}'
        try:
            return schema.cast(self._db.execute(query, values).to_arrow_table())
        except duckdb.CatalogException:
            return schema.empty()

    def _keep(self, step: Step, query: str) -> None:
        """Create the step's table from its query."""
        kind = step.writes[0]
        self._ask(step, query, into=f'create or replace table "{kind}" as')
        told = [c.name for c in self._schema(kind).columns if not c.null]
        counts = ", ".join(f'count(*) - count("{name}")' for name in told)
        missing = self._db.execute(f'select {counts} from "{kind}"').fetchone() if told else ()
        for name, count in zip(told, missing or (), strict=True):
            if count:
                mend = f"say it in every row, or declare {kind}.{name} as one that may be null"
                what = f"column {name!r} of {kind!r} is null in {count} rows"
                raise BadTerms(what, where=step.rule, mend=mend)

    def _ask(self, step: Step, query: str, into: str = "") -> duckdb.DuckDBPyConnection:
        """Run a step's query with each column cast to its declared type."""
        try:
            types = self._described(query)
            columns = self._schema(step.writes[0]).columns
            cast = ", ".join(_exact(c, types.get(c.name, "")) for c in columns)
            return self._db.execute(f"{into} select {cast} from ({query})")
        except duckdb.Error as why:
            mend = "the step's SQL and the tables it reads must agree"
            raise BadTerms(f"{why}", where=step.rule, mend=mend) from why

    def _described(self, query: str) -> Mapping[str, str]:
        """Return the types a query's columns have; planned once, as declared tables keep theirs."""
        key = id(self.schemas), query
        if key not in _DESCRIBED:
            if len(_DESCRIBED) >= DESCRIBED_MAX:
                _DESCRIBED.clear()
            made = self._db.execute(f"select column_name, column_type from (describe {query})")
            _DESCRIBED[key] = self.schemas, dict(made.fetchall())
        return _DESCRIBED[key][1]

    def _schema(self, kind: str) -> Schema:
        try:
            return self.schemas[kind]
        except KeyError:
            mend = f"kinds are {', '.join(sorted(self.schemas))}"
            raise NotFound(f"no kind {kind!r}", where="engine duckdb", mend=mend) from None


def _named(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _exact(column: Column, made: str) -> str:
    """Return the SQL that casts a column to its declared type, or fails where a value changes."""
    declared, name = SQL_TYPES[column.type], f'"{column.name}"'
    cast = f"cast({name} as {declared})"
    if not _lossy(made, declared):
        return f"{cast} as {name}"
    told = f"'column {column.name}: ' || cast({name} as varchar) || ' does not fit {declared}'"
    same = f"{name} is null or cast({cast} as {made}) = {name}"
    return f"case when {same} then {cast} else error({told}) end as {name}"


def _lossy(made: str, declared: str) -> bool:
    """Whether DuckDB rounds or cuts silently between these types; it refuses other misfits."""
    if declared == "bigint":
        return made in ("FLOAT", "DOUBLE") or made.startswith("DECIMAL")
    if declared.startswith("decimal"):
        scale = made.rpartition(",")[2].rstrip(")") if made.startswith("DECIMAL") else "0"
        return made in ("FLOAT", "DOUBLE") or int(scale) > SCALE
    return declared == "date" and made.startswith("TIMESTAMP")


def open_engine(schemas: Mapping[str, Schema], *, processes: int = 1) -> DuckDBEngine:
    """Open an empty engine that knows these kinds; so many processes run steps that go `by` columns."""
    return DuckDBEngine(schemas, processes=processes)
