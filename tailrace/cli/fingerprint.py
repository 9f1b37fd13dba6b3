"""`tailrace fingerprint`: blinded digests of claims, for two lenders to compare."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option, on_option

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("kind", "digest", "row")
KINDS = ("claim", "firm", "known_by", "party_identifier", "line")


@click.command("fingerprint")
@click.argument("words", metavar="BOOK | compare A B", nargs=-1, required=True)
@on_option
@click.option("--key-file", type=click.Path(), help="the shared key")
@click.option("--out", type=click.Path(), help="the file to give: .parquet or .csv")
@click.option("--map", "own", type=click.Path(), help="the file to keep: row, claim and number")
@click.option(
    "--limit", type=click.IntRange(1), default=40, help="rows to print", show_default=True
)
@json_option
def command(
    words: tuple[str, ...],
    on: date | None,
    key_file: str | None,
    out: str | None,
    own: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Write blinded fingerprints of claims, or compare two files of them."""
    if words[0] == "compare" and len(words) == 3:
        _compare(words[1], words[2], own, limit, as_json)
    elif len(words) == 1 and key_file and out:
        _write(words[0], on, key_file, out, own, as_json)
    else:
        raise click.UsageError("say BOOK --key-file K --out F, or: compare A B")


def _write(
    where: str, on: date | None, key_file: str, out: str, own: str | None, as_json: bool
) -> None:
    """Write the fingerprints of a book's claims, sorted by digest."""
    from tailrace.cli.common import look, open_at, print_json
    from tailrace.evidence.fingerprints.rows import given, kept
    from tailrace.street.loop import derive

    key = _key(key_file)
    with open_at(where) as book:
        day, rules = look(book, where, on)
        engine = derive(book, KINDS, on=day, rules=rules)
        told = engine.sql(given(key))
        made = told.num_rows
        _save(told, out)
        del told  # gigabytes where claims are millions
        mine = engine.sql(kept(key))
        claims = engine.get("claim").num_rows
        engine.close()
    if own:
        _save(mine, own)
    if as_json:
        counts = {"claims": claims, "told": mine.num_rows, "fingerprints": made}
        print_json({"on": day, "out": out, **counts})
    else:
        click.echo(f"{made:,} fingerprints of {mine.num_rows:,} claims to {out}")
        if claims > mine.num_rows:
            click.echo(f"{claims - mine.num_rows:,} claims have none: a firm without a number")


def _compare(left: str, right: str, own: str | None, limit: int, as_json: bool) -> None:
    """Say which claims both files hold; exit code 1 if any."""
    import duckdb

    from tailrace.cli.common import print_json, print_rows
    from tailrace.evidence.fingerprints.compare import matches

    db = duckdb.connect()
    db.register("a", _load(left, COLUMNS))
    db.register("b", _load(right, COLUMNS))
    query = matches("a", "b")
    columns = ["match", "left_row", "right_row", "kinds"]
    if own:
        db.register("own", _load(own, ("row", "claim_id", "number")))
        query = f"select m.*, o.number from ({query}) m left join own o on o.row = m.left_row"
        columns.append("number")
    rows = db.sql(f"from ({query}) order by match desc, left_row, right_row")
    found: list[dict[str, Any]] = rows.to_arrow_table().to_pylist()
    if as_json:
        print_json({"matches": found})
    elif found:
        print_rows(found[:limit], columns, more=len(found) - limit)
    else:
        click.echo("no claim is in both files")
    sys.exit(1 if found else 0)


def _key(path: str) -> bytes:
    """Return the key: the file's bytes without the line end. Raises `BadTerms` where it is short."""
    from tailrace.base.errors import BadTerms, NotFound
    from tailrace.evidence.fingerprints.digest import KEY_MIN

    if not Path(path).is_file():
        raise NotFound("there is no key", where=path, mend="openssl rand -hex 32 > key")
    key = Path(path).read_bytes().rstrip(b"\r\n")
    if len(key) < KEY_MIN:
        mend = "draw one: openssl rand -hex 32 > key, and give it to the other lender alone"
        raise BadTerms(f"a key needs {KEY_MIN} bytes, this has {len(key)}", where=path, mend=mend)
    return key


def _save(table: pa.Table, path: str) -> None:
    if path.endswith(".csv"):
        from pyarrow import csv

        csv.write_csv(table, path)
    else:
        import pyarrow.parquet as pq

        pq.write_table(table, path)


def _load(path: str, columns: tuple[str, ...]) -> pa.Table:
    """Return a file's rows. Raises `NotFound` if there is none, `BadTerms` where its columns are not those of fingerprints."""
    from tailrace.base.errors import BadTerms, NotFound

    if not Path(path).is_file():
        raise NotFound("there is no such file", where=path, mend="name a file of fingerprints")
    if path.endswith(".csv"):
        from pyarrow import csv

        table = csv.read_csv(path)
    else:
        import pyarrow.parquet as pq

        table = pq.read_table(path)
    if missing := set(columns) - set(table.column_names):
        mend = "name a file that tailrace fingerprint made"
        raise BadTerms(f"columns missing: {', '.join(sorted(missing))}", where=path, mend=mend)
    return table
