"""`tailrace liquidity`: what each unit of money settles, and the best placement of a budget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from tailrace.cli.common import json_option

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.errors import Fault
    from tailrace.network.liquidity import Band, Corner, Placement, Trade

SHOWN, BANDS_SHOWN = 12, 60
ANY_LENDER = "any lender"


@click.command("liquidity")
@click.argument("path", metavar="FILE|BOOK")
@click.option("--budget", metavar="AMOUNT", help="place this much money, as 2500.00")
@click.option("--lenders", "lenders_path", metavar="FILE", help="who lends to whom, CSV or Parquet")
@click.option("--own", is_flag=True, help="use members' own bank balances first (of a book)")
@click.option("--by-cost", "costs", is_flag=True, help="what settles for every price worth paying")
@click.option("--currency", help="of several currencies, this one")
@click.option("--plot", metavar="FILE.svg", help="draw the curve and the placement")
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
    plot: str | None,
    folder: str | None,
    as_json: bool,
) -> None:
    """Say how much debt each further unit of money settles, and where to put a budget."""
    from tailrace.base.errors import BadTerms
    from tailrace.cli.common import print_json
    from tailrace.cli.debts import read
    from tailrace.network.liquidity import trades_of

    drawn = None if plot is None else _svg_path(plot)
    obligations, skipped = read(path)
    trades, faults = trades_of(obligations)
    faults = [*faults, *skipped]
    balances, names = _of_book(path, own)
    named = None if lenders_path is None else _read_lenders(lenders_path)
    named = named if balances is None else _with_own(balances, named)
    one = any(given is not None for given in (budget, named, drawn))
    if costs and named is None:
        mend = "name their file: --lenders FILE"
        raise BadTerms("no lenders, no prices", where="--by-cost", mend=mend)
    chosen = _chosen(trades, currency, one=one)
    answers = [_answer(obligations, trade, budget, named, costs) for trade in chosen]
    for answer in answers:
        faults = [*faults, *answer.faults]
        if drawn is not None:
            _draw(drawn, answer, names)
        if folder is not None:
            _write(Path(folder), Path(path).suffix.lower(), obligations, answer)
    if as_json:
        print_json({"currencies": [answer.told() for answer in answers], "faults": faults})
    else:
        for answer in answers:
            _print(answer, names)
        if not answers:
            click.echo("nothing is owed")
        for fault in faults[:SHOWN]:
            click.echo(f"left out: {fault.where}: {fault.what}", err=True)
    ctx.exit(1 if faults else 0)


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
    obligations: pa.Table, trade: Trade, budget: str | None, named: pa.Table | None, costs: bool
) -> _Answer:
    from tailrace.network.liquidity import bands_of, by_cost, lenders_in, place, verify_liquidity

    lenders = None if named is None else lenders_in(named, trade)
    placement = None
    if budget is not None or lenders is not None:
        amount = None if budget is None else _minor(budget, trade.currency)
        placement = place(trade, amount, lenders)
        verify_liquidity(obligations, placement)
    return _Answer(
        trade=trade,
        bands=bands_of(trade, lenders),
        corners=by_cost(trade, lenders) if costs and lenders is not None else [],
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


def _read_lenders(path: str) -> pa.Table:
    """Return the table of lenders: names as text, limits and prices as whole numbers."""
    import pyarrow as pa
    from pyarrow import csv

    from tailrace.base.errors import BadTerms, NotFound
    from tailrace.cli.debts import read_file
    from tailrace.network.liquidity import LENDERS

    if not Path(path).is_file():
        raise NotFound("there is no such file", where=path, mend="name a file of lenders")
    if Path(path).suffix.lower() == ".parquet":
        return read_file(path)[0]
    types = {name: pa.int64() if name in LENDERS[4:] else pa.string() for name in LENDERS}
    said = csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    try:
        return csv.read_csv(path, convert_options=said)
    except pa.ArrowInvalid as why:
        mend = f"one header line ({','.join(LENDERS)}), commas, whole numbers"
        raise BadTerms(f"not CSV as expected: {why}", where=path, mend=mend) from None


def _of_book(path: str, own: bool) -> tuple[pa.Table | None, dict[str, str]]:
    """Return the members' bank balances of a book, if they are asked for, and the firms' names."""
    from tailrace.base.errors import BadTerms
    from tailrace.cli.common import look, open_at
    from tailrace.street.loop import derive

    if Path(path).is_file() and Path(path).suffix.lower() in (".csv", ".parquet"):
        if own:
            mend = "name a book, or give own money as rows of --lenders"
            raise BadTerms("a file of debts has no bank balances", where="--own", mend=mend)
        return None, {}
    kinds = ("firm", "cash") if own else ("firm",)
    with open_at(path) as book:
        day, rules = look(book, path, None)
        engine = derive(book, kinds, on=day, rules=rules)
        names = {row["firm_id"]: row["name"] for row in engine.get("firm").to_pylist()}
        return (_own_rows(engine.get("cash"), day) if own else None), names


def _own_rows(cash: pa.Table, day: date) -> pa.Table:
    """Return lender rows of what each firm has in the bank on the day, read off its cash curve."""
    import pyarrow as pa
    import pyarrow.compute as pc

    here = pc.and_(pc.equal(cash["stage"], "left"), pc.equal(cash["on"], pa.scalar(day)))
    rows = cash.filter(pc.and_(here, pc.greater(cash["balance_minor"], 0)))
    nothing = pa.nulls(rows.num_rows)
    return pa.table(
        {
            "lender": nothing.cast(pa.string()),
            "source": pa.array(["own"] * rows.num_rows, pa.string()),
            "currency": rows["currency"],
            "firm": rows["firm_id"],
            "limit_minor": rows["balance_minor"],
            "price": nothing.cast(pa.int64()),
        }
    )


def _with_own(balances: pa.Table, named: pa.Table | None) -> pa.Table:
    """Return the balances beside the lenders; where none are named, any lender outside will do."""
    import pyarrow as pa

    if named is None:
        codes = sorted(set(balances["currency"].to_pylist()))
        row = {"lender": ANY_LENDER, "source": "outside"}
        named = pa.Table.from_pylist([{**row, "currency": code} for code in codes])
    return pa.concat_tables([balances, named], promote_options="permissive")


def _svg_path(path: str) -> Path:
    from tailrace.base.errors import BadTerms

    if Path(path).suffix.lower() != ".svg":
        mend = "name a file that ends in .svg"
        raise BadTerms("a picture is drawn as SVG", where=path, mend=mend)
    return Path(path)


def _draw(path: Path, answer: _Answer, names: Mapping[str, str]) -> None:
    from tailrace.report.liquidity import picture

    trade = answer.trade
    whole = answer.alone, trade.whole, trade.currency
    svg = picture(answer.bands, *whole, answer.placement, names)
    path.write_text(svg, "utf-8")


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
