"""The step that judges all series at once, and tells those that broke by as much as matters."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from tailrace.base.steps import array_step
from tailrace.evidence.changes.breaks import Size, by_mean, by_shift, dated
from tailrace.evidence.changes.found import Tests, changes_of, points_of
from tailrace.evidence.changes.layers import Keys, Layers, layers
from tailrace.evidence.changes.measures import MEASURES, PLACE, PRICE, VIEWS
from tailrace.evidence.changes.ranks import Judged, Laid, corrected, judge
from tailrace.evidence.changes.rules import ChangeRules
from tailrace.evidence.changes.seen import EPOCH, Seen
from tailrace.evidence.changes.working import CHANGE, SERIES

JUDGED, LITTLE_BEFORE, LITTLE_SINCE, STILL = STATES = (
    "judged",
    "little before",
    "little since",
    "no variation",
)


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
    tests = Tests(p[picked], q[picked], counts[:, picked])
    found = changes_of(seen, some, open_sum, told, size, dated(some.laid, score), tests, days)
    points = points_of(seen, some, told, [row["change_id"] for row in found])
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
