"""`tailrace clear`: set off the debts of a file of obligations against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option
from tailrace.cli.reading.rulebook import minimum_option, rules_option

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.errors import Fault
    from tailrace.cli.reading.debts import Read
    from tailrace.network import Clearing
    from tailrace.network.compare import Settled
    from tailrace.network.fairness import Decile

PARTIES_MAX = 2_000  # beyond, no page for each: the table tells all


@click.command("clear")
@click.argument("path", metavar="FILE|DIR|BOOK")
@minimum_option
@rules_option("clear under the [network] rules of this TOML file")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False),
    help="write set-offs, prices, cycles, notices there",
)
@click.option(
    "--allocation",
    type=click.Choice(["oldest-first", "pro-rata"]),
    help="how invoices of two firms share what they set off; else as the rules say",
)
@click.option(
    "--notices",
    "letters",
    type=click.Path(file_okay=False),
    help="write each party's notice there, as page, CSV and UBL",
)
@click.option("--sender", metavar="NAME", help="in whose name notices go out")
@click.option("--plot", metavar="FILE", help="draw it there: .svg, .html or .png")
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="route currencies and circles apart from one another in so many processes",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    path: str,
    minimum: int | None,
    rules_file: str | None,
    folder: str | None,
    allocation: str | None,
    letters: str | None,
    sender: str | None,
    plot: str | None,
    processes: int,
    as_json: bool,
) -> None:
    """Find the greatest set-off of a file of debts, prove it, and print its totals."""
    import time

    from tailrace.cli.common import progress_done, progress_line
    from tailrace.cli.reading.debts import CLEARED, naming, read
    from tailrace.cli.reading.rulebook import rules_of
    from tailrace.network import clear, verify_clearing
    from tailrace.report.picture import picture_path, write_picture

    drawn = None if plot is None else picture_path(plot)
    say = progress_line()
    say("reading")
    shown = folder or letters or drawn or rules_file  # what more columns say may be asked for
    found = read(path, only=() if shown else CLEARED)
    obligations = found.table
    say("clearing")
    began = time.perf_counter()
    with naming(path):
        clearing = clear(
            obligations, rules_of(rules_file, minimum, allocation), processes=processes
        )
    took = round(time.perf_counter() - began, 3)
    say("checking the proof")
    verify_clearing(obligations, clearing)
    if folder is not None:
        say("writing")
        _write(Path(folder), Path(path).suffix.lower(), obligations, clearing)
    if letters is not None:
        say("notices")
        _write_letters(Path(letters), sender, found, clearing)
    if drawn is not None:
        from tailrace.report.clearing import drawn_clearing

        say("drawing")
        write_picture(
            drawn, drawn_clearing(obligations, clearing, found.names), title=f"{path}: clearing"
        )
    faults = found.told(clearing.faults)
    progress_done()
    _tell(clearing, faults, took, as_json=as_json)
    ctx.exit(1 if faults else 0)


def _tell(clearing: Clearing, faults: list[Fault], took: float, *, as_json: bool) -> None:
    """Print the totals, the ways to settle and whom it serves; for programs all of it as JSON."""
    from tailrace.cli.common import print_json
    from tailrace.cli.reading.debts import print_faults
    from tailrace.network import deciles, ways_to_settle
    from tailrace.report.cleared import of_rules, told

    ways, tenths = ways_to_settle(clearing), deciles(clearing)
    rows = [told(totals, ways) for totals in clearing.totals.values()]
    if as_json:
        said = {"totals": rows, "ways": ways, "deciles": tenths, "seconds": took}
        print_json({**said, "proven": True, "faults": faults} | of_rules(clearing))
        return
    _print(rows, ways, tenths)
    for why, count in of_rules(clearing).get("held_out", {}).items():
        click.echo(f"held out, {why}: {count:,}")
    short = any(row.get("optimum_minor", 0) > row["cleared_minor"] for row in rows)
    proof = "prove the optimum" if short else "prove that no more can be cleared"
    click.echo(f"{took:,.2f} s; the prices {proof}")
    print_faults(faults)


def _write(folder: Path, suffix: str, obligations: pa.Table, clearing: Clearing) -> None:
    """Write the answer beside its proof, in the form of the file that was read."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    from tailrace.network.notices import notice_table

    tables = {
        "set_off": obligations.append_column("set_off_minor", pa.array(clearing.set_off)),
        "price": clearing.certificate.prices,
        "cycle": clearing.cycles,
        "notice": notice_table(clearing),
    }
    more = {"worth": clearing.certificate.limits, "circle": clearing.circle}
    tables |= {name: table for name, table in more.items() if table is not None}
    if clearing.held.num_rows:
        tables["held"] = clearing.held
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        place = folder / f"{name}{suffix}"
        if suffix == ".csv":
            csv.write_csv(table, place)
        else:
            parquet.write_table(table, place)


def _write_letters(folder: Path, sender: str | None, found: Read, clearing: Clearing) -> None:
    """Write each party's notice as a page and as UBL, and all their lines as one CSV."""
    import csv
    from datetime import date

    from tailrace.formats.table_values import escape_formula
    from tailrace.network.letters import COLUMNS, letter_rows, letters_of
    from tailrace.report.notice import SENDER, notice_document, notice_page

    by = sender or SENDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "notices.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        told = letters_of(
            found.table, clearing, name=Path(found.path).stem, on=date.today(), names=found.names
        )
        for place, letter in enumerate(told):
            for row in letter_rows(letter):
                safe = {k: escape_formula(v) if isinstance(v, str) else v for k, v in row.items()}
                table.writerow(safe)
            if place < PARTIES_MAX:
                stem = f"{place:05d}-{_file(letter.party)}-{_file(letter.currency)}"
                (folder / f"{stem}.html").write_text(notice_page(letter, sender=by), "utf-8")
                (folder / f"{stem}.xml").write_bytes(notice_document(letter, sender=by))


def _file(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())[:40]


def _print(rows: list[dict[str, Any]], ways: list[Settled], tenths: list[Decile]) -> None:
    from tailrace.base.money import EXPONENTS
    from tailrace.report.cleared import currency_lines, decile_rows, way_rows

    for row in rows:
        code = row["currency"]
        click.echo("\n".join(currency_lines(row)))
        if code not in EXPONENTS:
            click.echo(f"  {code} is not in ISO 4217: a unit of its own, told in whole units")
        for table in (way_rows(ways, code), decile_rows(tenths, code)):
            if table:
                click.echo()
                _print_aligned(table)
        click.echo()
    if not rows:
        click.echo("nothing is owed")


def _print_aligned(rows: list[dict[str, Any]]) -> None:
    """Print rows whose figures are words already: the first column to the left, others to the right."""
    from tailrace.cli.common import print_rows

    first, *others = rows[0]
    for name in others:
        width = max(len(name), *(len(str(row[name])) for row in rows))
        for row in rows:
            row[name] = str(row[name]).rjust(width)
    heads = {name: name.rjust(len(rows[0][name])) for name in others}
    shown = [{first: row[first], **{heads[n]: row[n] for n in others}} for row in rows]
    print_rows(shown, (first, *heads.values()))
