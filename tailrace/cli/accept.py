"""`tailrace accept`: take an offer."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from tailrace.cli.common import json_option, on_option


@click.command("accept")
@click.argument("where", metavar="DIR|BOOK")
@click.argument("offer", metavar="OFFER")
@on_option
@json_option
def command(where: str, offer: str, on: date | None, as_json: bool) -> None:
    """Accept one offer: it becomes a contract, its deeds and its instruction."""
    from tailrace.base.money import text
    from tailrace.cli.common import look, open_at, print_json
    from tailrace.street.accepting import accept

    with open_at(where) as book:
        day, rules = look(book, where, on)
        contract = accept(book, offer, on=day, rules=rules, at=datetime.now(UTC))
    if as_json:
        print_json(contract)
        return
    price = text(contract["price_at_purchase_minor"], contract["currency"])
    face = text(contract["notional_minor"], contract["currency"])
    click.echo(f"contract {contract['contract_id']}")
    click.echo(f"{price} on {contract['purchase_on']} for {face} due {contract['maturity_on']}")
    click.echo(f"why:     tailrace why {where} {contract['contract_id'][:12]}")
