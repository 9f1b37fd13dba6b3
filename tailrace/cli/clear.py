"""`tailrace clear`: set off the debts of a file of obligations against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.errors import Fault
    from tailrace.network import Clearing
    from tailrace.network.compare import Settled
    from tailrace.network.fairness import Decile
    from tailrace.network.rules import NetworkRules

_FAULTS_SHOWN = 10
PARTIES_MAX = 2_000  # beyond, no page for each: the table tells all


@click.command("clear")
@click.argument("path", metavar="FILE|DIR|BOOK")
@click.option(
    "--minimum", type=click.IntRange(0), default=None, help="leave out debts below, in minor units"
)
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(exists=True, dir_okay=False),
    help="clear under the [network] rules of this TOML file",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False),
    help="write set-offs, prices, cycles, notices there",
)
@click.option(
    "--allocation",
    type=click.Choice(["oldest-first", "pro-rata"]),
    default="oldest-first",
    show_default=True,
    help="how invoices of two firms share what they set off",
)
@click.option(
    "--notices",
    "letters",
    type=click.Path(file_okay=False),
    help="write each party's notice there, as page, CSV and UBL",
)
@click.option("--plot", metavar="FILE", help="draw it there: .svg, .html or .png")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    path: str,
    minimum: int | None,
    rules_file: str | None,
    folder: str | None,
    allocation: str,
    letters: str | None,
    plot: str | None,
    as_json: bool,
) -> None:
    """Find the greatest set-off of a file of debts, prove it, and print its totals."""
    import time

    from tailrace.cli.common import print_json
    from tailrace.cli.debts import read
    from tailrace.network import clear, deciles, verify_clearing, ways_to_settle
    from tailrace.network.allocation import pro_rata
    from tailrace.report.picture import picture_path, write_picture

    drawn = None if plot is None else picture_path(plot)
    obligations, skipped = read(path)
    began = time.perf_counter()
    clearing = clear(obligations, _rules(rules_file, minimum))
    took = round(time.perf_counter() - began, 3)
    verify_clearing(obligations, clearing)
    if allocation == "pro-rata":
        clearing = pro_rata(clearing)
        verify_clearing(obligations, clearing)
    if folder is not None:
        _write(Path(folder), Path(path).suffix.lower(), obligations, clearing)
    if letters is not None:
        _write_letters(Path(letters), Path(path).stem, obligations, clearing)
    if drawn is not None:
        from tailrace.report.clearing import drawn_clearing

        write_picture(drawn, drawn_clearing(obligations, clearing), title=f"{path}: clearing")
    rows = [_told(totals) for totals in clearing.totals.values()]
    ways, tenths = ways_to_settle(clearing), deciles(clearing)
    faults = [*clearing.faults, *skipped]
    if as_json:
        told = {"totals": rows, "ways": ways, "deciles": tenths, "seconds": took}
        print_json({**told, "proven": True, "faults": faults} | _of_rules(clearing))
    else:
        _print(rows, ways, tenths)
        for why, count in _of_rules(clearing).get("held_out", {}).items():
            click.echo(f"held out, {why}: {count:,}")
        short = any(row.get("optimum_minor", 0) > row["cleared_minor"] for row in rows)
        proof = "prove the optimum" if short else "prove that no more can be cleared"
        click.echo(f"{took:,.2f} s; the prices {proof}")
        _print_faults(faults)
    ctx.exit(1 if faults else 0)


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


def _write_letters(folder: Path, name: str, obligations: pa.Table, clearing: Clearing) -> None:
    """Write each party's notice as a page and as UBL, and all their lines as one CSV."""
    import csv
    from datetime import date

    from tailrace.formats.table_values import escape_formula
    from tailrace.network.letters import COLUMNS, letter_rows, letters_of
    from tailrace.report.notice import notice_document, notice_page

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "notices.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for place, letter in enumerate(
            letters_of(obligations, clearing, name=name, on=date.today())
        ):
            for row in letter_rows(letter):
                safe = {k: escape_formula(v) if isinstance(v, str) else v for k, v in row.items()}
                table.writerow(safe)
            if place < PARTIES_MAX:
                stem = f"{place:05d}-{_file(letter.party)}-{_file(letter.currency)}"
                (folder / f"{stem}.html").write_text(notice_page(letter), "utf-8")
                (folder / f"{stem}.xml").write_bytes(notice_document(letter))


def _file(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())[:40]


def _told(totals: Any) -> dict[str, Any]:
    """Return a currency's totals as printed in JSON."""
    import msgspec

    row: dict[str, Any] = msgspec.structs.asdict(totals)
    net = row.pop("net_debt_minor")
    circle, optimum = row.pop("circle_minor"), row.pop("optimum_minor")
    row |= {"circle_minor": circle} if circle else {}
    row |= {"optimum_minor": optimum} if optimum is not None else {}
    return {**row, "net_debt_before_minor": net, "net_debt_after_minor": net}


def _print(rows: list[dict[str, Any]], ways: list[Settled], tenths: list[Decile]) -> None:
    for row in rows:
        _print_currency(row)
        code = row["currency"]
        click.echo()
        _print_ways([way for way in ways if way.currency == code], code)
        click.echo()
        _print_deciles([tenth for tenth in tenths if tenth.currency == code], code)
        click.echo()
    if not rows:
        click.echo("nothing is owed")


def _print_ways(ways: list[Settled], code: str) -> None:
    rows = [
        {
            "settled by": way.way,
            "cleared": _amount(way.cleared_minor, code),
            "share": _share(way.cleared_minor, way.cleared_minor + way.left_minor),
            "left to pay": _amount(way.left_minor, code),
            "payments": way.payments,
            "net debt after": _amount(way.net_debt_after_minor, code),
        }
        for way in ways
    ]
    _print_aligned(rows)


def _print_deciles(tenths: list[Decile], code: str) -> None:
    if not tenths:
        return
    rows = [
        {
            "firms by size": f"tenth {tenth.decile}",
            "firms": tenth.firms,
            "cleared for": tenth.helped,
            "set off": _amount(tenth.set_off_minor, code),
            "of owed": _share(tenth.set_off_minor, tenth.owed_minor),
            "of owing": _share(tenth.set_off_minor, tenth.owing_minor),
        }
        for tenth in tenths
    ]
    _print_aligned(rows)


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


def _print_faults(faults: list[Fault]) -> None:
    for fault in faults[:_FAULTS_SHOWN]:
        click.echo(f"left out: {fault.where}: {fault.what}", err=True)
    if len(faults) > _FAULTS_SHOWN:
        click.echo(f"... and {len(faults) - _FAULTS_SHOWN:,} more", err=True)


def _print_currency(row: Mapping[str, Any]) -> None:
    code, debt = row["currency"], row["debt_minor"]
    click.echo(f"{code}: {row['obligations']:,} obligations of {row['firms']:,} firms")
    lines: tuple[tuple[str, int, int], ...] = (
        ("debt", debt, debt),
        ("cleared without money", row["cleared_minor"], debt),
        ("netting of pairs alone", row["bilateral_minor"], debt),
        ("left to pay", debt - row["cleared_minor"], debt),
        ("net debt, before and after", row["net_debt_before_minor"], debt),
    )
    if row.get("circle_minor"):
        lines += (("owed to the circle, and by it", row["circle_minor"], debt),)
    if "optimum_minor" in row:
        lost = row["optimum_minor"] - row["cleared_minor"]
        lines += (("optimum without the last rule", row["optimum_minor"], debt),)
        lines += (("lost by the last rule", lost, debt),)
    shown = [(label, _amount(amount, code), _share(amount, of)) for label, amount, of in lines]
    width = max(len(amount) for _, amount, _ in shown)
    for label, amount, share in shown:
        click.echo(f"  {label:<30}{amount:>{width}}  {share:>7}")


def _amount(amount_minor: int, code: str) -> str:
    """Return an amount for people; a code that ISO 4217 does not have keeps its minor units."""
    from tailrace.base.money import EXPONENTS, text

    return text(amount_minor, code) if code in EXPONENTS else f"{amount_minor:,} {code}"


def _share(amount: int, of: int) -> str:
    return f"{100 * amount / of:.1f} %" if of else ""


def _rules(path: str | None, minimum: int | None) -> NetworkRules:
    """Return the rules of a file, the minimum of the command before that of the file."""
    import tomllib

    from msgspec.structs import replace

    from tailrace.base.errors import BadTerms
    from tailrace.network import NetworkRules
    from tailrace.street.rules import load

    if path is None:
        return NetworkRules(minimum_minor=minimum or 0)
    try:
        own = tomllib.loads(Path(path).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        mend = "write it as TOML, with the tables of docs/constraints.md"
        raise BadTerms(f"not TOML: {why}", where=path, mend=mend) from None
    rules = load(own, where=path).network
    return rules if minimum is None else replace(rules, minimum_minor=minimum)


def _of_rules(clearing: Clearing) -> dict[str, Any]:
    """Return what rules add to the answer: debts held out by reason, and members' lines used."""
    if clearing.certificate.rules is None:
        return {}
    counts = clearing.held["reason"].value_counts().to_pylist()
    circle = clearing.circle.to_pylist() if clearing.circle is not None else []
    return {"held_out": {c["values"]: c["counts"] for c in counts}, "circle": circle}
