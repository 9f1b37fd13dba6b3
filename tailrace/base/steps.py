"""Steps: pure functions that read tables of some kinds and write one kind, seldom several.

A query step returns SQL in DuckDB's dialect; an array step takes Arrow tables by the name of their
kind and returns one table, or a mapping of kind to table where it writes several.
Both say what they read, what they write, and a version that rises when an answer may change.
Rules (the day `on`, tolerances, a seed) are named parameters: passed in, never defaulted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from tailrace.base.errors import BadTerms


class Step(Struct, frozen=True, kw_only=True):
    """A named step of a room. `query` steps give SQL; the others give an Arrow table.

    A step that `binds` decides something for someone: it returns only new rows, which are added to
    those adopted before and appended to the journal. An array step gets
    its tables in key order. One that goes `by` some columns is its own for each value of them and does
    not depend on the order of rows: an engine may run it slice by slice, each with all rows of its
    values, and with the whole of tables that lack the columns.
    """

    name: str
    room: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    version: int
    query: bool
    binds: bool
    by: tuple[str, ...]
    function: Callable[..., Any]

    @property
    def rule(self) -> str:
        """The name under which a page or a row says it was made by this step."""
        return f"{self.room}.{self.name}"

    @property
    def asks(self) -> list[str]:
        """The names of the rules it wants, beside the tables it reads."""
        wanted = inspect.signature(self.function).parameters
        return [name for name in wanted if self.query or name not in self.reads]

    def chosen(self, rules: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rules this step asks for; raise `BadTerms` where one is missing."""
        missing = [name for name in self.asks if name not in rules]
        if missing:
            mend = "pass each rule by name; none has a default"
            what = f"step {self.name} needs {', '.join(missing)}"
            raise BadTerms(what, where=self.rule, mend=mend)
        return {name: rules[name] for name in self.asks}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def step(
    *,
    reads: tuple[str, ...],
    writes: str | tuple[str, ...],
    version: int,
    query: bool = True,
    binds: bool = False,
    by: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Step]:
    """Declare a query step: a function of rules that returns SQL over the kinds it reads."""

    def declare(function: Callable[..., Any]) -> Step:
        return Step(
            name=function.__name__,
            room=function.__module__.removeprefix("tailrace.").split(".")[0],
            reads=reads,
            writes=(writes,) if isinstance(writes, str) else writes,
            version=version,
            query=query,
            binds=binds,
            by=by,
            function=function,
        )

    return declare


def array_step(
    *,
    reads: tuple[str, ...],
    writes: str | tuple[str, ...],
    version: int,
    binds: bool = False,
    by: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Step]:
    """Declare an array step: a function of the tables it reads (by name) and rules.

    It returns a table, or a mapping of kind to table where it writes several kinds.
    """
    return step(
        reads=reads,
        writes=writes,
        version=version,
        query=False,
        binds=binds,
        by=by,
    )
