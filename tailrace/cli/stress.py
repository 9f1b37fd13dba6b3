"""`tailrace stress`: what a default does to a circle, before and after its clearing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
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
def command(
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
    from tailrace.cli.debts import read_obligations
    from tailrace.network import clear
    from tailrace.network.contagion import stress

    obligations = read_obligations(path)
    clearing = clear(obligations)
    share = Fraction(recovery, 100)
    money = None if cash is None else _cash(cash, currency)
    told = stress(obligations, clearing, dict.fromkeys(failed, share), money, currency=currency)
    if as_json:
        print_json({**msgspec.to_builtins(told), "faults": clearing.faults})
        return
    for when, outcome in (("before the clearing", told.before), ("after it", told.after)):
        click.echo(_said(when, outcome, told.currency))
        rows = [_row(hit, told.currency) for hit in outcome.hits[:limit]]
        if rows:
            print_rows(rows, _COLUMNS, more=len(outcome.hits) - limit)
        click.echo()
    saved = told.before.loss_minor - told.after.loss_minor
    click.echo(f"the clearing spares creditors {_amount(saved, told.currency)}")


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
    from tailrace.base.errors import BadTerms, NotFound
    from tailrace.cli.debts import read_file

    if not Path(path).is_file():
        raise NotFound("there is no such file", where=path, mend="name a file of firm, cash_minor")
    table, _ = read_file(path)
    for name in ("firm", "cash_minor"):
        if name not in table.column_names:
            mend = "columns are firm, cash_minor and, if you like, currency"
            raise BadTerms(f"column {name!r} is missing", where=path, mend=mend)
    money: dict[Any, int] = {}
    for number, row in enumerate(table.to_pylist()):
        if currency and row.get("currency") not in (None, currency):
            continue
        firm, amount = row["firm"], row["cash_minor"]
        if firm is None or type(amount) is not int or amount < 0 or firm in money:
            mend = "each firm once, with a whole number of minor units, zero or more"
            raise BadTerms(f"{firm!r} has {amount!r}", where=f"{path}, row {number}", mend=mend)
        money[firm] = amount
    return money
