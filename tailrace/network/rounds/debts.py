"""Lines of a run: every debt the round knows, with what takes part of it, or why nothing does."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.network.rounds.acts import SAYS, WORDS, State, last_words, refusing
from tailrace.network.rounds.rules import RoundRules
from tailrace.network.rounds.tables import ROUND_LINE

_KNOWN = ("debtor_id", "creditor_id", "currency", "due_on")
_MOST = 2**62


def lines_of(
    state: State,
    obligation: pa.Table,
    affiliate: pa.Table,
    reserved: pa.Table,
    *,
    on: date,
    rules: RoundRules,
) -> pa.Table:
    """Return kind `round_line` without its run's id, nothing set off yet, in order of obligation.

    obligation: what the book proves, not held by this round's own reservation; affiliate: pairs of
    firms that are not independent; reserved: what other rounds reserve. `on` is the round's day.
    What no record of the book proves is known by the parties' word alone.
    """
    rows = _known(state, obligation, reserved)
    amount = _amount(rows, rules)
    rows = rows.append_column("amount_minor", amount)
    latest = pa.scalar(on - timedelta(rules.mandatory_days), pa.date32())
    overdue = pc.fill_null(pc.less_equal(rows["due_on"], latest), False)
    mandatory = pc.and_(overdue, rules.mandatory)
    why = _left_out(rows, amount, mandatory, affiliate, rules, refusing(state))
    count = rows.num_rows
    rows = (
        rows.append_column("mandatory", mandatory)
        .append_column("left_out", why)
        .append_column("set_off_minor", pa.array([0] * count, pa.int64()))
        .append_column("round_act_id", pa.array([""] * count, pa.string()))
        .append_column("round_id", pa.array([state.round_id] * count, pa.string()))
    )
    return ROUND_LINE.cast(rows)


def _known(state: State, obligation: pa.Table, reserved: pa.Table) -> pa.Table:
    """Return each debt once: parties, currency, due day, what the book holds open, both words."""
    names = ["obligation_id", "claim_id", *_KNOWN, "open_minor", "held"]
    told = state.of(*SAYS)
    spoken = told.filter(
        pc.invert(pc.is_in(told["obligation_id"], value_set=_flat(obligation["obligation_id"])))
    )
    first = spoken.group_by("obligation_id").aggregate([("seq", "min")])["seq_min"]
    spoken = spoken.filter(pc.is_in(spoken["seq"], value_set=_flat(first)))
    elsewhere = pc.is_in(spoken["obligation_id"], value_set=_flat(reserved["obligation_id"]))
    beside = pa.table(
        {
            "obligation_id": spoken["obligation_id"],
            "claim_id": pa.nulls(spoken.num_rows, pa.string()),
            **{name: spoken[name] for name in _KNOWN},
            "open_minor": pa.nulls(spoken.num_rows, pa.int64()),
            "held": elsewhere,
        }
    )
    rows = pa.concat_tables([_plain(obligation.select(names)), _plain(beside)])
    for whats, name, of in ((WORDS, "what", "what"), (SAYS, "amount_minor", "minor")):
        for side, words in last_words(state, *whats).items():
            said = words.select(["obligation_id", name])
            said = said.rename_columns(["obligation_id", f"{side}_{of}"])
            rows = rows.join(_plain(said), keys="obligation_id", join_type="left outer")
    return rows.sort_by("obligation_id").combine_chunks()


def _plain(table: pa.Table) -> pa.Table:
    """Return the table with every column free to be null."""
    return table.cast(pa.schema([field.with_nullable(True) for field in table.schema]))


def _amount(rows: pa.Table, rules: RoundRules) -> pa.ChunkedArray:
    """Return what of each debt counts: the least that anybody entitled to speak calls open."""
    sides = ["debtor_minor", "creditor_minor"]
    least = pc.fill_null(rows["open_minor"], _MOST)
    for side in sides:
        least = pc.min_element_wise(least, pc.fill_null(rows[side], _MOST))
    unknown = pc.equal(least, _MOST)
    return pc.if_else(unknown, 0, least)


def _left_out(
    rows: pa.Table,
    amount: pa.ChunkedArray,
    mandatory: pa.ChunkedArray,
    affiliate: pa.Table,
    rules: RoundRules,
    refused: list[str],
) -> pa.ChunkedArray:
    """Return for each debt the first reason why it takes no part, null where there is none."""
    reasons = [
        ("sold, instructed or in another round", rows["held"]),
        ("a firm the rule book excludes", _either(rows, list(rules.exclude))),
        *([] if rules.affiliates else [("between affiliates", _joined(rows, affiliate))]),
        ("disputed", _says(rows, "dispute")),
        ("withdrawn", _says(rows, "withdraw")),
        *_not_eligible(rows, rules),
        *_not_asked(rows, mandatory, rules),
        ("nothing of it is open", pc.less_equal(amount, 0)),
        ("below the minimum", _below(rows, amount, rules)),
        ("a party refused", _either(rows, refused)),
    ]
    why = pa.chunked_array([pa.nulls(rows.num_rows, pa.string())])
    for reason, flags in reversed(reasons):
        why = pc.if_else(pc.fill_null(flags, False), reason, why)
    return why


def _not_eligible(rows: pa.Table, rules: RoundRules) -> list[tuple[str, pa.ChunkedArray]]:
    if rules.eligibility == "proven":
        return [("not proven by the book", pc.is_null(rows["claim_id"]))]
    silent = {side: pc.is_null(rows[f"{side}_minor"]) for side in ("debtor", "creditor")}
    if rules.eligibility == "declared":
        return [("not declared by its debtor", silent["debtor"])]
    return [(f"not confirmed by its {side}", flags) for side, flags in silent.items()]


def _not_asked(
    rows: pa.Table, mandatory: pa.ChunkedArray, rules: RoundRules
) -> list[tuple[str, pa.ChunkedArray]]:
    free = pc.invert(mandatory)
    if rules.voluntary == "none":
        return [("not mandatory", free)]
    silent = pc.and_(pc.is_null(rows["debtor_minor"]), pc.is_null(rows["creditor_minor"]))
    asked = [("voluntary, and nobody asked", pc.and_(free, silent))]
    return asked if rules.voluntary == "asked" else []


def _says(rows: pa.Table, word: str) -> pa.ChunkedArray:
    assert word in WORDS
    one, other = (
        pc.fill_null(pc.equal(rows[f"{s}_what"], word), False) for s in ("debtor", "creditor")
    )
    return pc.or_(one, other)


def _either(rows: pa.Table, firms: list[str]) -> pa.ChunkedArray:
    named = pa.array(firms, pa.string())
    return pc.or_(
        pc.is_in(rows["debtor_id"], value_set=named), pc.is_in(rows["creditor_id"], value_set=named)
    )


def _joined(rows: pa.Table, affiliate: pa.Table) -> pa.ChunkedArray:
    one, other = (
        pc.binary_join_element_wise(table[a], table[b], "\n")
        for table, a, b in (
            (rows, "debtor_id", "creditor_id"),
            (affiliate, "firm_id", "other_id"),
        )
    )
    return pc.is_in(one, value_set=_flat(other))


def _below(rows: pa.Table, amount: pa.ChunkedArray, rules: RoundRules) -> pa.ChunkedArray:
    least = rules.minimum_minor
    at = pc.index_in(rows["currency"], value_set=pa.array(list(least), pa.string()))
    floor = pa.array([*least.values(), 0], pa.int64()).take(_flat(pc.fill_null(at, len(least))))
    return pc.less(amount, floor)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array
