"""Invoices and credit notes of the town, and how much of each the receipts prove."""

from __future__ import annotations

import numpy as np

from tailrace.town import figures
from tailrace.town.arrays import Arrays, greatest, grouped, sums
from tailrace.town.calendar import month_end, month_of, working
from tailrace.town.firms import TAXED, Firms
from tailrace.town.goods import Parcels, Shipments
from tailrace.town.orders import (
    HONEST,
    NO_GOODS,
    PRICE_STEP,
    ROUND_TRIP,
    TENTHS,
    Lines,
    Orders,
)

TERMS = np.array([14, 30, 45, 60, 75, 90])  # days to pay


class Invoices(Arrays, frozen=True, kw_only=True):
    """One row for each invoice, by seller and day. Amounts in minor units."""

    seller: np.ndarray
    buyer: np.ndarray
    issued_on: np.ndarray
    due_on: np.ndarray
    shipment: np.ndarray  # the one it bills; -1 for a monthly invoice or one without goods
    fraud: np.ndarray
    copy_of: np.ndarray  # the invoice this is a duplicate of; -1 otherwise
    strange_payee: np.ndarray  # the account on it is a stranger's
    net: np.ndarray
    tax: np.ndarray
    lasting: np.ndarray  # net, of what is received and not taken back in the end
    known_on: np.ndarray  # the day by which the buyer knows what is missing


class InvoiceLines(Arrays, frozen=True, kw_only=True):
    """One row for each invoice line: quantities in tenths, amounts in minor units."""

    invoice: np.ndarray
    line: np.ndarray  # the order line
    parcel: np.ndarray  # -1 where no goods were sent
    quantity: np.ndarray
    net: np.ndarray
    proven: np.ndarray  # net, of what is received by the town's day and not taken back
    lasting: np.ndarray  # net, of what is received and not taken back in the end


class Credits(Arrays, frozen=True, kw_only=True):
    """One row for each credit note; its lines are the invoice lines of `CreditLines`."""

    invoice: np.ndarray
    issued_on: np.ndarray
    net: np.ndarray
    tax: np.ndarray


class CreditLines(Arrays, frozen=True, kw_only=True):
    """One row for each line of a credit note."""

    credit: np.ndarray
    invoice_line: np.ndarray
    quantity: np.ndarray
    net: np.ndarray


def bill(
    town: Firms,
    made: Orders,
    lines: Lines,
    shipments: Shipments,
    parcels: Parcels,
    *,
    on: int,
) -> tuple[Invoices, InvoiceLines]:
    """Return what was invoiced by day `on`: a shipment at a time, or a month at a time."""
    sold = _sold(town, made, lines, shipments, parcels)
    first, group = grouped(sold.key)
    seller, buyer = sold.seller[first], sold.buyer[first]
    single = sold.single[first]
    issued_on = np.where(single, working(sold.issued_on[first]), sold.issued_on[first])
    flat = InvoiceLines(
        invoice=group,
        line=sold.line,
        parcel=sold.parcel,
        quantity=sold.quantity,
        net=_net(sold.quantity, lines.price_billed[sold.line]),
        proven=_net(_owed(sold, lines, shipments, parcels, on=on), _agreed(town, sold, lines)),
        lasting=_net(_received(sold, shipments, parcels, on=None), lines.price_billed[sold.line]),
    )
    net = sums(flat.net, group, len(first))
    invoices = Invoices(
        seller=seller,
        buyer=buyer,
        issued_on=issued_on,
        due_on=issued_on + _terms(town, seller, buyer),
        shipment=np.where(single, sold.shipment[first], -1),
        fraud=greatest(sold.fraud, group, len(first)),
        copy_of=np.full(len(first), -1),
        strange_payee=np.zeros(len(first), bool),
        net=net,
        tax=_tax(town, seller, net),
        lasting=sums(flat.lasting, group, len(first)),
        known_on=greatest(sold.known_on, group, len(first)),
    )
    return kept(invoices, flat, invoices.issued_on <= on)


def kept(invoices: Invoices, flat: InvoiceLines, keep: np.ndarray) -> tuple[Invoices, InvoiceLines]:
    """Return the invoices to keep, by seller and day, with their lines."""
    order = np.lexsort((invoices.shipment, invoices.buyer, invoices.issued_on, invoices.seller))
    order = order[keep[order]]
    place = np.full(len(invoices), -1)
    place[order] = np.arange(len(order))
    moved = flat.changed(invoice=place[flat.invoice])
    moved = moved.take(moved.invoice >= 0)
    invoices = invoices.take(order)
    copy_of = np.where(invoices.copy_of >= 0, place[invoices.copy_of], -1)
    lines_in_order = moved.take(np.argsort(moved.invoice, kind="stable"))
    return invoices.changed(copy_of=copy_of), lines_in_order


def credit(
    town: Firms,
    lines: Lines,
    shipments: Shipments,
    parcels: Parcels,
    invoices: Invoices,
    flat: InvoiceLines,
    *,
    on: int,
) -> tuple[Credits, CreditLines]:
    """Return the credit notes by day `on` for goods missing or taken back, one an invoice."""
    parcel = np.maximum(flat.parcel, 0)
    lost = np.minimum(lines.missing[flat.line] + parcels.undone[parcel], flat.quantity)
    honest = np.isin(invoices.fraud[flat.invoice], (HONEST, ROUND_TRIP))
    rows = np.flatnonzero((flat.parcel >= 0) & lines.credited[flat.line] & (lost > 0) & honest)
    parcel = parcel[rows]
    seen_on = np.where(
        parcels.undone[parcel] > 0,
        parcels.undone_on[parcel],
        shipments.received_on[parcels.shipment[parcel]],
    )
    said_on = np.maximum(seen_on, invoices.issued_on[flat.invoice[rows]])
    said_on = working(said_on + lines.credit_days[flat.line[rows]])
    rows, said_on = rows[said_on <= on], said_on[said_on <= on]
    first, group = grouped(flat.invoice[rows])
    net = _net(lost[rows], lines.price_billed[flat.line[rows]])
    total = sums(net, group, len(first))
    invoice = flat.invoice[rows][first]
    notes = Credits(
        invoice=invoice,
        issued_on=greatest(said_on, group, len(first)),
        net=total,
        tax=_tax(town, invoices.seller[invoice], total),
    )
    return notes, CreditLines(credit=group, invoice_line=rows, quantity=lost[rows], net=net)


class _Sold(Arrays, frozen=True, kw_only=True):
    """What is to be invoiced, a line at a time; equal keys share an invoice."""

    key: np.ndarray
    seller: np.ndarray
    buyer: np.ndarray
    single: np.ndarray
    issued_on: np.ndarray
    line: np.ndarray
    parcel: np.ndarray
    shipment: np.ndarray
    quantity: np.ndarray
    fraud: np.ndarray
    known_on: np.ndarray


def _sold(town: Firms, made: Orders, lines: Lines, shipments: Shipments, parcels: Parcels) -> _Sold:
    order = lines.order[parcels.line]
    shipment = parcels.shipment
    seller, buyer = made.seller[order], made.buyer[order]
    received_on = shipments.received_on[shipment]
    single = ~town.monthly[seller] | (made.fraud[order] != HONEST)
    month = month_of(received_on)
    pair = (seller * len(town) + buyer) * 4096 + month
    extra = lines.billed[parcels.line] - lines.sent[parcels.line]
    goods = _Sold(
        key=np.where(single, -1 - shipment, pair),
        seller=seller,
        buyer=buyer,
        single=single,
        issued_on=np.where(single, shipments.invoice_on[shipment], month_end(month)),
        line=parcels.line,
        parcel=np.arange(len(parcels)),
        shipment=shipment,
        quantity=parcels.sent + np.where(parcels.follows == 0, extra, 0),
        fraud=made.fraud[order],
        known_on=np.maximum(received_on, np.where(parcels.undone > 0, parcels.undone_on, 0)),
    ).take(made.billed[order])
    return goods.plus(_without_goods(made, lines, len(shipments)))


def _without_goods(made: Orders, lines: Lines, shipments: int) -> _Sold:
    """Return the lines of orders that are billed though nothing was ever sent."""
    line = np.flatnonzero(made.fraud[lines.order] == NO_GOODS)
    order = lines.order[line]
    issued_on = made.ordered_on[order] + made.receipt_days[order]
    none = np.full(len(line), -1)
    return _Sold(
        key=-1 - shipments - order,
        seller=made.seller[order],
        buyer=made.buyer[order],
        single=np.ones(len(line), bool),
        issued_on=issued_on,
        line=line,
        parcel=none,
        shipment=none,
        quantity=lines.billed[line],
        fraud=made.fraud[order],
        known_on=issued_on,
    )


def _received(sold: _Sold, shipments: Shipments, parcels: Parcels, *, on: int | None) -> np.ndarray:
    """Return what was received of each line and kept: by a day, or in the end."""
    parcel = np.maximum(sold.parcel, 0)
    arrived, undone = parcels.received[parcel], parcels.undone[parcel]
    if on is not None:
        arrived = np.where(shipments.received_on[parcels.shipment[parcel]] <= on, arrived, 0)
        undone = np.where(parcels.undone_on[parcel] <= on, undone, 0)
    return np.where(sold.parcel >= 0, np.minimum(arrived - undone, sold.quantity), 0)


def _owed(
    sold: _Sold, lines: Lines, shipments: Shipments, parcels: Parcels, *, on: int
) -> np.ndarray:
    """Return what was received by a day and ordered too: only single deliveries exceed an order."""
    return np.minimum(_received(sold, shipments, parcels, on=on), lines.quantity[sold.line])


def _agreed(town: Firms, sold: _Sold, lines: Lines) -> np.ndarray:
    """Return the price each line is owed at: the order's where the invoice is clearly dearer.

    An invoice that names no order is held to no order's price.
    """
    ordered, billed = lines.price[sold.line], lines.price_billed[sold.line]
    dearer = (billed > ordered * (1 + figures.PRICE_FORGIVEN)) & town.refers[sold.seller]
    return np.where(dearer, ordered, billed)


def _net(tenths: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Return quantity times price: exact, as prices are multiples of fifty."""
    return tenths * (price // TENTHS)


def _tax(town: Firms, seller: np.ndarray, net: np.ndarray) -> np.ndarray:
    """Return 20 % where the seller's area knows VAT: exact, as amounts are multiples of five."""
    return np.where(np.array(TAXED)[town.area[seller]], net // (PRICE_STEP // TENTHS), 0)


def _terms(town: Firms, seller: np.ndarray, buyer: np.ndarray) -> np.ndarray:
    """Return the days to pay: sellers know their slow payers, and give them longer."""
    mix = (seller * 31 + buyer * 17) % 3 - 1
    place = np.clip(np.rint(town.haste[buyer] * 0.9).astype(np.int64) + mix + 3, 0, len(TERMS) - 1)
    return TERMS[place]
