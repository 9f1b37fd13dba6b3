"""Lenders: whose money may be put in, at which firms, how much and at what price."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.errors import BadTerms, Fault
from tailrace.network.debts import Ints

LENDERS = ("lender", "source", "currency", "firm", "limit_minor", "price")
SOURCES = ("own", "inside", "outside")  # in the order their money is used
PRICE_MAX = 1_000_000
_WHERE = "lenders"
_FORMS = {
    "own": "a member's own money: the firm and the limit, no lender and no price",
    "inside": "a row without a firm is the lender's whole, a row with one is its line to that firm",
}


class Lenders(Struct, frozen=True, kw_only=True):
    """The money of one currency. Line k lends at most `limit[k]` of lender `lender[k]` to a firm.

    `own[firm]` is the money a firm may use of its own. Prices are per 10,000 lent, whole numbers.
    """

    own: Ints
    names: list[str]
    source: Ints  # of each lender: 1 inside, 2 outside
    whole: Ints  # the most each lends in all
    lender: Ints
    firm: Ints
    limit: Ints
    price: Ints
    faults: list[Fault]


class _Row(Struct, frozen=True):
    at: int
    lender: str
    source: str
    firm: str | None
    limit: int | None
    price: int


def lenders_of(table: pa.Table, currency: str, firms: pa.Array, most: int) -> Lenders:
    """Return the lenders of one currency; a bad row lends nothing and becomes a fault.

    table: lender, source ('own', 'inside' or 'outside'), currency, firm, limit_minor, price; the
    columns firm, limit_minor and price may be missing or empty. Own money: one row for each firm.
    A lender: one row without a firm (limit of all its loans, price at any firm without a row of its
    own) and a row for each firm with a limit or a price of its own; without the former it lends to
    the named firms only. An empty limit is none; `most` stands for it. Raises `BadTerms` where a
    column is missing or of a wrong type, or where two rows say the same lender or line.
    """
    rows, faults = _rows(table, currency)
    known = {str(firm): at for at, firm in enumerate(firms.to_pylist())}
    own = np.zeros(len(firms), np.int64)
    lenders: dict[str, list[_Row]] = {}
    _check_twice(rows)
    for row in rows:
        if row.firm is not None and row.firm not in known:
            what = f"firm {row.firm!r} owes nothing and is owed nothing in {currency}"
            faults.append(_fault(what, row.at, "name a firm as the obligations do"))
        elif row.source == "own":
            own[known[str(row.firm)]] = most if row.limit is None else min(row.limit, most)
        else:
            lenders.setdefault(row.lender, []).append(row)
    names = sorted(lenders)
    lines = [
        line for at, name in enumerate(names) for line in _lines(at, lenders[name], known, most)
    ]
    whole = [_whole(lenders[name], most) for name in names]
    columns = np.array(lines, np.int64).reshape(-1, 4).T
    return Lenders(
        own=own,
        names=names,
        source=np.array([SOURCES.index(lenders[name][0].source) for name in names], np.int64),
        whole=np.array(whole, np.int64),
        lender=columns[0],
        firm=columns[1],
        limit=columns[2],
        price=columns[3],
        faults=faults,
    )


def _whole(rows: list[_Row], most: int) -> int:
    for row in rows:
        if row.firm is None:
            return most if row.limit is None else min(row.limit, most)
    return min(sum(most if row.limit is None else row.limit for row in rows), most)


def _lines(
    at: int, rows: list[_Row], known: dict[str, int], most: int
) -> list[tuple[int, int, int, int]]:
    """Return (lender, firm, limit, price) of each firm this lender may lend to, by firm."""
    named = {known[row.firm]: row for row in rows if row.firm is not None}
    whole = next((row for row in rows if row.firm is None), None)
    each = {firm: (row.limit, row.price) for firm, row in named.items()}
    if whole is not None:
        each = {firm: each.get(firm, (None, whole.price)) for firm in known.values()}
    return [
        (at, firm, most if limit is None else min(limit, most), price)
        for firm, (limit, price) in sorted(each.items())
        if limit != 0
    ]


def _rows(table: pa.Table, currency: str) -> tuple[list[_Row], list[Fault]]:
    """Return the good rows of this currency; faults are of rows of any currency that mean nothing."""
    for name in LENDERS[:3]:
        if name not in table.column_names:
            mend = f"columns are {', '.join(LENDERS)}"
            raise BadTerms(f"column {name!r} is missing", where=_WHERE, mend=mend)
    columns = {name: _column(table, name) for name in LENDERS}
    rows, faults = [], []
    for at, values in enumerate(zip(*columns.values(), strict=True)):
        said = dict(zip(LENDERS, values, strict=True))
        wrong = _wrong(said)
        if wrong:
            faults.append(_fault(wrong[0], at, wrong[1]))
        elif said["currency"] == currency:
            name = said["firm"] if said["source"] == "own" else said["lender"]
            given = said["limit_minor"], said["price"] or 0
            rows.append(_Row(at, name, said["source"], said["firm"], *given))
    return rows, faults


def _wrong(said: dict[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with a row and how to mend it, or nothing."""
    source = said["source"]
    if source not in SOURCES:
        return f"the source is {source!r}", f"write one of {', '.join(SOURCES)}"
    if said["currency"] is None:
        return "the currency is not said", "write the code of the currency as the debts do"
    if source == "own" and (said["firm"] is None or said["price"]):
        return "own money without a firm, or with a price", _FORMS["own"]
    if source != "own" and said["lender"] is None:
        return "the lender is not said", _FORMS["inside"]
    if said["limit_minor"] is not None and said["limit_minor"] < 0:
        return (
            f"a limit of {said['limit_minor']:,}",
            "a limit is zero or more; leave it empty for none",
        )
    if said["price"] is not None and not 0 <= said["price"] <= PRICE_MAX:
        return f"a price of {said['price']:,}", f"a price is 0 to {PRICE_MAX:,} per 10,000 lent"
    return None


def _check_twice(rows: list[_Row]) -> None:
    """Raise where one name stands for two lenders, or one line or firm is said twice."""
    seen: dict[tuple[bool, str, str | None], int] = {}
    sources: dict[str, str] = {}
    for row in rows:
        key = (row.source == "own", row.lender, row.firm)
        if key in seen:
            what = f"{row.lender!r} is said twice for {row.firm or 'any firm'}"
            where = f"{_WHERE}, rows {seen[key] + 1} and {row.at + 1}"
            raise BadTerms(what, where=where, mend="one row for each lender and firm")
        seen[key] = row.at
        if row.source != "own" and sources.setdefault(row.lender, row.source) != row.source:
            what = f"two lenders are called {row.lender!r}: one inside, one outside"
            raise BadTerms(
                what, where=f"{_WHERE}, row {row.at + 1}", mend="give them different names"
            )


def _column(table: pa.Table, name: str) -> list[Any]:
    """Return a column as Python values: texts, or whole numbers; empty text is nothing said."""
    if name not in table.column_names:
        return [None] * table.num_rows
    column = table[name]
    if name in ("limit_minor", "price"):
        if not (pa.types.is_integer(column.type) or pa.types.is_null(column.type)):
            mend = "limits are whole minor units, prices whole numbers per 10,000 lent"
            raise BadTerms(f"column {name!r} is {column.type}", where=_WHERE, mend=mend)
        return list(column.cast(pa.int64()).to_pylist())
    texts = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return [text or None for text in texts.to_pylist()]


def _fault(what: str, at: int, mend: str) -> Fault:
    return Fault(what=what, where=f"{_WHERE}, row {at + 1}", mend=mend, position=at)
