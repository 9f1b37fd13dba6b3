"""The check of recorded rounds from the book's own rows; it knows nothing of how they were found."""

from __future__ import annotations

from typing import NoReturn

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.network.certificate import check_conserved
from tailrace.network.constraints.held import joined_by
from tailrace.network.rounds.acts import ENDS, State, refusing, state_of
from tailrace.network.rules import NetworkRules, rules_of

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
    that what was adopted is the accepted run, debt for debt, under the round's own rules of the
    circle, and that no clearing names a round that was not adopted.
    """
    found = {}
    for row in rounds.to_pylist():
        round_id, network = row["round_id"], _network(row["rules"])
        state = state_of(round_id, round_act)
        _check_acts(state, round_act)
        mine = round_line.filter(pc.equal(round_line["round_id"], round_id))
        for run in pc.unique(mine["round_act_id"]).to_pylist():
            _check_run(state, mine.filter(pc.equal(mine["round_act_id"], run)), network)
        ids = clearing.filter(pc.fill_null(pc.equal(clearing["round_id"], round_id), False))
        _check_adopted(state, mine, _under(debt, ids), _under(set_off, ids))
        _check_rules(state, ids, network)
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


def _network(rules: str) -> NetworkRules:
    """Return the rules of the circle that a round was opened under."""
    return rules_of(msgspec.json.encode(msgspec.json.decode(rules)["network"]).decode())


def _check_rules(state: State, clearing: pa.Table, network: NetworkRules) -> None:
    """Raise where a clearing of the round says it was bound by other rules than the round's."""
    for text in clearing["rules"].to_pylist():
        if (None if text is None else rules_of(text)) != (None if network.plain else network):
            _wrong(state, "its clearing is bound by other rules than the round")


def _check_run(state: State, lines: pa.Table, network: NetworkRules) -> None:
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
    if network.credit or network.parity:
        part = moved.filter(pc.invert(out))
        _check_lines(state, part, network)
    else:
        check_conserved(moved)


def _check_lines(state: State, moved: pa.Table, network: NetworkRules) -> None:
    """Raise where a firm moves further than its credit line could let it, however it stood before.

    Currencies of a parity are counted as one, in lots.
    """
    lines: dict[str, int] = {}
    for line in network.credit:
        name = str(line.firm)
        lines[name] = max(lines.get(name, 0), line.short_minor + line.long_minor)
    joined = joined_by(network.parity, set(pc.unique(moved["currency"]).to_pylist()))
    at = pc.index_in(moved["currency"], value_set=pa.array(joined, pa.string()))
    lot = pa.array([*(network.parity[code] for code in joined), 1], pa.int64())
    lot = lot.take(pc.fill_null(at, len(joined)).combine_chunks())
    lots = pc.divide(moved["amount_minor"], pa.chunked_array([lot]))
    first = joined[0] if joined else ""
    joint = pc.if_else(pc.is_valid(at), first, moved["currency"])
    sides = [
        pa.table({"firm": moved[side], "currency": joint, "lots": pc.multiply(lots, sign)})
        for side, sign in (("debtor_id", 1), ("creditor_id", -1))
    ]
    nets = pa.concat_tables(sides).group_by(["firm", "currency"]).aggregate([("lots", "sum")])
    for row in nets.filter(pc.not_equal(nets["lots_sum"], 0)).to_pylist():
        unit = network.parity[first] if row["currency"] == first else 1
        if abs(row["lots_sum"]) * unit > lines.get(row["firm"], 0):
            _wrong(state, f"the net position of {row['firm']} moves beyond its credit line")


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
