"""The rows of the changes: figures, day, need and words of each, and what it was seen on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.ids import digest_id
from tailrace.evidence.changes.breaks import Dated, Size, middle
from tailrace.evidence.changes.layers import Keys, Layers
from tailrace.evidence.changes.measures import (
    MEASURES,
    PLACE,
    PRICE,
    SIZE,
    VIEWS,
    VOLUME,
    Measure,
)
from tailrace.evidence.changes.needs import NONE, Need, Sums, cycles, need_of
from tailrace.evidence.changes.seen import Seen, day_of, places_of
from tailrace.evidence.changes.words import Told, said
from tailrace.evidence.changes.working import CHANGE_POINT

TEST = "stratified rank sum (van Elteren, Gehan), Pearson III tail; Benjamini-Hochberg"


class Tests(NamedTuple):
    """How the picked series were judged."""

    p: np.ndarray
    q: np.ndarray
    counts: np.ndarray  # before, since, not over yet


class Figures(Struct, frozen=True, kw_only=True):
    """One change in figures."""

    measure: Measure
    before: float
    effect: float  # of a relative measure as a share of `before`
    low: float
    high: float
    broke: tuple[date, date, date]  # best, first, last
    p: float
    q: float
    counts: tuple[int, int, int]  # before, since, not over yet

    @property
    def after(self) -> float:
        grown = self.before * (1 + self.effect)
        return grown if self.measure.relative else self.before + self.effect


def changes_of(
    seen: Seen,
    some: Layers,
    open_sum: pa.Table,
    told: np.ndarray,
    size: Size,
    dates: Dated,
    tests: Tests,
    days: tuple[int, int],
) -> list[dict[str, Any]]:
    """Return the rows of the changes `told`, places among the picked series."""
    sums = _sums(seen, some, told, open_sum, days)
    first = _first_documents(some, dates.best, days[0])
    rows = []
    for at, i in enumerate(told.tolist()):
        figures = _figures(some.keys, i, size, dates, tests)
        who = seen.who(some.keys, i)
        need = need_of(figures.measure, figures.effect, sums[at])
        if who[f"{need.whose}_id"] is None:  # many firms': told where each of them is looked at
            need = NONE
        rows.append(
            {
                "change_id": digest_id("change", *who.values(), day_of(days[0])),
                **who,
                **_columns(figures, who["currency"]),
                **_asked(need, who),
                "document_id": seen.documents[int(first[i])].as_py(),
                "what": said(_told(seen, some.keys, i, figures, need, sums[at], who["currency"])),
            }
        )
    return rows


def _figures(keys: Keys, i: int, size: Size, dates: Dated, tests: Tests) -> Figures:
    effect, low, high = (float(c[i]) for c in (size.effect, size.low, size.high))
    best, first, last = (day_of(d[i]) for d in (dates.best, dates.first, dates.last))
    before, since, still = (int(c[i]) for c in tests.counts)
    return Figures(
        measure=MEASURES[keys.measure[i]],
        before=float(size.before[i]),
        effect=effect,
        low=low,
        high=high,
        broke=(best, first, last),
        p=float(tests.p[i]),
        q=float(tests.q[i]),
        counts=(before, since, still),
    )


def _columns(f: Figures, currency: str) -> dict[str, Any]:
    """Return the columns of `change` that are figures."""
    unit = f.measure.unit
    in_money = f.measure in (VOLUME, SIZE)
    return {
        **dict(zip(("before_count", "after_count", "open_count"), f.counts, strict=True)),
        "unit": f"{currency} minor units {unit}" if in_money else unit,
        "before": f.before,
        "after": f.after,
        "effect": f.effect,
        "effect_low": f.low,
        "effect_high": f.high,
        **dict(zip(("broke_on", "broke_from", "broke_to"), f.broke, strict=True)),
        "test": TEST,
        "p": f.p,
        "q": f.q,
    }


def _asked(need: Need, who: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of `change` that say what it asks for."""
    return {
        "need": need.need,
        "need_for_id": who[f"{need.whose}_id"] if need.need else None,
        "need_days": need.days,
        "amount_minor": need.amount_minor,
    }


def _told(
    seen: Seen, keys: Keys, i: int, f: Figures, need: Need, sums: Sums, currency: str
) -> Told:
    return Told(
        measure=f.measure,
        seller=seen.name(int(keys.seller[i])),
        buyer=seen.name(int(keys.buyer[i])),
        currency=currency,
        before=f.before,
        after=f.after,
        effect=f.effect,
        low=f.low,
        high=f.high,
        broke=f.broke,
        q=f.q,
        counts=f.counts,
        need=need,
        sums=sums,
    )


def _sums(
    seen: Seen, some: Layers, told: np.ndarray, open_sum: pa.Table, days: tuple[int, int]
) -> list[Sums]:
    """Return what the book tells of the firms of each change, in whole numbers."""
    keys = Keys(*(column[told] for column in some.keys))
    firms = np.stack([keys.view, keys.seller, keys.buyer, keys.currency], axis=1)
    group, of = np.unique(firms, axis=0, return_inverse=True)
    of = of.reshape(-1)
    seller, buyer = (places_of(open_sum[n], seen.firms) for n in ("seller_id", "buyer_id"))
    currency = places_of(open_sum["currency"], seen.currencies)
    names = ("open_minor", "invoiced_minor", "ordered_minor")
    total = np.zeros((len(group), len(names)), np.int64)
    cycle = np.zeros(len(group), np.int64)
    rows = seen.rows.some(~seen.rows.open)
    for view in range(len(VIEWS)):
        mine = _groups(group, view, seller, buyer, currency)
        for j, name in enumerate(names):
            np.add.at(total[:, j], mine[mine >= 0], open_sum[name].to_numpy()[mine >= 0])
        mine = _groups(group, view, rows.seller, rows.buyer, rows.currency)
        hit = mine >= 0
        cycle += cycles(mine[hit], rows.measure[hit], rows.value[hit], len(group))
    laid = some.laid
    part = laid.series * 2 + laid.since
    ordered = np.zeros(2 * laid.many, np.int64)
    weekly = np.isin(some.keys.measure, [PLACE[VOLUME.name]])[laid.series]
    np.add.at(ordered, part[weekly], np.round(laid.value[weekly]).astype(np.int64))
    weeks = np.bincount(part, minlength=2 * laid.many)
    return [
        Sums(
            open=int(total[g, 0]),
            invoiced=int(total[g, 1]),
            ordered=int(total[g, 2]),
            before=int(ordered[2 * i]),
            after=int(ordered[2 * i + 1]),
            weeks_before=int(weeks[2 * i]),
            weeks_after=int(weeks[2 * i + 1]),
            cycle_days=int(cycle[g]),
            days=days[1] - days[0] + 1,
        )
        for g, i in zip(of.tolist(), told.tolist(), strict=True)
    ]


def _groups(
    group: np.ndarray, view: int, seller: np.ndarray, buyer: np.ndarray, currency: np.ndarray
) -> np.ndarray:
    """Return which of the groups (view, seller, buyer, currency) each row belongs to, else -1."""
    mine = np.flatnonzero(group[:, 0] == view)
    if len(mine) == 0 or len(seller) == 0:
        return np.full(len(seller), -1)
    firms, codes = int(max(seller.max(), buyer.max())) + 2, int(currency.max()) + 1
    codes = max(codes, int(group[:, 3].max()) + 1)
    firms = max(firms, int(group[:, 1:3].max()) + 2)
    a = seller if VIEWS[view] != "buyer" else np.full(len(seller), -1)
    b = buyer if VIEWS[view] != "seller" else np.full(len(buyer), -1)
    wanted = ((group[mine, 1] + 1) * firms + group[mine, 2] + 1) * codes + group[mine, 3]
    code = ((a + 1) * firms + b + 1) * codes + currency
    order = np.argsort(wanted)
    at = np.minimum(np.searchsorted(wanted[order], code), len(mine) - 1)
    found = order[at]
    return np.where((wanted[found] == code) & (seller >= 0), mine[found], -1)


def _first_documents(some: Layers, broke: np.ndarray, since: int) -> np.ndarray:
    """Return the table row of the first document on or after the break, else of the last before."""
    laid, place = some.laid, some.place
    keep = place >= 0
    series, day, place = laid.series[keep], laid.day[keep], place[keep]
    on_or_after = day >= np.maximum(broke[series], since)
    away = np.where(on_or_after, day, np.iinfo(np.int64).max // 2 - day)
    order = np.lexsort((place, away, ~on_or_after, series))
    at = np.searchsorted(series[order], np.arange(laid.many))
    return place[order][np.minimum(at, max(len(order) - 1, 0))]


def points_of(seen: Seen, some: Layers, told: np.ndarray, ids: list[str]) -> pa.Table:
    """Return the observations of the changes; a price as a share of its item's middle before."""
    number = np.full(some.laid.many, -1)
    number[told] = np.arange(len(told))
    keep = number[some.laid.series] >= 0
    laid, place = some.laid.some(keep), some.place[keep]
    logs = np.array([m.log for m in MEASURES])[some.keys.measure][laid.series]
    value = laid.value.copy()
    if logs.any():
        _, stratum = np.unique(laid.stratum, return_inverse=True)
        by_stratum = laid._replace(series=stratum, many=int(stratum.max(initial=-1)) + 1)
        price = (some.keys.measure == PLACE[PRICE.name])[laid.series]
        past = np.where(price, middle(by_stratum)[stratum], 0.0)
        value[logs] = np.exp((laid.value - past)[logs])
        known = np.bincount(stratum[~laid.since], minlength=by_stratum.many)[stratum] > 0
        drop = price & ~known
        laid, place, value = laid.some(~drop), place[~drop], value[~drop]
    series = number[laid.series]
    order = np.lexsort((place, value, laid.day, series))
    series = series[order]
    many = np.bincount(series, minlength=len(ids))
    document = pa.array(np.maximum(place[order], 0), mask=place[order] < 0)
    return CHANGE_POINT.cast(
        pa.table(
            {
                "change_id": pa.array(ids, pa.string()).take(pa.array(series)),
                "place": np.arange(len(series)) - (np.cumsum(many) - many)[series],
                "day": pa.array(laid.day[order].astype(np.int32)).cast(pa.date32()),
                "value": value[order],
                "open": laid.open[order],
                "document_id": seen.documents.take(document),
            }
        )
    )
