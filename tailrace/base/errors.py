"""The errors a caller can meet, and the fault a bad row becomes.

    TailraceError
    ├── BadTerms     what was asked cannot mean anything: a wrong value, name, file or rule
    ├── Overdrawn    a posting would take an account below its floor; nothing was posted
    ├── Moved        the book grew since it was read; read again, step again, append again
    ├── NotFound     the id, file, kind or name is not there
    ├── Damaged      stored bytes do not match their digest; names the first page that is wrong
    └── Unreachable  a store or engine did not answer

A caller's mistake raises. A bad document or row does not: it becomes a `Fault`, kept in a table
beside the good rows, so that one bad invoice never stops a million.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct


class TailraceError(Exception):
    """Say what is wrong, where, and how to mend it; the three are attributes too."""

    def __init__(self, what: str, *, where: str, mend: str) -> None:
        super().__init__(f"{what}\n  where: {where}\n  mend:  {mend}")
        self.what, self.where, self.mend = what, where, mend

    def __reduce__(self) -> tuple[Callable[..., TailraceError], tuple[Any, ...]]:
        """Travel whole between processes; an exception of keywords alone could not be rebuilt."""
        return _again, (type(self), vars(self).copy())


class BadTerms(TailraceError):
    """What was asked cannot mean anything."""


class Overdrawn(TailraceError):
    """A posting would take an account below its floor."""


class Moved(TailraceError):
    """The book grew since it was read."""


class NotFound(TailraceError):
    """What was named is not there."""


class Damaged(TailraceError):
    """Stored bytes do not match their digest; `page` is the first that is wrong, if one is known."""

    def __init__(self, what: str, *, where: str, mend: str, page: int | None = None) -> None:
        super().__init__(what, where=where, mend=mend)
        self.page = page


class Unreachable(TailraceError):
    """A store or an engine did not answer."""


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that was wrong with a file or a row, beside the rows that were right.

    `source_id` and `position` (a byte offset, or a row number for tables) say where as data;
    `where` says it to a person.
    """

    what: str
    where: str
    mend: str
    source_id: str | None = None
    position: int | None = None


def _again(kind: type[TailraceError], said: dict[str, Any]) -> TailraceError:
    return kind(**said)
