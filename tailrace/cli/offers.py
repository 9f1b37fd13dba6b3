"""`tailrace offers`: what could meet each need."""

from __future__ import annotations

from datetime import date, datetime

import click

from tailrace.cli.common import json_option, known_option, on_option

_COLUMNS = ("offer", "product", "from", "gets", "cost", "rate", "pay_on", "days")


@click.command("offers")
@click.argument("where", metavar="DIR|BOOK")
@on_option
@known_option
@click.option("--limit", type=click.IntRange(1), default=3, help="offers a need", show_default=True)
@json_option
def command(
    where: str, on: date | None, known_at: datetime | None, limit: int, as_json: bool
) -> None:
    """List each need that is left with the offers that could meet it, cheapest first."""
    from tailrace.base.money import text
    from tailrace.cli.common import look, open_at, print_json, print_rows
    from tailrace.street.loop import derive

    with open_at(where, known_at) as book:
        day, rules = look(book, where, on)
        engine = derive(book, ("offer", "need", "firm"), on=day, rules=rules)
        firms = engine.sql("select distinct firm_id, name from firm").to_pylist()
        needs = engine.sql("""
            select * from need where stage = 'left' order by "on", need_id""").to_pylist()
        offers = engine.sql("select * from offer order by need_id, rank, offer_id").to_pylist()
    if as_json:
        print_json({"on": day, "needs": needs, "offers": offers})
        return
    names = {row["firm_id"]: row["name"] for row in firms}
    if not needs:
        click.echo(f"no needs are left on {day}: every known balance stays above zero")
    for need in needs:
        who, money = names.get(need["firm_id"], need["firm_id"]), need["currency"]
        click.echo(
            f"{who} needs {text(need['amount_minor'], money)} on {need['on']}: {need['why']}"
        )
        mine = [o for o in offers if o["need_id"] == need["need_id"]]
        rows = [
            {
                "offer": o["offer_id"][:12],
                "product": o["product"],
                "from": names.get(o["buyer_id"], o["buyer_id"].removeprefix("funder:")),
                "gets": text(o["price_minor"], money),
                "cost": text(o["cost_minor"], money),
                "rate": f"{o['rate_pa']:.2%}",
                "pay_on": o["pay_on"],
                "days": o["days"],
            }
            for o in mine[:limit]
        ]
        if rows:
            print_rows(rows, _COLUMNS, more=len(mine) - limit)
        else:
            click.echo("  nothing proven and free would help past its deepest day")
        click.echo()
