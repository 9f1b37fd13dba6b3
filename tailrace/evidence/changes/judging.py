"""The step that judges all series at once, and tells those that broke by as much as matters."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.ids import digest_id
from tailrace.base.steps import array_step
from tailrace.evidence.changes.breaks import Dated, Size, by_mean, by_shift, dated, middle
from tailrace.evidence.changes.layers import Keys, Layers, layers, rows_of
from tailrace.evidence.changes.measures import MEASURES, PLACE, PRICE, SIZE, VIEWS, VOLUME
from tailrace.evidence.changes.needs import NONE, Sums, cycles, need_of
from tailrace.evidence.changes.ranks import Judged, Laid, corrected, judge
from tailrace.evidence.changes.rules import ChangeRules
from tailrace.evidence.changes.words import Told, said
from tailrace.evidence.changes.working import CHANGE, CHANGE_POINT, SERIES

TEST = "stratified rank sum (van Elteren, Gehan), Pearson III tail; Benjamini-Hochberg"
JUDGED, LITTLE_BEFORE, LITTLE_SINCE, STILL = STATES = (
    "judged",
    "little before",
    "little since",
    "no variation",
)
EPOCH = date(1970, 1, 1).toordinal()


class Seen:
    """The observations in numbers, with the names behind them."""

    def __init__(self, observation: pa.Table, firm: pa.Table) -> None:
        ids = pa.chunked_array(observation["seller_id"].chunks + observation["buyer_id"].chunks)
        self.firms = pc.unique(ids).sort() if observation.num_rows else pa.array([], pa.string())
        self.currencies = pc.unique(observation["currency"]).sort()
        self.rows = rows_of(observation, self.firms, self.currencies)
        self.documents = observation["document_id"]
        named = pc.index_in(self.firms, value_set=firm["firm_id"].combine_chunks())
        self.names = pc.fill_null(firm["name"].combine_chunks().take(named), "?")

    def who(self, keys: Keys, i: int) -> dict[str, Any]:
        """Return the columns that say what series i is of."""
        seller, buyer = int(keys.seller[i]), int(keys.buyer[i])
        return {
            "measure": MEASURES[keys.measure[i]].name,
            "view": VIEWS[keys.view[i]],
            "seller_id": self.firms[seller].as_py() if seller >= 0 else None,
            "buyer_id": self.firms[buyer].as_py() if buyer >= 0 else None,
            "currency": self.currencies[int(keys.currency[i])].as_py(),
        }

    def name(self, place: int) -> str | None:
        return self.names[place].as_py() if place >= 0 else None


@array_step(
    reads=("observation", "open_sum", "firm"),
    writes=("series", "change", "change_point"),
    version=1,
)
def changed(
    observation: pa.Table,
    open_sum: pa.Table,
    firm: pa.Table,
    on: date,
    since: date,
    changes: ChangeRules,
) -> dict[str, pa.Table]:
    """Judge every series, correct for all of them, and tell the changes with size, day and need."""
    seen = Seen(observation, firm)
    days = since.toordinal() - EPOCH, on.toordinal() - EPOCH
    made = layers(seen.rows, since=days[0], on=days[1], changes=changes)
    counts, state, rows = _counted(made.laid, changes)
    tested = _tested(made.laid, rows)
    state = np.where((state == 0) & np.isnan(tested.p), STATES.index(STILL), state)
    p = np.where(state == 0, tested.p, np.nan)
    q = np.full(len(p), np.nan)
    q[state == 0] = corrected(p[state == 0])
    series = _series(seen, made.keys, counts, state, p, q)
    picked = np.flatnonzero(q <= changes.false_alarm_rate)
    some, score = _picked(made, tested, picked)
    size = _sizes(some, tested.z[picked])
    least = np.array([changes.least.get(m.name, np.inf) for m in MEASURES])[some.keys.measure]
    matters = (np.abs(size.effect) >= least) & (np.sign(size.effect) == np.sign(tested.z[picked]))
    told = np.flatnonzero(matters)
    found = _changes(
        seen,
        some,
        open_sum,
        told,
        size,
        dated(some.laid, score),
        (p[picked], q[picked], counts[:, picked]),
        days,
    )
    points = _points(seen, some, told, [row["change_id"] for row in found])
    return {"series": series, "change": CHANGE.rows(found), "change_point": points}


def _counted(laid: Laid, changes: ChangeRules) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return counts (before, since, open), the state so far of each series, and the rows to judge.

    What can be judged is what stands in a stratum that has both parts: where enough does, the state
    is judged, unless nothing varies.
    """
    strata = int(laid.stratum.max(initial=-1)) + 1
    part = np.bincount(laid.stratum * 2 + laid.since, minlength=2 * strata)
    live = ((part[::2] > 0) & (part[1::2] > 0))[laid.stratum]

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(laid.series[rows], minlength=laid.many)

    before, since = count(live & ~laid.since), count(live & laid.since)
    all_before = count(~laid.since)
    state = np.where(since < changes.after_min, STATES.index(LITTLE_SINCE), 0)
    few = np.minimum(all_before, np.where(since > 0, before, all_before)) < changes.history_min
    state = np.where(few, STATES.index(LITTLE_BEFORE), state)
    counts = np.stack([all_before, count(laid.since), count(laid.open)])
    return counts, state, live & (state == 0)[laid.series]


def _tested(laid: Laid, rows: np.ndarray) -> Judged:
    """Return the test on these rows alone; the others have no score."""
    some = judge(laid.some(rows))
    score = np.zeros(len(rows))
    score[rows] = some.score
    return some._replace(score=score)


def _series(
    seen: Seen, keys: Keys, counts: np.ndarray, state: np.ndarray, p: np.ndarray, q: np.ndarray
) -> pa.Table:
    measure = pa.array([m.name for m in MEASURES]).take(pa.array(keys.measure))
    view = pa.array(VIEWS).take(pa.array(keys.view))
    firms = [
        seen.firms.take(pa.array(np.maximum(k, 0), mask=k < 0)) for k in (keys.seller, keys.buyer)
    ]
    currency = seen.currencies.take(pa.array(keys.currency))
    columns = {
        "measure": measure,
        "view": view,
        "seller_id": firms[0],
        "buyer_id": firms[1],
        "currency": currency,
        "before_count": counts[0],
        "after_count": counts[1],
        "open_count": counts[2],
        "state": pa.array(STATES).take(pa.array(state)),
        "p": pa.array(p, mask=np.isnan(p)),
        "q": pa.array(q, mask=np.isnan(q)),
    }
    return SERIES.cast(pa.table(columns))


def _picked(made: Layers, tested: Judged, picked: np.ndarray) -> tuple[Layers, np.ndarray]:
    """Return the picked series alone, numbered anew, with the scores of their observations."""
    number = np.full(made.laid.many, -1)
    number[picked] = np.arange(len(picked))
    keep = number[made.laid.series] >= 0
    laid = made.laid.some(keep)
    laid = laid._replace(series=number[laid.series], many=len(picked))
    keys = Keys(*(column[picked] for column in made.keys))
    return Layers(keys, laid, made.place[keep]), tested.score[keep]


def _sizes(some: Layers, z: np.ndarray) -> Size:
    """Return each change in the measure's unit; relative ones as a share of the past."""
    measure, laid = some.keys.measure, some.laid
    shift = np.array([m.shift for m in MEASURES])[measure]
    logs = np.array([m.log for m in MEASURES])[measure]
    relative = np.array([m.relative for m in MEASURES])[measure] & ~logs
    a = by_shift(laid.some(shift[laid.series]))
    b = by_mean(laid.some(~shift[laid.series]))
    before, *ends = (np.where(shift, x, y) for x, y in zip(a, b, strict=True))
    ends = [np.where(logs, np.expm1(np.where(logs, e, 0.0)), e) for e in ends]
    base = np.where(relative & (before > 0), before, 1.0)
    price = measure == PLACE[PRICE.name]  # items differ: only the share of their past is one figure
    before = np.where(logs, np.exp(np.where(logs & ~price, before, 0.0)), before)
    return Size(before, *(e / base for e in ends))


def _changes(
    seen: Seen,
    some: Layers,
    open_sum: pa.Table,
    told: np.ndarray,
    size: Size,
    dates: Dated,
    tested: tuple[np.ndarray, np.ndarray, np.ndarray],
    days: tuple[int, int],
) -> list[dict[str, Any]]:
    """Return the rows of the changes `told`, places among the picked series."""
    p, q, counts = tested
    keys = some.keys
    sums = _sums(seen, some, told, open_sum, days)
    first = _first_documents(some, dates.best, days[0])
    rows = []
    for at, i in enumerate(told.tolist()):
        measure = MEASURES[keys.measure[i]]
        effect, low, high = (float(c[i]) for c in (size.effect, size.low, size.high))
        before = float(size.before[i])
        after = before * (1 + effect) if measure.relative else before + effect
        broke = tuple(_day(d[i]) for d in (dates.best, dates.first, dates.last))
        who = seen.who(keys, i)
        need = need_of(measure, effect, sums[at])
        if (
            who[f"{need.whose}_id"] is None
        ):  # many firms' need, told where each of them is looked at
            need = NONE
        many = tuple(int(c[i]) for c in counts)
        words = Told(
            measure=measure,
            seller=seen.name(int(keys.seller[i])),
            buyer=seen.name(int(keys.buyer[i])),
            currency=who["currency"],
            before=before,
            after=after,
            effect=effect,
            low=low,
            high=high,
            broke=(broke[0], broke[1], broke[2]),
            q=float(q[i]),
            counts=(many[0], many[1], many[2]),
            need=need,
            sums=sums[at],
        )
        rows.append(
            {
                "change_id": digest_id("change", *who.values(), _day(days[0])),
                **who,
                "before_count": many[0],
                "after_count": many[1],
                "open_count": many[2],
                "unit": f"{who['currency']} minor units {measure.unit}"
                if measure in (VOLUME, SIZE)
                else measure.unit,
                "before": before,
                "after": after,
                "effect": effect,
                "effect_low": low,
                "effect_high": high,
                "broke_on": broke[0],
                "broke_from": broke[1],
                "broke_to": broke[2],
                "test": TEST,
                "p": float(p[i]),
                "q": float(q[i]),
                "need": need.need,
                "need_for_id": who[f"{need.whose}_id"] if need.need else None,
                "need_days": need.days,
                "amount_minor": need.amount_minor,
                "document_id": seen.documents[int(first[i])].as_py(),
                "what": said(words),
            }
        )
    return rows


def _sums(
    seen: Seen, some: Layers, told: np.ndarray, open_sum: pa.Table, days: tuple[int, int]
) -> list[Sums]:
    """Return what the book tells of the firms of each change, in whole numbers."""
    keys = Keys(*(column[told] for column in some.keys))
    firms = np.stack([keys.view, keys.seller, keys.buyer, keys.currency], axis=1)
    group, of = np.unique(firms, axis=0, return_inverse=True)
    of = of.reshape(-1)
    seller, buyer = (_places(open_sum[n], seen.firms) for n in ("seller_id", "buyer_id"))
    currency = _places(open_sum["currency"], seen.currencies)
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


def _points(seen: Seen, some: Layers, told: np.ndarray, ids: list[str]) -> pa.Table:
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


def _places(column: pa.ChunkedArray, among: pa.Array) -> np.ndarray:
    """Return the place of each value, -1 where it has none."""
    found = pc.fill_null(pc.index_in(column, among), -1)
    return np.asarray(found.to_numpy()).astype(np.int64)


def _day(number: Any) -> date:
    return date.fromordinal(int(number) + EPOCH)
