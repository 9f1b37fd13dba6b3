"""The three ports where the world is touched: a store, an engine, a gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
from msgspec import Struct

from tailrace.base.errors import Fault
from tailrace.base.journal import Draft, Head, Page
from tailrace.base.steps import Step


class Store(Protocol):
    """Where a journal is kept. Every store passes the one suite in `tests/stores`."""

    url: str

    def head(self) -> Head:
        """Return the last page's position and digest."""

    def append(self, drafts: Sequence[Draft], *, after: Head) -> Head:
        """Add the drafts as pages, all or none, durably; return the new head.

        Decided by `journal.admit`: raises `Moved` if the head has moved and `BadTerms` if a key
        is there with other content; drafts already in the book are left out.
        """

    def pages(
        self, *, kind: str | None = None, after: int = 0, upto: int | None = None
    ) -> Iterator[Page]:
        """Yield pages in order, of one kind if named, with after < position <= upto."""

    def close(self) -> None:
        """Let go of the file or the connection."""


class Engine(Protocol):
    """Where steps run. Every engine passes the one suite in `tests/engines` with equal rows."""

    def put(self, kind: str, table: pa.Table) -> None:
        """Give the engine a table under a kind's name, replacing what was there."""

    def add(self, kind: str, table: pa.Table) -> None:
        """Add rows to a table the engine holds, or begin one with them."""

    def drop(self, kind: str) -> None:
        """Let go of a table, if the engine holds it."""

    def run(self, step: Step, **rules: Any) -> Mapping[str, pa.Table]:
        """Run a step on the tables held; keep its result, cast to its schema, under `writes`.

        An array step's tables are returned too, unless it goes `by` columns. What a step that `binds` makes is added to the
        rows adopted before; what any other makes replaces what was there.
        """

    def get(self, kind: str) -> pa.Table:
        """Return a table the engine holds, in its declared schema and in key order."""

    def find(self, kind: str, column: str, values: Sequence[str]) -> pa.Table:
        """Return the rows of a kind whose column is one of the values, in key order."""

    def begins(self, kind: str, column: str, start: str) -> pa.Table:
        """Return the rows of a kind whose column begins with a text, in key order."""

    def sql(self, query: str) -> pa.Table:
        """Return the rows of a query over the kinds held."""

    def close(self) -> None:
        """Let go of what the engine holds."""


class Content(Protocol):
    """Bytes not yet read, so that a worker process may read them. It pickles."""

    def load(self) -> bytes | Fault:
        """Return the bytes, unpacked; a Fault where a limit or the disk forbids it."""

    def open(self) -> BinaryIO:
        """Return the bytes as a file that seeks, for formats that read a part at a time."""


class Item(Struct, frozen=True, kw_only=True):
    """One named run of bytes a gate brought in: a file, a member of a ZIP, standard input."""

    name: str
    content: bytes | Content

    def load(self) -> bytes | Fault:
        """Return the bytes, or the Fault that says why there are none."""
        return self.content if isinstance(self.content, bytes) else self.content.load()

    def open(self) -> BinaryIO:
        """Return the bytes as a file that seeks; raises `OSError` where the disk does."""
        return BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open()


class Gate(Protocol):
    """How bytes come in, in name order. Every gate passes the one suite in `tests/gates`."""

    def items(self) -> Iterator[Item | Fault]:
        """Yield what there is to read, smallest name first; what is refused comes as a Fault."""
