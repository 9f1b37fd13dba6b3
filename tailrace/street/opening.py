"""Open a book by its URL: `memory://`, `sqlite:///book.db`, `postgres://...`, or a path."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from tailrace.base.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailrace.base.book import Book
    from tailrace.base.ports import Store

_MODULES = {"postgresql": "postgres"}


def open_book(url: str) -> Book:
    """Return the book a URL or path names; a path is an SQLite file, made if it is not there.

    Raises `NotFound` for a scheme no store has, `Unreachable` where the store does not answer and
    `BadTerms` where the file is no book or of a newer format.
    """
    from tailrace.base.book import Book
    from tailrace.street.rooms import SCHEMAS

    scheme = url.split("://", 1)[0] if "://" in url else "sqlite"
    return Book(_store(scheme)(url), SCHEMAS)


def _store(scheme: str) -> Callable[[str], Store]:
    """Return what opens a store of this scheme: a module of ours, else another package's."""
    name = _MODULES.get(scheme, scheme)
    try:
        opener: Callable[[str], Store] = import_module(f"tailrace.stores.{name}").open_store
        return opener
    except ModuleNotFoundError as why:
        if why.name != f"tailrace.stores.{name}":
            raise
    for entry in entry_points(group="tailrace.stores", name=scheme):
        return entry.load().open_store
    mend = "use memory://, sqlite:///book.db, postgres://host/db or the path of a file"
    raise NotFound(f"no store for {scheme}://", where="open_book", mend=mend)
