"""What changed in a book since a day: its proof worked out again, and every series judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms
from tailrace.base.ports import Engine
from tailrace.evidence.steps import CHANGES
from tailrace.street.loop import Progress, derive, quiet
from tailrace.street.rules import Rules

# What the change steps read of what the rooms before them make.
READ = tuple(
    sorted(
        {kind for step in CHANGES for kind in step.reads}
        - {kind for step in CHANGES for kind in step.writes}
    )
)


def changes_of(
    book: Book, *, since: date, on: date, rules: Rules, progress: Progress = quiet
) -> Mapping[str, pa.Table]:
    """Return `series`, `change`, `change_point` and `firm` of a book, by kind.

    Raises `BadTerms` where `since` is not before `on`.
    """
    before(since, on)
    engine = derive(book, READ, on=on, rules=rules, progress=progress)
    made = judged(engine, since=since, on=on, rules=rules, progress=progress)
    engine.close()
    return made


def judged(
    engine: Engine, *, since: date, on: date, rules: Rules, progress: Progress = quiet
) -> Mapping[str, pa.Table]:
    """Return the same of an engine that holds the kinds in READ, as a run leaves them."""
    named = {**rules.named(on=on, accept="none"), "since": since}
    for step in CHANGES:
        progress(step.rule)
        engine.run(step, **named)
    return {kind: engine.get(kind) for kind in (*CHANGES[-1].writes, "firm")}


def before(since: date, on: date) -> None:
    """Raise `BadTerms` where there is no day between the two."""
    if since >= on:
        mend = "name a day before the day you look from (--on)"
        raise BadTerms(f"{since} is not before {on}", where="changes", mend=mend)
