"""Columns as Arrow arrays: decimals from whole numbers, days, texts, ids; no loop over rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.ids import sql_id
from tailrace.base.quantity import SCALE
from tailrace.base.tables import QUANTITY, TEXT, Schema

Columns = Mapping[str, Any]


def decimals(values: np.ndarray, places: int | np.ndarray) -> pa.Array:
    """Return whole numbers as decimals with their last `places` digits behind the point."""
    scaled = values.astype(np.int64) * 10 ** (SCALE - np.asarray(places, np.int64))
    halves = np.empty((len(scaled), 2), np.int64)  # decimal128: low half first, then the sign
    halves[:, 0], halves[:, 1] = scaled, scaled >> 63
    return pa.Array.from_buffers(QUANTITY, len(scaled), [None, pa.py_buffer(halves)])


def days(values: np.ndarray) -> pa.Array:
    """Return whole numbers as days."""
    return pa.array(values.astype("datetime64[D]"))


def texts(values: np.ndarray) -> pa.Array:
    """Return NumPy text as Arrow text, the empty one as null."""
    array = pa.array(values.tolist(), TEXT)
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, TEXT), array)


def where(mask: np.ndarray, then: Any, other: Any = None) -> pa.Array:
    """Return `then` where the mask is true, else `other`, null by default."""
    other = pa.scalar(None, then.type) if other is None else other
    return pc.if_else(pa.array(mask), then, other)


def pick(array: pa.Array, index: np.ndarray) -> pa.Array:
    """Return the values at these places; a place below zero gives null."""
    if len(index) and index.min() < 0:
        return array.take(pa.array(index, mask=index < 0))
    return array.take(pa.array(index))


def joined(*parts: pa.Array | str) -> pa.Array:
    """Return the parts of each row written one after another."""
    return pc.binary_join_element_wise(*parts, "")


def padded(values: np.ndarray, width: int) -> pa.Array:
    """Return whole numbers with leading zeros."""
    return pc.utf8_lpad(pa.array(values).cast(TEXT), width, "0")


def row_ids(name: str, source: str, count: int) -> pa.Array:
    """Return the ids of `count` rows of a table: digests of name, source and row number."""
    query = f"select {sql_id(_quoted(name), _quoted(source), 'n')} from range({count:d}) as t(n)"
    return _column(duckdb.connect(), query)


def nested_ids(name: str, owner: pa.Array) -> pa.Array:
    """Return the ids of rows inside others: digests of name, the owner's id and row number."""
    with duckdb.connect() as db:
        position = pa.array(np.arange(len(owner)))
        db.register("owned", pa.table({"owner": owner, "position": position}))
        return _column(db, f"select {sql_id(_quoted(name), 'owner', 'position')} from owned")


def stacked(schema: Schema, parts: Sequence[Columns], common: Columns) -> pa.Table:
    """Return the parts as one table of the schema, with the columns common to all of them."""
    tables = [pa.table({k: v for k, v in part.items() if k in schema.names}) for part in parts]
    whole = pa.concat_tables(tables, promote_options="default").combine_chunks()
    for name, values in common.items():
        whole = whole.append_column(name, values)
    return schema.cast(whole)


def same(value: str, count: int) -> pa.Array:
    """Return one text in every row."""
    return pa.repeat(pa.scalar(value, TEXT), count)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _column(db: duckdb.DuckDBPyConnection, query: str) -> pa.Array:
    return db.execute(query).to_arrow_table().column(0).combine_chunks()
