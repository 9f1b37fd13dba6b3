"""`tailrace town`: a made-up economy to run on."""

from __future__ import annotations

from datetime import date
from typing import Literal

import click

from tailrace.cli.common import Day, json_option

SHARE = click.FloatRange(0, 1)


@click.command("town")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--firms", type=click.IntRange(12), default=200, help="how many firms; else 200")
@click.option(
    "--seed", type=click.IntRange(0), default=1, help="another seed, another town; else 1"
)
@click.option("--months", type=click.IntRange(1, 24), default=6, help="months of trade; else 6")
@click.option("--on", type=Day(), default="2026-03-31", help="the town's day; else 2026-03-31")
@click.option("--as", "form", type=click.Choice(["files", "parquet"]), default="files", help="form")
@click.option("--frauds", type=SHARE, default=0.02, help="frauds of each kind for each firm")
@click.option("--faults", type=SHARE, default=0.04, help="spoilt files for each firm")
@click.option("--csv", "csv_share", type=SHARE, default=0.1, help="share of firms that export CSV")
@click.option("--workers", type=click.IntRange(1), help="processes that write; else one a core")
@json_option
def command(
    folder: str,
    firms: int,
    seed: int,
    months: int,
    on: date,
    form: Literal["files", "parquet"],
    frauds: float,
    faults: float,
    csv_share: float,
    workers: int | None,
    as_json: bool,
) -> None:
    """Write a made-up economy: the records of its firms, and the truth beside them."""
    import os
    from pathlib import Path

    from tailrace.cli.common import print_json, progress_done, progress_line
    from tailrace.town import build, write

    say = progress_line()
    say(f"{firms:,} firms")
    town = build(seed, firms, months=months, on=on, fraud_share=frauds, csv_share=csv_share)
    documents = write(
        town,
        Path(folder),
        form=form,
        faults=round(faults * firms),
        workers=workers or os.cpu_count() or 1,
        progress=say,
    )
    progress_done()
    if as_json:
        print_json(documents)
        return
    click.echo(f"{sum(documents.values()):,} documents of {firms:,} firms in {folder}")
    for kind, count in documents.items():
        click.echo(f"  {kind.replace('_', ' '):<15}{count:>10,}")
    click.echo(f"truth in {folder}/truth; next: tailrace run {folder}")
