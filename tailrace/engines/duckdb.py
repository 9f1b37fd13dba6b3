"""DuckDB in process: the default engine, `duckdb://`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from tailrace.base.errors import BadTerms, NotFound
from tailrace.base.steps import Step
from tailrace.base.tables import Schema

SQL_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamptz",
    pa.decimal128(18, 6): "decimal(18, 6)",
    pa.bool_(): "boolean",
    pa.float64(): "double",
}


class DuckDBEngine:
    """Tables by kind in one in-memory database; results are cast to their declared schema."""

    def __init__(self, schemas: Mapping[str, Schema], *, threads: int | None = None) -> None:
        self.schemas = schemas
        self._db = duckdb.connect(":memory:")
        self._db.execute("set timezone = 'UTC'")
        self._db.execute("set preserve_insertion_order = false")
        if threads:
            self._db.execute(f"set threads = {threads:d}")

    def put(self, kind: str, table: pa.Table) -> None:
        self._schema(kind)
        self._db.register("incoming", table)
        self._db.execute(f'create or replace table "{kind}" as from incoming')
        self._db.unregister("incoming")

    def run(self, step: Step, **rules: Any) -> None:
        chosen = step.chosen(rules)
        if step.query:
            self._keep(step, step.function(**chosen))
            return
        made = step.function(**{kind: self.get(kind) for kind in step.reads}, **chosen)
        tables = made if isinstance(made, Mapping) else {step.writes[0]: made}
        if set(tables) != set(step.writes):
            mend = f"return {', '.join(step.writes)}"
            raise BadTerms(f"step wrote {', '.join(tables)}", where=step.rule, mend=mend)
        for kind, table in tables.items():
            self.put(kind, self._schema(kind).cast(table))

    def get(self, kind: str) -> pa.Table:
        schema = self._schema(kind)
        order = ", ".join(f'"{name}"' for name in schema.key)
        names = ", ".join(f'"{name}"' for name in schema.names)
        try:
            found = self._db.execute(f'select {names} from "{kind}" order by {order}')
        except duckdb.CatalogException:
            mend = "put the table or run the step that writes it first"
            raise NotFound(f"no table {kind!r}", where="engine duckdb", mend=mend) from None
        return schema.cast(found.to_arrow_table())

    def sql(self, query: str) -> pa.Table:
        """Return the rows of a query over the kinds held."""
        return self._db.execute(query).to_arrow_table()

    def close(self) -> None:
        self._db.close()

    def _keep(self, step: Step, query: str) -> None:
        """Create the step's table from its query, each column cast to its declared type."""
        kind = step.writes[0]
        columns = ", ".join(
            f'cast("{c.name}" as {SQL_TYPES[c.type]}) as "{c.name}"'
            for c in self._schema(kind).columns
        )
        try:
            self._db.execute(f'create or replace table "{kind}" as select {columns} from ({query})')
        except duckdb.Error as why:
            mend = "the step's SQL and the tables it reads must agree"
            raise BadTerms(f"{why}", where=step.rule, mend=mend) from why

    def _schema(self, kind: str) -> Schema:
        try:
            return self.schemas[kind]
        except KeyError:
            mend = f"kinds are {', '.join(sorted(self.schemas))}"
            raise NotFound(f"no kind {kind!r}", where="engine duckdb", mend=mend) from None


def open_engine(schemas: Mapping[str, Schema]) -> DuckDBEngine:
    """Open an empty engine that knows these kinds."""
    return DuckDBEngine(schemas)
