"""`tailrace who`: which parties are one firm, why, and what a person decides of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option, known_option, on_option

if TYPE_CHECKING:
    from tailrace.base.book import Book
    from tailrace.base.ports import Engine
    from tailrace.street.rules import Rules

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
        columns = ("firm", "name", "parties", "numbers", "joined_by")
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
    """Print one firm: its parties, and for each number which of them it joins."""
    from tailrace.cli.common import print_json
    from tailrace.street.deciding import find_party, firms_of

    with firms_of(book, day, rules) as engine:
        told = _firm(engine, find_party(engine, called))
    if as_json:
        print_json(told)
        return
    click.echo(f"{told['name']}  {told['firm_id']}")
    for party in told["parties"]:
        why = f"by {party['reason']}" if party["reason"] != "alone" else "by nothing else"
        place = ", ".join(filter(None, (party["called"], party["address"], party["country"])))
        click.echo(f"  party {party['party_id'][:12]}  {place or 'no name'}  joined {why}")
    for number in told["numbers"]:
        parties = " - ".join(party[:12] for party in number["parties"])
        click.echo(f"  {number['token']}{number['remark']}: {parties}")
    for other in told["affiliates"]:
        click.echo(f"  affiliate {other['name']}  {other['other_id'][:12]}  {other['reason']}")


def _firm(engine: Engine, party: str) -> dict[str, Any]:
    """Return a firm with its parties, the numbers that join them, and its affiliates."""
    [firm] = engine.begins("firm", "party_id", party).to_pylist()
    chosen = f"f.firm_id = '{firm['firm_id']}'"  # an id of ours: hexadecimal digits
    parties = engine.sql(f"""
        select f.party_id, f.reason, min(coalesce(p.name, p.legal_name)) as called,
               min(p.address) as address, min(p.country) as country
        from firm f left join party p using (party_id) where {chosen}
        group by 1, 2 order by 1""").to_pylist()
    numbers = engine.sql(f"""
        select k.token, list(distinct k.party_id order by k.party_id) as parties,
               case when c.token is not null then ' (of several firms: joins nobody else)'
                    when bool_or(k.banked) then ' (as a bank says)' else '' end as remark
        from known_by k join firm f using (party_id) left join contested c using (token)
        where {chosen} group by k.token, k.rank, c.token order by k.rank, k.token""").to_pylist()
    affiliates = engine.sql(f"""
        with named as (select distinct firm_id, name from firm)
        select f.other_id, n.name, f.reason from affiliate f
        join named n on n.firm_id = f.other_id where {chosen} order by 1""").to_pylist()
    return {
        "firm_id": firm["firm_id"],
        "name": firm["name"],
        "parties": parties,
        "numbers": numbers,
        "affiliates": affiliates,
    }
