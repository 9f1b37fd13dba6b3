"""`tailrace books`: the ledger as files other programs accept."""

from __future__ import annotations

from datetime import date, datetime

import click

from tailrace.cli.common import json_option, known_option, on_option


@click.command("books")
@click.argument("where", metavar="DIR|BOOK")
@click.option(
    "--to", "form", type=click.Choice(["beancount", "hledger"]), help="print the books so"
)
@click.option("--firm", help="one firm's books: its name, or the start of its id")
@click.option("--goods", is_flag=True, help="also what was delivered, as commodities")
@on_option
@known_option
@json_option
def command(
    where: str,
    form: str | None,
    firm: str | None,
    goods: bool,
    on: date | None,
    known_at: datetime | None,
    as_json: bool,
) -> None:
    """Print the trial balance, or the books as beancount or hledger text."""
    import sys

    from tailrace.base.errors import BadTerms, NotFound
    from tailrace.cli.common import look, open_at, print_json, print_rows
    from tailrace.ledger.beancount import beancount
    from tailrace.ledger.hledger import hledger
    from tailrace.report.outputs import names_of
    from tailrace.street.loop import derive

    with open_at(where, known_at) as book:
        day, rules = look(book, where, on)
        engine = derive(book, ("balance", "firm", "transfer"), on=day, rules=rules)
        names = names_of(engine)
        chosen = None
        if firm:
            found = [f for f, name in names.items() if name == firm or f.startswith(firm)]
            if not found:
                raise NotFound(f"no firm {firm!r}", where=where, mend="tailrace view BOOK firm")
            if len(found) > 1:
                raise BadTerms(
                    f"{firm!r} names {len(found)} firms", where=where, mend="give its id"
                )
            chosen = found[0]
        if form:
            writer = {"beancount": beancount, "hledger": hledger}[form]
            sys.stdout.writelines(writer(engine.get("transfer"), names, firm=chosen, goods=goods))
            return
        kept = "true" if goods else "length(unit) = 3"
        mine = f"starts_with(account, '{chosen}/')" if chosen else "true"
        rows = engine.sql(f"""
            select account, unit, debits, credits, balance, transfers from balance
            where {kept} and {mine} order by account, unit""").to_pylist()
        totals = engine.sql(f"""
            select unit, cast(sum(debits) as bigint) as debits, cast(sum(credits) as bigint) as credits
            from balance where {kept} group by 1 order by 1""").to_pylist()
    if as_json:
        print_json({"balances": rows, "totals": totals})
        return
    for row in rows:
        head, _, account = row["account"].partition("/")
        row["firm"], row["account"] = names.get(head, head), account
    columns = ("firm", "account", "unit", "debits", "credits", "balance", "transfers")
    print_rows(rows[:60], columns, more=len(rows) - 60)
    for total in totals:
        state = "equal" if total["debits"] == total["credits"] else "NOT EQUAL"
        click.echo(
            f"{total['unit']}: debits {total['debits']:,}, credits {total['credits']:,}: {state}"
        )
