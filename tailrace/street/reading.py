"""Bring records into a book: a gate's items, read by their formats, appended a page a kind.

Each batch of files is one append: after a kill a file is in the book whole or not at all, and the
next run goes on where this one stopped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from tailrace.base.book import Book
from tailrace.formats.intake import Known, read_items
from tailrace.records.rules import RecordRules
from tailrace.street.loop import Progress, quiet
from tailrace.street.moments import stamp

if TYPE_CHECKING:
    from tailrace.base.errors import Fault
    from tailrace.base.ports import Item

READER = "formats.intake"
VERSION = 1


def read_into(
    book: Book,
    items: Iterable[Item | Fault],
    limits: RecordRules,
    *,
    at: datetime,
    workers: int | None = None,
    progress: Progress = quiet,
) -> int:
    """Append what is new among the items; return how many files that was.

    `at` is the moment they count as known. Files whose bytes are in the book are not read again. Raises `Moved` if somebody else wrote to
    the book meanwhile; the batches appended before stand.
    """
    known = Known.of(book.table("source"), book.table("fault"))
    head, files = book.head, 0
    said = _counted(progress)
    for batch in read_items(items, limits, known, workers or os.cpu_count() or 1, said):
        drafts = [
            book.draft(table, kind=kind, rule=READER, version=VERSION, key=f"{kind}/{batch.key}")
            for kind, table in batch.tables.items()
            if table.num_rows
        ]
        head = book.append([stamp(book, at), *drafts], after=head)
        files += batch.files
    return files


def _counted(progress: Progress) -> Callable[[int, int], None]:
    """Return a progress of files as a progress in words."""
    return lambda done, of: progress(f"reading {done:,} of {of:,} files")
