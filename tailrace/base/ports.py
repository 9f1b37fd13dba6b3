"""The three ports where the world is touched: a store, an engine, a gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa
from msgspec import Struct

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

    def run(self, step: Step, **rules: Any) -> None:
        """Run a step on the tables held; keep its result, cast to its schema, under `writes`."""

    def get(self, kind: str) -> pa.Table:
        """Return a table the engine holds, in its declared schema."""

    def close(self) -> None:
        """Let go of what the engine holds."""


class Item(Struct, frozen=True, kw_only=True):
    """One named run of bytes a gate brought in: a file, a member of a ZIP, standard input."""

    name: str
    content: bytes


class Gate(Protocol):
    """How bytes come in, in name order. Every gate passes the one suite in `tests/gates`."""

    def items(self) -> Iterator[Item]:
        """Yield what there is to read, smallest name first."""
