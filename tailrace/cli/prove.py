"""`tailrace prove`: verdicts of claims."""

from __future__ import annotations

from datetime import date, datetime

import click

from tailrace.cli.common import json_option, known_option, on_option

_COLUMNS = ("number", "creditor", "debtor", "currency", "amount", "verdict", "proven", "missing")


@click.command("prove")
@click.argument("where", metavar="DIR|BOOK")
@on_option
@known_option
@click.option("--open", "only_open", is_flag=True, help="only claims that are not proven in full")
@click.option(
    "--limit", type=click.IntRange(1), default=40, help="rows to print", show_default=True
)
@json_option
def command(
    where: str,
    on: date | None,
    known_at: datetime | None,
    only_open: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Say for each claim how much is proven, by what, and what record would prove the rest."""
    from tailrace.base.money import text
    from tailrace.cli.common import look, open_at, print_json, print_rows
    from tailrace.street.loop import derive

    with open_at(where, known_at) as book:
        day, rules = look(book, where, on)
        engine = derive(book, ("verdict", "claim", "firm"), on=day, rules=rules)
        kept = "v.verdict <> 'proven'" if only_open else "true"
        rows = engine.sql(f"""
            with named as (select distinct firm_id, name from firm)
            select c.number, s.name as creditor, b.name as debtor, c.currency, c.amount_minor,
                   c.credited_minor, c.paid_minor, v.verdict, v.proven_minor, v.open_minor,
                   v.missing, v.rule, c.claim_id
            from verdict v join claim c using (claim_id)
            join named s on s.firm_id = c.creditor_id join named b on b.firm_id = c.debtor_id
            where {kept} order by v.open_minor desc, c.claim_id""").to_pylist()
        totals = engine.sql("""
            select v.currency, v.verdict, count(*) as claims,
                   cast(sum(v.proven_minor) as bigint) as proven_minor,
                   cast(sum(v.open_minor) as bigint) as open_minor
            from verdict v group by 1, 2 order by 1, 2""").to_pylist()
    if as_json:
        print_json({"on": day, "totals": totals, "claims": rows})
        return
    for row in rows[:limit]:
        row["amount"] = text(row["amount_minor"], row["currency"])
        row["proven"] = text(row["proven_minor"], row["currency"])
    print_rows(rows[:limit], _COLUMNS, more=len(rows) - limit)
    click.echo()
    for t in totals:
        proven, rest = (text(t[k], t["currency"]) for k in ("proven_minor", "open_minor"))
        click.echo(f"{t['verdict']:<9} {t['claims']:>8,} claims  {proven} proven, {rest} open")
