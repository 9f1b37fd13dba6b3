"""`tailrace who`: which parties are one firm, why, and what a person decides of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option, known_option, on_option

if TYPE_CHECKING:
    from tailrace.base.book import Book
    from tailrace.street.rules import Rules

_SHORT = 12  # digits of an id that are shown
DECIDES = ("merge", "split", "affiliate", "undo")
_FIRMS = """
    with number as (
        select distinct f.firm_id, k.token, k.rank
        from known_by k join firm f using (party_id)),
    numbered as (
        select firm_id, string_agg(token, ', ' order by rank, token) as numbers
        from number group by 1),
    made as (
        select firm_id, min(name) as name, count(*) as parties,
               string_agg(distinct reason, '; ' order by reason)
                   filter (where reason <> 'alone') as joined_by
        from firm group by 1)
    select firm_id, name, parties, numbers, coalesce(joined_by, 'alone') as joined_by
    from made left join numbered using (firm_id) order by parties desc, firm_id"""
_PAIRS = """
    with named as (select distinct firm_id, name from firm)
    select p.firm_id, a.name as firm, p.other_id, b.name as other, {columns}
    from {kind} p join named a using (firm_id) join named b on b.firm_id = p.other_id
    where {chosen} order by {order}"""
_DECISIONS = """
    select d.decision_id, d.what, d.decided_on, d.decided_by, d.reason, d.party_id, d.other_id,
           d.undoes_id, a.name as firm, b.name as other,
           d.what = 'undo' or f.decision_id is not null as stands
    from decision d left join in_force f using (decision_id)
    left join firm a on a.party_id = d.party_id left join firm b on b.party_id = d.other_id
    order by d.decided_on, d.decision_id"""


@click.command("who")
@click.argument("where", metavar="DIR|BOOK")
@click.argument(
    "words", metavar="[FIRM | merge A B | split A B | affiliate A B | undo ID]", nargs=-1
)
@on_option
@known_option
@click.option("--likely", is_flag=True, help="firms that may be one, with what speaks for it")
@click.option("--affiliates", is_flag=True, help="firms that are not independent, and why")
@click.option("--decisions", is_flag=True, help="what people decided, and whether it stands")
@click.option("--reason", default="", help="why you decide so; it stays in the book")
@click.option("--by", help="who decides")
@click.option("--dry-run", is_flag=True, help="show what a decision would do and append nothing")
@click.option(
    "--limit", type=click.IntRange(1), default=40, help="rows to print", show_default=True
)
@json_option
def command(
    where: str,
    words: tuple[str, ...],
    on: date | None,
    known_at: datetime | None,
    likely: bool,
    affiliates: bool,
    decisions: bool,
    reason: str,
    by: str | None,
    dry_run: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List which parties are one firm and why; merge, split and undo by decisions that stay."""
    from tailrace.cli.common import look, open_at

    deciding = bool(words) and words[0] in DECIDES
    if sum((likely, affiliates, decisions, bool(words))) > 1:
        raise click.UsageError("give one of FIRM, a decision, --likely, --affiliates, --decisions")
    if not deciding and (reason or by or dry_run or len(words) > 1):
        raise click.UsageError("a decision is one of merge, split, affiliate, undo")
    with open_at(where, known_at) as book:
        day, rules = look(book, where, on)
        if deciding:
            said = {"reason": reason, "by": by, "dry_run": dry_run}
            _decide(book, words, day, rules, said, as_json=as_json)
        elif words:
            _show_firm(book, words[0], day, rules, as_json=as_json)
        elif likely:
            _show_pairs(book, "likely", day, rules, limit, as_json=as_json)
        elif affiliates:
            _show_pairs(book, "affiliate", day, rules, limit, as_json=as_json)
        else:
            _show(book, decisions, day, rules, limit, as_json=as_json)


def _decide(
    book: Book,
    words: tuple[str, ...],
    day: date,
    rules: Rules,
    said: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    from tailrace.cli.common import print_json
    from tailrace.street.deciding import decide_who

    what, *whom = words
    now = datetime.now(UTC)
    row = decide_who(book, what, tuple(whom), on=day, rules=rules, at=now, **said)
    if as_json:
        print_json(row)
        return
    done = "decided" if row["appended"] else "would be decided; nothing was appended"
    click.echo(f"{what} {row['decision_id'][:12]} {done}: {row['reason']}")
    for firm in row["firms"]:
        parties = ", ".join(party[:12] for party in firm["parties"])
        click.echo(f"  {firm['name']} ({firm['firm_id'][:12]}): parties {parties}")
    if row["appended"]:
        click.echo("next: tailrace run, so that verdicts and offers follow it")


def _show(
    book: Book, decisions: bool, day: date, rules: Rules, limit: int, *, as_json: bool
) -> None:
    """Print the firms, or the decisions."""
    from tailrace.cli.common import print_json, print_rows
    from tailrace.street.deciding import firms_of

    with firms_of(book, day, rules) as engine:
        rows = engine.sql(_DECISIONS if decisions else _FIRMS).to_pylist()
    if as_json:
        print_json({"on": day, "decisions" if decisions else "firms": rows})
        return
    columns: tuple[str, ...]
    if decisions:
        for row in rows:
            row["decision"] = row["decision_id"][:12]
            row["undoes"] = (row["undoes_id"] or "")[:12]
            row["stands"] = "yes" if row["stands"] else "no"
        columns = ("decision", "what", "firm", "other", "undoes", "decided_on", "stands", "reason")
    else:
        for row in rows:
            row["firm"] = row["firm_id"][:12]
            first, *more = (row["numbers"] or "none").split(", ")
            row["known by"] = f"{first} and {len(more)} more" if more else first
            row["joined by"] = ", ".join(
                dict.fromkeys(reason.split(" ")[0] for reason in row["joined_by"].split("; "))
            )
        columns = ("firm", "name", "parties", "known by", "joined by")
    print_rows(rows[:limit], columns, more=len(rows) - limit)


def _show_pairs(
    book: Book, kind: str, day: date, rules: Rules, limit: int, *, as_json: bool
) -> None:
    """Print candidates, the weightiest first, or affiliates, each pair once."""
    from tailrace.cli.common import print_json, print_rows
    from tailrace.street.deciding import firms_of

    weighed = kind == "likely"
    columns = "p.weight, p.reasons" if weighed else "p.reason as reasons"
    query = _PAIRS.format(
        kind=kind,
        columns=columns,
        chosen="true" if weighed else "p.firm_id < p.other_id",
        order="p.weight desc, p.firm_id, p.other_id" if weighed else "p.firm_id, p.other_id",
    )
    with firms_of(book, day, rules, kind) as engine:
        rows = engine.sql(query).to_pylist()
    if as_json:
        print_json({"on": day, kind: rows})
        return
    for row in rows:
        row["ids"] = f"{row['firm_id'][:12]} {row['other_id'][:12]}"
    shown = (*(("weight",) if weighed else ()), "firm", "other", "reasons", "ids")
    print_rows(rows[:limit], shown, more=len(rows) - limit)


def _show_firm(book: Book, called: str, day: date, rules: Rules, *, as_json: bool) -> None:
    """Print one firm: its descriptions, and for each number which of them it joins."""
    from tailrace.cli.common import print_json
    from tailrace.street.deciding import find_party, firms_of
    from tailrace.street.firm_told import firm_told

    with firms_of(book, day, rules) as engine:
        told = firm_told(engine, find_party(engine, called))
    if as_json:
        print_json(told)
    else:
        _tell(told)


def _tell(told: dict[str, Any]) -> None:
    """Print a firm for people: descriptions, then numbers, then what a person should look at."""
    from tailrace.cli.common import print_rows

    many = len(told["parties"])
    made = "one description in the records" if many == 1 else f"{many} descriptions made one firm"
    click.echo(f"{told['name']}  {told['firm_id']}\n{made}\n")
    alone = (
        "stands by its own number" if told["numbers"] else "stands alone: no number of it counts"
    )
    for row in told["parties"]:
        says = ", ".join(filter(None, (row["called"], row["address"], row["country"])))
        click.echo(f"{row['party_id'][:_SHORT]}  {says or 'no name'}")
        click.echo(f"    {row['stands_as']}")
        click.echo(f"    {alone if row['reason'] == 'alone' else 'joined by ' + row['reason']}")
    for row in told["numbers"]:
        ids = [party[:_SHORT] for party in row["parties"]]
        row["joins"] = " - ".join(ids) if len(ids) > 1 else f"{ids[0]} alone carries it"
    if told["numbers"]:
        click.echo()
        print_rows(told["numbers"], ("number", "told_by", "joins"))
    notes = [f"{row['number']} joins nobody: {row['why']}" for row in told["unused"]]
    notes += [_decided(row) for row in told["decisions"]]
    notes += [
        f"affiliate {row['name']} {row['other_id'][:_SHORT]}: {row['reason']}; neither proves the "
        "other's claims"
        for row in told["affiliates"]
    ]
    if notes:
        click.echo("\n" + "\n".join(notes))


def _decided(row: dict[str, Any]) -> str:
    by = f" by {row['decided_by']}" if row["decided_by"] else ""
    took = "" if row["stands"] else "; taken back"
    pair = f"{row['party_id'][:_SHORT]} {row['other_id'][:_SHORT]}"
    said = f"decided {row['decided_on']}{by}: {row['what']} {pair}, {row['reason']}{took}"
    return f"{said} (undo {row['decision_id'][:_SHORT]})" if row["stands"] else said
