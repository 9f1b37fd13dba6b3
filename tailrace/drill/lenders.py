"""What packs plant between two lenders: claims of one book that stand in the other's too."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tailrace.drill.sales import bill, deal, planted
from tailrace.drill.scene import Scene

WAYS = ("as it is", "number respelt", "a day later", "amount inflated")


def sold_elsewhere(s: Scene, count: int) -> None:
    """Lay honest sales whose invoice a second lender holds too: in turn alike, or altered a little."""
    lender = s.lender()
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        way = WAYS[n % len(WAYS)]
        sale = deal(s, seller, buyer, s.goods(), s.day())
        number, good, day = sale.number, sale.good, sale.day
        if way == "number respelt":
            number = f"{number[:2]}/{number[2:]}"
        elif way == "a day later":
            number, day = f"{number}-R", day + timedelta(days=1)
        elif way == "amount inflated":
            good = good.times(Decimal(3))
        bill(s, seller, buyer, good, day, number=number, into=lender)
        planted(s, "sold_elsewhere", sale, beside=f"a second lender holds it too: {way}")


def of_its_own(s: Scene, count: int) -> None:
    """Let the second lender hold honest claims that this book does not, of pairs it knows."""
    lender = s.lender()
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        bill(s, seller, buyer, s.goods(), s.day(9, 80), number=f"OWN-{n:05}", into=lender)
