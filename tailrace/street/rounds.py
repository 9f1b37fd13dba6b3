"""Run a clearing round on a book: each act is one append, and adoption is one deed.

`tailrace.network.rounds` says what takes part and what may follow what; here the book is read, the
act recorded with who and when, and everything that an act brings with it appended together or not
at all. If somebody else wrote meanwhile the append is refused with `Moved` and nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms, Fault, NotFound
from tailrace.base.ids import digest_id, digest_ids
from tailrace.base.journal import Draft
from tailrace.network.rounds.acts import WORDS, may, state_of
from tailrace.network.rounds.adopting import adopt_round
from tailrace.network.rounds.declaring import declared
from tailrace.network.rounds.proposing import Proposal, lost, taking_part
from tailrace.network.rounds.saying import takes_part, word_of
from tailrace.network.rounds.tables import ROUND, ROUND_ACT
from tailrace.street.loop import ROWS_A_PAGE
from tailrace.street.moments import stamp
from tailrace.street.round_reading import Reading
from tailrace.street.rules import Rules

RULE, VERSION = "street.round", 1
Row = dict[str, Any]


class Told(Struct, frozen=True, kw_only=True):
    """What an act did: its row, the run it made, and what a refusal costs the others."""

    act: Row
    proposal: Proposal | None = None
    loss: pa.Table | None = None  # see `proposing.lost`
    joint: list[Row] = []  # see `joint.joint_loss`


def open_round(
    book: Book, *, on: date, opened_on: date, rules: Rules, at: datetime, by: str | None = None
) -> Row:
    """Open a round for a day under these rules, which stand while it lasts; return its row.

    Raises `BadTerms` where the day's round was opened before with the same rules and is not over.
    """
    head = book.head
    before = book.table("round")
    acts = book.table("round_act")
    for row in before.to_pylist():
        if row["on"] == on and state_of(row["round_id"], acts).stage not in (
            "adopted",
            "cancelled",
        ):
            what = f"round {row['round_id'][:12]} of {on} is not over"
            raise BadTerms(what, where="round open", mend="adopt or cancel it first")
    book_of = {"rounds": rules.rounds, "network": rules.network}
    text = msgspec.json.encode(book_of, order="sorted").decode()
    row = {
        "round_id": digest_id("round", on, text, before.num_rows),
        "on": on,
        "rules": text,
        "opened_on": opened_on,
        "opened_by": by,
    }
    table = ROUND.rows([row])
    page = book.draft(
        table, kind="round", rule=RULE, version=VERSION, key=f"round/{row['round_id']}"
    )
    book.append([stamp(book, at), page], after=head)
    return row


class Round(Reading):
    """A round as the book tells it, and the acts that may be added to it.

    Chosen as `Reading` says. With `dry_run` acts are worked out and not recorded.
    """

    def __init__(self, book: Book, begins: str = "", *, dry_run: bool = False) -> None:
        super().__init__(book, begins)
        self.dry_run = dry_run

    def declare(
        self, debts: pa.Table, *, on: date, at: datetime, by: str | None = None
    ) -> tuple[int, list[Fault]]:
        """Record a table of declared debts; return how many, and a fault for each bad row.

        See `declaring.declared` for the columns. Bad rows never stop the others.
        """
        may(self.state, "declare", on, self.rules.rounds)
        words, faults = declared(debts, self.lines_now(self.state, on))
        count, first = words.num_rows, self.state.count + 1
        numbers = pa.array(range(first, first + count), pa.int64())
        ids = digest_ids("round_act", self.round_id, numbers.cast(pa.string()), "declare")
        said = {"round_id": self.round_id, "what": "declare", "acted_on": on, "acted_by": by}
        types = {c.name: c.type for c in ROUND_ACT.columns}
        for name, value in said.items():
            words = words.append_column(name, pa.repeat(pa.scalar(value, types[name]), count))
        words = words.append_column("round_act_id", ids)
        words = words.append_column("seq", numbers)
        self._append(at, ROUND_ACT.cast(words))
        return count, faults

    def say(
        self,
        what: str,
        debts: Iterable[Mapping[str, Any]],
        *,
        on: date,
        at: datetime,
        reason: str | None = None,
        by: str | None = None,
    ) -> Told:
        """Record what parties say of debts the round knows: confirm, change, dispute, withdraw.

        debts: `obligation_id`, `firm_id` (who says it: the debtor where not told) and, for a change,
        `amount_minor`. A row that means nothing raises `BadTerms` and nothing is recorded.
        """
        may(self.state, what, on, self.rules.rounds)
        if what not in WORDS or what == "declare":
            mend = "confirm, change, dispute or withdraw"
            raise BadTerms(f"{what!r} corrects nothing", where="round correct", mend=mend)
        if what == "dispute" and not (reason or "").strip():
            raise BadTerms("a dispute without a reason", where="round correct", mend="say why")
        rows = [dict(debt) for debt in debts]
        lines = self.lines_now(self.state, on)
        named = pa.array([row["obligation_id"] for row in rows], pa.string())
        meant = lines.filter(pc.is_in(lines["obligation_id"], value_set=named)).to_pylist()
        known = {row["obligation_id"]: row for row in meant}
        said: Row = {"what": what, "reason": reason, "acted_on": on, "acted_by": by}
        acts = self._numbered(
            [word_of(what, row, known.get(row["obligation_id"])) | said for row in rows]
        )
        self._append(at, ROUND_ACT.rows(acts))
        return Told(act=acts[-1] if acts else {})

    def run(self, what: str, *, on: date, at: datetime, by: str | None = None) -> Told:
        """Make the preliminary or the final run; its lines are what the parties are told."""
        may(self.state, what, on, self.rules.rounds)
        [act] = self._numbered([{"what": what, "acted_on": on, "acted_by": by}])
        made = self.propose(self.lines_now(self.state, on), act["round_act_id"])
        self._append(at, ROUND_ACT.rows([act]), made)
        return Told(act=act, proposal=made, joint=self._joint(made))

    def answer(
        self,
        what: str,
        firm: str,
        *,
        on: date,
        at: datetime,
        reason: str | None = None,
        by: str | None = None,
    ) -> Told:
        """Record that a firm accepts the final run or refuses it; a refusal makes the run again.

        The new run leaves out the debts of the firm; `Told.loss` says what that changes for whom.
        """
        may(self.state, what, on, self.rules.rounds)
        run = self._proposal()
        lines = self.lines(run)[run]
        part = taking_part(lines)
        if not takes_part(part, firm):
            mend = "tailrace round BOOK show lists the parties"
            raise NotFound(
                f"{firm} takes no part in the final run", where=f"round {what}", mend=mend
            )
        said: Row = {"what": what, "firm_id": firm, "proposal_id": run, "reason": reason}
        said |= {"acted_on": on, "acted_by": by}
        if what == "accept":
            acts = self._numbered([said])
            self._append(at, ROUND_ACT.rows(acts))
            return Told(act=acts[0])
        return self._again(said, lines, firm, at=at)

    def undo(
        self,
        begins: str,
        *,
        on: date,
        at: datetime,
        reason: str | None = None,
        by: str | None = None,
    ) -> Told:
        """Take back a word, an acceptance or a refusal; the last also makes the final run again."""
        mine = self.acts.filter(pc.equal(self.acts["round_id"], self.round_id)).to_pylist()
        found = [r for r in self.state.acts.to_pylist() if r["round_act_id"].startswith(begins)]
        if len(found) != 1 or not begins:
            gone = any(r["round_act_id"].startswith(begins) for r in mine) and not found
            what = (
                "it is taken back already" if gone else f"{len(found)} acts begin with {begins!r}"
            )
            mend = "tailrace round BOOK show --acts lists them"
            raise (NotFound if not found and not gone else BadTerms)(what, where="undo", mend=mend)
        act = found[0]
        if act["what"] not in (*WORDS, "accept", "refuse"):
            mend = "a run is made again, an adopted round stands"
            raise BadTerms(f"{act['what']} is not taken back", where="round undo", mend=mend)
        may(self.state, act["what"], on, self.rules.rounds)
        said = {"what": "undo", "undoes_id": act["round_act_id"], "reason": reason}
        said |= {"firm_id": act["firm_id"], "acted_on": on, "acted_by": by}
        if act["what"] == "refuse":
            run = self._proposal()
            return self._again(said, self.lines(run)[run], act["firm_id"], at=at)
        acts = self._numbered([said])
        self._append(at, ROUND_ACT.rows(acts))
        return Told(act=acts[0])

    def adopt(self, *, on: date, at: datetime, by: str | None = None) -> Told:
        """Adopt the final run: clearing, set-offs and the act that binds them in one append."""
        may(self.state, "adopt", on, self.rules.rounds)
        run = self._proposal()
        accepted = self.state.of("accept")["proposal_id"].unique().to_pylist()
        lines = self.lines(run, *accepted)
        obligation, _, _ = self.seen(on)
        made = adopt_round(
            self.state,
            lines,
            obligation,
            on=on,
            rules=self.rules.rounds,
            network=self.rules.network,
            before=self.before(),
        )
        said = {"what": "adopt", "proposal_id": run, "acted_on": on, "acted_by": by}
        [act] = self._numbered([said])
        self._append(at, ROUND_ACT.rows([act]), bound=made)
        return Told(act=act)

    def cancel(self, *, on: date, at: datetime, reason: str, by: str | None = None) -> Told:
        """End the round without a clearing; what it reserved is free again."""
        may(self.state, "cancel", on, self.rules.rounds)
        if not reason.strip():
            raise BadTerms("a cancelled round without a reason", where="round", mend="say why")
        said = {"what": "cancel", "reason": reason, "acted_on": on, "acted_by": by}
        acts = self._numbered([said])
        self._append(at, ROUND_ACT.rows(acts))
        return Told(act=acts[0])

    def _again(self, said: Row, before: pa.Table, firm: str, *, at: datetime) -> Told:
        """Append an act together with the final run that follows from it."""
        final: Row = {"what": "final", "acted_on": said["acted_on"], "acted_by": said["acted_by"]}
        acts = self._numbered([said, final])
        state = state_of(self.round_id, pa.concat_tables([self.acts, ROUND_ACT.rows(acts)]))
        lines = self.lines_now(state, said["acted_on"])
        made = self.propose(lines, acts[-1]["round_act_id"])
        self._append(at, ROUND_ACT.rows(acts), made)
        return Told(act=acts[0], proposal=made, loss=lost(before, made.lines, firm))

    def _numbered(self, rows: list[Row]) -> list[Row]:
        """Return acts with their numbers and ids."""
        acts = []
        for seq, row in enumerate(rows, start=self.state.count + 1):
            act_id = digest_id("round_act", self.round_id, seq, row["what"])
            acts.append({"round_act_id": act_id, "round_id": self.round_id, "seq": seq} | row)
        return acts

    def _append(
        self,
        at: datetime,
        acts: pa.Table,
        made: Proposal | None = None,
        bound: Mapping[str, pa.Table] | None = None,
    ) -> None:
        """Append acts and what comes with them, all or nothing; a dry run appends nothing."""
        if not acts.num_rows or self.dry_run:
            return
        under = acts["round_act_id"][-1].as_py()
        kinds = {**(bound or {}), **({"round_line": made.lines} if made else {}), "round_act": acts}
        pages = [page for kind in kinds for page in _pages(self.book, kinds[kind], kind, under)]
        self.head = self.book.append([stamp(self.book, at), *pages], after=self.head)
        self.acts = pa.concat_tables([self.acts, acts])
        self.state = state_of(self.round_id, self.acts)


def _pages(book: Book, table: pa.Table, kind: str, under: str) -> Iterator[Draft]:
    for start in range(0, table.num_rows, ROWS_A_PAGE):
        part = table.slice(start, ROWS_A_PAGE)
        key = f"{kind}/{under}/{start // ROWS_A_PAGE}"
        yield book.draft(part, kind=kind, rule=RULE, version=VERSION, key=key)
