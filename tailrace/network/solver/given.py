"""What the solver takes: whole numbers within range, or an error that names the first bad row."""

from __future__ import annotations

from typing import Any

import numpy as np

from tailrace.base.errors import BadTerms
from tailrace.base.money import AMOUNT_MAX
from tailrace.network.solver.compiled import Array

NO_INTS = np.zeros(0, np.int64)
WHERE = "obligations"


def checked(
    debtor: Array, creditor: Array, amount: Array, weight: Array | None, firms: int
) -> tuple[int, Array, Array, Array, Array]:
    """Return the arrays as the kernels take them, or raise `BadTerms` naming the first bad row."""
    amount = np.ascontiguousarray(amount)
    weights = NO_INTS if weight is None else np.ascontiguousarray(weight)
    columns: dict[str, Any] = {"debtor": debtor, "creditor": creditor, "amount": amount}
    columns |= {} if weight is None else {"weight": weights}
    for name, column in columns.items():
        if not np.issubdtype(column.dtype, np.integer) or column.shape != amount.shape:
            what = f"{name} is {column.dtype} of shape {column.shape}"
            raise BadTerms(what, where=WHERE, mend="give whole numbers, one for each row")
        least = 1 if name == "weight" else 0
        if len(column) and int(column.min()) < least:
            row = int(np.flatnonzero(column < least)[0])
            what = f"{name} is {column[row]}, below {least}"
            raise BadTerms(what, where=f"{WHERE}, row {row}", mend="correct or leave out the row")
    highest = max(int(debtor.max(initial=-1)), int(creditor.max(initial=-1))) + 1
    firms = firms or highest
    if highest > firms or firms >= 1 << 29 or len(amount) >= 1 << 29:
        what = f"{highest:,} firms and {len(amount):,} rows"
        raise BadTerms(what, where=WHERE, mend="number firms from 0; at most 2^29 of each")
    _check_sums(amount, weights, firms)
    tail, head = (np.ascontiguousarray(column, np.int32) for column in (debtor, creditor))
    return firms, tail, head, amount.astype(np.int64, copy=False), weights


def _check_sums(amount: Array, weight: Array, firms: int) -> None:
    most = int(amount.max(initial=0))
    whole = most * len(amount)
    if whole > AMOUNT_MAX:
        whole = (int((amount >> 31).sum()) << 31) + int((amount & (2**31 - 1)).sum())
    if whole > AMOUNT_MAX:
        mend = "a clearing takes at most 2^62 minor units of a currency; split the run"
        raise BadTerms(f"the debts sum to {whole:,} minor units", where=WHERE, mend=mend)
    if int(weight.max(initial=1)) * firms >= 1 << 29 and len(weight):
        what = f"a weight of {int(weight.max()):,} with {firms:,} firms"
        raise BadTerms(what, where=WHERE, mend="weight times firms stays below 2^29; use stages")
