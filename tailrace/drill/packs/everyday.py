"""Honest oddities that must not alarm: factoring, repeats, parts, services, prepayments, branches."""

from __future__ import annotations

from datetime import timedelta

from tailrace.drill.oddities import SORTS
from tailrace.drill.papers import Firm, Good
from tailrace.drill.sales import bill, deal, sound
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 10) -> None:
    """Lay honest sales of each odd sort; none goes into the truth."""
    factor = s.stranger("Drill Factor 1", 1)
    for seller, buyer in s.pairs(count):
        sound(s, deal(s, seller, buyer, s.goods(), s.day(), payee=factor))
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day(14)
        for later in (
            0,
            2,
            5,
        ):  # the same goods and amount three times within a week, each delivered
            sound(s, deal(s, seller, buyer, good, day + timedelta(days=later)))
    for seller, buyer in s.pairs(count):
        split_delivery(s, seller, buyer)
    for seller, buyer in s.pairs(count):
        own_series(s, seller, buyer)
    for lay in SORTS:
        for at, (seller, buyer) in enumerate(s.pairs(count)):
            lay(s, seller, buyer, at)


def split_delivery(s: Scene, seller: Firm, buyer: Firm) -> None:
    """Lay one order that is delivered in two parts and billed once."""
    good, day = s.goods(), s.day()
    half = good.quantity // 2
    order = s.number(buyer, "order")
    paper = s.paper("order", order, day - timedelta(days=9), seller, buyer, currency="EUR")
    s.line(paper, good, order=None, net_minor=good.net)
    for part, ago in ((half, 6), (good.quantity - half, 1)):
        came = Good(item=good.item, name=good.name, quantity=part, price=good.price)
        when = day - timedelta(days=ago)
        despatch = s.number(seller, "despatch")
        s.line(s.paper("despatch", despatch, when, seller, buyer), came, order=order)
        paper = s.paper("receipt", s.number(buyer, "receipt"), when, seller, buyer)
        s.line(paper, came, order=order, delivered_on=when)
        s.refer(paper, "despatch", despatch)
    sound(s, bill(s, seller, buyer, good, day, order=order))


def own_series(s: Scene, seller: Firm, buyer: Firm) -> None:
    """Lay a sale whose invoice is numbered in a branch's own series."""
    number = f"BR2-{s.number(seller)[-5:]}"
    sound(s, deal(s, seller, buyer, s.goods(), s.day(), number=number))
