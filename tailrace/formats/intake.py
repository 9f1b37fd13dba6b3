"""Intake: what a gate brought in becomes batches of record tables, in name order.

The names are cut into pages of `files_a_page` first; what the book holds already is then passed
over within each page. So the batches of an import that was stopped and started again are the same,
and so are those read by one process or by eight. Parquet files are batches of their own, read a
part at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import partial
from typing import BinaryIO

import pyarrow as pa
from msgspec import Struct, field

from tailrace.base.errors import BadTerms, Fault
from tailrace.base.ids import digest_id, source_id
from tailrace.base.ports import Item
from tailrace.formats.page import (
    Page,
    Read,
    Sources,
    fault_id,
    fault_table,
    read_page,
    source_table,
)
from tailrace.formats.pool import in_order
from tailrace.formats.registry import UNREAD, Format, formats
from tailrace.formats.table_mapping import SUFFIX, FileMap, parse
from tailrace.records.rules import RecordRules
from tailrace.records.tables import TABLES

MAPPING = "mapping"
Progress = Callable[[int, int], None]


class Known(Struct, frozen=True, kw_only=True):
    """What the book holds already: the format each file was read by, and the faults.

    A file nothing could read is tried again: its reader, or its mapping, may be there by now.
    """

    sources: Sources = field(default_factory=dict)
    faults: Set[str] = frozenset()

    @classmethod
    def of(cls, source: pa.Table, fault: pa.Table) -> Known:
        """Return what these two tables of the book hold."""
        pairs = zip(source["source_id"].to_pylist(), source["name"].to_pylist(), strict=True)
        sources = dict(zip(pairs, source["format"].to_pylist(), strict=True))
        return cls(sources=sources, faults=frozenset(fault["fault_id"].to_pylist()))


class Batch(Struct, frozen=True, kw_only=True):
    """Rows to append as one: a table for each kind, some of them empty, under a key of its own."""

    key: str
    tables: dict[str, pa.Table]
    files: int
    documents: int
    faults: int


def read_items(
    items: Iterable[Item | Fault],
    limits: RecordRules,
    known: Known,
    workers: int,
    progress: Progress | None = None,
) -> Iterator[Batch]:
    """Yield the batches of what a gate brought in: in name order, the same whatever the workers.

    Every table has its declared schema; `progress` is told how many files of how many are done.
    The same bytes under a second name give a source row alone. Raises `Unreachable` where a reading
    process dies.
    """
    entries = list(items)
    loose = [entry for entry in entries if isinstance(entry, Fault)]
    files = [entry for entry in entries if isinstance(entry, Item)]
    mappings, declared = _mappings([item for item in files if item.name.endswith(SUFFIX)])
    declared.loose += loose
    yield from _batch(declared, known)
    units = _units([item for item in files if not item.name.endswith(SUFFIX)], limits)
    work = partial(read_page, limits=limits, mappings=mappings, known=known.sources)
    pages = in_order(work, [unit for unit in units if isinstance(unit, list)], workers)
    seen: set[str] = set()
    done = sum(item.name.endswith(SUFFIX) for item in files)
    try:
        for unit in units:
            if isinstance(unit, Item):
                yield from _streamed(unit, limits, seen, known)
            else:
                yield from _batch(_fresh(next(pages), seen), known)
            done += 1 if isinstance(unit, Item) else len(unit)
            if progress:
                progress(done, len(files))
    finally:
        pages.close()


def _units(items: Sequence[Item], limits: RecordRules) -> list[list[Item] | Item]:
    """Return the pages of items in order; a streamed file stands by itself between them."""
    units: list[list[Item] | Item] = []
    page: list[Item] = []
    for item in items:
        streamed = _format_of(item) is not None
        if page and (streamed or len(page) == limits.files_a_page):
            units.append(page)
            page = []
        if streamed:
            units.append(item)
        else:
            page.append(item)
    return [*units, page] if page else units


def _format_of(item: Item) -> Format | None:
    """Return the format that reads this file a part at a time, by its name."""
    return next((f for f in formats() if f.streamed and f.sniff(b"", item.name)), None)


def _mappings(items: Sequence[Item]) -> tuple[list[FileMap], Page]:
    """Return the declared mappings, and how the files that declare them were read."""
    mappings: list[FileMap] = []
    page = Page()
    for item in items:
        content = item.load()
        if isinstance(content, Fault):
            page.loose.append(content)
            continue
        digest = source_id(content)
        read = Read(source_id=digest, name=item.name, format=MAPPING, size=len(content))
        page.read.append(read)
        try:
            mappings += parse(content.decode("utf-8-sig"), item.name)
        except (BadTerms, UnicodeDecodeError) as why:
            read.format = UNREAD
            read.faults.append(_of_mapping(why, item.name, digest))
    return mappings, page


def _of_mapping(why: BadTerms | UnicodeDecodeError, name: str, digest: str) -> Fault:
    if isinstance(why, BadTerms):
        return Fault(what=why.what, where=why.where, mend=why.mend, source_id=digest)
    what = f"the mapping is not UTF-8: {why}"
    return Fault(what=what, where=name, mend="save it as UTF-8", source_id=digest)


def _fresh(page: Page, seen: set[str]) -> Page:
    """Return the page less the rows of bytes that an earlier page brought in this run."""
    read = {r.source_id for r in page.read if r.format != UNREAD}
    again = read & seen
    seen |= read
    return page.without(again) if again else page


def _batch(page: Page, known: Known) -> Iterator[Batch]:
    """Yield the rows of a page that the book does not hold, if there are any."""
    read = [r for r in page.read if known.sources.get((r.source_id, r.name)) != r.format]
    loose = [f for f in page.loose if fault_id(f) not in known.faults]
    if not read and not loose:
        return
    tables = _empty() | page.tables
    tables["source"] = source_table(read)
    tables["fault"] = fault_table([f for r in read for f in r.faults] + loose)
    parts = [part for r in read for part in (r.source_id, r.name, r.format)]
    yield Batch(
        key=_key(*parts, *(fault_id(f) for f in loose)),
        tables=tables,
        files=len(read),
        documents=sum(r.documents for r in read),
        faults=tables["fault"].num_rows,
    )


def _streamed(item: Item, limits: RecordRules, seen: set[str], known: Known) -> Iterator[Batch]:
    """Yield a batch for each part of a file that is read a part at a time."""
    format_ = _format_of(item)
    assert format_ is not None, "only files with such a format come here"
    try:
        file = item.open()
    except OSError as why:
        mend = "check that the file is there and may be read, then run again"
        fault = Fault(what=f"cannot be read: {why.strerror or why}", where=item.name, mend=mend)
        yield from _batch(Page(loose=[fault]), known)
        return
    with file:
        digest = format_.module.digest_of(file)
        if known.sources.get((digest, item.name)) == format_.name:
            return
        held = any(d == digest and f == format_.name for (d, _), f in known.sources.items())
        copy = digest in seen or held
        seen.add(digest)
        read = Read(source_id=digest, name=item.name, format=format_.name, size=file.seek(0, 2))
        if not copy:
            yield from _parts(file, format_, limits, read)
        tables = _empty() | {"source": source_table([read])}
        key = _key(digest, item.name, format_.name)
        yield Batch(key=key, tables=tables, files=1, documents=0, faults=0)


def _parts(file: BinaryIO, format_: Format, limits: RecordRules, read: Read) -> Iterator[Batch]:
    """Yield the parts and count them into `read`, whose source row follows the last.

    A reading that was stopped starts again at the first part; its batches have the same keys.
    """
    file.seek(0)
    parts = format_.module.stream(file, read.name, limits, read.source_id)
    for number, part in enumerate(parts):
        documents = part.table.num_rows if part.kind == "document" else 0
        read.documents += documents
        read.faults += part.faults
        yield Batch(
            key=_key(read.source_id, number),
            tables=_empty() | {part.kind: part.table, "fault": fault_table(part.faults)},
            files=0,
            documents=documents,
            faults=len(part.faults),
        )


def _empty() -> dict[str, pa.Table]:
    return {schema.kind: schema.empty() for schema in TABLES}


def _key(*parts: object) -> str:
    return f"intake:{digest_id('intake', *parts)}"
