"""The check of recorded rounds from the book's own rows; it knows nothing of how they were found."""

from __future__ import annotations

from typing import NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.network.certificate import check_conserved
from tailrace.network.rounds.acts import ENDS, State, refusing, state_of

_TOLD = ["obligation_id", "debtor_id", "creditor_id", "currency", "amount_minor"]


def verify_rounds(
    rounds: pa.Table,
    round_act: pa.Table,
    round_line: pa.Table,
    clearing: pa.Table,
    debt: pa.Table,
    set_off: pa.Table,
) -> dict[str, str]:
    """Return how far each round came, by `round_id`; raise `BadTerms` for the first that is wrong.

    Checks that a round's acts are numbered without a gap and nothing follows its end; that each
    run's set-offs balance at every firm, pass no debt and touch none that is left out or refused;
    that what was adopted is the accepted run, debt for debt, and that no clearing names a round
    that was not adopted.
    """
    found = {}
    for round_id in rounds["round_id"].to_pylist():
        state = state_of(round_id, round_act)
        _check_acts(state, round_act)
        mine = round_line.filter(pc.equal(round_line["round_id"], round_id))
        for run in pc.unique(mine["round_act_id"]).to_pylist():
            _check_run(state, mine.filter(pc.equal(mine["round_act_id"], run)))
        ids = clearing.filter(pc.fill_null(pc.equal(clearing["round_id"], round_id), False))
        _check_adopted(state, mine, _under(debt, ids), _under(set_off, ids))
        found[round_id] = state.stage
    known = pa.array(sorted(found), pa.string())
    named = clearing.filter(pc.is_valid(clearing["round_id"]))["round_id"]
    if not pc.all(pc.is_in(named, value_set=known)).as_py() and len(named):
        raise BadTerms("a clearing names no round of this book", where="clearing", mend=_MEND)
    return found


_MEND = "restore the book from a copy whose head was noted"


def _check_acts(state: State, round_act: pa.Table) -> None:
    acts = round_act.filter(pc.equal(round_act["round_id"], state.round_id)).sort_by("seq")
    if acts["seq"].to_pylist() != list(range(1, acts.num_rows + 1)):
        _wrong(state, "its acts are not numbered 1, 2, 3, ...")
    ends = pc.is_in(acts["what"], value_set=pa.array(ENDS)).to_pylist()
    if any(ends[:-1]):
        _wrong(state, "something was recorded after its end")


def _check_run(state: State, lines: pa.Table) -> None:
    set_off = lines["set_off_minor"]
    out = pc.is_valid(lines["left_out"])
    over = pc.or_(pc.less(set_off, 0), pc.greater(set_off, lines["amount_minor"]))
    if _any(pc.and_(over, pc.not_equal(set_off, 0))):
        _wrong(state, "a set-off is below zero or above its debt")
    if _any(pc.and_(out, pc.not_equal(set_off, 0))):
        _wrong(state, "a debt that takes no part is set off")
    moved = lines.drop_columns(["amount_minor"]).rename_columns(
        [
            "amount_minor" if n == "set_off_minor" else n
            for n in lines.column_names
            if n != "amount_minor"
        ]
    )
    check_conserved(moved)


def _check_adopted(state: State, lines: pa.Table, debt: pa.Table, set_off: pa.Table) -> None:
    if state.stage != "adopted" or state.proposal is None:
        if set_off.num_rows:
            _wrong(state, "a clearing names it and it is not adopted")
        return
    run = lines.filter(pc.equal(lines["round_act_id"], state.proposal["round_act_id"]))
    done = run.filter(pc.greater(run["set_off_minor"], 0))
    told = [done["set_off_minor"] if n == "amount_minor" else done[n] for n in _TOLD]
    if not _equal(pa.table(told, names=_TOLD), set_off):
        _wrong(state, "what was adopted is not the run that was accepted")
    cleared = pc.unique(done["currency"])
    part = run.filter(
        pc.and_(pc.is_null(run["left_out"]), pc.is_in(run["currency"], value_set=cleared))
    )
    if not _equal(part.select(_TOLD), debt):
        _wrong(state, "the debts its clearing saw are not those of the run")
    named = pa.array(refusing(state), pa.string())
    if _any(
        pc.or_(*(pc.is_in(done[side], value_set=named) for side in ("debtor_id", "creditor_id")))
    ):
        _wrong(state, "a firm that refused is set off")


def _equal(one: pa.Table, other: pa.Table) -> bool:
    first, second = (t.select(_TOLD).sort_by("obligation_id") for t in (one, other))
    return bool(first.cast(second.schema).equals(second))


def _under(rows: pa.Table, clearing: pa.Table) -> pa.Table:
    ids = clearing["clearing_id"].combine_chunks()
    return rows.filter(pc.is_in(rows["clearing_id"], value_set=ids))


def _any(flags: pa.ChunkedArray) -> bool:
    return bool(pc.any(flags).as_py())


def _wrong(state: State, what: str) -> NoReturn:
    raise BadTerms(what, where=f"round {state.round_id[:12]}", mend=_MEND)
