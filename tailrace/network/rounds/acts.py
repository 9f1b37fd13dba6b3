"""Acts of a round: which of them stand, how far the round has come, and what each side said last.

People act one by one, but a country declares by the million: only undos are looked at one by one.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.network.rounds.rules import RoundRules

SAYS = ("declare", "confirm", "change")  # with an amount: what is open in a party's word
WORDS = (*SAYS, "dispute", "withdraw")  # what a party says of a debt
RUNS = ("preliminary", "final")
ENDS = ("adopt", "cancel")
WHATS = (*WORDS, *RUNS, "accept", "refuse", *ENDS, "undo")
STAGES = {"preliminary": "preliminary", "final": "final", "adopt": "adopted", "cancel": "cancelled"}
Row = dict[str, Any]


class State(Struct, frozen=True, kw_only=True):
    """How far a round has come. `acts` are those that stand, in the order of recording."""

    round_id: str
    stage: str  # open, preliminary, final, adopted, cancelled
    count: int  # acts recorded, those taken back with the rest
    acts: pa.Table
    proposal: Row | None  # the run that counts
    preliminary_on: date | None
    last_on: date | None

    def of(self, *whats: str) -> pa.Table:
        """Return the acts of these kinds that stand, in order."""
        return self.acts.filter(pc.is_in(self.acts["what"], value_set=pa.array(whats)))


def state_of(round_id: str, round_act: pa.Table) -> State:
    """Return how far a round has come; `round_act` may hold other rounds' acts too."""
    mine = round_act.filter(pc.equal(round_act["round_id"], round_id)).sort_by("seq")
    acts = standing(mine)
    steps = acts.filter(pc.is_in(acts["what"], value_set=pa.array([*RUNS, *ENDS]))).to_pylist()
    runs = [row for row in steps if row["what"] in RUNS]
    first = next((row["acted_on"] for row in runs if row["what"] == "preliminary"), None)
    return State(
        round_id=round_id,
        stage=STAGES[steps[-1]["what"]] if steps else "open",
        count=mine.num_rows,
        acts=acts,
        proposal=runs[-1] if runs else None,
        preliminary_on=first,
        last_on=pc.max(mine["acted_on"]).as_py(),
    )


def standing(acts: pa.Table) -> pa.Table:
    """Return the acts of one round, sorted by number, without undos and what they take back.

    An undo is recorded after what it undoes, so from the last to the first each is decided at once.
    """
    undo = pc.equal(acts["what"], "undo")
    undone: set[str] = set()
    for row in reversed(acts.filter(undo).select(["round_act_id", "undoes_id"]).to_pylist()):
        if row["round_act_id"] not in undone:
            undone.add(row["undoes_id"])
    gone = pc.is_in(acts["round_act_id"], value_set=pa.array(sorted(undone), pa.string()))
    return acts.filter(pc.invert(pc.or_(undo, gone)))


def may(state: State, what: str, on: date, rules: RoundRules) -> None:
    """Raise `BadTerms`, saying why, where this act has no place in the round on this day."""
    wrong = _out_of_turn(state, what, on, rules)
    if wrong:
        mend = "tailrace round BOOK show tells how far it has come"
        raise BadTerms(wrong, where=f"round {state.round_id[:12]}, {what}", mend=mend)


def _out_of_turn(state: State, what: str, on: date, rules: RoundRules) -> str:
    if what not in WHATS:
        return f"{what!r} is no act of a round: one of {', '.join(WHATS)}"
    if state.stage in ("adopted", "cancelled"):
        return f"the round is {state.stage}: nothing more is done in it"
    if state.last_on and on < state.last_on:
        return f"the last act was recorded on {state.last_on}, later than {on}"
    closed = state.preliminary_on and state.preliminary_on + timedelta(rules.correction_days)
    if what in WORDS:
        if state.stage == "final":
            return "the final run is made: corrections are closed"
        return f"corrections were heard until {closed}" if closed and on > closed else ""
    if what == "preliminary":
        return "the preliminary run is made" if state.stage != "open" else ""
    if what == "final":
        if closed is None:
            return "there was no preliminary run that the parties could correct"
        return f"corrections are heard until {closed}" if on < closed else ""
    if what == "refuse" and rules.acceptance == "rule book":
        return "by its rule book nobody refuses: debts are disputed in the correction days"
    if what in ("accept", "refuse", "adopt") and state.stage != "final":
        return "there is no final run yet"
    return ""


def last_words(state: State, *whats: str) -> dict[str, pa.Table]:
    """Return by side, debtor and creditor, the last of these words on each debt that stands.

    The order of recording decides, and each side's word is its own: what a creditor confirms does
    not lift its debtor's dispute.
    """
    words = state.of(*whats)
    by_debtor = pc.equal(words["firm_id"], words["debtor_id"])
    sides = {"debtor": words.filter(by_debtor), "creditor": words.filter(pc.invert(by_debtor))}
    return {side: _last(rows) for side, rows in sides.items()}


def _last(words: pa.Table) -> pa.Table:
    """Return the row of the highest number for each debt."""
    last = words.group_by("obligation_id").aggregate([("seq", "max")])["seq_max"]
    return words.filter(pc.is_in(words["seq"], value_set=last.combine_chunks()))


def refusing(state: State) -> list[str]:
    """Return the firms whose last answer is a refusal, in order of id."""
    answers = {row["firm_id"]: row["what"] for row in state.of("accept", "refuse").to_pylist()}
    return sorted(firm for firm, what in answers.items() if what == "refuse")
