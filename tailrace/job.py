"""The main job: what `tailrace run` does, as one function."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.gates import open_gate
from tailrace.report.changes import Looked
from tailrace.report.notice import SENDER
from tailrace.report.outputs import lay_out
from tailrace.street import changes
from tailrace.street.loop import SHOWN, Progress, decide, quiet
from tailrace.street.memory import Memory
from tailrace.street.opening import open_book
from tailrace.street.reading import read_into
from tailrace.street.rules import Rules, of_folder
from tailrace.street.summary import Summary, summarise

OUT, BOOK, MEMORY = "out", "book.db", "memory"


class Job(Struct, frozen=True, kw_only=True):
    """What is asked of a run."""

    where: str  # a folder, a ZIP or - for standard input
    on: date | None = None
    at: datetime | None = None  # when what is read counts as known; else now
    since: date | None = None  # the report tells what changed since this day
    accept: str = "none"
    book: str | None = None
    out: str | None = None
    workers: int | None = None
    dry_run: bool = False


class Done(Struct, frozen=True, kw_only=True):
    """What a run gives back."""

    summary: Summary
    files: int  # files that were new to the book
    book: str
    report: Path | None


def run(job: Job, *, progress: Progress = quiet) -> Done:
    """Read what is new, walk the street, append what binds, and lay out what leaves the house.

    Raises `BadTerms` and `NotFound` for what was asked wrongly; faults in files do not raise.
    """
    out = _out(job)
    rules, on = _rules(job)
    since = None if job.dry_run else job.since or rules.run.since
    if since:
        changes.before(since, on)
    url = _book_url(job, out)
    at = job.at or datetime.now(UTC)
    with open_book(url) as book:
        gate = open_gate(
            job.where,
            skip=rules.records.skip,
            bytes_max=rules.records.bytes_max,
            expansion_max=rules.records.expansion_max,
        )
        files = read_into(
            book, gate.items(), rules.records, at=at, workers=job.workers, progress=progress
        )
        engine = decide(
            book,
            (*SHOWN, *changes.READ) if since else SHOWN,
            on=on,
            rules=rules,
            accept=job.accept,
            at=at,
            memory=None if job.dry_run else Memory(out / MEMORY),
            progress=progress,
        )
        summary = summarise(engine, on=on, where=_named(job.where))
        report = looked = None
        if since:
            made = changes.judged(engine, since=since, on=on, rules=rules, progress=progress)
            looked = Looked(since=since, rate=rules.changes.false_alarm_rate, made=made)
        if not job.dry_run:
            progress("report")
            report = lay_out(
                engine,
                summary,
                out,
                where=_named(job.where),
                sender=rules.run.sender or SENDER,
                looked=looked,
                sectors=rules.network.sector_of,
            )
        engine.close()
    return Done(summary=summary, files=files, book=url, report=report)


def _out(job: Job) -> Path:
    if job.out:
        return Path(job.out)
    path = Path(job.where)
    return path / OUT if path.is_dir() else Path(OUT)


def _rules(job: Job) -> tuple[Rules, date]:
    path = Path(job.where)
    rules = of_folder(path if path.is_dir() else Path())
    on = job.on or rules.run.on or date.today()  # the door reads the clock, the rooms never do
    return rules, on


def _book_url(job: Job, out: Path) -> str:
    if job.dry_run:
        return "memory://"
    if job.book:
        return job.book
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        mend = "name a folder you may write to: --out DIR"
        raise BadTerms(f"cannot make the folder: {why}", where=str(out), mend=mend) from None
    return str(out / BOOK)


def _named(where: str) -> str:
    return where.rstrip("/") or "/"
