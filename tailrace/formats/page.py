"""A page of files read at once: what a worker does, and what it sends back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field
from msgspec.structs import replace

from tailrace.base.errors import BadTerms, Fault
from tailrace.base.ids import source_id
from tailrace.base.ports import Item
from tailrace.formats.registry import UNREAD, read_file
from tailrace.formats.rows import Rows
from tailrace.formats.table_mapping import FileMap
from tailrace.records import ids
from tailrace.records.rules import RecordRules
from tailrace.records.tables import FAULT, RECORDS, SOURCE

Sources = Mapping[tuple[str, str], str]  # (source_id, name) -> the format that read it


class Read(Struct, kw_only=True):
    """How one file was read: a row of `source`, with its faults."""

    source_id: str
    name: str
    format: str
    size: int
    documents: int = 0
    faults: list[Fault] = field(default_factory=list)

    def copied(self) -> Read:
        """Return the row of a file whose bytes were read under another name."""
        return replace(self, documents=0, faults=[])


class Page(Struct, kw_only=True):
    """What a page of files gave: rows by kind, each file's reading, faults without a file."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    read: list[Read] = field(default_factory=list)
    loose: list[Fault] = field(default_factory=list)

    def without(self, sources: set[str]) -> Page:
        """Return the page less the rows of these sources; their source rows stay, as copies."""
        gone = pa.array(sorted(sources), pa.string())
        tables = {
            kind: table.filter(pc.invert(pc.is_in(table["source_id"], gone)))
            for kind, table in self.tables.items()
        }
        read = [r.copied() if r.source_id in sources else r for r in self.read]
        return Page(tables=tables, read=read, loose=self.loose)


def read_page(
    items: Sequence[Item], *, limits: RecordRules, mappings: Sequence[FileMap], known: Sources
) -> Page:
    """Return the rows of these files; those the book holds under their name are passed over.

    Bytes that came under another name before give their source row and nothing else.
    """
    before = {digest: format_ for (digest, _), format_ in known.items() if format_ != UNREAD}
    page = Page()
    gathered: list[tuple[Read, Rows]] = []
    for item in items:
        content = item.load()
        if isinstance(content, Fault):
            page.loose.append(content)
            continue
        digest = source_id(content)
        if known.get((digest, item.name), UNREAD) != UNREAD:
            continue
        read = Read(source_id=digest, name=item.name, format=UNREAD, size=len(content))
        page.read.append(read)
        if digest in before:
            read.format = before[digest]
            continue
        read.format, rows = read_file(content, item.name, limits, mappings)
        read.documents, read.faults = rows.documents, _signed(rows.faults, digest)
        if read.format != UNREAD:
            before[digest] = read.format
        gathered.append((read, rows))
    page.tables = _tables(gathered)
    return page


def _signed(faults: Sequence[Fault], digest: str) -> list[Fault]:
    """Return the faults with their file's id, each once."""
    signed = [f if f.source_id else replace(f, source_id=digest) for f in faults]
    return list({fault_id(f): f for f in signed}.values())


def _tables(gathered: Sequence[tuple[Read, Rows]]) -> dict[str, pa.Table]:
    """Return the rows of all files by kind; a file whose rows do not fit is left out alone."""
    try:
        return _fitted([rows for _, rows in gathered])
    except BadTerms:
        whole = []
        for read, rows in gathered:
            try:
                _fitted([rows])
                whole.append(rows)
            except BadTerms as why:
                mend = "the file is left out; please report it with the file"
                what = f"the reader of {read.format} gave rows that do not fit: {why.what}"
                where = f"{read.name} ({why.where})"
                fault = Fault(what=what, where=where, mend=mend, source_id=read.source_id)
                read.documents, read.faults = 0, [*read.faults, fault]
        return _fitted(whole)


def _fitted(files: Sequence[Rows]) -> dict[str, pa.Table]:
    known = {schema.kind for schema in RECORDS}
    if strange := sorted({kind for rows in files for kind in rows.tables} - known):
        what = f"no table named {', '.join(strange)}"
        raise BadTerms(what, where="rows", mend=f"tables are {', '.join(sorted(known))}")
    found = {}
    for schema in RECORDS:
        merged: list[dict[str, Any]] = []
        for rows in files:
            merged += rows.tables.get(schema.kind, ())
        found[schema.kind] = schema.rows(merged)
    return found


def fault_id(fault: Fault) -> str:
    """Return the id of a fault; one without a file is known by where it was found."""
    what = fault.what if fault.source_id else f"{fault.what} {fault.where}"
    return ids.fault_id(fault.source_id, fault.position, what)


def source_table(read: Sequence[Read]) -> pa.Table:
    """Return the `source` rows of files."""
    rows = [
        {
            "source_id": r.source_id,
            "name": r.name,
            "format": r.format,
            "size": r.size,
            "documents": r.documents,
            "faults": len(r.faults),
        }
        for r in read
    ]
    return SOURCE.rows(rows)


def fault_table(faults: Sequence[Fault]) -> pa.Table:
    """Return the `fault` rows of faults."""
    rows = [
        {
            "fault_id": fault_id(f),
            "source_id": f.source_id,
            "position": f.position,
            "what": f.what,
            "where": f.where,
            "mend": f.mend,
        }
        for f in faults
    ]
    return FAULT.rows(rows)
