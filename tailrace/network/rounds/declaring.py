"""Declarations by the file: a table of debts as acts of a round, bad rows as faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms, Fault
from tailrace.network.debts import column, debts_of, due_days

_SIDES = ("debtor_id", "creditor_id")
_SAME = (*_SIDES, "currency")


def declared(table: pa.Table, known: pa.Table) -> tuple[pa.Table, list[Fault]]:
    """Return the words of a table of debts, and a fault for each row that is none.

    table: obligation_id, debtor, creditor, currency, amount_minor and, as needed, due_on and
    `firm_id`, the party that says it: the debtor where that is not told. known: lines of the round;
    a debt it knows keeps its parties, currency and due day. Raises `BadTerms` for a missing or
    mistyped column.
    """
    faults = list(debts_of(table, 0).faults)
    bad = {fault.position for fault in faults if fault.position is not None}
    words = _words(table)
    at = pc.index_in(words["obligation_id"], value_set=_flat(known["obligation_id"]))
    before = known.take(at.combine_chunks() if isinstance(at, pa.ChunkedArray) else at)
    wrong = {
        f"the {name.removesuffix('_id')} is not the one the debt was told with": pc.not_equal(
            words[name], before[name]
        )
        for name in _SAME
    }
    neither = pc.and_(*(pc.not_equal(words["firm_id"], words[side]) for side in _SIDES))
    wrong["who says it is no party to it"] = neither
    mend = "correct the row at its source; the row was not declared"
    for what, flags in wrong.items():
        for row in np.flatnonzero(pc.fill_null(flags, False).to_numpy()).tolist():
            if row not in bad:
                bad.add(row)
                faults.append(Fault(what=what, where=f"row {row}", mend=mend, position=row))
    good = np.ones(table.num_rows, np.bool_)
    good[sorted(bad)] = False
    day = pc.if_else(pc.is_valid(before["obligation_id"]), before["due_on"], words["due_on"])
    words = words.set_column(words.column_names.index("due_on"), "due_on", day)
    return words.filter(pa.array(good)), sorted(faults, key=_place)


def _words(table: pa.Table) -> pa.Table:
    """Return the columns of a word, ids as text as a book keeps them."""
    debtor = column(table, "debtor").cast(pa.string())
    speaks = table["firm_id"].combine_chunks() if "firm_id" in table.column_names else debtor
    said, _ = due_days(table)  # a text that is no day is a fault of its row already
    due: Any = pa.nulls(table.num_rows, pa.date32()) if said is None else said
    if due.type not in (pa.date32(), pa.null()):
        mend = "write days as 2026-03-31"
        raise BadTerms(f"column 'due_on' is {due.type}", where="declarations", mend=mend)
    return pa.table(
        {
            "obligation_id": column(table, "obligation_id").cast(pa.string()),
            "firm_id": pc.coalesce(speaks.cast(pa.string()), debtor),
            "debtor_id": debtor,
            "creditor_id": column(table, "creditor").cast(pa.string()),
            "currency": column(table, "currency").cast(pa.string()),
            "amount_minor": column(table, "amount_minor").cast(pa.int64()),
            "due_on": due.cast(pa.date32()),
        }
    )


def _place(fault: Fault) -> int:
    return -1 if fault.position is None else fault.position


def _flat(array: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
