"""`tailrace liquidity`: what each unit of money settles, and the best placement of a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from tailrace.cli.common import json_option
from tailrace.cli.reading.rulebook import minimum_option, rules_option

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.errors import Fault
    from tailrace.network.liquidity import Band, Corner, Placement, Trade

SHOWN, BANDS_SHOWN = 12, 60


@click.command("liquidity")
@click.argument("path", metavar="FILE|BOOK")
@click.option("--budget", metavar="AMOUNT", help="place this much money, as 2500.00")
@click.option("--lenders", "lenders_path", metavar="FILE", help="who lends to whom, CSV or Parquet")
@click.option("--own", is_flag=True, help="use members' own bank balances first (of a book)")
@click.option("--by-cost", "costs", is_flag=True, help="what settles for every price worth paying")
@click.option("--currency", help="of several currencies, this one")
@minimum_option
@rules_option("hold out what the [network] rules of this TOML file say: holds, window, minimum")
@click.option("--plot", metavar="FILE", help="draw curve and placement: .svg, .html or .png")
@click.option("--to", "folder", metavar="DIR", help="write the tables there")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    path: str,
    budget: str | None,
    lenders_path: str | None,
    own: bool,
    costs: bool,
    currency: str | None,
    minimum: int | None,
    rules_file: str | None,
    plot: str | None,
    folder: str | None,
    as_json: bool,
) -> None:
    """Say how much debt each further unit of money settles, and where to put a budget."""
    from tailrace.base.errors import BadTerms
    from tailrace.cli.common import progress_done, progress_line
    from tailrace.cli.reading.debts import naming, read
    from tailrace.cli.reading.lending import lenders_of_file, own_money, with_own
    from tailrace.cli.reading.rulebook import rules_of
    from tailrace.network.liquidity import trades_of
    from tailrace.report.picture import picture_path

    if costs and lenders_path is None and not own:
        mend = "name their file: --lenders FILE"
        raise BadTerms("no lenders, no prices", where="--by-cost", mend=mend)
    drawn = None if plot is None else picture_path(plot)
    say = progress_line()
    say("reading")
    found = read(path)
    with naming(path):
        trades, faults = trades_of(found.table, rules_of(rules_file, minimum))
    faults = found.told(faults)
    balances = own_money(path) if own else None
    lenders = None if lenders_path is None else lenders_of_file(lenders_path)
    named = None if lenders is None else lenders.table
    named = named if balances is None else with_own(balances, named)
    one = any(given is not None for given in (budget, named, drawn))
    answers = []
    for trade in _chosen(trades, currency, one=one):
        answer = _answer(found.table, trade, budget, named, costs, say)
        answers.append(answer)
        # a book's balances come after the file's lenders, and are never wrong
        faults += answer.faults if lenders is None else lenders.told(answer.faults)
        if drawn is not None:
            say("drawing")
            _draw(drawn, answer, found.names)
        if folder is not None:
            say("writing")
            _write(Path(folder), Path(path).suffix.lower(), found.table, answer)
    progress_done()
    _tell(answers, found.names, faults, as_json=as_json)
    ctx.exit(1 if faults else 0)


def _tell(
    answers: Sequence[_Answer], names: Mapping[str, str], faults: list[Fault], *, as_json: bool
) -> None:
    """Print what was found by currency, what the rules held out, and what was wrong."""
    from tailrace.cli.common import print_json
    from tailrace.cli.reading.debts import print_faults

    held = _held(answers)
    if as_json:
        said = {"currencies": [answer.told() for answer in answers], "held_out": held}
        print_json({**said, "faults": faults})
        return
    for answer in answers:
        _print(answer, names)
    for why, count in held.items():
        click.echo(f"held out, {why}: {count:,}")
    if not answers:
        click.echo("nothing is owed")
    print_faults(faults)


def _held(answers: Sequence[_Answer]) -> dict[str, int]:
    """Return how many debts the rules held out, by reason."""
    if not answers:
        return {}
    counts = answers[0].trade.held["reason"].value_counts().to_pylist()
    return {count["values"]: count["counts"] for count in counts}


class _Answer(Struct, frozen=True, kw_only=True):
    """One currency: its debts, its curves and, where money was to be placed, the placement."""

    trade: Trade
    bands: list[Band]
    corners: list[Corner]
    placement: Placement | None
    faults: list[Fault]

    @property
    def alone(self) -> int:
        """What settles without money."""
        if self.placement is not None:
            return self.placement.alone_minor
        return int(self.trade.curve.settled[0])

    def told(self) -> dict[str, Any]:
        """Return the answer as printed in JSON; what it places was proven before."""
        from tailrace.report.placed import told

        row = told(self.trade, self.alone, self.bands, self.corners, self.placement)
        return row if self.placement is None else {**row, "proven": True}


def _answer(
    obligations: pa.Table,
    trade: Trade,
    budget: str | None,
    named: pa.Table | None,
    costs: bool,
    say: Callable[[str], None],
) -> _Answer:
    from tailrace.network.liquidity import bands_of, by_cost, lenders_in, place, verify_liquidity

    lenders = None if named is None else lenders_in(named, trade)
    placement = None
    if budget is not None or lenders is not None:
        amount = None if budget is None else _minor(budget, trade.currency)
        say(f"placing {trade.currency}")
        placement = place(trade, amount, lenders)
        say(f"checking the proof of {trade.currency}")
        verify_liquidity(obligations, placement)
    say(f"the curve of {trade.currency}")
    bands, corners = bands_of(trade, lenders), []
    if costs and lenders is not None:
        say(f"the curve of {trade.currency} by cost")
        corners = by_cost(trade, lenders)
    return _Answer(
        trade=trade,
        bands=bands,
        corners=corners,
        placement=placement,
        faults=[] if lenders is None else lenders.faults,
    )


def _chosen(trades: Mapping[str, Trade], currency: str | None, *, one: bool) -> list[Trade]:
    from tailrace.base.errors import BadTerms

    if currency is not None:
        if currency not in trades:
            mend = f"name one of {', '.join(trades)}" if trades else "name a file with debts"
            raise BadTerms(f"nothing is owed in {currency}", where="--currency", mend=mend)
        return [trades[currency]]
    if one and len(trades) > 1:
        mend = f"add --currency with one of {', '.join(trades)}"
        raise BadTerms("the debts are in several currencies", where="--budget", mend=mend)
    return list(trades.values())


def _minor(budget: str, code: str) -> int:
    """Return the budget in minor units; in a code that ISO 4217 does not have it is in them."""
    from tailrace.base.errors import BadTerms
    from tailrace.base.money import EXPONENTS, minor

    try:
        amount = Decimal(budget.replace(",", ""))
    except InvalidOperation:
        mend = "write a number, as 2500.00"
        raise BadTerms(f"{budget!r} is no amount", where="--budget", mend=mend) from None
    if code in EXPONENTS:
        return minor(amount, code)
    if not amount.is_finite() or amount != int(amount):
        mend = f"{code} is not in ISO 4217: give a whole number of minor units"
        raise BadTerms(f"{budget!r} is no amount", where="--budget", mend=mend)
    return int(amount)


def _draw(path: Path, answer: _Answer, names: Mapping[str, str]) -> None:
    from tailrace.report.liquidity import picture
    from tailrace.report.picture import write_picture

    trade = answer.trade
    whole = answer.alone, trade.whole, trade.currency
    svg = picture(answer.bands, *whole, answer.placement, names)
    write_picture(path, svg, title=f"Value of liquidity in {trade.currency}")


def _write(folder: Path, suffix: str, obligations: pa.Table, answer: _Answer) -> None:
    """Write the tables in the form of the file that was read, a folder for each currency."""
    import msgspec
    import pyarrow as pa
    from pyarrow import csv, parquet

    tables = {"curve": pa.Table.from_pylist([msgspec.structs.asdict(b) for b in answer.bands])}
    if answer.placement is not None:
        placement = answer.placement
        tables |= {"loan": placement.loans, "firm": placement.firms, "chain": placement.chains}
        settled = pa.array(placement.settled)
        tables["settled"] = obligations.append_column("settled_minor", settled)
    place = folder / answer.trade.currency
    place.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        if suffix == ".csv":
            csv.write_csv(table, place / f"{name}.csv")
        else:
            parquet.write_table(table, place / f"{name}.parquet")


def _print(answer: _Answer, names: Mapping[str, str]) -> None:
    from tailrace.cli.common import print_rows
    from tailrace.report.placed import amount, cost_rows, curve_rows, share, summary, tables

    trade = answer.trade
    code = trade.currency
    click.echo(f"{code}: debt of {amount(trade.whole, code)} among {len(trade.firms):,} firms")
    alone = f"{amount(answer.alone, code)}  {share(answer.alone, trade.whole)}"
    click.echo(f"  settled without money {alone}")
    click.echo(f"  money that settles all {amount(trade.net_debt, code)}")
    rows, columns = curve_rows(answer.bands, trade.whole, code)
    if rows:
        click.echo("")
        print_rows(rows[:BANDS_SHOWN], columns, more=len(rows) - BANDS_SHOWN)
    rows = cost_rows(answer.corners, code)
    if rows:
        click.echo("")
        print_rows(rows[:BANDS_SHOWN], list(rows[0]), more=len(rows) - BANDS_SHOWN)
    if answer.placement is None:
        return
    click.echo("")
    for line in summary(answer.placement):
        click.echo(line)
    for title, rows, columns in tables(answer.placement, names):
        if rows:
            click.echo(f"\n{title}")
            print_rows(rows[:SHOWN], columns, more=len(rows) - SHOWN)
