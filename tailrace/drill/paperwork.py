"""What packs plant where the papers are odd: each function lays `count` of one kind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tailrace.drill.oddities import gln
from tailrace.drill.sales import base, bill, credit, deal, planted
from tailrace.drill.scene import Scene

PLACE = 7000  # where the numbers of these strangers begin
WINDOWS = 6  # of thirty days: five like each other, then one that is not


def phantom_debtor(s: Scene, count: int, *, claims: int = 3) -> None:
    """Bill a debtor nobody else knows; the oldest invoice is planted, the rest stand beside it."""
    for n, (seller, _) in enumerate(s.pairs(count, debtors=2)):
        name = f"Drill Phantom {n:03}"
        ghost = s.stranger(name, PLACE + n)
        for later in range(claims):
            sale = bill(s, seller, ghost, s.goods(), s.on - timedelta(days=60 - 6 * later))
            if later:
                base(s, sale)
            else:
                planted(s, "phantom_debtor", sale, words=f"payment of {name} is here")


def twin_format(s: Scene, count: int) -> None:
    """Hand in an honest invoice as UBL and again as CSV."""
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day()
        first = deal(s, seller, buyer, good, day, source_id=s.file("ubl"))
        papers: dict[str, Any] = {
            "order": first.order,
            "despatch": first.despatch,
            "number": first.number,
        }
        bill(s, seller, buyer, good, day, source_id=s.file("own_csv"), **papers)
        planted(s, "twin_format", first)


def credit_and_rebill(s: Scene, count: int, *, later: int) -> None:
    """Credit an invoice in full some days later and ask for the same again, due anew."""
    for seller, buyer in s.pairs(count):
        first = base(s, deal(s, seller, buyer, s.goods(), s.day(12)))
        when = first.day + timedelta(days=later)
        credit(s, first, when)
        papers: dict[str, Any] = {"order": first.order, "despatch": first.despatch}
        again = bill(s, seller, buyer, first.good, when, **papers)
        planted(s, "credit_and_rebill", again)


def number_anomaly(s: Scene, count: int) -> None:
    """Date a sale's invoice forty days before the three numbers below its own."""
    first = {seller.vat: (seller, buyer) for seller, buyer in s.pairs(8 * count)}
    for seller, buyer in list(first.values()):
        day = s.before_last(seller, 3)
        if day and count:
            sale = deal(s, seller, buyer, s.goods(), day - timedelta(days=40))
            planted(s, "number_anomaly", sale)
            count -= 1


def sudden_change(s: Scene, count: int, *, times: int) -> None:
    """Let a new seller of even trade bill and deliver many times as much in its last month."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        name, good = f"Drill Foundry {n:03}", s.goods()
        seller = s.stranger(name, PLACE + 500 + n)
        for back in range(WINDOWS - 1, 0, -1):
            even = good.times(1 + Decimal(int(s.rng.integers(-10, 11))) / 100)
            deal(s, seller, buyer, even, s.on - timedelta(days=30 * back + 12))
        sale = deal(s, seller, buyer, good.times(Decimal(times)), s.on - timedelta(days=12))
        planted(s, "sudden_change", sale, words=f"{name} invoiced ")


def affiliate_receipt(s: Scene, count: int) -> None:
    """Let a firm of the seller's address and name order, receive and owe goods."""
    for n in range(count):
        word = f"Kal{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}or"
        address = f"{n + 1} Quay Row, 10{n:03} Drillport"
        seller = s.stranger(f"{word} Works", PLACE + 1000 + n, address=address)
        buyer = s.stranger(f"{word} Trade", PLACE + 1500 + n, address=address)
        sale = deal(s, seller, buyer, s.goods(), s.day())
        words = f"was written by {word} Trade, an affiliate"
        planted(s, "affiliate_receipt", sale, sale.gross, words=words)


def bad_identifier(s: Scene, count: int) -> None:
    """Let a seller carry a GLN whose check digit is wrong."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        place = PLACE + 2000 + n
        number = gln(place, right=False)
        seller = s.stranger(f"Drill Misprint {n:03}", place, gln=number)
        sale = deal(s, seller, buyer, s.goods(), s.day())
        planted(s, "bad_identifier", sale, words=f"GLN {number} ")
