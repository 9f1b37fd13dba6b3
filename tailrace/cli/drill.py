"""`tailrace drill`: planted frauds, found or missed."""

from __future__ import annotations

import click

from tailrace.cli.common import json_option

_COUNTS = ("pack", "kind", "planted", "found", "by_test", "recall", "recall 95 %")
_COLUMNS = (*_COUNTS, "honest", "false alarms", "rate 95 %")
_MISSES = ("pack", "kind", "number", "creditor", "verdict", "found instead")


@click.command("drill")
@click.argument("packs", metavar="[PACK...]", nargs=-1)
@click.option("--seed", type=click.IntRange(0), default=1, help="the first seed; else 1")
@click.option("--seeds", type=click.IntRange(1), default=1, help="how many seeds; else 1")
@click.option("--firms", type=click.IntRange(20), default=60, help="firms of the town; else 60")
@click.option("--misses", is_flag=True, help="list each planted claim that was not found")
@click.option("--write", "folder", metavar="DIR", help="write the pack as a folder and stop")
@json_option
def command(
    packs: tuple[str, ...],
    seed: int,
    seeds: int,
    firms: int,
    misses: bool,
    folder: str | None,
    as_json: bool,
) -> None:
    """Plant frauds among honest trade and say how many are found, and how many alarms are false."""
    from pathlib import Path

    from tailrace.cli.common import print_json, print_rows
    from tailrace.drill.kinds import FALSE_ALARM_MAX, RECALL_MIN
    from tailrace.drill.measure import summed
    from tailrace.drill.running import PACKS, drill, write

    if folder is not None:
        if len(packs) != 1:
            raise click.UsageError("--write DIR takes one PACK")
        write(packs[0], Path(folder), seed=seed, firms=firms)
        click.echo(f"{packs[0]} written to {folder}")
        return
    counts = []
    for pack in packs or PACKS:
        # A folder holds one fixed set of records: another seed would count it again.
        runs = seeds if pack in PACKS else 1
        counts += [drill(pack, seed=seed + n, firms=firms) for n in range(runs)]
    total = summed(counts)
    passed = all(row.passed() for row in total.rows)
    if as_json:
        print_json(
            {
                "bars": {"recall": RECALL_MIN, "false_alarms": FALSE_ALARM_MAX},
                "passed": passed,
                "rows": [row.told() for row in total.rows],
                "misses": total.misses,
                "findings_on_honest_claims": total.told,
            }
        )
    else:
        print_rows([row.shown() for row in total.rows], _COLUMNS)
        for kind, by in dict.fromkeys((r.kind, r.caught_by) for r in total.rows if r.caught_by):
            click.echo(f"{kind}: caught by {by}")
        if misses:
            named = [{**m, "found instead": ", ".join(m["found_instead"])} for m in total.misses]
            print_rows(named, _MISSES)
        told = ", ".join(f"{test} {n}" for test, n in total.told.items())
        click.echo(f"findings on honest claims, grave or not: {told or 'none'}")
    if not passed:
        raise SystemExit(1)
