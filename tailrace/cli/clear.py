"""`tailrace clear`: set off the debts of a file of obligations against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.network import Clearing

_FAULTS_SHOWN = 10


@click.command("clear")
@click.argument("path", metavar="FILE|DIR|BOOK")
@click.option(
    "--minimum", type=click.IntRange(0), default=0, help="leave out debts below, in minor units"
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False),
    help="write set-offs, prices, cycles, notices there",
)
@json_option
@click.pass_context
def command(ctx: click.Context, path: str, minimum: int, folder: str | None, as_json: bool) -> None:
    """Find the greatest set-off of a file of debts, prove it, and print its totals."""
    import time

    from tailrace.cli.common import print_json
    from tailrace.network import NetworkRules, clear, verify_clearing

    obligations = _read(path)
    began = time.perf_counter()
    clearing = clear(obligations, NetworkRules(minimum_minor=minimum))
    took = round(time.perf_counter() - began, 3)
    verify_clearing(obligations, clearing)
    if folder is not None:
        _write(Path(folder), Path(path).suffix.lower(), obligations, clearing)
    rows = [_told(totals) for totals in clearing.totals.values()]
    if as_json:
        print_json({"totals": rows, "seconds": took, "proven": True, "faults": clearing.faults})
    else:
        _print(rows, took, clearing)
    ctx.exit(1 if clearing.faults else 0)


def _read(path: str) -> pa.Table:
    """Return the obligations of a Parquet or CSV file, or what is open in a book."""
    from tailrace.base.errors import BadTerms, NotFound

    readers = {".parquet": _read_parquet, ".csv": _read_csv}
    reader = readers.get(Path(path).suffix.lower())
    if "://" in path or Path(path).is_dir() or Path(path).suffix.lower() == ".db":
        return _read_book(path)
    if reader is None:
        mend = f"name a file that ends in {' or '.join(readers)}, or a book"
        raise BadTerms("not a file of obligations", where=path, mend=mend)
    if not Path(path).is_file():
        raise NotFound("there is no such file", where=path, mend="name a file of obligations")
    return reader(path)


def _read_book(where: str) -> pa.Table:
    """Return what is proven, unpaid and not held in a book: what a next clearing would see."""
    from tailrace.cli.common import look, open_at
    from tailrace.network.adopt import open_debts
    from tailrace.street.loop import derive

    with open_at(where) as book:
        day, rules = look(book, where, None)
        return open_debts(derive(book, ("obligation",), on=day, rules=rules).get("obligation"))


def _read_parquet(path: str) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    from tailrace.base.errors import BadTerms

    try:
        return parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as why:
        raise BadTerms(
            f"not Parquet: {why}", where=path, mend="write it as Parquet again"
        ) from None


def _read_csv(path: str) -> pa.Table:
    """Return a CSV file's rows: ids as text, so that 007 stays 007; no amount read as a float."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    from tailrace.base.errors import BadTerms

    text = ("obligation_id", "debtor", "debtor_id", "creditor", "creditor_id", "currency")
    types = {**dict.fromkeys((*text, "amount_minor"), pa.string()), "due_on": pa.date32()}
    said = csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    try:
        table = csv.read_csv(path, convert_options=said)
    except pa.ArrowInvalid as why:
        mend = "one header line, commas, days as 2026-03-31"
        raise BadTerms(f"not CSV as expected: {why}", where=path, mend=mend) from None
    if "amount_minor" not in table.column_names:
        return table
    amount = table["amount_minor"]
    whole = pc.if_else(pc.match_substring_regex(amount, r"^-?[0-9]{1,18}$"), amount, None)
    at = table.column_names.index("amount_minor")
    return table.set_column(at, "amount_minor", whole.cast(pa.int64()))


def _write(folder: Path, suffix: str, obligations: pa.Table, clearing: Clearing) -> None:
    """Write the answer beside its proof, in the form of the file that was read."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    tables = {
        "set_off": obligations.append_column("set_off_minor", pa.array(clearing.set_off)),
        "price": clearing.certificate.prices,
        "cycle": clearing.cycles,
        "notice": clearing.notices(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        place = folder / f"{name}{suffix}"
        if suffix == ".csv":
            csv.write_csv(table, place)
        else:
            parquet.write_table(table, place)


def _told(totals: Any) -> dict[str, Any]:
    """Return a currency's totals as printed in JSON."""
    import msgspec

    row: dict[str, Any] = msgspec.structs.asdict(totals)
    net = row.pop("net_debt_minor")
    return {**row, "net_debt_before_minor": net, "net_debt_after_minor": net}


def _print(rows: list[dict[str, Any]], took: float, clearing: Clearing) -> None:
    for row in rows:
        _print_currency(row)
    if not rows:
        click.echo("nothing is owed")
    click.echo(f"{took:,.2f} s; no more can be cleared: the prices prove it")
    for fault in clearing.faults[:_FAULTS_SHOWN]:
        click.echo(f"left out: {fault.where}: {fault.what}", err=True)
    if len(clearing.faults) > _FAULTS_SHOWN:
        click.echo(f"... and {len(clearing.faults) - _FAULTS_SHOWN:,} more", err=True)


def _print_currency(row: Mapping[str, Any]) -> None:
    code, debt = row["currency"], row["debt_minor"]
    click.echo(f"{code}: {row['obligations']:,} obligations of {row['firms']:,} firms")
    lines = (
        ("debt", debt, debt),
        ("cleared without money", row["cleared_minor"], debt),
        ("netting of pairs alone", row["bilateral_minor"], debt),
        ("left to pay", debt - row["cleared_minor"], debt),
        ("net debt, before and after", row["net_debt_before_minor"], debt),
    )
    shown = [(label, _amount(amount, code), _share(amount, of)) for label, amount, of in lines]
    width = max(len(amount) for _, amount, _ in shown)
    for label, amount, share in shown:
        click.echo(f"  {label:<28}{amount:>{width}}  {share:>7}")


def _amount(amount_minor: int, code: str) -> str:
    """Return an amount for people; a code that ISO 4217 does not have keeps its minor units."""
    from tailrace.base.money import EXPONENTS, text

    return text(amount_minor, code) if code in EXPONENTS else f"{amount_minor:,} {code}"


def _share(amount: int, of: int) -> str:
    return f"{100 * amount / of:.1f} %" if of else ""
