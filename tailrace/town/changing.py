"""Trades made up to measure what `tailrace changes` finds: nothing changed, or one thing planted.

A world is the observations that evidence would read from a book, without the papers: hundreds of
them are made in the time of one town. A relation has its own pace, sums, waits, terms, prices and
manners, drawn once; what differs from order to order is drawn anew and has nothing to do with the
day asked about, but for what is planted.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.ids import digest_id
from tailrace.evidence.changes.measures import (
    COUNT,
    DELAY,
    DISPUTE,
    FILL,
    LEAD,
    PRICE,
    TERMS,
    VOLUME,
)
from tailrace.evidence.changes.working import OBSERVATION, OPEN_SUM
from tailrace.evidence.tables import FIRM
from tailrace.town.arrays import stream

DAYS_BEFORE, DAYS_SINCE = 210, 120
SINCE = date(2026, 1, 5)
ITEMS = 4
CURRENCY = "EUR"
# What is planted and by how much: factor, days or share, as each measure is changed by.
PLANTS = {
    VOLUME.name: 2.0,  # twice as much an order
    COUNT.name: 2.0,  # twice as often
    LEAD.name: 1.5,
    FILL.name: 0.85,  # from 0.98
    DISPUTE.name: 0.15,  # from 0.02
    PRICE.name: 1.10,
    TERMS.name: 30,  # days more: from 30 to 60
    DELAY.name: 15,
}


class Plant(Struct, frozen=True, kw_only=True):
    """A change of one measure in the first `relations` relations, from a day on."""

    measure: str
    relations: int
    days_after: int = 0  # after the day asked about


class World(Struct, frozen=True, kw_only=True):
    """What the step reads, and which pairs of firms were changed."""

    observation: pa.Table
    open_sum: pa.Table
    firm: pa.Table
    since: date
    on: date
    changed: frozenset[tuple[str, str]]


def world(
    seed: int,
    *,
    sellers: int = 8,
    buyers: int = 8,
    relations: int = 24,
    weekly: float = 2.0,
    plant: Plant | None = None,
    moods: float = 0.0,
) -> World:
    """Return a world of relations that order `weekly` times a week, more or less.

    `moods` is the likeness of one week's demand to that of the week before: above zero, demand
    wanders, and what looks like a change may be a mood.
    """
    rng = stream(seed, "changing")
    pair = np.sort(rng.choice(sellers * buyers, relations, replace=False))
    seller, buyer = pair // buyers, pair % buyers
    pace = weekly * np.exp(rng.normal(0, 0.4, relations))
    of, day = _orders(rng, pace, moods)
    changed = np.zeros(len(of), bool)
    twice = plant is not None and plant.measure == COUNT.name
    if plant is not None:
        changed = (of < plant.relations) & (day >= plant.days_after)
        if twice:
            again = np.flatnonzero(changed)
            of, day = np.concatenate([of, of[again]]), np.concatenate([day, day[again]])
            changed = np.concatenate([changed, np.ones(len(again), bool)])
    observed = _observed(rng, of, day, changed, plant, relations)
    ids = [digest_id("firm", n) for n in range(sellers + buyers)]
    table = _table(observed, np.array(ids)[seller], np.array(ids)[sellers + buyer])
    names = [f"Seller {n}" for n in range(sellers)] + [f"Buyer {n}" for n in range(buyers)]
    firm = FIRM.rows(
        {"party_id": i, "firm_id": i, "name": n, "reason": "alone"}
        for i, n in zip(ids, names, strict=True)
    )
    hit = range(plant.relations if plant else 0)
    return World(
        observation=table,
        open_sum=OPEN_SUM.rows(
            {
                "seller_id": ids[s],
                "buyer_id": ids[sellers + b],
                "currency": CURRENCY,
                "open_minor": 1_000_000,
                "invoiced_minor": 12_000_000,
                "ordered_minor": 12_000_000,
            }
            for s, b in zip(seller.tolist(), buyer.tolist(), strict=True)
        ),
        firm=firm,
        since=SINCE,
        on=SINCE + timedelta(days=DAYS_SINCE - 1),
        changed=frozenset((ids[seller[i]], ids[sellers + buyer[i]]) for i in hit),
    )


def _orders(
    rng: np.random.Generator, pace: np.ndarray, moods: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the relation and the day of each order, counted from the day asked about."""
    weeks = (DAYS_BEFORE + DAYS_SINCE) // 7 + 1
    drift = rng.normal(0, 0.5, (weeks, len(pace)))
    for i in range(1, weeks):
        drift[i] = moods * drift[i - 1] + np.sqrt(1 - moods**2) * drift[i]
    many = rng.poisson(pace * np.exp(drift * (moods > 0)))
    week, of = (np.repeat(a.ravel(), many.ravel()) for a in np.indices(many.shape))
    day = week * 7 + rng.integers(0, 5, len(week)) - DAYS_BEFORE
    keep = day < DAYS_SINCE
    return of[keep], day[keep]


def _observed(
    rng: np.random.Generator,
    of: np.ndarray,
    day: np.ndarray,
    changed: np.ndarray,
    plant: Plant | None,
    relations: int,
) -> dict[str, tuple[np.ndarray, ...]]:
    """Return for each measure: relation, day, value, open, item of every observation."""
    n, last = len(of), DAYS_SINCE - 1

    def hit(measure: str) -> np.ndarray:
        return changed & (plant is not None and plant.measure == measure)

    none = np.zeros(n, np.int64)
    worth = np.round(np.exp(rng.normal(rng.normal(12, 0.5, relations)[of], 0.6)))
    worth *= np.where(hit(VOLUME.name), PLANTS[VOLUME.name], 1)
    wait = rng.gamma(4, rng.uniform(2, 6, relations)[of] / 4 * 4)
    wait = np.round(wait * np.where(hit(LEAD.name), PLANTS[LEAD.name], 1))
    wait = np.where(rng.random(n) < 0.04, 10_000, wait)  # of these nothing ever comes
    filled = np.where(hit(FILL.name), PLANTS[FILL.name], 0.98)
    part = np.where(rng.random(n) < filled**4, 1.0, rng.beta(6, 2, n))
    asked = day + 20  # the day of the invoice
    disputed = rng.random(n) < np.where(hit(DISPUTE.name), PLANTS[DISPUTE.name], 0.02)
    term = rng.choice([14, 30, 30, 45], relations)
    odd = rng.random(n) < 0.03
    days = np.where(odd, rng.choice([0, 14, 60], n), term[of])
    days = days + np.where(hit(TERMS.name), int(PLANTS[TERMS.name]), 0)
    due = asked + term[of]
    late = np.round(rng.normal(rng.normal(5, 6, relations)[of], 5) + rng.exponential(4, n))
    slower = plant is not None and plant.measure == DELAY.name
    slow = slower & (of < (plant.relations if plant else 0))
    late += np.where(slow & (due >= (plant.days_after if plant else 0)), PLANTS[DELAY.name], 0)
    late += (4 - (due + late)) % 7  # payment runs are on one day of the week
    item = rng.integers(0, ITEMS, n)
    listed = np.exp(rng.normal(2, 1, relations * ITEMS))[of * ITEMS + item]
    price = listed * np.where(rng.random(n) < 0.09, np.exp(rng.normal(0, 0.05, n)), 1)
    price = np.round(price * np.where(hit(PRICE.name), PLANTS[PRICE.name], 1), 2)
    seen_fill, seen_dispute = day <= last - 45, asked <= last - 30
    return {
        "order": (of, day, worth, none, none),
        LEAD.name: (of, day, np.minimum(wait, last - day), day + wait > last, none),
        FILL.name: tuple(c[seen_fill] for c in (of, day, part, none, none)),
        DISPUTE.name: tuple(c[seen_dispute] for c in (of, asked, disputed, none, none)),
        PRICE.name: tuple(
            c[asked <= last] for c in (of, asked, np.maximum(price, 0.01), none, item)
        ),
        TERMS.name: tuple(c[asked <= last] for c in (of, asked, days, none, none)),
        DELAY.name: tuple(
            c[due <= last] for c in (of, due, np.minimum(late, last - due), due + late > last, none)
        ),
    }


def _table(
    observed: dict[str, tuple[np.ndarray, ...]], seller: np.ndarray, buyer: np.ndarray
) -> pa.Table:
    parts = []
    start = (SINCE - date(1970, 1, 1)).days
    for measure, (of, day, value, open_, item) in observed.items():
        n = len(of)
        number = np.char.add(f"{measure} ", np.arange(n).astype(str))
        price = measure == PRICE.name
        parts.append(
            pa.table(
                {
                    "measure": [measure] * n,
                    "seller_id": seller[of],
                    "buyer_id": buyer[of],
                    "currency": [CURRENCY] * n,
                    "item": np.char.add("item ", item.astype(str)) if price else [""] * n,
                    "day": pa.array((day + start).astype(np.int32)).cast(pa.date32()),
                    "value": np.asarray(value, float),
                    "per": np.ones(n),
                    "open": np.asarray(open_, bool),
                    "row_id": number,
                    "document_id": number,
                }
            )
        )
    return OBSERVATION.cast(pa.concat_tables([OBSERVATION.cast(p) for p in parts]))
