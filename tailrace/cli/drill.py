"""`tailrace drill`: planted frauds, found or missed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from tailrace.cli.common import json_option

if TYPE_CHECKING:
    from tailrace.drill.measure import Count

_COUNTS = ("pack", "kind", "test", "planted", "found", "by_test", "recall", "recall 95 %")
_COLUMNS = (*_COUNTS, "honest", "false alarms", "rate 95 %", "held")


@click.command("drill")
@click.argument("packs", metavar="[PACK...]", nargs=-1)
@click.option("--seed", type=click.IntRange(0), default=1, help="the first seed; else 1")
@click.option("--seeds", type=click.IntRange(1), default=1, help="how many seeds; else 1")
@click.option(
    "--firms", type=click.IntRange(20, 100_000), default=60, help="firms of the town; else 60"
)
@click.option(
    "--set", "given", metavar="NAME=VALUE", multiple=True, help="a parameter of the packs"
)
@click.option("--misses", is_flag=True, help="list each planted claim that was not found, and why")
@click.option(
    "--list", "listed", is_flag=True, help="list the packs with their parameters and stop"
)
@click.option("--write", "folder", metavar="DIR", help="write the pack as a folder and stop")
@json_option
def command(
    packs: tuple[str, ...],
    seed: int,
    seeds: int,
    firms: int,
    given: tuple[str, ...],
    misses: bool,
    listed: bool,
    folder: str | None,
    as_json: bool,
) -> None:
    """Plant frauds among honest trade and say how many are found, and how many alarms are false."""
    parameters = _parameters(given)
    if listed:
        _list(packs, as_json)
    elif folder is not None:
        if len(packs) != 1:
            raise click.UsageError("--write DIR takes one PACK")
        _write(packs[0], folder, seed, firms, parameters)
    else:
        total = _drilled(packs, seed, seeds, firms, parameters)
        _tell(total, misses, as_json)
        if not all(row.passed() for row in total.rows):
            raise SystemExit(1)


def _parameters(given: tuple[str, ...]) -> dict[str, str]:
    """Return `--set` as names and values."""
    found: dict[str, str] = {}
    for said in given:
        name, equals, value = said.partition("=")
        if not (name and equals):
            raise click.UsageError(f"--set {said}: write it as NAME=VALUE, as --set count=20")
        found[name] = value
    return found


def _drilled(
    packs: tuple[str, ...], seed: int, seeds: int, firms: int, parameters: dict[str, str]
) -> Count:
    """Run the packs, each on so many seeds, and add up."""
    from tailrace.cli.common import progress_done, progress_line
    from tailrace.drill.measure import summed
    from tailrace.drill.running import PACKS, drill, generated

    # A folder holds one fixed set of records: another seed would count it again.
    runs = [
        (pack, seed + n) for pack in packs or PACKS for n in range(seeds if generated(pack) else 1)
    ]
    say, counts = progress_line(), []
    for done, (pack, own) in enumerate(runs):
        say(f"{pack}, seed {own} ({done + 1} of {len(runs)})")
        counts.append(drill(pack, seed=own, firms=firms, parameters=parameters))
    progress_done()
    return summed(counts)


def _tell(total: Count, misses: bool, as_json: bool) -> None:
    from tailrace.cli.common import print_json, print_rows
    from tailrace.drill.kinds import FALSE_ALARM_MAX, RECALL_MIN
    from tailrace.drill.measure import pooled

    every = pooled(total.rows)
    if as_json:
        print_json(
            {
                "bars": {"recall": RECALL_MIN, "false_alarms": FALSE_ALARM_MAX},
                "passed": all(row.passed() for row in total.rows),
                "rows": [row.told() for row in total.rows],
                "pooled": [row.told() for row in every],
                "misses": total.misses,
                "findings_on_honest_claims": total.told,
                "findings_on_no_claim": total.elsewhere,
            }
        )
        return
    times = Counter(row.kind for row in total.rows)
    shared = [row for row in every if times[row.kind] > 1]
    print_rows([row.shown() for row in [*total.rows, *shared]], _COLUMNS)
    for miss in total.misses if misses else ():
        _explain(miss)
    if total.misses and not misses:
        click.echo(f"{len(total.misses)} missed; --misses says which, and why")
    for where, told in (("honest claims", total.told), ("no claim", total.elsewhere)):
        said = ", ".join(f"{test} {n}" for test, n in told.items())
        click.echo(f"findings on {where}, grave or not: {said or 'none'}")
    if not all(row.sure() for row in total.rows):
        click.echo("held `by count`: an interval reaches over its bar; more --seeds narrow it")


def _explain(miss: dict[str, Any]) -> None:
    """Print one miss: the claim, what was planted, why no test spoke."""
    seed = f", seed {miss['seed']}" if "seed" in miss else ""
    click.echo(
        f"missed {miss['kind']} ({miss['pack']}{seed}): {miss['number']} of {miss['creditor']}"
    )
    click.echo(f"  planted: {miss['planted']}")
    instead = ", ".join(miss["found_instead"]) or "nothing"
    click.echo(f"  verdict: {miss['verdict']}; found on it: {instead}")
    click.echo(f"  why: {miss['why']}")


def _list(packs: tuple[str, ...], as_json: bool) -> None:
    from tailrace.cli.common import print_json, print_rows
    from tailrace.drill.running import PACKS, defaults, plant_of

    known = {pack: defaults(plant_of(pack)) for pack in packs or PACKS}
    if as_json:
        told = {pack: {k: str(v) for k, v in own.items()} for pack, own in known.items()}
        print_json({"packs": told})
        return
    spelled = {pack: ", ".join(f"{k}={v}" for k, v in own.items()) for pack, own in known.items()}
    print_rows([{"pack": p, "parameters": s} for p, s in spelled.items()], ("pack", "parameters"))


def _write(pack: str, folder: str, seed: int, firms: int, parameters: dict[str, str]) -> None:
    from pathlib import Path

    from tailrace.drill.running import scene
    from tailrace.drill.writing import write

    files = write(scene(pack, seed=seed, firms=firms, parameters=parameters), Path(folder))
    click.echo(f"{pack}: {files:,} files written to {folder}")
