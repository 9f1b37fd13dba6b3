"""`tailrace why`: walk a number back to its document lines."""

from __future__ import annotations

from datetime import date, datetime

import click

from tailrace.cli.common import json_option, known_option, on_option


@click.command("why")
@click.argument("where", metavar="DIR|BOOK")
@click.argument("wanted", metavar="ID")
@on_option
@known_option
@json_option
def command(
    where: str, wanted: str, on: date | None, known_at: datetime | None, as_json: bool
) -> None:
    """Walk from any payment, offer, set-off, obligation, claim or document to its lines."""
    from tailrace.cli.common import look, open_at, print_json
    from tailrace.street.loop import derive, everything
    from tailrace.street.why import lines, trace

    with open_at(where, known_at) as book:
        day, rules = look(book, where, on)
        engine = derive(book, everything(), on=day, rules=rules)
        nodes = trace(book, engine, wanted)
    if as_json:
        print_json(nodes)
        return
    for node in nodes:
        click.echo("\n".join(lines(node)))
