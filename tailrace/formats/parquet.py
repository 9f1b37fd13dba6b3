"""Parquet files whose columns are those of the record model already: `document.parquet`, ...

For data that another Tailrace, a warehouse or the generator wrote: ids are taken as they are,
`source_id` becomes the digest of the file and `position` the row's number. Read a row group at a
time, so that files far larger than memory pass through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.errors import BadTerms, Fault
from tailrace.base.tables import COUNT, TEXT, Schema, rows_of
from tailrace.formats.rows import Rows
from tailrace.records.rules import RecordRules
from tailrace.records.tables import RECORDS

NAME = "parquet"
STREAMED = True  # stream() reads the file itself, a part at a time
ROWS_A_PART = 262_144
FAULTS_A_PART = 100  # rows named one by one; the others are counted
_SCHEMAS = {schema.kind: schema for schema in RECORDS}
_OURS = ("source_id", "position")


class Part(Struct, frozen=True, kw_only=True):
    """Some rows of one kind, in the declared schema, and what was wrong with the others."""

    kind: str
    table: pa.Table
    faults: list[Fault]


def sniff(head: bytes, name: str) -> bool:
    """Whether this is a Parquet file: by its name, or its first four bytes."""
    return head.startswith(b"PAR1") or name.lower().endswith(".parquet")


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return the rows of a small file as mappings; large ones are for `stream`."""
    rows = Rows()
    digest = hashlib.sha256(content).hexdigest()
    for part in stream(BytesIO(content), name, limits, digest):
        rows.extend(part.kind, rows_of(part.table))
        rows.faults.extend(part.faults)
    return rows


def kind_of(name: str) -> str | None:
    """Return the kind a file holds: `line.parquet`, `line-3.parquet` or `line/part-3.parquet`."""
    parts = name.split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    for candidate in (stem, stem.split("-")[0], parts[-2] if len(parts) > 1 else ""):
        if candidate in _SCHEMAS:
            return candidate
    return None


def digest_of(file: BinaryIO) -> str:
    """Return the source id of a file without holding it in memory."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def stream(file: BinaryIO, name: str, limits: RecordRules, source_id: str) -> Iterator[Part]:
    """Yield the file in parts of at most ROWS_A_PART rows, always the same for the same bytes.

    A file of no known kind, without a needed column, or with a column of another type is one Fault.
    A row that lacks what must be said is a Fault with its number; its neighbours stay.
    """
    import pyarrow.parquet as pq

    kind = kind_of(name)
    if kind is None:
        mend = f"name it after what it holds: {', '.join(f'{k}.parquet' for k in _SCHEMAS)}"
        yield _refused("document", "the name says no kind of record", name, mend, source_id)
        return
    schema = _SCHEMAS[kind]
    try:
        parquet = pq.ParquetFile(file)
        needed = {c.name for c in schema.columns if not c.null and c.name not in _OURS}
        if missing := sorted(needed - set(parquet.schema_arrow.names)):
            mend = f"columns of {kind} are {', '.join(schema.names)}"
            what = f"the file lacks {', '.join(missing)}"
            yield _refused(kind, what, name, mend, source_id)
            return
        if too_large := _too_large(parquet, limits):
            mend = "write it in row groups of some 100,000 rows"
            yield _refused(kind, too_large, name, mend, source_id)
            return
        columns = [c for c in schema.names if c in parquet.schema_arrow.names and c not in _OURS]
        done = 0
        for batch in parquet.iter_batches(batch_size=ROWS_A_PART, columns=columns):
            yield _part(schema, pa.Table.from_batches([batch]), name, source_id, done)
            done += batch.num_rows
    except (pa.ArrowException, OSError) as why:
        mend = "write the file again; it is damaged or not Parquet"
        yield _refused(kind, f"cannot be read: {why}", name, mend, source_id)


def _part(schema: Schema, table: pa.Table, name: str, source_id: str, done: int) -> Part:
    """Return the rows with their source and number, less those that lack what must be said."""
    count = table.num_rows
    numbers = pa.array(range(done + 1, done + count + 1), COUNT)
    table = table.append_column("position", numbers)
    whole = None
    for c in schema.columns:
        if not c.null and c.name not in _OURS and table[c.name].null_count:
            said = pc.is_valid(table[c.name])
            whole = said if whole is None else pc.and_(whole, said)
    faults: list[Fault] = []
    if whole is not None:
        bad = table["position"].filter(pc.invert(whole)).to_pylist()
        faults = _incomplete(schema, bad, name, source_id)
        table = table.filter(whole)
    source = pa.repeat(pa.scalar(source_id, TEXT), table.num_rows)
    table = table.append_column("source_id", source)
    try:
        return Part(kind=schema.kind, table=schema.cast(table), faults=faults)
    except BadTerms as why:
        where = f"{name}, rows {done + 1} to {done + count}"
        fault = Fault(
            what=why.what, where=where, mend=why.mend, source_id=source_id, position=done + 1
        )
        return Part(kind=schema.kind, table=schema.empty(), faults=[fault])


def _incomplete(schema: Schema, bad: list[int], name: str, source_id: str) -> list[Fault]:
    """Return a Fault for each row that lacks a needed value; beyond a hundred, one for all."""
    needed = ", ".join(c.name for c in schema.columns if not c.null and c.name not in _OURS)
    mend = f"a {schema.kind} row says {needed}"
    faults = []
    for row in bad[:FAULTS_A_PART]:
        what, where = "the row lacks a value that must be said", f"{name}, row {row}"
        faults.append(Fault(what=what, where=where, mend=mend, source_id=source_id, position=row))
    if len(bad) > FAULTS_A_PART:
        what = f"{len(bad) - FAULTS_A_PART} more rows lack a value that must be said"
        where, row = f"{name}, from row {bad[FAULTS_A_PART]}", bad[FAULTS_A_PART]
        faults.append(Fault(what=what, where=where, mend=mend, source_id=source_id, position=row))
    return faults


def _too_large(parquet: pa.parquet.ParquetFile, limits: RecordRules) -> str | None:
    """Return why a column may not be unpacked, by the sizes the file gives, or None."""
    meta = parquet.metadata
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    sizes = [g.column(i).total_uncompressed_size for g in groups for i in range(g.num_columns)]
    largest = max(sizes, default=0)
    if largest > limits.bytes_max:
        what = f"a column of a row group unpacks to {largest:,} bytes"
        return f"{what}; the limit is {limits.bytes_max:,}"
    return None


def _refused(kind: str, what: str, name: str, mend: str, source_id: str) -> Part:
    fault = Fault(what=what, where=name, mend=mend, source_id=source_id)
    return Part(kind=kind, table=_SCHEMAS[kind].empty(), faults=[fault])
