"""Slips that papers and payments show by themselves: each function lays `count` of one kind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec import structs

from tailrace.base import money
from tailrace.drill.sales import Sale, bill, credit, deal, gross, planted
from tailrace.drill.scene import Scene

NOTHING = 900_000_001  # payments of such amounts mean no invoice of the town
PACK = 12


def bad_reference(s: Scene, count: int) -> None:
    """Ask for a creditor reference (ISO 11649) whose check digits are one too high."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        body = f"DRILL{n:08}"
        digits = int("".join(str(int(sign, 36)) for sign in f"{body}RF00")) % 97
        ref = f"RF{(98 - digits) % 97 + 1:02}{body}"
        sale = deal(s, seller, buyer, s.goods(), s.day(), payment_ref=ref)
        planted(s, "bad_reference", sale, beside=f"asks for reference {ref}")


def repeated_payment(s: Scene, count: int) -> None:
    """Pay a claim, and pay it again two days later under the same reference."""
    for seller, buyer in s.pairs(count):
        sale = deal(s, seller, buyer, s.goods(), s.day(12))
        ref = _paid(s, sale, sale.gross, after=4)
        _paid(s, sale, sale.gross, after=6, ref=ref)
        planted(s, "repeated_payment", sale, words=f"payment {ref} of ")


def overpaid(s: Scene, count: int) -> None:
    """Pay a claim and a tenth more."""
    for seller, buyer in s.pairs(count):
        sale = deal(s, seller, buyer, s.goods(), s.day(12))
        _paid(s, sale, sale.gross + sale.gross // 10)
        planted(s, "overpaid", sale, beside="a tenth too much was paid")


def short_payment(s: Scene, count: int) -> None:
    """Pay half of a claim whose day has passed."""
    for seller, buyer in s.pairs(count):
        day = s.day(16)
        due = day + timedelta(days=10)
        sale = deal(s, seller, buyer, s.goods(), day, due_on=due)
        _paid(s, sale, sale.gross // 2)
        planted(s, "short_payment", sale, beside=f"half was paid, all was due on {due}")


def unmatched_payment(s: Scene, count: int) -> None:
    """Pay an amount nobody asked for, beside an honest sale of the pair."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        sale = deal(s, seller, buyer, s.goods(), s.day(12))
        amount, day = NOTHING + 1000 * n, sale.day + timedelta(days=4)
        s.pay(buyer, seller, amount, "with thanks", day)
        planted(
            s, "unmatched_payment", sale, words=f"payment of {money.text(amount, 'EUR')} on {day}"
        )


def unmatched_credit(s: Scene, count: int) -> None:
    """Credit an invoice that nobody has, beside an honest sale of the pair."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        sale = deal(s, seller, buyer, s.goods(), s.day(12))
        when = sale.day + timedelta(days=3)
        number = credit(s, sale, when, names=f"NONE-C{n:04}")
        planted(s, "unmatched_credit", sale, words=f"credit note {number} over ")


def over_credited(s: Scene, count: int) -> None:
    """Credit half as much again as was billed."""
    for seller, buyer in s.pairs(count):
        sale = deal(s, seller, buyer, s.goods(), s.day(12))
        more = sale.good.times(Decimal("1.5"))
        number = credit(s, sale, sale.day + timedelta(days=3), good=more)
        planted(s, "over_credited", sale, beside=f"credit note {number} takes more")


def rejected_by_buyer(s: Scene, count: int) -> None:
    """Let the buyer answer an invoice with its rejection."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        sale = deal(s, seller, buyer, s.goods(), s.day(12))
        when = sale.day + timedelta(days=3)
        answer = s.paper("response", f"DRILL-R{n:04}", when, seller, buyer, status_code="RE")
        s.refer(answer, "invoice", sale.number)
        planted(s, "rejected_by_buyer", sale, beside=f"rejected on {when}")


def unusable_invoice(s: Scene, count: int) -> None:
    """Bill without saying whom."""
    for seller, buyer in s.pairs(count):
        sale = bill(s, seller, buyer, s.goods(), s.day(), buyer_id=None)
        planted(s, "unusable_invoice", sale, words=f"invoice {sale.number} makes no claim")


def number_reused(s: Scene, count: int) -> None:
    """Send other goods under a despatch number that was used already."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        number = f"DRILL-D{n:04}"
        deal(s, seller, buyer, s.goods(), s.day(18, 25), despatch=number)
        sale = deal(s, seller, buyer, s.goods(), s.day(9, 14), despatch=number)
        planted(s, "number_reused", sale, words=f"despatch {number} was told twice")


def dangling_reference(s: Scene, count: int) -> None:
    """Name a despatch nobody has beside the one that came."""
    for n, (seller, buyer) in enumerate(s.pairs(count)):
        sale = deal(s, seller, buyer, s.goods(), s.day())
        number = f"NONE-D{n:04}"
        s.refer(sale.document, "despatch", number)
        planted(s, "dangling_reference", sale, words=f"not in the book, as {number}")


def price_conflict(s: Scene, count: int) -> None:
    """Bill a tenth above the order's price."""
    for seller, buyer in s.pairs(count):
        good = s.goods()
        dear = good.times(Decimal(1), Decimal("1.1"))
        sale = deal(s, seller, buyer, good, s.day(), billed=dear)
        planted(s, "price_conflict", sale, beside=f"{money.text(gross(good), 'EUR')} was ordered")


def unit_conflict(s: Scene, count: int) -> None:
    """Let the buyer count boxes where pieces are billed, and nobody say how many make one."""
    for seller, buyer in s.pairs(count):
        good = s.goods()
        boxes = structs.replace(good, quantity=good.quantity // PACK + 1, unit="XBX")
        sale = deal(s, seller, buyer, good, s.day(), came=boxes)
        planted(s, "unit_conflict", sale, sale.gross, beside=f"{boxes.quantity} XBX received")


def _paid(s: Scene, sale: Sale, amount: int, *, after: int = 5, ref: str | None = None) -> str:
    day = sale.day + timedelta(days=after)
    return s.pay(sale.buyer, sale.seller, amount, sale.number, day, ref=ref)
