"""`tailrace round`: a clearing round from the call for debts to one deed that binds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import Day, json_option, known_option

if TYPE_CHECKING:
    from tailrace.base.book import Book
    from tailrace.street.rounds import Round, Told

# verb -> the words that follow it
VERBS = {
    "open": "",
    "declare": "FILE",
    "preliminary": "",
    "correct": "confirm|change|dispute|withdraw DEBT",
    "undo": "ACT",
    "final": "",
    "accept": "FIRM",
    "refuse": "FIRM",
    "adopt": "",
    "cancel": "",
    "show": "[FIRM]",
}
_SHOWN = 10


@click.command("round")
@click.argument("where", metavar="DIR|BOOK")
@click.argument("words", metavar="VERB ...", nargs=-1, required=True)
@click.option("--on", type=Day(), help="the day of the act, of `open` the round's; else today")
@known_option
@click.option("--round", "begins", default="", help="the round, by the start of its id")
@click.option("--rules", "rules_file", type=click.Path(dir_okay=False), help="the rule book, TOML")
@click.option("--firm", help="the party that speaks; else the debtor")
@click.option("--amount", type=click.IntRange(0), help="what is open, in minor units")
@click.option("--reason", help="why; it stays in the book")
@click.option("--by", help="who acts")
@click.option("--acts", is_flag=True, help="show what was said and done, in order")
@click.option("--dry-run", is_flag=True, help="say what an act would do and record nothing")
@click.option(
    "--limit", type=click.IntRange(1), default=40, show_default=True, help="rows to print"
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    where: str,
    words: tuple[str, ...],
    on: date | None,
    known_at: datetime | None,
    begins: str,
    rules_file: str | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Run a clearing round: call for debts, tell, correct, tell again, accept, adopt as one."""
    from tailrace.cli.common import open_at, print_json
    from tailrace.street.rounds import Round

    verb, *rest = words
    _checked(verb, rest, said, known_at)
    now = datetime.now(UTC)
    with _open_new(where) if verb == "open" else open_at(where, known_at) as book:
        if verb == "open":
            told = _open(book, where, on or now.date(), rules_file, now, said)
        else:
            made = Round(book, begins, dry_run=said["dry_run"])
            told = _acted(made, verb, rest, on or now.date(), now, said)
    if as_json:
        print_json(told)
    else:
        _print(told, said["limit"])
    ctx.exit(1 if told.get("faults") else 0)


def _checked(verb: str, rest: list[str], said: dict[str, Any], known_at: datetime | None) -> None:
    """Refuse words that are no act, before the book is opened."""
    if verb not in VERBS:
        raise click.UsageError(f"{verb!r} is no verb of a round: {', '.join(VERBS)}")
    wanted = VERBS[verb].split()
    least = sum(1 for word in wanted if not word.startswith("["))
    if not least <= len(rest) <= len(wanted):
        raise click.UsageError(f"round BOOK {verb} {VERBS[verb]}".rstrip())
    if verb == "correct" and rest[0] not in wanted[0].split("|"):
        raise click.UsageError(f"{rest[0]!r} corrects nothing: {wanted[0].replace('|', ', ')}")
    if known_at and verb != "show":
        raise click.UsageError("--known-at looks back; only `show` does")
    if verb == "open" and said["dry_run"]:
        raise click.UsageError("a round is opened or not: it binds nobody")


def _open_new(where: str) -> Book:
    """Open the book, a new one if there is none: a scheme's book may hold nothing but rounds."""
    from tailrace.cli.common import book_path, open_at
    from tailrace.street import open_book

    return open_at(where) if Path(where).is_dir() else open_book(book_path(where))


def _open(
    book: Book, where: str, day: date, rules_file: str | None, now: datetime, said: dict[str, Any]
) -> dict[str, Any]:
    import tomllib

    from tailrace.base.errors import BadTerms, NotFound
    from tailrace.cli.common import look
    from tailrace.street.rounds import Round, open_round
    from tailrace.street.rules import overlaid

    _, rules = look(book, where, None)
    if rules_file is not None:
        path = Path(rules_file)
        if not path.is_file():
            mend = "name a file with the sections [rounds] and [network]"
            raise NotFound("there is no such file", where=rules_file, mend=mend)
        try:
            own = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
            mend = "write it as TOML, as `tailrace rules` prints it"
            raise BadTerms(f"not TOML: {why}", where=rules_file, mend=mend) from None
        rules = overlaid(rules, own, where=rules_file)
    row = open_round(book, on=day, opened_on=now.date(), rules=rules, at=now, by=said["by"])
    return {"act": "open", "round": _head(Round(book, row["round_id"]))}


def _acted(
    made: Round, verb: str, rest: list[str], day: date, now: datetime, said: dict[str, Any]
) -> dict[str, Any]:
    """Do one act and return what it did as data."""
    when: dict[str, Any] = {"on": day, "at": now, "by": said["by"]}
    reason = said["reason"]
    before = made.state.proposal
    if verb == "show":
        return _shown(made, rest[0] if rest else None, acts=said["acts"])
    if verb == "declare":
        from tailrace.cli.reading.debts import naming, read_file

        found = read_file(rest[0])
        with naming(rest[0]):
            count, faults = made.declare(found.table, **when)
        return {
            "act": verb,
            "declared": count,
            "faults": found.told(faults),
            "round": _head(made),
        }
    told: Told
    if verb == "correct":
        what, debt = rest
        word = {"obligation_id": debt, "firm_id": said["firm"], "amount_minor": said["amount"]}
        told = made.say(what, [word], reason=reason, **when)
    elif verb in ("preliminary", "final"):
        told = made.run(verb, **when)
    elif verb in ("accept", "refuse"):
        told = made.answer(verb, _firm(made, rest[0]), reason=reason, **when)
    elif verb == "undo":
        told = made.undo(rest[0], reason=reason, **when)
    elif verb == "cancel":
        told = made.cancel(reason=reason or "", **when)
    else:
        told = made.adopt(**when)
    return _told(made, verb, told, before)


def _firm(made: Round, called: str) -> str:
    """Return the party meant: by its id as declared, the start of it, or its name in the book."""
    from tailrace.street.deciding import find_party, firms_of

    run = made.state.proposal
    if run is None:
        return called
    lines = made.lines(run["round_act_id"])[run["round_act_id"]]
    ids = {firm for side in ("debtor_id", "creditor_id") for firm in lines[side].to_pylist()}
    near = sorted(firm for firm in ids if len(called) >= 6 and firm.startswith(called))
    if called in ids or len(near) == 1:
        return called if called in ids else near[0]
    if next(made.book.pages("document"), None) is None:
        return called
    with firms_of(made.book, run["acted_on"], made.rules) as engine:
        party = find_party(engine, called)
        [row] = engine.find("firm", "party_id", [party]).to_pylist()
    return str(row["firm_id"])


def _head(made: Round) -> dict[str, Any]:
    return {
        "round_id": made.round_id,
        "on": made.row["on"],
        "stage": made.state.stage,
        "rules": made.rules.rounds,
        "acts": made.state.count,
    }


def _told(made: Round, verb: str, told: Told, before: dict[str, Any] | None) -> dict[str, Any]:
    from tailrace.network.rounds.proposing import left_out

    said: dict[str, Any] = {
        "act": verb,
        "act_id": told.act.get("round_act_id"),
        "recorded": not made.dry_run,
        "round": _head(made),
    }
    if told.proposal:
        said["totals"] = list(told.proposal.totals.values())
        said["left_out"] = left_out(told.proposal.lines)
        said["step_by_step"] = told.joint
    if told.loss is not None:
        said["changes"] = told.loss.to_pylist()
    return said


def _shown(made: Round, called: str | None, *, acts: bool) -> dict[str, Any]:
    """Return how far a round has come, its parties, and of one firm its debts."""
    from tailrace.network.rounds.proposing import by_firm, left_out

    told: dict[str, Any] = {"act": "show", "round": _head(made)}
    if acts:
        told["acts"] = made.state.acts.to_pylist()
        return told
    run = made.state.proposal
    if run is None:
        return told
    lines = made.lines(run["round_act_id"])[run["round_act_id"]]
    if called is None:
        told["left_out"] = left_out(lines)
        told["parties"] = by_firm(lines).to_pylist()
        told["awaited"] = made.awaited()
        return told
    firm = _firm(made, called)
    keep = ("round_act_id", "round_id")
    told["firm_id"] = firm
    told["debts"] = [
        {name: value for name, value in row.items() if name not in keep}
        for row in lines.to_pylist()
        if firm in (row["debtor_id"], row["creditor_id"])
    ]
    return told


def _print(told: dict[str, Any], limit: int) -> None:
    from tailrace.base.money import text
    from tailrace.cli.common import print_rows

    head = told["round"]
    click.echo(f"round {head['round_id'][:12]} of {head['on']}: {head['stage']}")
    if told.get("act_id"):
        done = "recorded" if told["recorded"] else "not recorded: a dry run"
        click.echo(f"{told['act']} {told['act_id'][:12]} {done}")
    if "declared" in told:
        click.echo(f"{told['declared']:,} debts declared, {len(told['faults']):,} rows left out")
        for fault in told["faults"][:_SHOWN]:
            click.echo(f"  {fault.where}: {fault.what}")
    for row in told.get("totals", ()):
        code = row.currency
        click.echo(
            f"{text(row.cleared_minor, code)} set off of {text(row.debt_minor, code)} "
            f"({row.obligations:,} debts of {row.firms:,} firms)"
        )
    for row in told.get("step_by_step", ()):
        code = row["currency"]
        click.echo(
            f"earlier clearings stay as they are: {text(row['loss_minor'], code)} less than all "
            "at once would clear"
        )
    for name, title in (
        ("left_out", "takes no part"),
        ("changes", "what it changes, by firm"),
        ("parties", "parties"),
        ("debts", "debts"),
        ("acts", "acts that stand"),
    ):
        rows = told.get(name)
        if rows:
            click.echo(f"\n{title}")
            columns = [key for key in rows[0] if any(r[key] is not None for r in rows)]
            print_rows(rows[:limit], columns, more=len(rows) - limit)
    if told.get("awaited"):
        click.echo(f"\nyet to accept: {len(told['awaited']):,} parties")
        click.echo("  " + ", ".join(told["awaited"][:limit]))
