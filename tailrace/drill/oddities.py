"""Honest sales of unusual shape: each is to be proven in full and to raise nothing grave."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import structs

from tailrace.drill.papers import Firm, Good
from tailrace.drill.sales import (
    bill,
    credit,
    deal,
    delivered,
    gross,
    ordered,
    price,
    received,
    sound,
    totals,
    work,
)
from tailrace.drill.scene import Scene, account_number

PLACE = 5000  # where the numbers of everyday's own strangers begin
A_PACK = 12


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


def packed(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a sale in pieces that the buyer counts in packs, as many a pack as the rules declare."""
    good = s.goods()
    packs = 1 + good.quantity // A_PACK
    good = structs.replace(good, item=f"PACK-{at}", quantity=packs * A_PACK)
    came = structs.replace(good, quantity=packs, unit="XPK")
    factor = {"unit": "XPK", "into": "EA", "factor": str(A_PACK), "item": good.item}
    s.rules.setdefault("evidence", {}).setdefault("unit", []).append(factor)
    sound(s, deal(s, seller, buyer, good, s.day(), came=came))


def rented(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay the same hours at the same amount three times in ten days, each on its timesheet."""
    good, day = hours(s), s.day(20)
    for later in (0, 5, 10):
        when = day + timedelta(days=later)
        sound(s, work(s, seller, buyer, good, when, kind="timesheet"))


def called_off(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a blanket order that is called off in three equal parts within a week, each billed."""
    part, day = s.goods(), s.day(16)
    blanket = structs.replace(part, quantity=3 * part.quantity)
    order = ordered(s, seller, buyer, blanket, day - timedelta(days=20))
    for later in (0, 3, 6):
        when = day + timedelta(days=later)
        sent, _ = delivered(s, seller, buyer, part, when - timedelta(days=1), order)
        sound(s, bill(s, seller, buyer, part, when, order=order, despatch=sent))


def collected(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay two orders, delivered apart and billed by one invoice of two lines."""
    day, goods = s.day(), (s.goods(), s.goods())
    orders = [ordered(s, seller, buyer, good, day - timedelta(days=9)) for good in goods]
    for ago, good, order in zip((5, 2), goods, orders, strict=True):
        delivered(s, seller, buyer, good, day - timedelta(days=ago), order)
    sums = totals(*goods)
    asked: dict[str, Any] = {**sums, "payable_minor": sums["tax_inclusive_minor"]}
    sale = bill(s, seller, buyer, goods[0], day, order=orders[0], **asked)
    said: dict[str, Any] = {
        "line_ref": "2",
        "net_minor": goods[1].net,
        "tax_category": "S",
        **price(goods[1]),
    }
    s.line(sale.document, goods[1], order=orders[1], **said)
    sound(s, sale)


def returned(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a sale of which a part went back and was credited."""
    sale = deal(s, seller, buyer, s.goods(), s.day(16))
    back = sale.good.times(Decimal("0.2"))
    when = sale.day + timedelta(days=4)
    away = structs.replace(back, quantity=-back.quantity)
    received(s, seller, buyer, away, when, sale.order or "")
    credit(s, sale, when + timedelta(days=1), good=back)
    sound(s, sale)


def paid_together(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay two sales that one payment settles, less a small difference of its bank's."""
    sales = [deal(s, seller, buyer, s.goods(), s.day(12)) for _ in range(2)]
    amount = sum(sale.gross for sale in sales) - 50
    text = " ".join(sale.number for sale in sales)
    s.pay(buyer, seller, amount, text, s.on - timedelta(days=3))
    sound(s, *sales)


def paid_by_treasury(s: Scene, seller: Firm, buyer: Firm, at: int) -> None:
    """Lay a sale to a plant of a group whose treasury pays for all of them; the rules declare it."""
    treasury = s.stranger("Drill Treasury", PLACE + 400)
    plant = s.stranger(f"Drill Plant {at}", PLACE + 401 + at)
    sale = deal(s, seller, plant, s.goods(), s.day(12))
    s.pay(treasury, seller, sale.gross, sale.number, sale.day + timedelta(days=6))
    groups = s.rules.setdefault("evidence", {}).setdefault("affiliate", [])
    group = next((g for g in groups if g["name"] == "Drill Holding"), None)
    if group is None:
        group = {"name": "Drill Holding", "members": [f"VAT {treasury.vat}"]}
        groups.append(group)
        s.bank(treasury, treasury.iban, s.on - timedelta(days=30))
    group["members"].append(f"VAT {plant.vat}")
    sound(s, sale)


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
    packed,
    rented,
    called_off,
    collected,
    returned,
    paid_together,
    paid_by_treasury,
)
