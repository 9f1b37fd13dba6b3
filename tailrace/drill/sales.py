"""Sales laid on a scene: order, despatch, receipt and invoice, honest or not."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tailrace.drill.scene import BASE, Firm, Good, Planted, Scene

TAX = 5  # a fifth of the net amount


class Sale(Struct, frozen=True, kw_only=True):
    """What was sold, and the numbers of its papers."""

    seller: Firm
    buyer: Firm
    day: date
    good: Good
    order: str | None
    despatch: str | None
    number: str
    gross: int
    document: str


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
    received: Good | None = None,
    billed: Good | None = None,
    receiver: Firm | None = None,
    **said: Any,
) -> Sale:
    """Lay order, despatch, receipt and invoice of one sale; what came or is billed may differ.

    A warehouse or branch may write the receipt in the buyer's place.
    """
    order = ordered(s, seller, buyer, good, day - timedelta(days=6))
    came = received or good
    despatch = s.number(seller, "despatch")
    papers = s.paper("despatch", despatch, day - timedelta(days=2), seller, buyer)
    s.line(papers, came, order=order)
    arrived = day - timedelta(days=1)
    writer = receiver or buyer
    number = s.number(writer, "receipt")
    named = {"issuer_id": writer.party, "delivered_on": arrived}
    papers = s.paper("receipt", number, arrived, seller, buyer, **named)
    s.line(papers, came, order=order, delivered_on=arrived)
    s.refer(papers, "despatch", despatch)
    return bill(s, seller, buyer, billed or good, day, order=order, despatch=despatch, **said)


def ordered(s: Scene, seller: Firm, buyer: Firm, good: Good, day: date) -> str:
    """Lay an order of one line; return its number."""
    order = s.number(buyer, "order")
    papers = s.paper("order", order, day, seller, buyer, currency="EUR")
    s.line(papers, good, order=None, net_minor=good.net, **_price(good))
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
    number: str | None = None,
    payee: Firm | None = None,
    account: str | None = None,
    prepaid: int = 0,
    **said: Any,
) -> Sale:
    """Lay an invoice alone; columns may be said otherwise."""
    number = number or s.number(seller)
    total, net = gross(good), good.net
    row = {
        "type_code": "380",
        "currency": "EUR",
        "due_on": day + timedelta(days=60),
        "payee_id": payee.party if payee else None,
        "payee_account": account or (payee or seller).iban,
        "prepaid_minor": prepaid or None,
        **_totals(good),
        "payable_minor": total - prepaid,
    }
    document = s.paper("invoice", number, day, seller, buyer, **(row | said))
    s.line(document, good, order=order, net_minor=net, tax_category="S", **_price(good))
    if order:
        s.refer(document, "order", order)
    if despatch:
        s.refer(document, "despatch", despatch)
    return Sale(
        seller=seller,
        buyer=buyer,
        day=day,
        good=good,
        order=order,
        despatch=despatch,
        number=number,
        gross=total - prepaid,
        document=document,
    )


def credit(s: Scene, sale: Sale, day: date) -> None:
    """Lay a credit note that names an invoice and takes all of it back."""
    number = s.number(sale.seller, "credit_note")
    row = {"type_code": "381", "currency": "EUR", **_totals(sale.good)}
    row["payable_minor"] = sale.gross
    papers = s.paper("credit_note", number, day, sale.seller, sale.buyer, **row)
    s.line(papers, sale.good, order=sale.order, net_minor=sale.good.net, **_price(sale.good))
    s.refer(papers, "invoice", sale.number)


def planted(
    s: Scene, kind: str, sale: Sale, excess: int | None = None, *, words: str | None = None
) -> None:
    """Write a sale into the truth as a fraud, the excess being what no honest trade backs."""
    creditor = sale.seller.vat
    s.truth.append(
        Planted(kind=kind, number=sale.number, creditor=creditor, excess_minor=excess, words=words)
    )


def sound(s: Scene, *sales: Sale) -> None:
    """Write down honest sales that evidence is to prove in full."""
    s.sound += [Planted(kind=BASE, number=a.number, creditor=a.seller.vat) for a in sales]


def base(s: Scene, sale: Sale) -> Sale:
    """Write a sale into the truth as the honest one a fraud copies."""
    planted(s, BASE, sale)
    return sale


def _totals(good: Good) -> dict[str, int]:
    total, net = gross(good), good.net
    return {
        "line_total_minor": net,
        "tax_exclusive_minor": net,
        "tax_total_minor": total - net,
        "tax_inclusive_minor": total,
    }


def _price(good: Good) -> dict[str, Any]:
    per = Decimal(good.per) if good.per > 1 else None
    return {"price": Decimal(good.price) / 100, "price_base_quantity": per}
