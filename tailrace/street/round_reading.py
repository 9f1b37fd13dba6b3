"""A round as a book tells it: how far it has come, what takes part, what its runs may not use again."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms, NotFound
from tailrace.network import steps as network
from tailrace.network.constraints.before import Before, earlier
from tailrace.network.rounds.acts import State, state_of
from tailrace.network.rounds.adopting import awaited
from tailrace.network.rounds.debts import lines_of
from tailrace.network.rounds.joint import joint_loss
from tailrace.network.rounds.proposing import Proposal, propose, taking_part
from tailrace.network.rounds.reserving import reserved
from tailrace.street.loop import derive
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import load

_ROUND = "tailrace round BOOK show lists rounds"
Row = dict[str, Any]


class Reading:
    """A round that a book holds, read and not changed.

    `begins` is the start of its id; without one the round that is not over is meant, else the last.
    Raises `NotFound` where there is none and `BadTerms` where several are meant.
    """

    def __init__(self, book: Book, begins: str = "") -> None:
        self.book = book
        self.row = _chosen(book.table("round").to_pylist(), book.table("round_act"), begins)
        self.round_id: str = self.row["round_id"]
        self.rules = load(msgspec.json.decode(self.row["rules"]), where="the round's rules")
        self._read()

    def _read(self) -> None:
        """Read how far the round has come."""
        self.head = self.book.head
        self.acts = self.book.table("round_act")
        self.state: State = state_of(self.round_id, self.acts)
        self._seen: dict[date, tuple[pa.Table, pa.Table, pa.Table]] = {}

    def lines(self, *runs: str) -> dict[str, pa.Table]:
        """Return the lines of these runs of the round, by run."""
        found: dict[str, list[pa.Table]] = {run: [] for run in runs}
        for page, table in self.book.read("round_line"):
            run = page.key.split("/")[1]
            if run in found:
                found[run].append(table)
        empty = self.book.schemas["round_line"].empty()
        return {run: pa.concat_tables([empty, *tables]) for run, tables in found.items()}

    def seen(self, on: date) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Return obligation, affiliate and reserved on a day, as if this round reserved nothing.

        What the round records changes none of them, so they are worked out once for each day.
        """
        if on not in self._seen:
            held = reserved(self.acts, self.book.table("round_line"))
            others = held.filter(pc.not_equal(held["round_id"], self.round_id))
            self._seen[on] = (*self._proven(on, others), others)
        return self._seen[on]

    def _proven(self, on: date, others: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Return obligation and affiliate; a book of declarations alone proves nothing."""
        if next(self.book.pages("document"), None) is None:
            return SCHEMAS["obligation"].empty(), SCHEMAS["affiliate"].empty()
        kinds = {*network.obligation.reads, "affiliate"} - {"reserved"}
        engine = derive(self.book, sorted(kinds), on=on, rules=self.rules)
        try:
            engine.put("reserved", others)
            engine.run(network.obligation, **self.rules.named(on=on, accept="none"))
            return engine.get("obligation"), engine.get("affiliate")
        finally:
            engine.close()

    def lines_now(self, state: State, on: date) -> pa.Table:
        """Return what would take part in a run made now."""
        rules, day = self.rules.rounds, self.row["on"]
        return lines_of(state, *self.seen(on), on=day, rules=rules)

    def before(self) -> Before | None:
        """Return what clearings adopted by now used of the limits and credit lines of the circle."""
        if not self.rules.network.limited:
            return None
        set_off, clearing, circle = (
            self.book.table(kind) for kind in ("set_off", "clearing", "circle")
        )
        return earlier(set_off, clearing, circle, self.rules.network)

    def propose(self, lines: pa.Table, run: str) -> Proposal:
        """Return the run of these lines under the round's rules of the circle."""
        return propose(lines, run, self.rules.network, self.before())

    def awaited(self) -> list[str]:
        """Return the firms that have yet to accept the final run, by the rule book all or none."""
        if self.state.stage != "final" or self.rules.rounds.acceptance != "all":
            return []
        accepted = self.state.of("accept")["proposal_id"].unique().to_pylist()
        run = self._proposal()
        return awaited(self.state, self.lines(run, *accepted), run)

    def _proposal(self) -> str:
        assert self.state.proposal is not None
        return str(self.state.proposal["round_act_id"])

    def _joint(self, made: Proposal) -> list[Row]:
        """Return what is lost by not moving earlier clearings, where there are any."""
        set_off = self.book.table("set_off")
        return (
            joint_loss(set_off, taking_part(made.lines), self.rules.network, self.before())
            if len(set_off)
            else []
        )


def _chosen(rows: list[Row], acts: pa.Table, begins: str) -> Row:
    if begins:
        found = [row for row in rows if row["round_id"].startswith(begins)]
        if len(found) != 1:
            what = f"{len(found)} rounds begin with {begins!r}"
            raise (BadTerms if found else NotFound)(what, where="round", mend=_ROUND)
        return found[0]
    if not rows:
        raise NotFound("no round was opened", where="round", mend="tailrace round BOOK open")
    over = ("adopted", "cancelled")
    live = [row for row in rows if state_of(row["round_id"], acts).stage not in over]
    if len(live) > 1:
        mend = "say which: --round " + ", ".join(row["round_id"][:12] for row in live)
        raise BadTerms(f"{len(live)} rounds are not over", where="round", mend=mend)
    return live[0] if live else rows[-1]
