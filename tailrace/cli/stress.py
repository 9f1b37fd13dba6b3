"""`tailrace stress`: what a default does to a circle, before and after its clearing."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option

if TYPE_CHECKING:
    from tailrace.network.contagion import Outcome

_COLUMNS = ("firm", "round", "owed", "paid", "owing", "got", "loss")


@click.command("stress")
@click.argument("path", metavar="FILE|DIR|BOOK")
@click.option(
    "--default", "failed", multiple=True, required=True, metavar="FIRM", help="a firm that fails"
)
@click.option(
    "--recovery",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help="per cent of what a failed firm gets that its creditors here get",
)
@click.option("--cash", type=click.Path(dir_okay=False), help="a file of firm, cash_minor")
@click.option("--currency", help="which debts, where there are several currencies")
@click.option(
    "--limit", type=click.IntRange(1), default=20, help="firms to print", show_default=True
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    path: str,
    failed: tuple[str, ...],
    recovery: int,
    cash: str | None,
    currency: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Say who falls and who loses when firms default, before a clearing and after it."""
    import msgspec

    from tailrace.cli.common import print_json, print_rows
    from tailrace.cli.reading.debts import naming, print_faults, read
    from tailrace.network import clear
    from tailrace.network.contagion import stress

    found = read(path)
    share = Fraction(recovery, 100)
    money = None if cash is None else _cash(cash, currency)
    with naming(path):
        clearing = clear(found.table)
        shares = dict.fromkeys(failed, share)
        told = stress(found.table, clearing, shares, money, currency=currency)
    faults = found.told(clearing.faults)
    if as_json:
        print_json({**msgspec.to_builtins(told), "faults": faults})
        ctx.exit(1 if faults else 0)
    for when, outcome in (("before the clearing", told.before), ("after it", told.after)):
        click.echo(_said(when, outcome, told.currency))
        rows = [_row(hit, told.currency) for hit in outcome.hits[:limit]]
        if rows:
            print_rows(rows, _COLUMNS, more=len(outcome.hits) - limit)
        click.echo()
    saved = told.before.loss_minor - told.after.loss_minor
    click.echo(f"the clearing spares creditors {_amount(saved, told.currency)}")
    print_faults(faults)
    ctx.exit(1 if faults else 0)


def _said(when: str, outcome: Outcome, code: str) -> str:
    debt, loss = (_amount(n, code) for n in (outcome.debt_minor, outcome.loss_minor))
    return (
        f"{when}: {loss} of {debt} is lost; {outcome.defaults:,} firms in default, "
        f"in {outcome.rounds:,} rounds after those named"
    )


def _row(hit: Any, code: str) -> dict[str, Any]:
    names = ("owed", "paid", "owing", "got", "loss")
    amounts = {name: _amount(getattr(hit, f"{name}_minor"), code) for name in names}
    return {"firm": hit.firm, "round": "-" if hit.round is None else hit.round, **amounts}


def _amount(amount_minor: int, code: str) -> str:
    from tailrace.base.money import EXPONENTS, text

    return text(amount_minor, code) if code in EXPONENTS else f"{amount_minor:,} {code}"


def _cash(path: str, currency: str | None) -> dict[Any, int]:
    """Return minor units by firm from a CSV or Parquet file of firm, cash_minor, maybe currency."""
    from tailrace.base.errors import BadTerms
    from tailrace.base.money import AMOUNT_MAX
    from tailrace.cli.reading.debts import read_file

    found = read_file(path, ("firm", "cash_minor"))
    if found.faults:
        first = found.faults[0]
        raise BadTerms(first.what, where=first.where, mend=first.mend)
    money: dict[Any, int] = {}
    for number, row in enumerate(found.table.to_pylist()):
        if currency and row.get("currency") not in (None, currency):
            continue
        firm, amount = row["firm"], row["cash_minor"]
        fits = type(amount) is int and 0 <= amount <= AMOUNT_MAX
        if firm is None or not fits or firm in money:
            text = found.said.get("cash_minor")
            said = amount if text is None else text[number].as_py()
            what = f"{firm!r} has {said!r}" if firm not in money else f"{firm!r} stands twice"
            mend = "each firm once, with a whole number of minor units, zero or more"
            raise BadTerms(what, where=found.where(number), mend=mend)
        money[firm] = amount
    return money
