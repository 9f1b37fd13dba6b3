"""Honest sales of unusual shape: each is to be proven in full and to raise nothing grave."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import structs

from tailrace.drill.sales import bill, credit, deal, gross, ordered, sound, work
from tailrace.drill.scene import Firm, Good, Scene, account_number

PLACE = 5000  # where the numbers of everyday's own strangers begin


def hours(s: Scene) -> Good:
    """Return some hours of work."""
    count, price = int(s.rng.integers(8, 120)), 50 * int(s.rng.integers(60, 240))
    return Good(item="WORK", name="Fitting", quantity=count, price=price, unit="HUR")


def services(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay work by the hour that the buyer signed, in turn on a timesheet and an acceptance."""
    kind = ("timesheet", "acceptance")[at % 2]
    sound(s, work(s, seller, buyer, hours(s), s.day(), kind=kind))


def metered(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a month's energy, read by the grid operator at both ends."""
    grid, meter = s.stranger("Drill Grid", PLACE), f"DRILL-M{at:04}"
    ended = s.on.replace(day=1)
    begun = (ended - timedelta(days=1)).replace(day=1)
    shown, used = int(s.rng.integers(1000, 9000)), int(s.rng.integers(200, 4000))
    s.read(meter, grid, begun, shown)
    s.read(meter, grid, ended, shown + used)
    good = Good(item="ENERGY", name="Energy", quantity=used, price=30, unit="KWH")
    period: dict[str, Any] = {"period_from": begun, "period_to": ended - timedelta(days=1)}
    sale = bill(s, seller, buyer, good, ended + timedelta(days=2), **period)
    s.refer(sale.document, "object", meter)
    sound(s, sale)


def prepaid(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a prepayment invoice of a third, delivered goods, and the invoice that deducts it."""
    good, day = s.goods(), s.day(9, 14)
    order = ordered(s, seller, buyer, good, day - timedelta(days=20))
    third = Good(item="PREPAY", name="Prepayment", quantity=1, price=good.net // 3, unit="LS")
    ahead = bill(s, seller, buyer, third, day - timedelta(days=19), type_code="386")
    s.refer(ahead.document, "order", order)
    came = day - timedelta(days=1)
    papers = s.paper("receipt", s.number(buyer, "receipt"), came, seller, buyer, delivered_on=came)
    s.line(papers, good, order=order, delivered_on=came)
    last = bill(s, seller, buyer, good, day, order=order, prepaid=gross(third))
    s.refer(last.document, "invoice", ahead.number)
    sound(s, ahead, last)


def corrected(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay an invoice that asks for a tenth too much, and the corrective invoice in its place."""
    good, day = s.goods(), s.day(14)
    first = deal(s, seller, buyer, good, day, billed=good.times(Decimal("1.1")))
    papers: dict[str, Any] = {"order": first.order, "despatch": first.despatch}
    again = bill(s, seller, buyer, good, day + timedelta(days=4), type_code="384", **papers)
    s.refer(again.document, "invoice", first.number)
    sound(s, first, again)


def replaced(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay an invoice at a wrong price, a credit note of all of it, and a new invoice."""
    good, day = s.goods(), s.day(14)
    dear = good.times(Decimal(1), Decimal("1.1"))
    first = deal(s, seller, buyer, good, day, billed=dear)
    later = day + timedelta(days=3)
    credit(s, first, later)
    again = bill(s, seller, buyer, good, later, order=first.order, despatch=first.despatch)
    sound(s, first, again)


def new_account(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay an invoice to an account the seller has just opened, as its bank tells."""
    day, account = s.day(), account_number(PLACE + 100 + at)
    s.bank(seller, account, day - timedelta(days=3))
    sound(s, deal(s, seller, buyer, s.goods(), day, account=account))


def by_hundred(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a sale priced for a hundred."""
    good = s.goods()
    good = structs.replace(good, quantity=100 * good.quantity, per=100)
    sound(s, deal(s, seller, buyer, good, s.day()))


def branches(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a sale to a buyer of two branches: one orders, the other receives."""
    place = PLACE + 200 + 2 * at
    firm = s.stranger(f"Drill Retail {at}", place)
    one, other = (s.branch(firm, f"Drill Retail {at}", gln(place + n)) for n in range(2))
    sound(s, deal(s, seller, one, s.goods(), s.day(), receiver=other))


def warehoused(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a sale whose goods a warehouse took in."""
    store = s.stranger("Drill Warehouse", PLACE + 1)
    sound(s, deal(s, seller, buyer, s.goods(), s.day(), receiver=store))


def gln(place: int, *, right: bool = True) -> str:
    """Return a GLN with its check digit, or with a wrong one."""
    body = f"4099{place:08}"
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(body))
    return body + str((-total + (0 if right else 1)) % 10)


SORTS = (
    services,
    metered,
    prepaid,
    corrected,
    replaced,
    new_account,
    by_hundred,
    branches,
    warehoused,
)
