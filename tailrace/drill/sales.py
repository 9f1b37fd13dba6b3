"""Sales laid on a scene: order, despatch, receipt and invoice, honest or not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tailrace.base import money
from tailrace.drill.papers import Firm, Good, Papers
from tailrace.drill.scene import BASE, Planted, Scene

TAX = 5  # a fifth of the net amount


class Sale(Struct, frozen=True, kw_only=True):
    """What was sold, and the numbers of its papers."""

    seller: Firm
    buyer: Firm
    day: date
    good: Good
    order: str | None
    despatch: str | None
    receipt: str | None = None
    number: str
    gross: int
    document: str

    @property
    def papers(self) -> dict[str, Any]:
        """The order and despatch an invoice of the same goods would name."""
        return {"order": self.order, "despatch": self.despatch}

    def text(self) -> str:
        """Return the sale's invoice in words."""
        amount = money.text(self.gross, "EUR")
        return f"invoice {self.number} of {self.day}, {self.seller.name} to {self.buyer.name}, {amount}"


def gross(good: Good) -> int:
    """Return the amount of an invoice of the goods, with tax."""
    return good.net + good.net // TAX


def deal(
    s: Scene,
    seller: Firm,
    buyer: Firm,
    good: Good,
    day: date,
    *,
    came: Good | None = None,
    billed: Good | None = None,
    receiver: Firm | None = None,
    despatch: str | None = None,
    ahead: int = 6,
    **said: Any,
) -> Sale:
    """Lay order, despatch, receipt and invoice of one sale; what came or is billed may differ.

    A warehouse or branch may write the receipt in the buyer's place. The order is dated so many
    days `ahead` of the invoice.
    """
    order = ordered(s, seller, buyer, good, day - timedelta(days=ahead))
    arrived = day - timedelta(days=1)
    sent, number = delivered(
        s, seller, buyer, came or good, arrived, order, receiver=receiver, despatch=despatch
    )
    papers: dict[str, Any] = {"order": order, "despatch": sent, "receipt": number}
    return bill(s, seller, buyer, billed or good, day, **papers, **said)


def delivered(
    s: Scene,
    seller: Firm,
    buyer: Firm,
    good: Good,
    day: date,
    order: str,
    *,
    receiver: Firm | None = None,
    despatch: str | None = None,
) -> tuple[str, str]:
    """Lay the despatch of goods and their receipt on a day; return the numbers of both."""
    despatch = despatch or s.number(seller, "despatch")
    papers = s.paper("despatch", despatch, day - timedelta(days=1), seller, buyer)
    s.line(papers, good, order=order)
    number = received(s, seller, buyer, good, day, order, receiver=receiver, despatch=despatch)
    return despatch, number


def received(
    s: Scene,
    seller: Firm,
    buyer: Firm,
    good: Good,
    day: date,
    order: str,
    *,
    receiver: Firm | None = None,
    despatch: str | None = None,
) -> str:
    """Lay a receipt, of a quantity below zero for goods that went back; return its number."""
    writer = receiver or buyer
    number = s.number(writer, "receipt")
    named: dict[str, Any] = {"issuer_id": writer.party, "delivered_on": day}
    papers = s.paper("receipt", number, day, seller, buyer, **named)
    s.line(papers, good, order=order, delivered_on=day)
    if despatch:
        s.refer(papers, "despatch", despatch)
    return number


def ordered(s: Scene, seller: Firm, buyer: Firm, good: Good, day: date) -> str:
    """Lay an order of one line; return its number."""
    order = s.number(buyer, "order")
    papers = s.paper("order", order, day, seller, buyer, currency="EUR")
    s.line(papers, good, order=None, net_minor=good.net, **price(good))
    return order


def work(
    s: Scene, seller: Firm, buyer: Firm, good: Good, day: date, *, kind: str, **said: Any
) -> Sale:
    """Lay order, the buyer's timesheet or acceptance, and invoice of work."""
    order = ordered(s, seller, buyer, good, day - timedelta(days=9))
    papers = s.paper(kind, s.number(buyer, kind), day - timedelta(days=1), seller, buyer)
    s.line(papers, good, order=order)
    return bill(s, seller, buyer, good, day, order=order, **said)


def bill(
    s: Scene,
    seller: Firm,
    buyer: Firm,
    good: Good,
    day: date,
    *,
    order: str | None = None,
    despatch: str | None = None,
    receipt: str | None = None,
    number: str | None = None,
    payee: Firm | None = None,
    account: str | None = None,
    prepaid: int = 0,
    into: Papers | None = None,
    **said: Any,
) -> Sale:
    """Lay an invoice alone, in the scene's book or `into` another; columns may be said otherwise.

    It names the order and despatch; the receipt is only kept in mind.
    """
    book = into or s
    number = number or s.number(seller)
    total, net = gross(good), good.net
    row: dict[str, Any] = {
        "type_code": "380",
        "currency": "EUR",
        "due_on": day + timedelta(days=60),
        "payee_id": payee.party if payee else None,
        "payee_account": account or (payee or seller).iban,
        "prepaid_minor": prepaid or None,
        **totals(good),
        "payable_minor": total - prepaid,
    }
    document = book.paper("invoice", number, day, seller, buyer, **(row | said))
    book.line(document, good, order=order, net_minor=net, tax_category="S", **price(good))
    if order:
        book.refer(document, "order", order)
    if despatch:
        book.refer(document, "despatch", despatch)
    return Sale(
        seller=seller,
        buyer=buyer,
        day=day,
        good=good,
        order=order,
        despatch=despatch,
        receipt=receipt,
        number=number,
        gross=total - prepaid,
        document=document,
    )


def credit(
    s: Scene, sale: Sale, day: date, *, good: Good | None = None, names: str | None = None
) -> str:
    """Lay a credit note that takes an invoice back; return its number.

    All of it unless other goods are credited; the invoice named may be another.
    """
    good = good or sale.good
    number = s.number(sale.seller, "credit_note")
    row: dict[str, Any] = {"type_code": "381", "currency": "EUR", **totals(good)}
    row["payable_minor"] = sale.gross if good is sale.good else gross(good)
    papers = s.paper("credit_note", number, day, sale.seller, sale.buyer, **row)
    s.line(papers, good, order=sale.order, net_minor=good.net, **price(good))
    s.refer(papers, "invoice", names or sale.number)
    return number


def planted(
    s: Scene,
    kind: str,
    sale: Sale,
    excess: int | None = None,
    *,
    words: str | None = None,
    beside: str = "",
) -> None:
    """Write a sale into the truth as a fraud, the excess being what no honest trade backs.

    `beside` says what else was laid, for whoever reads why a plant was missed.
    """
    s.truth.append(
        Planted(
            kind=kind,
            number=sale.number,
            creditor=sale.seller.vat,
            excess_minor=excess,
            words=words,
            what=sale.text() + (f"; {beside}" if beside else ""),
        )
    )


def sound(s: Scene, *sales: Sale) -> None:
    """Write down honest sales that evidence is to prove in full."""
    s.sound += [Planted(kind=BASE, number=a.number, creditor=a.seller.vat) for a in sales]


def base(s: Scene, sale: Sale) -> Sale:
    """Write a sale into the truth as the honest one a fraud copies."""
    planted(s, BASE, sale)
    return sale


def totals(*goods: Good) -> dict[str, int]:
    """Return the totals of a document of these lines."""
    total, net = sum(map(gross, goods)), sum(good.net for good in goods)
    return {
        "line_total_minor": net,
        "tax_exclusive_minor": net,
        "tax_total_minor": total - net,
        "tax_inclusive_minor": total,
    }


def price(good: Good) -> dict[str, Any]:
    """Return the price of a line as its columns say it."""
    per = Decimal(good.per) if good.per > 1 else None
    return {"price": Decimal(good.price) / 100, "price_base_quantity": per}
