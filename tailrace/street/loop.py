"""The one loop: put the book's rows into an engine, run the steps, append what binds.

`derive` decides nothing: it shows the book as it stands. `decide` runs every step; all that binds
goes into the book in one append, together with the `run` that names the day and the rules, so that
a run that was killed has decided everything or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from tailrace.base.book import Book
from tailrace.base.errors import NotFound
from tailrace.base.ids import digest_id
from tailrace.base.journal import Draft
from tailrace.base.ports import Engine
from tailrace.base.steps import Step
from tailrace.engines.duckdb import open_engine
from tailrace.evidence.steps import KEYED
from tailrace.street.again import KEPT, prove_again, schemas_with
from tailrace.street.memory import Memory, made_under
from tailrace.street.moments import stamp
from tailrace.street.rooms import ADOPTED, DERIVED, RECORDED, SCHEMAS, STEPS
from tailrace.street.rules import Rules

ROWS_A_PAGE = 250_000
ASKED = ("deed", "twin")
# What the summary, the report and the files for others are made of.
SHOWN = (
    *(
        "source",
        "fault",
        "document",
        "firm",
        "party_identifier",
        "claim",
        "verdict",
        "finding",
        "chain",
    ),
    *("obligation", "clearing", "debt", "set_off", "cycle", "due", "notice"),
    *("coverage", "cash", "need"),
    *("offer", "contract", "instruction", "transfer", "contradiction"),
)
Progress = Callable[[str], None]


def quiet(_: str) -> None:
    """Say nothing."""


def derive(
    book: Book,
    kinds: Iterable[str],
    *,
    on: date,
    rules: Rules,
    progress: Progress = quiet,
) -> Engine:
    """Return an engine that holds these kinds, worked out from the book as it stands.

    Only the steps they need are run. Raises `NotFound` for a kind no room declares.
    """
    wanted = list(kinds)
    for kind in wanted:
        if kind not in SCHEMAS:
            mend = f"kinds are {', '.join(sorted(SCHEMAS))}"
            raise NotFound(f"no kind {kind!r}", where="derive", mend=mend)
    steps = needed(wanted)
    engine = open_engine(SCHEMAS)
    _put(book, engine, {kind for step in steps for kind in step.reads} | set(wanted))
    for _ in _walked(engine, steps, rules.named(on=on, accept="none"), set(wanted), progress):
        pass
    return engine


def needed(kinds: Iterable[str]) -> list[Step]:
    """Return the deriving steps that these kinds rest on, each once, in the street's order."""
    last = {kind: step for step in STEPS if not step.binds for kind in step.writes}
    chosen: set[int] = set()
    queue = [kind for kind in kinds if kind in last]
    while queue:
        step = last[queue.pop()]
        if id(step) not in chosen:
            chosen.add(id(step))
            queue.extend(kind for kind in step.reads if kind in last)
    ordered = dict.fromkeys(id(step) for step in STEPS if id(step) in chosen)
    by_id = {id(step): step for step in STEPS}
    return [by_id[key] for key in ordered]


def decide(
    book: Book,
    kinds: Iterable[str],
    *,
    on: date,
    rules: Rules,
    accept: str,
    at: datetime,
    memory: Memory | None = None,
    progress: Progress = quiet,
) -> Engine:
    """Run the street on the book; append what binds; return the engine with these kinds.

    With a `memory` only the pairs of firms that changed since the last run are proven again.

    `at` is the moment of the decision. The same day, rules and sources decide once: asked again, the book does not change. Raises
    `Moved` if somebody else wrote in the meantime; nothing is appended then.
    """
    head = book.head
    run_id = run_id_of(book, on, rules, accept)
    if run_id in set(book.table("run")["run_id"].to_pylist()):
        return derive(book, kinds, on=on, rules=rules, progress=progress)
    engine = open_engine(schemas_with(SCHEMAS) if memory else SCHEMAS)
    _put(book, engine, {*RECORDED, *ADOPTED})
    named = rules.named(on=on, accept=accept)
    proven = Again(memory, rules) if memory else None
    bound: list[Draft] = []
    for step, made in _walked(engine, STEPS, named, set(kinds), progress, proven):
        for kind, table in made.items() if step.binds else ():
            bound += drafts(book, table, kind=kind, step=step, under=run_id)
    row = {"run_id": run_id, "on": on, "accept": accept, "rules": rules.text()}
    page = book.draft(
        SCHEMAS["run"].rows([row]), kind="run", rule="street.decide", version=1, key=f"run/{run_id}"
    )
    progress("append")
    book.append([stamp(book, at), *bound, page], after=head)
    return engine


def everything() -> tuple[str, ...]:
    """Every kind a run leaves behind, but for what only a deciding step wants to know."""
    return tuple(k for k in dict.fromkeys((*RECORDED, *ADOPTED, *DERIVED)) if k not in ASKED)


def drafts(book: Book, table: pa.Table, *, kind: str, step: Step, under: str) -> list[Draft]:
    """Return a table as pages of at most ROWS_A_PAGE rows, keyed below the decision's id."""
    return [
        book.draft(
            table.slice(start, ROWS_A_PAGE),
            kind=kind,
            rule=step.rule,
            version=step.version,
            key=f"{kind}/{under}/{start // ROWS_A_PAGE}",
        )
        for start in range(0, table.num_rows, ROWS_A_PAGE)
    ]


def last_run(book: Book) -> Mapping[str, object] | None:
    """Return the newest run's row, or None for a book that has decided nothing."""
    rows = book.table("run").to_pylist()
    return rows[-1] if rows else None


def _put(book: Book, engine: Engine, kinds: set[str]) -> None:
    """Give the engine the rows of appended kinds, a page at a time."""
    for kind in sorted(kinds):
        if kind in RECORDED or kind in ADOPTED or kind == "run":
            engine.put(kind, SCHEMAS[kind].empty())
            for table in book.tables(kind):
                engine.add(kind, table)


class Again:
    """The proof of the last run, taken up by this one: some pairs anew, the others as they were."""

    def __init__(self, memory: Memory, rules: Rules) -> None:
        self.memory = memory
        self.under = made_under(rules.text(), SCHEMAS)
        self.before = memory.recall(self.under, SCHEMAS)
        self.kept = set(KEPT)

    def run(self, step: Step, engine: Engine, named: Mapping[str, Any], say: Progress) -> bool:
        """Make what keyed steps write, at the first of them; return whether the step is done so."""
        if self.before is None or step not in KEYED:
            return False
        if step is KEYED[0]:
            count = prove_again(engine, self.before, named, schemas_with(SCHEMAS))
            say(f"{count:,} pairs of firms proven again")
        return True

    def keep(self, step: Step, engine: Engine) -> None:
        """Keep the proof once its last step is done."""
        if step is KEYED[-1]:
            self.memory.keep(self.under, engine)
            self.kept = set()


def _walked(
    engine: Engine,
    steps: Sequence[Step],
    named: Mapping[str, Any],
    wanted: set[str],
    progress: Progress,
    again: Again | None = None,
) -> Iterator[tuple[Step, Mapping[str, pa.Table]]]:
    """Run the steps in order; yield each with what it made.

    A table that no later step reads and nobody asked for is let go: at two million documents the
    working tables of evidence would not fit beside those of the ledger.
    """
    last = {kind: at for at, step in enumerate(steps) for kind in (*step.reads, *step.writes)}
    held = set(last)
    for at, step in enumerate(steps):
        progress(step.rule)
        done = again.run(step, engine, named, progress) if again else False
        yield step, {} if done else engine.run(step, **named)
        if again:
            again.keep(step, engine)
        spared = wanted | (again.kept if again else set())
        for kind in [k for k in held - spared if last[k] <= at]:
            engine.drop(kind)
            held.remove(kind)


def run_id_of(book: Book, on: date, rules: Rules, accept: str) -> str:
    """Return the id of the run that these sources, decisions, acts of rounds, day and rules make."""
    sources = sorted(set(book.table("source")["source_id"].to_pylist()))
    decisions = sorted(set(book.table("decision")["decision_id"].to_pylist()))
    acts = sorted(set(book.table("round_act")["round_act_id"].to_pylist()))
    return digest_id("run", on, accept, rules.text(), *sources, *decisions, *acts)
