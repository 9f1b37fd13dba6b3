"""Series that break: numbers and days out of order, and a seller unlike its own past."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tailrace.drill.papers import Firm
from tailrace.drill.sales import base, deal, planted
from tailrace.drill.scene import SUNDAY, Scene

PLACE = 12_000  # where the numbers of these strangers begin
WINDOWS = 6  # of thirty days: five like each other, then one that is not
LONG = 52  # invoices that make a series
TWINS = 4000  # where the running numbers of twins begin


def number_anomaly(s: Scene, count: int) -> None:
    """Date a sale's invoice forty days before the three numbers below its own."""
    first = {seller.vat: (seller, buyer) for seller, buyer in s.pairs(8 * count)}
    for seller, buyer in list(first.values()):
        last = s.billed(seller)[-3:]
        if len(last) == 3 and count:
            day = min(day for _, day in last) - timedelta(days=40)
            sale = deal(s, seller, buyer, s.goods(), day)
            beside = f"the numbers below it are of {day + timedelta(days=40)} or later"
            planted(s, "number_anomaly", sale, beside=beside)
            count -= 1


def twin_number(s: Scene, count: int) -> None:
    """Bill one load twice in a week, delivered both times, under one number with two prefixes."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        good, day, digits = s.goods(), s.day(14), f"{TWINS + n:05}"
        first = base(s, deal(s, seller, buyer, good, day, number=f"DA-{digits}"))
        later = day + timedelta(days=3)
        sale = deal(s, seller, buyer, good, later, number=f"DB-{digits}")
        planted(s, "twin_number", sale, beside=f"{first.number} asks for the same")


def long_series(s: Scene, count: int) -> None:
    """Let a seller bill on weekdays for months; one invoice is of a Sunday, one numbered oddly."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        seller = s.stranger(f"Drill Series {n:03}", PLACE + n)
        day = s.on - timedelta(days=20 + LONG)
        for _ in range(LONG):
            day = following(day, sunday=False)
            base(s, deal(s, seller, buyer, s.goods(), day))
        sale = deal(s, seller, buyer, s.goods(), following(day, sunday=True))
        planted(s, "date_anomaly", sale, beside=f"none of {LONG} others is of a Sunday")
        later = following(day + timedelta(days=8), sunday=False)
        sale = deal(s, seller, buyer, s.goods(), later, number=f"INV/{n}/{s.number(seller)}")
        planted(s, "foreign_number", sale, beside="all others are digits behind 26I")


def following(day: date, *, sunday: bool) -> date:
    """Return the next day that is a Sunday, or that is none."""
    day += timedelta(days=1)
    while (day.weekday() == SUNDAY) != sunday:
        day += timedelta(days=1)
    return day


def sudden_change(s: Scene, count: int, *, times: int) -> None:
    """Let a new seller of even trade bill and deliver many times as much in its last month."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        name = f"Drill Foundry {n:03}"
        seller = s.stranger(name, PLACE + 500 + n)
        good = s.goods().worth(even(s, seller, buyer) * times)
        sale = deal(s, seller, buyer, good, s.on - timedelta(days=12))
        planted(s, "sudden_change", sale, words=f"{name} invoiced ")


def new_debtors(s: Scene, count: int, *, times: Decimal) -> None:
    """Let a seller of even trade bill some of its usual months to debtors it never had."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        name = f"Drill Mill {n:03}"
        seller = s.stranger(name, PLACE + 1000 + n)
        usual = even(s, seller, buyer)
        for fresh in [f for f in s.ring(4) if f.vat != buyer.vat][:3]:
            good = s.goods().worth(int(usual * times) // 3)
            sale = deal(s, seller, fresh, good, s.on - timedelta(days=12))
            planted(s, "new_debtors", sale, words=f"{name} invoiced ")


def new_terms(s: Scene, count: int, *, days: int) -> None:
    """Let a seller that always gave thirty days give many more in its last month."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        name = f"Drill Terms {n:03}"
        seller = s.stranger(name, PLACE + 1500 + n)
        usual = even(s, seller, buyer, terms=30)
        for back in (14, 10):
            day = s.on - timedelta(days=back)
            due = day + timedelta(days=days)
            sale = deal(s, seller, buyer, s.goods().worth(usual // 2), day, due_on=due)
            planted(s, "new_terms", sale, words=f"{name} gives {days} days to pay")


def even(s: Scene, seller: Firm, buyer: Firm, *, terms: int = 60) -> int:
    """Let a seller deliver about the same in each of five windows; return its usual net amount."""
    good = s.goods()
    for back in range(WINDOWS - 1, 0, -1):
        part = good.times(1 + Decimal(int(s.rng.integers(-10, 11))) / 100)
        day = s.on - timedelta(days=30 * back + 12)
        base(s, deal(s, seller, buyer, part, day, due_on=day + timedelta(days=terms)))
    return good.net
