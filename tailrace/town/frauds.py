"""Frauds planted among honest trade, each with its mark, so that the truth can be told.

no_goods           an invoice for an order of which nothing was sent, or for no order at all
over_quantity      an invoice for more than was sent and received
duplicate_invoice  the same invoice once more under another number, some days later
stranger_paid      an account that is not the named party's pays, or stands on the invoice
round_trip         goods that go round three affiliates and come back, with receipts on paper

All are recent, and none but a stranger's payment has been paid: they stand among the open debts.
"""

from __future__ import annotations

import numpy as np

from tailrace.town import figures
from tailrace.town.arrays import chosen, greatest, stream, sums
from tailrace.town.billing import InvoiceLines, Invoices, kept
from tailrace.town.calendar import working
from tailrace.town.firms import ITEMS, Firms
from tailrace.town.orders import (
    DUPLICATE,
    HONEST,
    NO_GOODS,
    OVER_QUANTITY,
    PRICE_STEP,
    ROUND_TRIP,
    STRANGER,
    TENTHS,
    Items,
    Lines,
    Orders,
    unit_step,
)

CIRCLE = 3  # affiliates of a round trip
RECENT = 60  # days before the town's day in which the frauds fall


def plant_orders(
    seed: int, town: Firms, made: Orders, lines: Lines, catalogue: Items, *, on: int, each: int
) -> tuple[Orders, Lines]:
    """Return the orders and lines with `each` frauds of the kinds that begin with an order."""
    rng = stream(seed, "frauds")
    fraud, billed, written = made.fraud.copy(), lines.billed.copy(), made.written.copy()
    refers = town.refers[made.seller]
    told_on = made.ordered_on + made.receipt_days
    recent = refers & (told_on > on - RECENT) & (told_on <= on - 14)
    phantom = chosen(rng, np.flatnonzero(recent & (made.deliveries == 0)), each)
    fraud[phantom] = NO_GOODS
    written[phantom[: len(phantom) // 2]] = False
    changed = (lines.sent != lines.quantity) | (lines.missing > 0) | (lines.undone > 0)
    clean = sums(changed.astype(np.int64), lines.order, len(made)) == 0
    single = recent & clean & (made.deliveries == 1) & made.billed & (made.invoice_days <= 7)
    inflated = chosen(rng, np.flatnonzero(single & (fraud == HONEST)), each)
    fraud[inflated] = OVER_QUANTITY
    rows = np.flatnonzero((fraud[lines.order] == OVER_QUANTITY) & (lines.ref == 1))
    step = unit_step(catalogue, lines.item[rows])
    more = (billed[rows] * rng.uniform(0.3, 1.0, len(rows)) / step).astype(np.int64) + 1
    billed[rows] += more * step
    orders = made.changed(fraud=fraud, written=written)
    return _round_trips(
        rng, town, orders, lines.changed(billed=billed), catalogue, on=on, each=each
    )


def _round_trips(
    rng: np.random.Generator,
    town: Firms,
    made: Orders,
    lines: Lines,
    catalogue: Items,
    *,
    on: int,
    each: int,
) -> tuple[Orders, Lines]:
    """Add circles in which each affiliate buys what the one before has just bought."""
    pool = rng.permutation(np.flatnonzero((town.area == 0) & town.refers & ~town.csv))
    circles = min(each, len(pool) // CIRCLE)
    firm = pool[: circles * CIRCLE].reshape(circles, CIRCLE)
    count = circles * CIRCLE
    hop = np.tile(np.arange(CIRCLE), circles)
    begun = np.repeat(on - rng.integers(22, 45, circles), CIRCLE)
    item = np.repeat(firm[:, 0] * ITEMS + rng.integers(0, ITEMS, circles), CIRCLE)
    quantity = np.repeat(np.rint(figures.QUANTITY.at(rng.uniform(0.5, 1, circles))), CIRCLE)
    tenths = quantity.astype(np.int64) * TENTHS
    price = catalogue.price[item] + hop * PRICE_STEP
    zero = np.zeros(count, np.int64)
    orders = Orders(
        seller=firm.reshape(-1),
        buyer=np.roll(firm, -1, axis=1).reshape(-1),
        ordered_on=working(begun + hop * 4),
        deliveries=zero + 1,
        receipt_days=zero + 1,
        transit_days=zero + 1,
        invoice_days=zero,
        billed=zero == 0,
        written=zero == 0,
        fraud=zero + ROUND_TRIP,
    )
    added = Lines(
        order=len(made) + np.arange(count),
        ref=zero + 1,
        item=item,
        quantity=tenths,
        price=price,
        price_billed=price,
        sent=tenths,
        missing=zero,
        undone=zero,
        undone_days=zero,
        billed=tenths,
        credited=zero > 0,
        credit_days=zero,
    )
    return made.plus(orders), lines.plus(added)


def plant_invoices(
    seed: int,
    town: Firms,
    made: Orders,
    lines: Lines,
    invoices: Invoices,
    flat: InvoiceLines,
    *,
    on: int,
    each: int,
) -> tuple[Invoices, InvoiceLines, np.ndarray]:
    """Return invoices and lines with duplicates and strangers, and the invoices strangers pay."""
    rng = stream(seed, "invoice frauds")
    many = greatest(made.deliveries[lines.order[flat.line]], flat.invoice, len(invoices))
    plain = (many == 1) & (invoices.shipment >= 0) & (invoices.lasting == invoices.net)
    plain &= (invoices.fraud == HONEST) & town.refers[invoices.seller]
    age = on - invoices.issued_on
    pool = rng.permutation(np.flatnonzero(plain & (age >= 10) & (age <= RECENT)))
    twice = np.sort(pool[:each])
    strange = np.sort(pool[each : 2 * each])
    fraud, payee = invoices.fraud.copy(), invoices.strange_payee.copy()
    fraud[strange] = STRANGER
    payee[strange[: len(strange) // 2]] = True
    invoices = invoices.changed(fraud=fraud, strange_payee=payee)
    copies = invoices.take(twice)
    later = working(copies.issued_on + rng.integers(1, 5, len(twice)))
    copies = copies.changed(
        issued_on=later,
        due_on=copies.due_on + later - copies.issued_on,
        fraud=np.full(len(twice), DUPLICATE),
        copy_of=twice,
        lasting=np.zeros(len(twice), np.int64),
    )
    rows = np.flatnonzero(np.isin(flat.invoice, twice))
    again = flat.take(rows)
    nothing = np.zeros(len(rows), np.int64)
    place = len(invoices) + np.searchsorted(twice, again.invoice)
    again = again.changed(invoice=place, proven=nothing, lasting=nothing)
    everything = invoices.plus(copies)
    everything, flat = kept(everything, flat.plus(again), np.ones(len(everything), bool))
    stranger = (everything.fraud == STRANGER) & ~everything.strange_payee
    return everything, flat, np.flatnonzero(stranger)
