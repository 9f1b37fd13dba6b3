"""What packs plant: each function lays `count` frauds of one kind and writes the truth."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tailrace.base.errors import BadTerms
from tailrace.drill.papers import Firm, Good
from tailrace.drill.sales import base, bill, deal, gross, planted
from tailrace.drill.scene import Scene, account_number

DISGUISES = ("exact", "renumbered", "reformatted")
SHELL = 1000  # where the numbers of shells begin; factors are counted from 1
DEBTORS = 3  # one account that pays for so many is common to them
HISTORY = 4  # invoices a seller has sent before its account is changed


def sold_twice(s: Scene, count: int, *, lenders: int, disguise: str) -> None:
    """Sell one invoice to several factors: under its number, a new one, or its number respelt.

    The second and later factors are told the respelt number alike.
    """
    if disguise not in DISGUISES:
        raise BadTerms(f"disguise {disguise!r}", where="drill", mend=f"one of {DISGUISES}")
    factors = [s.stranger(f"Drill Factor {n}", n) for n in range(1, lenders + 1)]
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day()
        first = base(s, deal(s, seller, buyer, good, day, payee=factors[0]))
        for factor in factors[1:]:
            number = {
                "exact": first.number,
                "reformatted": f"{first.number[:2]}-{first.number[2:]}",
            }
            again = bill(s, seller, buyer, good, day, number=number.get(disguise), payee=factor)
            if factor is factors[1] or not number.get(disguise):  # one number is one claim
                beside = f"sold as {first.number} to {factors[0].name}"
                planted(s, "sold_twice", again, beside=beside)


def duplicate(s: Scene, count: int, *, copies: int, later: int) -> None:
    """Bill the same goods to the same buyer again under new numbers, some days later."""
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day(12)
        first = base(s, deal(s, seller, buyer, good, day))
        for _ in range(copies):
            again = bill(s, seller, buyer, good, day + timedelta(days=later))
            planted(s, "duplicate", again, beside=f"billed before as {first.number}")


def invented(s: Scene, count: int, *, least: int = 9) -> None:
    """Bill goods nobody ordered, sent or received."""
    for seller, buyer in s.pairs(count):
        sale = bill(s, seller, buyer, s.goods(), s.day(least))
        planted(s, "invented", sale, sale.gross)


def sold_again(s: Scene, count: int, *, buyers: int) -> None:
    """Bill one cargo to several buyers, each invoice naming the despatch that went to the first."""
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day()
        first = base(s, deal(s, seller, buyer, good, day))
        for other in s.ring(buyers + 1)[: buyers - 1]:
            if other not in (seller, buyer):
                sale = bill(s, seller, other, good, day, despatch=first.despatch)
                beside = f"despatch {first.despatch} went to {buyer.name}"
                planted(s, "sold_again", sale, sale.gross, beside=beside)


def inflated_quantity(s: Scene, count: int, *, times: Decimal) -> None:
    """Bill more than was ordered and came."""
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day()
        more = good.times(times)
        sale = deal(s, seller, buyer, good, day, billed=more)
        planted(s, "inflated_quantity", sale, gross(more) - gross(good))


def inflated_price(s: Scene, count: int, *, times: Decimal) -> None:
    """Bill at a multiple of the price of the order."""
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day()
        dear = good.times(Decimal(1), times)
        sale = deal(s, seller, buyer, good, day, billed=dear)
        planted(s, "inflated_price", sale, gross(dear) - gross(good))


def wrong_goods(s: Scene, count: int, *, share: Decimal) -> None:
    """Bill one item; another came, or a share of it. At share zero it is another item in full."""
    for seller, buyer in s.pairs(count):
        good, day = s.goods(), s.day()
        came = (
            good.times(share)
            if share
            else Good(
                item="SCRAP-1", name="Carbon steel scrap", quantity=good.quantity, price=good.price
            )
        )
        sale = deal(s, seller, buyer, good, day, came=came)
        kind, backed = ("short_goods", gross(came)) if share else ("other_goods", 0)
        planted(s, kind, sale, sale.gross - backed, beside=f"{came.quantity} of {came.name} came")


def strange_payer(s: Scene, count: int, *, shells: int) -> None:
    """Let shells pay what the debtors named on the invoices owe."""
    payers = [s.stranger(f"Drill Shell {n}", SHELL + n) for n in range(shells)]
    sales = [deal(s, seller, buyer, s.goods(), s.day(12)) for seller, buyer in s.pairs(count)]
    debtors: dict[str, set[str]] = {}
    for n, sale in enumerate(sales):
        payer = payers[n % shells]
        s.pay(payer, sale.seller, sale.gross, sale.number, sale.day + timedelta(days=6))
        debtors.setdefault(payer.name, set()).add(sale.buyer.vat)
    for n, sale in enumerate(sales):
        payer = payers[n % shells]
        beside = f"paid by {payer.name}, account {payer.iban}"
        planted(s, "strange_payer", sale, beside=beside)
        if len(debtors[payer.name]) >= DEBTORS:
            planted(s, "common_payer", sale, beside=beside)


def round_trip(s: Scene, count: int, *, length: int, gap: int = 3) -> None:
    """Sell the same goods round a ring of firms, back to the first."""
    for _ in range(count):
        ring, good, day = s.ring(length), s.goods(), s.day(20, 30)
        for n, seller in enumerate(ring):
            when = day + timedelta(days=n * gap)
            planted(s, "round_trip", deal(s, seller, ring[(n + 1) % length], good, when))


def diverted(s: Scene, count: int) -> None:
    """Ask, in a real sale's invoice, for payment to an account that is not the seller's."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        thief = s.stranger(f"Drill Mule {n}", 2 * SHELL + n)
        sale = deal(s, seller, buyer, s.goods(), s.day(), account=thief.iban)
        planted(s, "diverted", sale, beside=f"asks for account {thief.iban}, that of {thief.name}")


def account_changed(s: Scene, count: int) -> None:
    """Ask for payment to an account nobody knows, in an invoice of a seller with a history."""
    for n, (seller, buyer) in enumerate(among(s, count)):
        account = account_number(3 * SHELL + n)
        sale = deal(s, seller, buyer, s.goods(), s.day(6, 8), account=account)
        planted(s, "account_changed", sale, beside=f"asks for account {account}")


def among(s: Scene, count: int) -> list[tuple[Firm, Firm]]:
    """Return pairs whose seller has billed before the days that plants are laid on."""
    day = s.on - timedelta(days=9)
    pairs = {seller.vat: (seller, buyer) for seller, buyer in s.pairs(12 * count)}
    old = [p for p in pairs.values() if sum(d < day for _, d in s.billed(p[0])) >= HISTORY]
    return old[:count]


def split(s: Scene, count: int, *, parts: int, limit: int, below: Decimal) -> None:
    """Bill one purchase in parts, each just below the buyer's approval limit, on one day."""
    for seller, buyer in s.pairs(count):
        day, step = s.day(), int(limit * below) // parts
        for n in range(parts):
            price = (limit - 100 - n * step) * 5 // 6 // 50 * 50
            good = Good(item=f"D-{n}", name=f"Works part {n}", quantity=1, price=price)
            planted(s, "split", deal(s, seller, buyer, good, day))
