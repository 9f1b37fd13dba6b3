"""Observations laid into series: each relation, each firm as seller and as buyer.

A firm that trades with one other has no series of its own: it would be the relation's again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.evidence.changes.measures import (
    BUYER,
    COUNT,
    MEASURES,
    PLACE,
    RELATION,
    SELLER,
    SIZE,
    VIEWS,
    VOLUME,
)
from tailrace.evidence.changes.ranks import Laid
from tailrace.evidence.changes.rules import ChangeRules
from tailrace.evidence.changes.told import ORDER

WEEK = 7
NOBODY = -1
NUMBER_MAX = 2**62  # keys of several columns are packed into one number below it


class Keys(NamedTuple):
    """What each series is of: places in MEASURES, VIEWS, the firms and the currencies."""

    measure: np.ndarray
    view: np.ndarray
    seller: np.ndarray  # NOBODY in the view of a buyer
    buyer: np.ndarray
    currency: np.ndarray


class Rows(NamedTuple):
    """Observations in numbers: places of firms, currencies and items, days since 1970."""

    measure: np.ndarray  # place in MEASURES; an order is VOLUME's
    seller: np.ndarray
    buyer: np.ndarray
    currency: np.ndarray
    item: np.ndarray
    day: np.ndarray
    value: np.ndarray
    open: np.ndarray
    place: np.ndarray  # row of the table

    def some(self, keep: np.ndarray) -> Rows:
        return Rows(*(column[keep] for column in self))


class Layers(NamedTuple):
    """All series: their keys, their observations, and the table row behind each observation."""

    keys: Keys
    laid: Laid
    place: np.ndarray  # row of the observation table; -1 for a week without an order


def rows_of(table: pa.Table, firms: pa.Array, currencies: pa.Array) -> Rows:
    """Return the observations of a table in numbers."""
    known = pa.array([ORDER if m is VOLUME else m.name for m in MEASURES])
    item = table["item"].combine_chunks().dictionary_encode()
    return Rows(
        measure=_places(table["measure"], known),
        seller=_places(table["seller_id"], firms),
        buyer=_places(table["buyer_id"], firms),
        currency=_places(table["currency"], currencies),
        item=item.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        day=table["day"].cast(pa.int32()).to_numpy().astype(np.int64),
        value=table["value"].to_numpy() / table["per"].to_numpy(),
        open=table["open"].to_numpy(),
        place=np.arange(table.num_rows),
    )


def _places(column: pa.ChunkedArray, among: pa.Array) -> np.ndarray:
    return np.asarray(pc.index_in(column, among).to_numpy()).astype(np.int64)


def layers(rows: Rows, *, since: int, on: int, changes: ChangeRules) -> Layers:
    """Return the series of all measures the rules watch, in all views."""
    orders = rows.some(rows.measure == PLACE[VOLUME.name])
    sizes = orders._replace(measure=np.full(len(orders.day), PLACE[SIZE.name]))
    single = Rows(*(np.concatenate(both) for both in zip(rows, sizes, strict=True)))
    made = [_plain(single, view, since, changes) for view in range(len(VIEWS))]
    made += [
        _weekly(orders, view, m, since=since, on=on, changes=changes)
        for view in range(len(VIEWS))
        for m in (PLACE[VOLUME.name], PLACE[COUNT.name])
        if MEASURES[m].name in changes.measures
    ]
    return _joined(made)


def _keyed(rows: Rows, view: int, measure: np.ndarray) -> tuple[Keys, np.ndarray, Rows]:
    """Return the series of a view, the series of each row, and the rows that belong to one."""
    nobody = np.full(len(rows.day), NOBODY)
    seller = rows.seller if view in (RELATION, SELLER) else nobody
    buyer = rows.buyer if view in (RELATION, BUYER) else nobody
    table = np.stack([measure, seller, buyer, rows.currency], axis=1)
    found, series = _unique(table)
    if view != RELATION and len(found):
        other = rows.buyer if view == SELLER else rows.seller
        pair, _ = _unique(np.stack([series, other], axis=1))
        many = np.bincount(pair[:, 0], minlength=len(found)) > 1
        keep = many[series]
        number = np.cumsum(many) - 1
        found, series, rows = found[many], number[series[keep]], rows.some(keep)
    keys = Keys(found[:, 0], np.full(len(found), view), found[:, 1], found[:, 2], found[:, 3])
    return keys, series, rows


def _unique(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows, sorted, and which each row is; as one number, for speed."""
    if len(table) == 0:
        return table, np.zeros(0, np.int64)
    key, size = np.zeros(len(table), np.int64), 1
    for column in table.T:
        low = int(column.min())
        span = int(column.max()) - low + 1
        if size * span >= NUMBER_MAX:
            _, key = np.unique(key, return_inverse=True)
            size = int(key.max()) + 1
        key, size = key * span + (column - low), size * span
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return table[first], inverse


def _plain(rows: Rows, view: int, since: int, changes: ChangeRules) -> Layers:
    """Lay one observation a document; strata are items and the firms on the other side."""
    watched = [PLACE[n] for n in changes.measures if not MEASURES[PLACE[n]].weekly]
    keys, series, rows = _keyed(*_chosen(rows, np.isin(rows.measure, watched), view))
    other = rows.buyer if view == SELLER else rows.seller if view == BUYER else rows.seller * 0
    _, stratum = _unique(np.stack([series, other, rows.item], axis=1))
    logs = np.isin(rows.measure, [PLACE[m.name] for m in MEASURES if m.log])
    value = rows.value.copy()
    value[logs] = np.round(np.log(value[logs]), 9)
    laid = Laid(series, stratum, rows.day, value, rows.open, rows.day >= since, len(keys.measure))
    return Layers(keys, laid, rows.place)


def _chosen(rows: Rows, keep: np.ndarray, view: int) -> tuple[Rows, int, np.ndarray]:
    kept = rows.some(keep)
    return kept, view, kept.measure


def _weekly(
    rows: Rows, view: int, measure: int, *, since: int, on: int, changes: ChangeRules
) -> Layers:
    """Lay sums of whole weeks, counted from the day both ways; weeks without an order are zero.

    A series begins with the week after its first order: the first is never empty, and would be one
    large week too many. What lies in a week that `on` cuts short is not seen.
    """
    keys, series, rows = _keyed(rows, view, np.full(len(rows.day), measure))
    count = len(keys.measure)
    ahead = (on + 1 - since) // WEEK
    week = (rows.day - since) // WEEK
    first = np.full(count, ahead)
    np.minimum.at(first, series, week)
    first = np.maximum(first + 1, -(changes.history_days // WEEK))
    known = np.bincount(series[week < 0], minlength=count)
    long = (known >= changes.history_min) & (first < 0)  # others get no weeks, and are counted
    length = np.where(long, ahead - first, 0)
    start = np.cumsum(length) - length
    inside = (week >= first[series]) & (week < ahead) & long[series]
    at = (start[series] + week - first[series])[inside]
    size = int(length.sum())
    worth = rows.value[inside] if measure == PLACE[VOLUME.name] else np.ones(len(at))
    value = np.bincount(at, weights=worth, minlength=size)
    place = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(place, at, rows.place[inside])
    place[place == np.iinfo(np.int64).max] = -1
    owner = np.repeat(np.arange(count), length)
    weeks = np.arange(size) - start[owner] + first[owner]
    laid = Laid(owner, owner, since + weeks * WEEK, value, np.zeros(size, bool), weeks >= 0, count)
    return Layers(keys, laid, place)


def _joined(made: list[Layers]) -> Layers:
    """Put layers one after the other; numbers of series and strata run on."""
    offsets, series, strata = [], 0, 0
    for layer in made:
        offsets.append((series, strata))
        series += layer.laid.many
        strata += int(layer.laid.stratum.max(initial=-1)) + 1
    moved = [
        x._replace(series=x.series + a, stratum=x.stratum + b)
        for x, (a, b) in zip((layer.laid for layer in made), offsets, strict=True)
    ]
    laid = Laid(
        np.concatenate([x.series for x in moved]),
        np.concatenate([x.stratum for x in moved]),
        np.concatenate([x.day for x in moved]),
        np.concatenate([x.value for x in moved]),
        np.concatenate([x.open for x in moved]),
        np.concatenate([x.since for x in moved]),
        series,
    )
    keys = Keys(*(np.concatenate(c) for c in zip(*(layer.keys for layer in made), strict=True)))
    return Layers(keys, laid, np.concatenate([layer.place for layer in made]))
