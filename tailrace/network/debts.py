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
from tailrace.network.numbering import numbered, repeated

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int32]

NAMES = {"debtor": "debtor_id", "creditor": "creditor_id"}
LARGE = 1_000_000  # rows, from which what Arrow no longer uses goes back to the system at once
FAULTS_MAX = 1000  # more are counted, not listed
_WHERE = "obligations"
_NONE = np.zeros(0, np.int64)


class Debts(Struct, frozen=True, kw_only=True):
    """Obligations by input row. `good` rows take part; of the others the amount is 0.

    `debtor`, `creditor` and `currency` index `firms` and `currencies`, which stand in id order.
    `due_on` is kept as it came; it is None where the table has no such column. `weight` is empty
    where the table has none.
    """

    obligation_id: pa.Array
    debtor: Ints
    creditor: Ints
    currency: Ints
    amount: Ints
    weight: Ints
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
    obligation_id, (amount, beyond) = column(table, "obligation_id"), _amounts(table)
    debtor, creditor, currency = (
        column(table, name, coded=True) for name in ("debtor", "creditor", "currency")
    )
    due_on, undated = due_days(table)
    weight = _weights(table)
    firms, (debtor_at, creditor_at) = numbered(debtor, creditor)
    currencies, (currency_at,) = numbered(currency)
    bad = {
        "the debtor is not said": debtor_at < 0,
        "the creditor is not said": creditor_at < 0,
        "the currency is not said": currency_at < 0,
        "the obligation has no id": _null(obligation_id),
        "the amount is above 2^62 minor units": beyond,
        "the amount is not said in whole minor units": _null(amount),
        "the amount is below zero": _flags(pc.less(amount, 0)),
        "the due day is no day as 2026-03-31": undated,
        "the id is that of another row too": repeated(obligation_id),
    }
    if weight is not None:
        bad["the weight is not a whole number of 1 or more"] = _flags(
            pc.less(pc.fill_null(weight, 0), 1)
        )
    faults, good = _judged(bad, table.num_rows)
    amounts = np.where(good, pc.fill_null(amount, 0).to_numpy(zero_copy_only=False), 0)
    good &= amounts >= minimum_minor
    debts = Debts(
        obligation_id=obligation_id,
        debtor=debtor_at,
        creditor=creditor_at,
        currency=currency_at,
        amount=np.where(good, amounts, 0),
        weight=_NONE if weight is None else pc.fill_null(weight, 1).to_numpy(zero_copy_only=False),
        due_on=due_on,
        good=good,
        firms=firms,
        currencies=[str(code) for code in currencies.to_pylist()],
        faults=faults,
    )
    _check_range(debts)
    if table.num_rows >= LARGE:
        pa.default_memory_pool().release_unused()  # 30 to 40 bytes a row
    return debts


def rows_of(debts: Debts, number: int) -> tuple[Ints, Ints, Places, Places]:
    """Return a currency's rows, its firms in order, and debtor and creditor as places in them."""
    rows = np.flatnonzero(debts.good & (debts.currency == number))
    debtor, creditor = debts.debtor[rows], debts.creditor[rows]
    used = np.zeros(len(debts.firms), np.bool_)
    used[debtor] = used[creditor] = True
    place = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return rows, np.flatnonzero(used), place[debtor], place[creditor]


def column(table: pa.Table, name: str, *, coded: bool = False) -> pa.Array:
    """Return a column as one array; `debtor` may be called `debtor_id`, and so on.

    Plain values, unless what comes coded (as a dictionary) is to stay so.
    """
    found = next((n for n in (name, NAMES.get(name)) if n in table.column_names), None)
    if found is None:
        mend = "columns are obligation_id, debtor, creditor, currency, amount_minor, due_on"
        raise BadTerms(f"column {name!r} is missing", where=_WHERE, mend=mend)
    chunks = table[found]
    several = coded and chunks.num_chunks > 1
    array = (chunks.unify_dictionaries() if several else chunks).combine_chunks()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    plain = coded or not pa.types.is_dictionary(array.type)
    return array if plain else array.dictionary_decode()


def _amounts(table: pa.Table) -> tuple[pa.Array, Flags]:
    """Return the amounts as int64, and which of them are beyond what a clearing takes."""
    amount = column(table, "amount_minor")
    if pa.types.is_null(amount.type):
        return amount.cast(pa.int64()), np.zeros(len(amount), np.bool_)
    if pa.types.is_integer(amount.type):
        wide = amount if amount.type.bit_width == 64 else amount.cast(pa.int64())
        beyond = pc.greater(wide, pa.scalar(AMOUNT_MAX, wide.type))
        within = pc.if_else(beyond, pa.scalar(0, wide.type), wide)
        return within.cast(pa.int64()), _flags(beyond)
    mend = "money is a whole number of minor units: 12.50 EUR is 1250, as int64"
    raise BadTerms(f"column 'amount_minor' is {amount.type}", where=_WHERE, mend=mend)


def due_days(table: pa.Table) -> tuple[pa.Array | None, Flags]:
    """Return the due days as they came, text as days, and which of the texts are none."""
    fine = np.zeros(table.num_rows, np.bool_)
    if "due_on" not in table.column_names:
        return None, fine
    said = column(table, "due_on")
    if not (pa.types.is_string(said.type) or pa.types.is_large_string(said.type)):
        return said, fine
    said = pc.utf8_trim_whitespace(said)
    spelled = pc.match_substring_regex(said, r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
    moments = pc.strptime(pc.if_else(spelled, said, None), "%Y-%m-%d", "s", error_is_null=True)
    days = moments.cast(pa.date32())
    # the 31st of a short month is read as a day of the next: what is written again must be the same
    again = pc.equal(pc.strftime(moments, "%Y-%m-%d"), said)
    return days, _flags(pc.and_(pc.is_valid(said), pc.invert(pc.fill_null(again, False))))


def _weights(table: pa.Table) -> pa.Array | None:
    if "weight" not in table.column_names:
        return None
    weight = column(table, "weight")
    if not pa.types.is_integer(weight.type):
        mend = "a weight is a whole number: a unit of a debt of weight 2 counts as two"
        raise BadTerms(f"column 'weight' is {weight.type}", where=_WHERE, mend=mend)
    return weight.cast(pa.int64())


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
    if int(debts.amount.max(initial=0)) * len(debts.amount) <= AMOUNT_MAX:
        return
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
