"""Adoption of a round: the final run becomes rows that bind, as one, or nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.network.adopt import bound
from tailrace.network.constraints.before import Before
from tailrace.network.rounds.acts import State
from tailrace.network.rounds.proposing import Proposal, propose, taking_part
from tailrace.network.rounds.rules import RoundRules
from tailrace.network.rules import NetworkRules

_NAMED = 5


def adopt_round(
    state: State,
    lines: Mapping[str, pa.Table],
    obligation: pa.Table,
    *,
    on: date,
    rules: RoundRules,
    network: NetworkRules,
    before: Before | None = None,
) -> dict[str, pa.Table]:
    """Return the rows of the clearing by kind, under one id for each currency that cleared.

    lines: the round's lines by run; obligation: what is open today, not held by this round's own
    reservation; before: what clearings adopted by now used of the circle's limits and credit lines.
    Raises `BadTerms` naming the firms that have yet to accept, the debts that are no
    longer open, or that the run no longer gives the set-offs that were accepted.
    """
    assert state.proposal is not None
    run = state.proposal["round_act_id"]
    mine = lines[run]
    if rules.acceptance == "all":
        _all_accepted(state, lines, run)
    _still_open(mine, obligation)
    again = propose(mine, run, network, before)
    if not again.lines.equals(mine):
        what = "the run comes out otherwise than was told: "
        what += (
            "other clearings used more of limits or credit lines since"
            if network.limited
            else "this version gives another of the equally great set-offs"
        )
        raise BadTerms(what, where=_where(state), mend="make the final run again")
    ids = clearing_ids(again, run)
    return bound(taking_part(mine), again.clearing, ids, on, network, state.round_id)


def clearing_ids(proposal: Proposal, run: str) -> dict[str, str]:
    """Return the id of the clearing in each currency in which this run sets anything off."""
    some = {code: t for code, t in proposal.totals.items() if t.cleared_minor}
    return {code: digest_id("clearing", run, code) for code in some}


def awaited(state: State, lines: Mapping[str, pa.Table], run: str) -> list[str]:
    """Return the firms that something is set off for in a run and that have not accepted it.

    An acceptance of an earlier run stands as long as nothing that is set off for the firm changed.
    """
    firms = set(_firms(_touched(lines[run])))
    for row in state.of("accept").to_pylist():
        if row["firm_id"] in firms and _same(lines[row["proposal_id"]], lines[run], row["firm_id"]):
            firms.discard(row["firm_id"])
    return sorted(firms)


def _all_accepted(state: State, lines: Mapping[str, pa.Table], run: str) -> None:
    missing = awaited(state, lines, run)
    if missing:
        named = ", ".join(missing[:_NAMED]) + (", ..." if len(missing) > _NAMED else "")
        what = f"{len(missing)} parties have yet to accept: {named}"
        mend = "tailrace round BOOK accept FIRM, or refuse FIRM"
        raise BadTerms(what, where=_where(state), mend=mend)


def _same(one: pa.Table, other: pa.Table, firm: str) -> bool:
    """Whether two runs set off the same of the same debts for a firm."""
    told = []
    for lines in (one, other):
        rows = _touched(lines)
        mine = pc.or_(pc.equal(rows["debtor_id"], firm), pc.equal(rows["creditor_id"], firm))
        told.append(rows.filter(mine).select(["obligation_id", "set_off_minor"]))
    return bool(told[0].sort_by("obligation_id").equals(told[1].sort_by("obligation_id")))


def _touched(lines: pa.Table) -> pa.Table:
    return lines.filter(pc.greater(lines["set_off_minor"], 0))


def _firms(lines: pa.Table) -> list[str]:
    both = [lines[side].combine_chunks() for side in ("debtor_id", "creditor_id")]
    return pc.unique(pa.chunked_array(both)).to_pylist()


def _still_open(lines: pa.Table, obligation: pa.Table) -> None:
    """Refuse to set off what was paid, sold, disproved or cleared since the run was made."""
    rows = _touched(lines)
    rows = rows.filter(pc.is_valid(rows["claim_id"]))
    at = pc.index_in(rows["obligation_id"], value_set=_array(obligation["obligation_id"]))
    free = pc.if_else(obligation["held"], 0, obligation["open_minor"]).combine_chunks()
    now = pc.fill_null(free.take(_array(at)), 0).to_numpy(zero_copy_only=False)
    wrong = np.flatnonzero(now < rows["set_off_minor"].to_numpy())
    if len(wrong):
        first = rows.slice(int(wrong[0]), 1).to_pylist()[0]
        what = (
            f"{len(wrong)} debts are no longer as they were: of {first['obligation_id']} "
            f"{first['set_off_minor']:,} was to be set off and {int(now[wrong[0]]):,} is free"
        )
        raise BadTerms(
            what, where=f"round {first['round_id'][:12]}", mend="make the final run again"
        )


def _array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return column


def _where(state: State) -> str:
    return f"round {state.round_id[:12]}, adopt"
