"""What several verbs share: finding the book, the day and the rules, and printing rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.book import Book
    from tailrace.street.rules import Rules

OUT = "out"
BOOK = "book.db"


class Day(click.ParamType):
    """A calendar day on the command line: 2026-03-31."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-03-31", param, ctx)


class Moment(click.ParamType):
    """A moment on the command line: 2026-03-31T12:00Z; a day means its end, UTC."""

    name = "moment"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if len(value) == len("2026-03-31"):
                return datetime.combine(date.fromisoformat(value), time.max, UTC)
            made = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a moment; write 2026-03-31 or 2026-03-31T12:00Z", param, ctx
            )
        return made if made.tzinfo else made.replace(tzinfo=UTC)


on_option = click.option("--on", type=Day(), help="the day to look from; else the last run's")
known_option = click.option(
    "--known-at", type=Moment(), help="look as it was known then: later appends are not seen"
)
json_option = click.option("--json", "as_json", is_flag=True, help="print JSON for programs")


def book_path(where: str) -> str:
    """Return the book's path or URL for a folder of records, a book file or a URL."""
    if "://" in where:
        return where
    path = Path(where)
    return str(path / OUT / BOOK) if path.is_dir() else where


def open_at(where: str, known_at: datetime | None = None) -> Book:
    """Open the book of a folder, file or URL, as it was known at a moment if one is given.

    Raises `NotFound` where there is none yet.
    """
    from tailrace.base.errors import NotFound
    from tailrace.street import open_book
    from tailrace.street.moments import as_known

    url = book_path(where)
    if "://" not in url and not Path(url).is_file():
        mend = f"make it first: tailrace run {where}" if Path(where).is_dir() else "name a book"
        raise NotFound("there is no book here", where=url, mend=mend)
    book = open_book(url)
    return book if known_at is None else as_known(book, known_at)


def look(book: Book, where: str, on: date | None) -> tuple[date, Rules]:
    """Return the day and rules to look with: those asked for, else the last run's, else today's.

    For a book as known at a moment today is the day of its last append.
    """
    from tailrace.street.loop import last_run
    from tailrace.street.moments import moments
    from tailrace.street.rules import from_text, of_folder

    run = last_run(book)
    if run is not None:
        return on or run["on"], from_text(str(run["rules"]))  # type: ignore[return-value]
    folder = Path(where) if Path(where).is_dir() else Path()
    rules = of_folder(folder)
    known = moments(book) if book.end is not None else []
    today = known[-1][1].date() if known else date.today()
    return on or rules.run.on or today, rules


def progress_line() -> Callable[[str], None]:
    """Return a function that shows what is being done on one line of stderr, if it is a terminal."""
    shown = sys.stderr.isatty()

    def say(what: str) -> None:
        if shown:
            sys.stderr.write(f"\r\033[K{what}")
            sys.stderr.flush()

    return say


def progress_done() -> None:
    """Wipe the progress line."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def print_json(value: Any) -> None:
    """Print a value as JSON: days and moments as ISO 8601, decimals as text."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def print_rows(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, more: int = 0) -> None:
    """Print rows for people: aligned, numbers to the right, what was cut said at the end."""
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    widths = (
        [max(len(c), *(len(r[i]) for r in cells), 0) for i, c in enumerate(columns)]
        if cells
        else [len(c) for c in columns]
    )
    right = [all(_number(row.get(name)) for row in rows) for name in columns]
    click.echo(
        "  ".join(
            c.ljust(w) if not r else c.rjust(w)
            for c, w, r in zip(columns, widths, right, strict=True)
        ).rstrip()
    )
    for cell in cells:
        line = (
            t.rjust(w) if r else t.ljust(w) for t, w, r in zip(cell, widths, right, strict=True)
        )
        click.echo("  ".join(line).rstrip())
    if more > 0:
        click.echo(f"... and {more:,} more")


def print_table(table: pa.Table, *, limit: int = 40) -> None:
    """Print the first rows of a table for people."""
    print_rows(table.slice(0, limit).to_pylist(), table.column_names, more=table.num_rows - limit)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
