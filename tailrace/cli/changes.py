"""`tailrace changes`: what broke since a day, and the need it suggests."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import Day, json_option, known_option, on_option

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = ("measure", "seller", "buyer", "was", "is", "broke on", "q", "needs", "amount")


@click.command("changes")
@click.argument("where", metavar="DIR|BOOK")
@click.option(
    "--since", type=Day(), required=True, help="the day from which a change is looked for"
)
@on_option
@known_option
@click.option("--plot", metavar="FILE", help="draw the changed series as SVG")
@click.option(
    "--limit", type=click.IntRange(1), default=20, help="changes to print", show_default=True
)
@json_option
def command(
    where: str,
    since: date,
    on: date | None,
    known_at: datetime | None,
    plot: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Say what changed between firms since a day, how sure that is, and what it asks for."""
    from pathlib import Path

    from tailrace.cli.common import look, open_at, print_json, progress_done, progress_line
    from tailrace.report.changes import changes_section
    from tailrace.street.changes import changes_of

    with open_at(where, known_at) as book:
        day, rules = look(book, where, on)
        made = changes_of(book, since=since, on=day, rules=rules, progress=progress_line())
        progress_done()
    rows, picture = changes_section(made, made["firm"], alone=True)
    if plot:
        Path(plot).write_text(picture or _EMPTY, "utf-8")
    told = {
        "since": since,
        "on": day,
        "false_alarm_rate": rules.changes.false_alarm_rate,
        "series": _series(made["series"]),
        "changes": rows,
    }
    if as_json:
        print_json(told)
    else:
        _print(told, limit)


_EMPTY = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 40">'
    '<text x="12" y="24">nothing changed</text></svg>'
)


def _series(series: pa.Table) -> dict[str, dict[str, int]]:
    """Return for each measure how many series there are in each state."""
    count = Counter(zip(series["measure"].to_pylist(), series["state"].to_pylist(), strict=True))
    found: dict[str, dict[str, int]] = {}
    for (measure, state), many in sorted(count.items()):
        found.setdefault(measure, {})[state] = many
    return found


def _print(told: dict[str, Any], limit: int) -> None:
    from tailrace.cli.common import print_rows
    from tailrace.evidence.changes.words import money

    rows = told["changes"]
    judged = sum(s.get("judged", 0) for s in told["series"].values())
    rate = told["false_alarm_rate"]
    click.echo(
        f"{len(rows):,} changes since {told['since']}, as of {told['on']}: {judged:,} series judged, "
        f"false discovery rate {rate:.0%}"
    )
    for row in rows[:limit]:
        row["broke on"], row["needs"] = row["broke_on"], row["need"]
        row["q"] = f"{row['q']:.2g}"
        if row["amount_minor"] is not None:
            row["amount"] = money(row["amount_minor"], row["currency"])
    if rows:
        click.echo()
        print_rows(rows[:limit], _COLUMNS, more=len(rows) - limit)
        click.echo()
    for row in rows[:limit]:
        click.echo(f"- {row['what']}")
        click.echo(f"  first: tailrace why BOOK {row['document_id']}")
    click.echo()
    for measure, states in told["series"].items():
        rest = ", ".join(f"{n:,} {s}" for s, n in states.items() if s != "judged")
        click.echo(
            f"{measure:<15}{states.get('judged', 0):>7,} judged" + (f"; {rest}" if rest else "")
        )
