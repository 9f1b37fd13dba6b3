"""Lines as numbers: the texts of both sides under one numbering, so that arrays can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.quantities import micro
from tailrace.evidence.goods.fifo import Flags, Ints, Side

FIRMS = ("buyer_id", "seller_id")
NAMED = ("order_ref", "order_line_ref", "despatch_ref", "receipt_ref", "item", "unit")
SCHEMES = "sbt"  # items that are numbers: the seller's, the buyer's, a standard one
_NUMBERS = 2**62


class Lines(Struct, frozen=True):
    """Lines of one side, each column as numbers: equal for equal texts, -1 where nothing is said."""

    side: Side
    codes: dict[str, Ints]


def numbers(columns: Sequence[str], want: Lines, give: Lines, w: Ints, g: Ints) -> Ints:
    """Return one number for each line, equal where the firms and the columns agree."""
    number, size = np.zeros(len(w) + len(g), np.int64), 1
    for column in (*FIRMS, *columns):
        code = np.concatenate((want.codes[column][w], give.codes[column][g]))
        most = int(code.max(initial=0)) + 1
        if size * most >= _NUMBERS:
            values, number = np.unique(number, return_inverse=True)
            size = len(values)
        number, size = number * most + code, size * most
    return number


def strange(want: Lines, give: Lines) -> Flags:
    """Return which lines name an order line that is invoiced as other items than theirs alone.

    Items differ only where both sides give a number of one kind: the seller's, the buyer's, a
    standard one. Names, and numbers of unlike kinds, may mean the same.
    """
    odd = np.zeros(len(give.side.left), np.bool_)
    columns = ("order_ref", "order_line_ref")
    w = np.flatnonzero((want.codes["order_ref"] >= 0) & (want.codes["order_line_ref"] >= 0))
    named = (give.codes["order_ref"] >= 0) & (give.codes["order_line_ref"] >= 0)
    g = np.flatnonzero(named & (give.codes["scheme"] >= 0))
    if not (len(w) and len(g)):
        return odd
    line = numbers(columns, want, give, w, g)
    order = np.argsort(line[: len(w)], kind="stable")
    w, asked = w[order], line[: len(w)][order]
    first = np.minimum(np.searchsorted(asked, line[len(w) :]), len(w) - 1)
    other = want.codes["item"][w[first]] != give.codes["item"][g]
    g, line = (rows[(asked[first] == line[len(w) :]) & other] for rows in (g, line[len(w) :]))
    begin, end = (np.searchsorted(asked, line, side) for side in ("left", "right"))
    at = np.repeat(np.arange(len(g)), end - begin)
    mine = np.arange(len(at)) + np.repeat(begin - np.cumsum(end - begin) + end - begin, end - begin)
    facing, own = w[mine], g[at]
    unlike = (want.codes["scheme"][facing] == give.codes["scheme"][own]) & (
        want.codes["item"][facing] != give.codes["item"][own]
    )
    odd[g] = np.bincount(at, unlike, len(g)) == end - begin
    return odd


def coded(demand: pa.Table, others: Sequence[pa.Table], tolerance: pa.Table) -> Iterator[Lines]:
    """Yield the lines of each table, invoice lines first, with the same numbers for the same texts.

    Beside the columns: `scheme` of the item, `for_line` (the place of the only invoice line a line
    is for) and, of invoice lines, `days`: within how many days the buyer joins goods by content.
    """
    tables = (demand, *others)
    codes: dict[str, Ints] = {}
    for column in (*FIRMS, *NAMED):
        chunks = [chunk for table in tables for chunk in table[column].chunks]
        texts = pa.chunked_array(chunks, pa.string()).combine_chunks().dictionary_encode()
        codes[column] = _whole(texts.indices)
        if column == "item":
            codes["item"][codes["item"] == pc.index(texts.dictionary, "").as_py()] = -1
            codes["scheme"] = _scheme(texts.dictionary)[codes["item"]]
        if column == "buyer_id":
            place = pc.index_in(texts.dictionary, tolerance["firm_id"].combine_chunks())
            codes["days"] = _whole(tolerance["content_days"].take(place))[codes["buyer_id"]]
    start = 0
    for table in tables:
        own = {name: code[start : start + table.num_rows] for name, code in codes.items()}
        start += table.num_rows
        own["for_line"] = _for_line(table, demand)
        day = table["day"].cast(pa.int32()).to_numpy().astype(np.int64)
        yield Lines(Side(micro(table["quantity"]), day, table["line_id"]), own)


def _whole(column: pa.Array | pa.ChunkedArray) -> Ints:
    """Return whole numbers, -1 where there is none."""
    return column.fill_null(-1).to_numpy().astype(np.int64)


def _scheme(items: pa.Array) -> Ints:
    """Return the place of each item's scheme in SCHEMES, -1 for names; and -1 for the place -1."""
    first = pc.utf8_slice_codeunits(items, 0, 1)
    return np.append(_whole(pc.index_in(first, pa.array(list(SCHEMES)))), -1)


def _for_line(table: pa.Table, demand: pa.Table) -> Ints:
    """Return the place of the invoice line a line is for; its own place for an invoice line."""
    if table is demand:
        return np.arange(table.num_rows)
    if "for_line_id" not in table.column_names or table["for_line_id"].null_count == table.num_rows:
        return np.full(table.num_rows, -1)
    known = demand["line_id"].combine_chunks()
    return _whole(pc.index_in(table["for_line_id"], known))
