"""`tailrace run`: the main job."""

from __future__ import annotations

from datetime import date, datetime

import click

from tailrace.cli.common import Day, Moment, json_option


@click.command("run")
@click.argument("where", metavar="DIR|ZIP|-")
@click.option("--on", type=Day(), help="the day the run is made for; else the folder's, else today")
@click.option("--since", type=Day(), help="let the report tell what changed since this day")
@click.option(
    "--accept", type=click.Choice(["none", "cheapest"]), default="none", help="take offers"
)
@click.option("--book", "book_url", help="where the book is kept; else DIR/out/book.db")
@click.option("--out", help="where the report and files go; else DIR/out")
@click.option("--workers", type=click.IntRange(1), help="processes that read; else one a core")
@click.option("--read-at", type=Moment(), help="when what is read counts as known; else now")
@click.option("--dry-run", is_flag=True, help="read and decide in memory; write nothing")
@json_option
def command(
    where: str,
    on: date | None,
    since: date | None,
    accept: str,
    book_url: str | None,
    out: str | None,
    workers: int | None,
    read_at: datetime | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read, prove, clear, offer, book and settle; print a summary, write the report and the book."""
    from tailrace.cli.common import print_json, progress_done, progress_line
    from tailrace.job import Job, run
    from tailrace.street.telling import told

    job = Job(
        where=where,
        on=on,
        since=since,
        at=read_at,
        accept=accept,
        book=book_url,
        out=out,
        workers=workers,
        dry_run=dry_run,
    )
    done = run(job, progress=progress_line())
    progress_done()
    if as_json:
        print_json(done.summary)
    else:
        click.echo("\n".join(told(done.summary)))
        if done.report:
            click.echo(f"\nreport  {done.report}\nbook    {done.book}")
