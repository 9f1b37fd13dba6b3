"""What changed in a book since a day: its proof worked out again, and every series judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms
from tailrace.evidence.steps import CHANGES
from tailrace.street.loop import Progress, derive, quiet
from tailrace.street.rules import Rules


def changes_of(
    book: Book, *, since: date, on: date, rules: Rules, progress: Progress = quiet
) -> Mapping[str, pa.Table]:
    """Return `series`, `change`, `change_point` and `firm` of a book, by kind.

    Raises `BadTerms` where `since` is not before `on`.
    """
    if since >= on:
        mend = "name a day before the day you look from (--on)"
        raise BadTerms(f"{since} is not before {on}", where="changes", mend=mend)
    made = {kind for step in CHANGES for kind in step.writes}
    wanted = {kind for step in CHANGES for kind in step.reads} - made
    engine = derive(book, sorted(wanted), on=on, rules=rules, progress=progress)
    named = {**rules.named(on=on, accept="none"), "since": since}
    for step in CHANGES:
        progress(step.rule)
        engine.run(step, **named)
    kept = {kind: engine.get(kind) for kind in (*CHANGES[-1].writes, "firm")}
    engine.close()
    return kept
