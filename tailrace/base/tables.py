"""Declared tables: a `Schema` names the columns of a kind, their types, meaning and key.

Rooms declare what they write with these in their `tables.py`. This module alone turns rows into
Arrow, Arrow into rows, and Arrow into the bytes of a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.errors import BadTerms

TEXT = pa.string()
MINOR = pa.int64()
COUNT = pa.int64()
DAY = pa.date32()
MOMENT = pa.timestamp("us", tz="UTC")
QUANTITY = pa.decimal128(18, 6)
FLAG = pa.bool_()
RATIO = pa.float64()


class Column(Struct, frozen=True):
    """One column: name, Arrow type, what it means, whether null ("not said") is allowed.

    `points` names the kind an id column leads to, where its name alone does not say so
    (`debtor_id` points to `firm`; `claim_id` needs no help). `why` walks these.
    """

    name: str
    type: pa.DataType
    doc: str
    null: bool = False
    points: str | None = None


class Schema(Struct, frozen=True):
    """A kind of table: its columns in order and the columns that identify a row."""

    kind: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def arrow(self) -> pa.Schema:
        return pa.schema([pa.field(c.name, c.type, nullable=c.null) for c in self.columns])

    @property
    def names(self) -> list[str]:
        return [c.name for c in self.columns]

    def empty(self) -> pa.Table:
        return self.arrow.empty_table()

    def pointers(self) -> dict[str, str]:
        """Return column -> kind for each column that leads to another table."""
        found = {}
        for c in self.columns:
            if c.points is not None:
                found[c.name] = c.points
            elif c.name.endswith("_id") and c.name != f"{self.kind}_id":
                found[c.name] = c.name.removesuffix("_id")
        return found

    def cast(self, table: pa.Table) -> pa.Table:
        """Return the table with these columns in order; missing nullable columns become null.

        Raises `BadTerms` where a value does not fit or a column that must be said is null.
        """
        arrays = []
        for c in self.columns:
            if c.name not in table.column_names:
                if not c.null:
                    raise self._bad(f"column {c.name!r} is missing")
                arrays.append(pa.nulls(table.num_rows, c.type))
                continue
            column = table[c.name]
            try:
                column = column if column.type == c.type else column.cast(c.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as why:
                raise self._bad(f"column {c.name!r}: {why}") from None
            if c.type == DAY and pa.types.is_timestamp(table[c.name].type):
                raise self._bad(f"column {c.name!r}: a moment is not a day")
            if not c.null and column.null_count:
                raise self._bad(f"column {c.name!r} is null in {column.null_count} rows")
            arrays.append(column)
        return pa.Table.from_arrays(arrays, schema=self.arrow)

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
        """Build a table from mappings; a key that is not a column raises `BadTerms`."""
        rows = list(rows)
        unknown = {name for row in rows for name in row} - set(self.names)
        if unknown:
            raise self._bad(f"no column named {', '.join(sorted(unknown))}")
        data = {c.name: [row.get(c.name) for row in rows] for c in self.columns}
        return self.columnar(data)

    def columnar(self, data: Mapping[str, list[Any]]) -> pa.Table:
        """Build a table from lists by column; a value that does not fit raises `BadTerms`."""
        arrays = []
        for c in self.columns:
            try:
                array = _array(data[c.name], c.type)
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeError) as why:
                raise self._bad(f"column {c.name!r}: {why}") from None
            if not c.null and array.null_count:
                raise self._bad(f"column {c.name!r} is null in {array.null_count} rows")
            arrays.append(array)
        return pa.Table.from_arrays(arrays, schema=self.arrow)

    def _bad(self, what: str) -> BadTerms:
        mend = f"columns are {', '.join(self.names)}"
        return BadTerms(what, where=f"table {self.kind}", mend=mend)


def _array(values: list[Any], declared: pa.DataType) -> pa.Array:
    """Return the values as an array; Arrow itself would cut 1.5 to 1 and a moment to its day."""
    if declared not in (MINOR, DAY):
        return pa.array(values, declared)
    array = pa.array(values)
    whole = pa.types.is_integer(array.type) if declared == MINOR else array.type == DAY
    if not whole and array.null_count < len(array):
        raise pa.ArrowInvalid(f"{array.type} where {declared} is declared")
    return array.cast(declared)


class Gathered:
    """Rows of one kind gathered column by column, then turned into a table at once."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.data: dict[str, list[Any]] = {c.name: [] for c in schema.columns}
        self.count = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Add one row; names that are not columns are an error when the table is made."""
        for name, values in self.data.items():
            values.append(row.get(name))
        self.count += 1

    def table(self) -> pa.Table:
        return self.schema.columnar(self.data)


def rows_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield each row as a mapping, a batch at a time."""
    for batch in table.to_batches():
        yield from batch.to_pylist()


def to_bytes(table: pa.Table) -> bytes:
    """Return the Arrow IPC stream of a table, buffers packed with Zstandard.

    Equal tables give equal bytes: taking every row anew drops what slices, engines and chunks leave
    in padding and behind nulls, which Arrow would write out.
    """
    fresh = table.combine_chunks().take(pa.array(np.arange(table.num_rows)))
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 1))
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(fresh)
    return sink.getvalue().to_pybytes()


def from_bytes(body: bytes) -> pa.Table:
    """Return the table of an Arrow IPC stream."""
    with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
        return reader.read_all()


def rows_in(body: bytes) -> int:
    """Return how many rows an Arrow IPC stream holds, unpacking one column of them."""
    options = pa.ipc.IpcReadOptions(included_fields=[0])
    with pa.ipc.open_stream(pa.py_buffer(body), options=options) as reader:
        return sum(batch.num_rows for batch in reader)
