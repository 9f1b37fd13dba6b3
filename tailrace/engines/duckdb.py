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


DESCRIBED_MAX = 2_000
# The types of queries by the schemas they ran under, which are held so that no other takes their id.
_DESCRIBED: dict[tuple[int, str], tuple[Mapping[str, Schema], dict[str, str]]] = {}


class DuckDBEngine:
    """Tables by kind in one in-memory database; results are cast to their declared schema."""

    def __init__(self, schemas: Mapping[str, Schema], *, threads: int | None = None) -> None:
        self.schemas = schemas
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
        else:
            held = {kind: self.get(kind, in_order=step.in_order) for kind in step.reads}
            made = step.function(**held, **chosen)
        tables = made if isinstance(made, Mapping) else {step.writes[0]: made}
        if set(tables) != set(step.writes):
            mend = f"return {', '.join(step.writes)}"
            raise BadTerms(f"step wrote {', '.join(tables)}", where=step.rule, mend=mend)
        cast = {kind: self._schema(kind).cast(table) for kind, table in tables.items()}
        for kind, table in cast.items():
            self.add(kind, table) if step.binds else self.put(kind, table)
        return cast

    def add(self, kind: str, table: pa.Table) -> None:
        self._db.register("incoming", self._schema(kind).cast(table))
        self._db.execute(f'create table if not exists "{kind}" as from incoming limit 0')
        self._db.execute(f'insert into "{kind}" from incoming')
        self._db.unregister("incoming")

    def drop(self, kind: str) -> None:
        self._db.execute(f'drop table if exists "{kind}"')

    def get(self, kind: str, *, in_order: bool = True) -> pa.Table:
        schema = self._schema(kind)
        order = f" order by {', '.join(_named(schema.key))}" if in_order else ""
        try:
            found = self._db.execute(
                f'select {", ".join(_named(schema.names))} from "{kind}"{order}'
            )
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


def open_engine(schemas: Mapping[str, Schema]) -> DuckDBEngine:
    """Open an empty engine that knows these kinds."""
    return DuckDBEngine(schemas)
