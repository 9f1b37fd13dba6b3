"""The town as a whole: every part made in order from one seed, in memory."""

from __future__ import annotations

from datetime import date

import numpy as np
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.town import billing, frauds, goods, orders, payments
from tailrace.town.billing import CreditLines, Credits, InvoiceLines, Invoices
from tailrace.town.calendar import months as months_before
from tailrace.town.calendar import number
from tailrace.town.firms import Firms, firms, relations
from tailrace.town.goods import Parcels, Shipments
from tailrace.town.orders import Items, Lines, Orders
from tailrace.town.payments import Entries, Parts, Payments

FIRMS_MIN, FIRMS_MAX = 12, 1_000_000


class Economy(Struct, frozen=True, kw_only=True):
    """Everything that happened in the town, as arrays."""

    seed: int
    on: int  # the town's day
    months: np.ndarray  # counted from January 1970
    firms: Firms
    items: Items
    orders: Orders
    lines: Lines
    shipments: Shipments
    parcels: Parcels
    invoices: Invoices
    invoice_lines: InvoiceLines
    credits: Credits
    credit_lines: CreditLines
    payments: Payments
    parts: Parts
    entries: Entries
    opening: np.ndarray  # of each firm's account, before the first month


def build(
    seed: int,
    count: int,
    *,
    months: int,
    on: date,
    fraud_share: float,
    csv_share: float,
) -> Economy:
    """Return the town of `count` firms as it stands on a day; the same arguments, the same town.

    `fraud_share` is the number of frauds of each kind for each firm (at least one, unless it is
    zero), `csv_share` the share of firms whose warehouse exports CSV. Raises `BadTerms` where an
    argument has no meaning.
    """
    _check(seed, count, fraud_share=fraud_share, csv_share=csv_share)
    span, day = months_before(on, months), number(on)
    each = max(1, round(fraud_share * count)) if fraud_share else 0
    town = firms(seed, count, csv_share=csv_share)
    trade = relations(seed, town)
    catalogue = orders.items(seed, town)
    made = orders.orders(seed, town, trade, start=number(span[0]), on=day, months=months)
    lines = orders.lines(seed, town, made, catalogue)
    made, lines = frauds.plant_orders(seed, town, made, lines, catalogue, on=day, each=each)
    shipments, parcels = goods.ship(seed, town, made, lines, catalogue)
    invoices, flat = billing.bill(town, made, lines, shipments, parcels, on=day)
    invoices, flat, strangers = frauds.plant_invoices(
        seed, town, made, lines, invoices, flat, on=day, each=each
    )
    notes, credited = billing.credit(town, lines, shipments, parcels, invoices, flat, on=day)
    paid, parts = payments.pay(seed, town, invoices, notes, strangers, on=day)
    counted = np.array([m.year * 12 + m.month - 1 - 1970 * 12 for m in span])
    entries = payments.book(town, paid, months=counted, on=day)
    return Economy(
        seed=seed,
        on=day,
        months=counted,
        firms=town,
        items=catalogue,
        orders=made,
        lines=lines,
        shipments=shipments,
        parcels=parcels,
        invoices=invoices,
        invoice_lines=flat,
        credits=notes,
        credit_lines=credited,
        payments=paid,
        parts=parts,
        entries=entries,
        opening=payments.opening(seed, town, invoices, notes, parts, entries, on=day),
    )


def _check(seed: int, count: int, *, fraud_share: float, csv_share: float) -> None:
    where = "town"
    if not 0 <= seed < 2**63:
        raise BadTerms(f"seed {seed}", where=where, mend="a seed is a whole number from 0")
    if not FIRMS_MIN <= count <= FIRMS_MAX:
        mend = f"ask for {FIRMS_MIN} to {FIRMS_MAX:,} firms"
        raise BadTerms(f"{count} firms", where=where, mend=mend)
    for name, share in (("frauds", fraud_share), ("csv", csv_share)):
        if not 0 <= share <= 1:
            raise BadTerms(f"a share of {share} for {name}", where=where, mend="from 0 to 1")
