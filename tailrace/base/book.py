"""A book: the journal of whoever keeps it, read as tables and written a batch of pages at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa

from tailrace.base.errors import BadTerms
from tailrace.base.journal import Draft, Head, Page, broken, checked
from tailrace.base.ports import Store
from tailrace.base.tables import Schema, from_bytes, rows_in, to_bytes


class Book:
    """A store read through the declared schemas.

    Close it when done, or use it in a `with` statement.
    """

    def __init__(self, store: Store, schemas: Mapping[str, Schema], end: int | None = None) -> None:
        self.store, self.schemas, self.end = store, schemas, end

    @property
    def head(self) -> Head:
        """The last page's position and digest; of a book cut short, those of its last page."""
        if self.end is None:
            return self.store.head()
        pages = list(self.store.pages(after=self.end - 1, upto=self.end))
        return Head(pages[0].position, pages[0].digest) if pages else Head()

    def upto(self, position: int) -> Book:
        """Return the book as far as a page: to be read, not to be written. The store is shared."""
        return Book(self.store, self.schemas, min(position, self._end(None) or position))

    def draft(self, table: pa.Table, *, kind: str, rule: str, version: int, key: str) -> Draft:
        """Return a table as a page to append, resting on the book as it is now."""
        body = to_bytes(self.schemas[kind].cast(table))
        upto = self.head.position
        return Draft(kind=kind, rule=rule, version=version, upto=upto, key=key, body=body)

    def append(self, drafts: Iterable[Draft], *, after: Head) -> Head:
        """Append pages, all or none; see `Store.append` for what it refuses.

        Raises `BadTerms` for a book cut short: the past is read, not written.
        """
        if self.end is not None:
            mend = "open the book whole, without a moment to look from"
            what = f"this is the book as far as page {self.end}"
            raise BadTerms(what, where=self.store.url, mend=mend)
        return self.store.append(list(drafts), after=after)

    def table(self, kind: str, *, upto: int | None = None) -> pa.Table:
        """Return every row of a kind that was appended, in page order.

        Raises `BadTerms` for an unknown kind and `Damaged` for a page whose digest is wrong.
        """
        tables = list(self.tables(kind, upto=upto))
        return pa.concat_tables([self.schemas[kind].empty(), *tables])

    def tables(self, kind: str, *, upto: int | None = None) -> Iterator[pa.Table]:
        """Yield the rows of a kind a page at a time; raises as `table` does."""
        for _, table in self.read(kind, upto=upto):
            yield table

    def read(self, kind: str, *, upto: int | None = None) -> Iterator[tuple[Page, pa.Table]]:
        """Yield each page of a kind with its rows; raises as `table` does."""
        try:
            schema = self.schemas[kind]
        except KeyError:
            mend = f"kinds are {', '.join(sorted(self.schemas))}"
            raise BadTerms(f"no kind {kind!r}", where=self.store.url, mend=mend) from None
        for page in self.store.pages(kind=kind, upto=self._end(upto)):
            yield page, schema.cast(self._read(page))

    def kinds(self) -> dict[str, int]:
        """Return how many rows were appended of each kind that has a page, in kind order."""
        found: dict[str, int] = {}
        for page in self.pages():
            found[page.kind] = found.get(page.kind, 0) + rows_in(page.body)
        return dict(sorted(found.items()))

    def verify(self, watch: Callable[[Page], None] | None = None) -> Head:
        """Follow the chain from the first page to the head; raise `Damaged` at the first wrong page.

        `watch` is shown each page before it is checked, for progress and counts.
        """
        head, where = self.head, self.store.url
        end = checked(_watched(self.store.pages(upto=head.position), watch), Head(), where=where)
        if end.position < head.position:
            raise broken(f"page {end.position + 1} is missing", end.position + 1, where=where)
        if end != head:
            what = f"page {end.position} is not the head the book last wrote"
            raise broken(what, end.position, where=where)
        return head

    def pages(self, kind: str | None = None) -> Iterator[Page]:
        """Yield the book's pages in order, of one kind if named."""
        return self.store.pages(kind=kind, upto=self._end(None))

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self, upto: int | None) -> int | None:
        """Return the last page to read: the one asked for, or where the book was cut."""
        known = [end for end in (upto, self.end) if end is not None]
        return min(known) if known else None

    def _read(self, page: Page) -> pa.Table:
        if not page.whole():
            checked([page], Head(page.position - 1, page.prev), where=self.store.url)
        return from_bytes(page.body)


def _watched(pages: Iterable[Page], watch: Callable[[Page], None] | None) -> Iterator[Page]:
    for page in pages:
        if watch:
            watch(page)
        yield page
