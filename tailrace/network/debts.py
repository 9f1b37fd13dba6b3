"""Debts: a table of obligations of any ids as arrays a kernel can work on.

Firms, currencies and pairs are numbered in the order of their ids, so what follows cannot depend
on the order of the rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from tailrace.base.errors import BadTerms, Fault
from tailrace.base.money import AMOUNT_MAX

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NAMES = {"debtor": "debtor_id", "creditor": "creditor_id"}
FAULTS_MAX = 1000  # more are counted, not listed
_WHERE = "obligations"


class Debts(Struct, frozen=True, kw_only=True):
    """Obligations by input row. `good` rows take part; of the others the amount is 0.

    `debtor`, `creditor` and `currency` index `firms` and `currencies`, which stand in id order.
    `due_on` is kept as it came; it is None where the table has no such column.
    """

    obligation_id: pa.Array
    debtor: Ints
    creditor: Ints
    currency: Ints
    amount: Ints
    due_on: pa.Array | None
    good: Flags
    firms: pa.Array
    currencies: list[str]
    faults: list[Fault]


def debts_of(table: pa.Table, minimum_minor: int) -> Debts:
    """Return the table as arrays; rows below the minimum are left out, bad rows become faults.

    Raises `BadTerms` where a column is missing or of a wrong type, and where the debts of one
    currency pass 2^62 minor units together.
    """
    obligation_id, debtor, creditor = (
        column(table, name) for name in ("obligation_id", "debtor", "creditor")
    )
    currency, amount = column(table, "currency"), _amounts(table)
    firms, (debtor_at, creditor_at) = _numbered(debtor, creditor)
    currencies, (currency_at,) = _numbered(currency)
    bad = {
        "the debtor is not said": _null(debtor),
        "the creditor is not said": _null(creditor),
        "the currency is not said": _null(currency),
        "the obligation has no id": _null(obligation_id),
        "the amount is not said in whole minor units": _null(amount),
        "the amount is below zero": _flags(pc.less(amount, 0)),
        "the id is that of another row too": _repeated(obligation_id),
    }
    faults, good = _judged(bad, table.num_rows)
    amounts = np.where(good, pc.fill_null(amount, 0).to_numpy(zero_copy_only=False), 0)
    good &= amounts >= minimum_minor
    debts = Debts(
        obligation_id=obligation_id,
        debtor=debtor_at,
        creditor=creditor_at,
        currency=currency_at,
        amount=np.where(good, amounts, 0),
        due_on=column(table, "due_on") if "due_on" in table.column_names else None,
        good=good,
        firms=firms,
        currencies=[str(code) for code in currencies.to_pylist()],
        faults=faults,
    )
    _check_range(debts)
    return debts


def column(table: pa.Table, name: str) -> pa.Array:
    """Return a column as one plain array; `debtor` may be called `debtor_id`, and so on."""
    found = next((n for n in (name, NAMES.get(name)) if n in table.column_names), None)
    if found is None:
        mend = "columns are obligation_id, debtor, creditor, currency, amount_minor, due_on"
        raise BadTerms(f"column {name!r} is missing", where=_WHERE, mend=mend)
    array = table[found].combine_chunks()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _amounts(table: pa.Table) -> pa.Array:
    amount = column(table, "amount_minor")
    if pa.types.is_null(amount.type) or pa.types.is_integer(amount.type):
        try:
            return amount.cast(pa.int64())
        except pa.ArrowInvalid as why:
            mend = "amounts are below 4.6e18 minor units"
            raise BadTerms(f"column 'amount_minor': {why}", where=_WHERE, mend=mend) from None
    mend = "money is a whole number of minor units: 12.50 EUR is 1250, as int64"
    raise BadTerms(f"column 'amount_minor' is {amount.type}", where=_WHERE, mend=mend)


def _numbered(*arrays: pa.Array) -> tuple[pa.Array, list[Ints]]:
    """Return the distinct values in their own order, and each array as positions in it; null -1."""
    types = {array.type for array in arrays if not pa.types.is_null(array.type)} or {pa.string()}
    if len(types) > 1:
        mend = "write the ids of debtors and creditors as one type"
        what = f"debtor is {arrays[0].type}, creditor is {arrays[1].type}"
        raise BadTerms(what, where=_WHERE, mend=mend)
    (kind,) = types
    coded = pa.concat_arrays([array.cast(kind) for array in arrays]).dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    rank = np.full(len(order) + 1, -1, np.int64)
    rank[order] = np.arange(len(order))
    at = rank[pc.fill_null(coded.indices, len(order)).to_numpy(zero_copy_only=False)]
    bounds = np.cumsum([len(array) for array in arrays])[:-1]
    return coded.dictionary.take(pa.array(order)), np.split(at, bounds)


def _repeated(ids: pa.Array) -> Flags:
    """Return which rows share an id with another row."""
    if len(ids.drop_null().unique()) == len(ids) - ids.null_count:
        return np.zeros(len(ids), np.bool_)
    counts = pc.value_counts(ids)
    twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    return _flags(pc.is_in(ids, value_set=twice.drop_null()))


def _judged(bad: dict[str, Flags], rows: int) -> tuple[list[Fault], Flags]:
    """Return one fault for each bad row, naming the first thing wrong with it, and the good rows."""
    good, more = np.ones(rows, np.bool_), 0
    faults: list[Fault] = []
    for what, flags in bad.items():
        for row in np.flatnonzero(flags & good).tolist():
            if len(faults) == FAULTS_MAX:
                more += 1
                continue
            mend = "correct the row at its source; the row was left out of the clearing"
            faults.append(Fault(what=what, where=f"{_WHERE}, row {row}", mend=mend, position=row))
        good &= ~flags
    if more:
        mend = "correct the table at its source"
        faults.append(Fault(what=f"and {more:,} more bad rows", where=_WHERE, mend=mend))
    return faults, good


def _check_range(debts: Debts) -> None:
    high, low = debts.amount >> 31, debts.amount & (2**31 - 1)
    for number, code in enumerate(debts.currencies):
        mine = debts.currency == number
        whole = (int(high[mine].sum()) << 31) + int(low[mine].sum())
        if whole > AMOUNT_MAX:
            what = f"the debts in {code} sum to {whole:,} minor units"
            mend = "a clearing takes at most 2^62 minor units of a currency; split the run"
            raise BadTerms(what, where=_WHERE, mend=mend)


def _null(array: pa.Array) -> Flags:
    return _flags(pc.is_null(array))


def _flags(array: Any) -> Flags:
    return pc.fill_null(array, False).to_numpy(zero_copy_only=False)
