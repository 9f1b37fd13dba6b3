"""`tailrace view`: any kind of a book as a table, for people, programs and other tools."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tailrace.cli.common import json_option, known_option, on_option

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.book import Book
    from tailrace.base.tables import Schema

ENDINGS = (".parquet", ".csv", ".duckdb")
# A spreadsheet runs a cell that begins so; source: OWASP, CSV injection.
FORMULA = r"^([=+\-@\t\r\n＝＋－＠])"


@click.command("view")
@click.argument("where", metavar="DIR|BOOK")
@click.argument("kind", required=False)
@on_option
@known_option
@click.option("--to", "target", type=click.Path(path_type=Path), help="write a table to this file")
@click.option("--all", "count_all", is_flag=True, help="count the rows of derived kinds too")
@click.option(
    "--limit", type=click.IntRange(1), default=40, help="rows to print", show_default=True
)
@json_option
@click.option("--arrow", "as_arrow", is_flag=True, help="print an Arrow IPC stream for programs")
def command(
    where: str,
    kind: str | None,
    on: date | None,
    known_at: datetime | None,
    target: Path | None,
    count_all: bool,
    limit: int,
    as_json: bool,
    as_arrow: bool,
) -> None:
    """Show a kind of a book as a table; without KIND, the kinds there are and their rows."""
    from tailrace.cli.common import open_at, print_table

    if sum((as_json, as_arrow, target is not None)) > 1:
        raise click.UsageError("give one of --to, --json and --arrow")
    if kind is None and (as_arrow or (target and target.suffix != ".duckdb")):
        raise click.UsageError("name a KIND, or write all kinds with --to FILE.duckdb")
    with open_at(where, known_at) as book:
        if target:
            _check(target)
            kinds = [kind] if kind else _every()
            _write(target, _tables(book, where, kinds, on))
        elif kind is None:
            _print_kinds(book, where, on, count_all=count_all, as_json=as_json)
        else:
            [(_, table)] = _tables(book, where, [kind], on)
            if as_arrow:
                _print_arrow(table)
            elif as_json:
                _print_json(table)
            else:
                print_table(table, limit=limit)


def _every() -> list[str]:
    from tailrace.street.loop import everything

    return ["run", *everything()]


def _tables(
    book: Book, where: str, kinds: Iterable[str], on: date | None
) -> Iterator[tuple[str, pa.Table]]:
    """Yield each kind's rows in key order: what was appended, or what it derives to."""
    from tailrace.cli.common import look, progress_done, progress_line
    from tailrace.street.loop import derive

    wanted = list(kinds)
    day, rules = look(book, where, on)
    engine = derive(book, wanted, on=day, rules=rules, progress=progress_line())
    progress_done()
    try:
        for kind in wanted:
            yield kind, engine.get(kind)
    finally:
        engine.close()


def _print_kinds(
    book: Book, where: str, on: date | None, *, count_all: bool, as_json: bool
) -> None:
    """Print each kind: rows, whether it was appended or is derived, and what it means."""
    from tailrace.cli.common import print_json, print_rows
    from tailrace.street.rooms import DERIVED, SCHEMAS

    appended = book.kinds()
    derived = [kind for kind in DERIVED if kind not in appended]
    counts: dict[str, int | None] = {**appended, **dict.fromkeys(derived)}
    if count_all:
        counts |= {kind: table.num_rows for kind, table in _tables(book, where, derived, on)}
    rows = [
        {
            "kind": kind,
            "rows": count,
            "from": "book" if kind in appended else "derived",
            "meaning": SCHEMAS[kind].doc if kind in SCHEMAS else "a kind not known here",
        }
        for kind, count in counts.items()
    ]
    if as_json:
        print_json(rows)
        return
    print_rows(rows, ("kind", "rows", "from", "meaning"))


def _print_arrow(table: pa.Table) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as out:
        out.write_table(table)


def _print_json(table: pa.Table) -> None:
    """Print a JSON array, a row a line, without holding the text of all rows."""
    import msgspec

    from tailrace.base.tables import rows_of

    lead = "["
    for row in rows_of(table):
        sys.stdout.write(f"{lead}\n{msgspec.json.encode(row).decode()}")
        lead = ","
    sys.stdout.write("[]\n" if lead == "[" else "\n]\n")


def _check(target: Path) -> None:
    """Refuse a file that cannot be written before anything is worked out."""
    from tailrace.base.errors import BadTerms

    if target.suffix not in ENDINGS:
        mend = f"end the name in {', '.join(ENDINGS)}"
        raise BadTerms("the name does not say the format", where=str(target), mend=mend)
    if target.is_dir() or not target.parent.is_dir():
        mend = "name a file in a folder that exists"
        raise BadTerms("no file can be made there", where=str(target), mend=mend)


def _write(target: Path, tables: Iterator[tuple[str, pa.Table]]) -> None:
    """Write tables to a file whole or not at all; say on stderr what was written."""
    from tailrace.street.rooms import SCHEMAS

    if target.suffix == ".duckdb":
        for kind, count in _to_duckdb(target, tables, SCHEMAS):
            click.echo(f"{target}: table {kind}, {count:,} rows", err=True)
        return
    [(kind, table)] = tables
    with _replacing(target) as new:
        if target.suffix == ".csv":
            _to_csv(new, table)
        else:
            _to_parquet(new, table)
    click.echo(f"{target}: {kind}, {table.num_rows:,} rows", err=True)


def _to_parquet(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd")


def _to_csv(path: Path, table: pa.Table) -> None:
    """Write CSV (RFC 4180, UTF-8) in which no text is a formula; null is empty, "" is quoted."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv

    columns = [
        pc.replace_substring_regex(column, FORMULA, r"'\1")
        if column.type == pa.string()
        else column
        for column in table.columns
    ]
    pa.csv.write_csv(pa.table(columns, names=table.column_names), path)


def _to_duckdb(
    path: Path, tables: Iterator[tuple[str, pa.Table]], schemas: dict[str, Schema]
) -> Iterator[tuple[str, int]]:
    """Write each table with its declared types and meanings, replacing the one of its name."""
    import duckdb

    from tailrace.base.errors import BadTerms
    from tailrace.engines.duckdb import SQL_TYPES

    try:
        db = duckdb.connect(str(path))
    except duckdb.Error as why:
        mend = "name a new file, or one that DuckDB made and nobody has open"
        raise BadTerms(f"DuckDB says: {why}", where=str(path), mend=mend) from None
    with db:
        for kind, table in tables:
            schema = schemas[kind]
            columns = ", ".join(
                f'"{c.name}" {SQL_TYPES[c.type]}{"" if c.null else " not null"}'
                for c in schema.columns
            )
            db.execute(f'begin; create or replace table "{kind}" ({columns})')
            db.register("incoming", table)
            db.execute(f'insert into "{kind}" from incoming')
            db.unregister("incoming")
            db.execute(f'comment on table "{kind}" is {_quoted(schema.doc)}')
            for c in schema.columns:
                db.execute(f'comment on column "{kind}"."{c.name}" is {_quoted(c.doc)}')
            db.execute("commit")
            yield kind, table.num_rows


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a new file beside the target that takes its place when all went well."""
    from tailrace.base.errors import Unreachable

    new = target.with_name(f".{target.name}.new")
    try:
        yield new
        new.replace(target)
    except OSError as why:
        mend = "free space, or name a file in a folder that can be written"
        raise Unreachable(f"the file was not written: {why}", where=str(target), mend=mend) from why
    finally:
        new.unlink(missing_ok=True)
