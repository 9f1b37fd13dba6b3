"""Odd papers: copies, credits and receipts that prove nothing, and numbers that name nobody."""

from __future__ import annotations

from datetime import timedelta

from tailrace.drill.oddities import gln
from tailrace.drill.papers import CSV
from tailrace.drill.sales import base, bill, credit, deal, planted
from tailrace.drill.scene import Scene, account_number

PLACE = 7000  # where the numbers of these strangers begin


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
        first = deal(s, seller, buyer, good, day)
        bill(s, seller, buyer, good, day, number=first.number, form=CSV, **first.papers)
        planted(s, "twin_format", first, beside="handed in as UBL and as CSV")


def same_bytes(s: Scene, count: int) -> None:
    """Hand in the file of an honest invoice under two names."""
    for seller, buyer in s.pairs(count):
        sale = deal(s, seller, buyer, s.goods(), s.day())
        name = s.again(sale.document)
        planted(s, "same_bytes", sale, words=f"{name} came in under 2 names")


def credit_and_rebill(s: Scene, count: int, *, later: int) -> None:
    """Credit an invoice in full some days later and ask for the same again, due anew."""
    for seller, buyer in s.pairs(count):
        first = base(s, deal(s, seller, buyer, s.goods(), s.day(12)))
        when = first.day + timedelta(days=later)
        credit(s, first, when)
        again = bill(s, seller, buyer, first.good, when, **first.papers)
        planted(s, "credit_and_rebill", again, beside=f"{first.number} was credited")


def reused_number(s: Scene, count: int) -> None:
    """Bill a second sale of other goods under the number of the first."""
    for seller, buyer in s.pairs(count):
        first = deal(s, seller, buyer, s.goods(), s.day(14))
        later = first.day + timedelta(days=2)
        deal(s, seller, buyer, s.goods(), later, number=first.number)
        planted(s, "reused_number", first, beside=f"its number stands on a second of {later}")


def invoice_before_order(s: Scene, count: int) -> None:
    """Date the order of a delivered, billed sale two days after its invoice."""
    for seller, buyer in s.pairs(count):
        sale = deal(s, seller, buyer, s.goods(), s.day(), ahead=-2)
        planted(s, "invoice_before_order", sale, beside=f"order {sale.order} is two days younger")


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


def own_receipt(s: Scene, count: int) -> None:
    """Let the seller write the receipt of its own goods."""
    for seller, buyer in s.pairs(count):
        sale = deal(s, seller, buyer, s.goods(), s.day(), receiver=seller)
        words = f"receipt {sale.receipt} was written by {seller.name}"
        planted(s, "own_receipt", sale, sale.gross, words=words)


def bad_identifier(s: Scene, count: int) -> None:
    """Let a seller carry a GLN whose check digit is wrong."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        place = PLACE + 2000 + n
        number = gln(place, right=False)
        seller = s.stranger(f"Drill Misprint {n:03}", place, gln=number)
        sale = deal(s, seller, buyer, s.goods(), s.day())
        planted(s, "bad_identifier", sale, words=f"GLN {number} ")


def contested_number(s: Scene, count: int) -> None:
    """Let two sellers with VAT numbers of their own carry one GLN."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        place, number = PLACE + 2500 + 2 * n, gln(PLACE + 2500 + n)
        one, two = (s.stranger(f"Drill Twin {place + k}", place + k, gln=number) for k in range(2))
        base(s, deal(s, one, buyer, s.goods(), s.day()))
        sale = deal(s, two, buyer, s.goods(), s.day())
        planted(s, "contested_number", sale, words=f"GLN {number} is carried by 2 firms")


def shared_account(s: Scene, count: int) -> None:
    """Let two sellers ask for payment to one account, of which no bank tells."""
    for n, (_, buyer) in enumerate(s.pairs(count)):
        place = PLACE + 3500 + 2 * n
        iban = account_number(place)
        one, two = (s.stranger(f"Drill Share {place + k}", place + k, iban=iban) for k in range(2))
        base(s, deal(s, one, buyer, s.goods(), s.day()))
        sale = deal(s, two, buyer, s.goods(), s.day())
        planted(s, "shared_account", sale, words=f"account {iban} is claimed by 2 firms")
