"""The check of a clearing: one pass over arrays that knows nothing of how it was found.

Shares no code with the solver. Whole-number arithmetic throughout; Python's integers where a sum
of debt times price could pass 2^62.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing

EXACT = 2**62
_WHERE = "verify_clearing"
_MEND = "do not adopt it; clear these obligations again"


def verify_clearing(obligations: pa.Table, clearing: Clearing) -> dict[str, int]:
    """Return what is cleared in each currency, proven to be the greatest; raise where it is not.

    Checks for each currency: 0 <= set-off <= debt in every row; what a firm sets off as debtor it
    sets off as creditor; sum of weight * set-off = sum of debt * max(0, p) with p = weight + price of
    creditor - price of debtor, the weight one where none is given; and the printed totals. A clearing
    under rules is checked against its rules: see `constraints.check`. Raises `BadTerms` with the
    first that fails.
    """
    proof = clearing.certificate
    if proof.rules is not None:
        from tailrace.network.constraints.check import verify_ruled

        return verify_ruled(obligations, clearing, proof.rules)
    table = _taking_part(obligations, proof.minimum_minor)
    set_off = np.asarray(proof.set_off)
    if set_off.dtype != np.int64 or len(set_off) != obligations.num_rows:
        raise BadTerms("set-offs are not one int64 for each row", where=_WHERE, mend=_MEND)
    if not np.array_equal(set_off, clearing.set_off):
        raise BadTerms("set-offs differ from the certificate's", where=_WHERE, mend=_MEND)
    rows = table["row"].to_numpy()
    if np.delete(set_off, rows).any():
        raise BadTerms("a row that takes no part is set off", where=_WHERE, mend=_MEND)
    table = table.append_column("set_off", pa.array(set_off[rows]))
    cleared = {}
    for code in sorted(pc.unique(table["currency"]).to_pylist()):
        mine = table.filter(pc.equal(table["currency"], code))
        prices = proof.prices.filter(pc.equal(proof.prices["currency"], code))
        cleared[code] = proven(mine, prices, code)
        if code not in clearing.totals or clearing.totals[code].cleared_minor != cleared[code]:
            raise BadTerms(f"the total of {code} is not its set-offs", where=_WHERE, mend=_MEND)
    return cleared


def check_conserved(set_off: pa.Table, circle: pa.Table | None = None) -> None:
    """Raise `BadTerms` naming the first firm whose set-offs as debtor and as creditor differ.

    set_off: debtor_id, creditor_id, currency, amount_minor, and clearing_id where there are
    several clearings; each clearing and currency must balance at each firm by itself. circle: kind
    `circle`, what members owe the circle by their credit lines: so much may theirs differ, no less.
    """
    group = [name for name in ("clearing_id", "currency") if name in set_off.column_names]
    sides = [(set_off, "debtor_id", 1), (set_off, "creditor_id", -1)]
    sides += [] if circle is None else [(circle, "firm_id", -1)]
    moves = [
        pa.table(
            {
                **{name: rows[name] for name in group},
                "firm": rows[side],
                "moved": pc.multiply_checked(rows["amount_minor"], sign),
            }
        )
        for rows, side, sign in sides
    ]
    moved = pa.concat_tables(moves).group_by([*group, "firm"]).aggregate([("moved", "sum")])
    wrong = moved.filter(pc.not_equal(moved["moved_sum"], 0))
    if wrong.num_rows:
        order = [(name, "ascending") for name in (*group, "firm")]
        first = wrong.sort_by(order).slice(0, 1).to_pylist()[0]
        what = (
            f"firm {first['firm']} sets off {first['moved_sum']:+,} more as debtor than as creditor"
        )
        what += "" if circle is None else " and its credit line say"
        where = f"set-offs in {first['currency']}"
        raise BadTerms(what, where=where, mend="its net position would move; adopt none of them")


def _taking_part(obligations: pa.Table, minimum_minor: int) -> pa.Table:
    """Return (row, debtor, creditor, currency, amount) of the rows that may be set off."""
    names = obligations.column_names
    debtor, creditor, name, currency, amount = (
        _plain(obligations[next(n for n in wanted if n in names)])
        for wanted in (
            ("debtor", "debtor_id"),
            ("creditor", "creditor_id"),
            ("obligation_id",),
            ("currency",),
            ("amount_minor",),
        )
    )
    seen = pc.value_counts(name)
    once = seen.field("values").filter(pc.equal(seen.field("counts"), 1))
    table = pa.table(
        {
            "row": np.arange(obligations.num_rows),
            "debtor": debtor,
            "creditor": creditor,
            "currency": currency,
            "amount": _within_range(amount),
            "weight": _weights(obligations),
            "once": pc.is_in(name, value_set=once.drop_null()),
            "dated": _dated(obligations),
        }
    ).drop_null()
    enough = pc.greater_equal(table["amount"], max(minimum_minor, 0))
    weighs = pc.greater_equal(table["weight"], 1)
    return table.filter(pc.and_(pc.and_(enough, weighs), table["once"]))


def _within_range(amount: pa.Array) -> pa.Array:
    """Return the amounts as int64, null where one is beyond 2^62."""
    if pa.types.is_null(amount.type):
        return amount.cast(pa.int64())
    wide = amount if amount.type.bit_width == 64 else amount.cast(pa.int64())
    within = pc.less_equal(wide, pa.scalar(EXACT, wide.type))
    return pc.if_else(within, wide, pa.scalar(None, wide.type)).cast(pa.int64())


def _dated(obligations: pa.Table) -> pa.Array:
    """Return true by row, null where a due day is text and no day."""
    said = _plain(obligations["due_on"]) if "due_on" in obligations.column_names else None
    if said is None or not (pa.types.is_string(said.type) or pa.types.is_large_string(said.type)):
        return pa.array(np.ones(obligations.num_rows, np.bool_))
    wrong = [text for text in pc.unique(said).to_pylist() if text is not None and not _is_day(text)]
    no_day = pc.is_in(said, value_set=pa.array(wrong, said.type))
    return pc.if_else(no_day, pa.scalar(None, pa.bool_()), True)


def _is_day(text: str) -> bool:
    day = text.strip()
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def _weights(obligations: pa.Table) -> pa.Array:
    if "weight" in obligations.column_names:
        return _plain(obligations["weight"]).cast(pa.int64())
    return pa.array(np.ones(obligations.num_rows, np.int64))


def _plain(column: pa.ChunkedArray) -> pa.Array:
    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def proven(debts: pa.Table, prices: pa.Table, code: str) -> int:
    """Return the sum set off in one currency, or raise for the first thing that does not hold."""
    debt, set_off = debts["amount"].to_numpy(), debts["set_off"].to_numpy()
    where = f"{_WHERE}, {code}"
    if (set_off < 0).any() or (set_off > debt).any():
        raise BadTerms("a set-off is below zero or above its debt", where=where, mend=_MEND)
    firms = prices["firm"].combine_chunks()
    debtor, creditor = (
        pc.index_in(debts[side], value_set=firms) for side in ("debtor", "creditor")
    )
    if debtor.null_count or creditor.null_count:
        raise BadTerms("a firm has no price", where=where, mend=_MEND)
    u, v = debtor.to_numpy(), creditor.to_numpy()
    price = prices["potential"].to_numpy()
    if len(price) and max(abs(int(price.max())), abs(int(price.min()))) > EXACT // 4:
        raise BadTerms("prices are out of range", where=where, mend=_MEND)
    moved = np.zeros(len(firms), np.int64)  # sums wrap around at 2^64, and zero stays zero
    np.add.at(moved, u, set_off)
    np.subtract.at(moved, v, set_off)
    if moved.any():
        firm = firms[int(np.flatnonzero(moved)[0])]
        raise BadTerms(f"the net position of {firm} moves", where=where, mend=_MEND)
    weight = debts["weight"].to_numpy() if "weight" in debts.column_names else np.ones_like(debt)
    p = np.maximum(weight + price[v] - price[u], 0)
    cleared, bound = _whole(set_off, weight), _whole(debt, p)
    if cleared != bound:
        what = f"{cleared:,} is set off and the prices allow {bound:,}: not proven the greatest"
        raise BadTerms(what, where=where, mend=_MEND)
    return _whole(set_off, np.ones_like(weight))


def _whole(amount: Any, times: Any) -> int:
    """Return the exact sum of amount * times, both zero or more."""
    if len(amount) * int(amount.max(initial=0)) * int(times.max(initial=0)) < EXACT:
        return int(np.dot(amount, times))
    return int(np.dot(amount.astype(object), times.astype(object)))
