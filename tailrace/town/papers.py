"""Order, order response, despatch advice and receipt advice of the town as record rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.tables import TEXT
from tailrace.town.arrays import ranks
from tailrace.town.calendar import working
from tailrace.town.columns import days, decimals, pick, same, texts, where
from tailrace.town.economy import Economy
from tailrace.town.numbers import Numbers
from tailrace.town.orders import STRANGER, TENTHS, UNITS
from tailrace.town.parties import Parties
from tailrace.town.payments import currency, places

TENTH_PLACES = 1


class Part(Struct, frozen=True, kw_only=True):
    """Documents of one kind: `at` in lines and references is a place among these documents.

    `line` in references is a place among these lines, below zero for the whole document; `payment`
    in allocations is a place among these payments.
    """

    document: dict[str, Any]
    lines: dict[str, Any] = {}
    references: list[dict[str, Any]] = []
    taxes: dict[str, Any] = {}
    payments: dict[str, Any] = {}
    allocations: list[dict[str, Any]] = []
    entries: dict[str, Any] = {}

    @property
    def count(self) -> int:
        return len(self.document["number"])


class Desk(Struct, frozen=True, kw_only=True):
    """What every document is written from."""

    e: Economy
    numbers: Numbers
    parties: Parties
    line_ref: pa.Array  # by order line
    item_ref: pa.Array
    item_name: pa.Array
    unit: pa.Array
    currency: pa.Array  # by firm
    stranger: np.ndarray  # by invoice: the place of the stranger in its trade, or -1

    def goods(self, line: np.ndarray) -> dict[str, Any]:
        """Return the columns that say which goods an order line is about."""
        item = self.e.lines.item[line]
        return {
            "item_ref": pick(self.item_ref, item),
            "item_name": pick(self.item_name, item),
            "unit": pick(self.unit, item),
        }

    def of_order(self, line: np.ndarray) -> dict[str, Any]:
        """Return the columns that name an order line."""
        return {
            "order_ref": pick(self.numbers.order, self.e.lines.order[line]),
            "order_line_ref": pick(self.line_ref, line),
        }

    def price(self, line: np.ndarray, price: np.ndarray) -> pa.Array:
        """Return prices of order lines as decimals of their currency."""
        return decimals(price, places(self.e.firms, self.e.orders.seller[self.e.lines.order[line]]))

    def sides(self, party: pa.Array, seller: np.ndarray, buyer: np.ndarray) -> dict[str, Any]:
        return {"seller_id": pick(party, seller), "buyer_id": pick(party, buyer)}


def desk(e: Economy, numbers: Numbers, parties: Parties) -> Desk:
    """Return the desk of an economy."""
    units = np.array(UNITS)[e.items.unit]
    everyone = np.arange(len(e.firms))
    strange = e.invoices.fraud == STRANGER
    return Desk(
        e=e,
        numbers=numbers,
        parties=parties,
        line_ref=pa.array(e.lines.ref).cast(TEXT),
        item_ref=texts(e.items.ref),
        item_name=texts(e.items.name),
        unit=texts(units),
        currency=texts(currency(e.firms, everyone)),
        stranger=np.where(strange, np.cumsum(strange) - 1, -1),
    )


def orders(d: Desk) -> Part:
    """Return the orders that were written."""
    o, lines = d.e.orders, d.e.lines
    shown = np.flatnonzero(o.written)
    line, at = inside(lines.order, shown, len(o))
    net = lines.quantity[line] * (lines.price[line] // TENTHS)
    total = np.bincount(at, minlength=len(shown))  # every order has a line
    total = np.add.reduceat(net, np.cumsum(total) - total) if len(net) else net
    sides = d.sides(d.parties.trade, o.seller[shown], o.buyer[shown])
    return Part(
        document={
            "kind": same("order", len(shown)),
            "number": pick(d.numbers.order, shown),
            "issued_on": days(o.ordered_on[shown]),
            "issuer_id": sides["buyer_id"],
            **sides,
            "currency": pick(d.currency, o.seller[shown]),
            "line_total_minor": total,
            "payable_minor": total,
        },
        lines={
            "at": at,
            "line_ref": pick(d.line_ref, line),
            **d.goods(line),
            "quantity": decimals(lines.quantity[line], TENTH_PLACES),
            "price": d.price(line, lines.price[line]),
            "net_minor": net,
        },
    )


def responses(d: Desk) -> Part:
    """Return the answers of sellers who confirm orders, and of all who change a price."""
    o, lines = d.e.orders, d.e.lines
    changed = np.zeros(len(o), bool)
    changed[lines.order[lines.price != lines.price_billed]] = True
    said_on = working(o.ordered_on + 1)
    shown = o.written & (said_on <= d.e.on) & (changed | d.e.firms.confirms[o.seller])
    shown = np.flatnonzero(shown)
    line, at = inside(lines.order, shown, len(o))
    sides = d.sides(d.parties.trade, o.seller[shown], o.buyer[shown])
    count = len(shown)
    return Part(
        document={
            "kind": same("order_response", count),
            "number": pick(d.numbers.response, shown),
            "issued_on": days(said_on[shown]),
            "issuer_id": sides["seller_id"],
            **sides,
            "currency": pick(d.currency, o.seller[shown]),
            "status_code": where(changed[shown], same("CA", count), same("AP", count)),
        },
        lines={
            "at": at,
            "line_ref": pick(d.line_ref, line),
            **d.goods(line),
            **d.of_order(line),
            "quantity": decimals(lines.quantity[line], TENTH_PLACES),
            "price": d.price(line, lines.price_billed[line]),
        },
        references=[
            order_lines(d, at, line),
            whole(np.arange(count), "order", pick(d.numbers.order, shown)),
        ],
    )


def despatches(d: Desk) -> Part:
    """Return the despatch advices by the town's day."""
    s, parcels = d.e.shipments, d.e.parcels
    shown = np.flatnonzero(s.despatched_on <= d.e.on)
    row, at = inside(parcels.shipment, shown, len(s))
    sides = d.sides(d.parties.goods, s.seller[shown], s.buyer[shown])
    line, follows = parcels.line[row], parcels.follows[row]
    return Part(
        document={
            "kind": same("despatch", len(shown)),
            "number": pick(d.numbers.despatch, shown),
            "issued_on": days(s.despatched_on[shown]),
            "issuer_id": sides["seller_id"],
            **sides,
        },
        lines={
            "at": at,
            "line_ref": running(at),
            **d.goods(line),
            **d.of_order(line),
            "quantity": decimals(parcels.sent[row], TENTH_PLACES),
            "backorder_quantity": where(follows > 0, decimals(follows, TENTH_PLACES)),
        },
        references=[order_lines(d, at, line), one_order(d, at, line, len(shown))],
    )


def receipts(d: Desk) -> Part:
    """Return the receipts by the town's day, written by the buyers."""
    s, parcels = d.e.shipments, d.e.parcels
    shown = np.flatnonzero(s.received_on <= d.e.on)
    row, at = inside(parcels.shipment, shown, len(s))
    line, short = parcels.line[row], parcels.sent[row] - parcels.received[row]
    received_on = days(s.received_on[shown])
    sides = _receivers(d, s.seller[shown], s.buyer[shown])
    return Part(
        document={
            "kind": same("receipt", len(shown)),
            "number": pick(d.numbers.receipt, shown),
            "issued_on": received_on,
            "issuer_id": sides["buyer_id"],
            **sides,
            "delivered_on": received_on,
        },
        lines={
            "at": at,
            "line_ref": running(at),
            **d.goods(line),
            **d.of_order(line),
            "quantity": decimals(parcels.received[row], TENTH_PLACES),
            "short_quantity": where(short > 0, decimals(short, TENTH_PLACES)),
            "delivered_on": received_on.take(pa.array(at)),
        },
        references=[
            order_lines(d, at, line),
            one_order(d, at, line, len(shown)),
            whole(np.arange(len(shown)), "despatch", pick(d.numbers.despatch, shown)),
        ],
    )


def reversals(d: Desk) -> Part:
    """Return the receipts that take a part of an earlier receipt back."""
    s, parcels = d.e.shipments, d.e.parcels
    row = np.flatnonzero((parcels.undone > 0) & (parcels.undone_on <= d.e.on))
    shipment, line = parcels.shipment[row], parcels.line[row]
    sides = _receivers(d, s.seller[shipment], s.buyer[shipment])
    undone_on, at = days(parcels.undone_on[row]), np.arange(len(row))
    return Part(
        document={
            "kind": same("receipt", len(row)),
            "number": pick(d.numbers.reversal, row),
            "issued_on": undone_on,
            "issuer_id": sides["buyer_id"],
            **sides,
            "delivered_on": undone_on,
            "note": same("Taken back: damaged", len(row)),
        },
        lines={
            "at": at,
            "line_ref": same("1", len(row)),
            **d.goods(line),
            **d.of_order(line),
            "quantity": decimals(-parcels.undone[row], TENTH_PLACES),
            "delivered_on": undone_on,
        },
        references=[
            order_lines(d, at, line),
            whole(at, "order", pick(d.numbers.order, d.e.lines.order[line])),
            whole(at, "receipt", pick(d.numbers.receipt, shipment)),
        ],
    )


def _receivers(d: Desk, seller: np.ndarray, buyer: np.ndarray) -> dict[str, pa.Array]:
    """Return the sides of a receipt: a warehouse that exports CSV knows VAT numbers only."""
    p, csv = d.parties, d.e.firms.csv[buyer]
    goods, trade = d.sides(p.goods, seller, buyer), d.sides(p.trade, seller, buyer)
    return {name: where(csv, trade[name], goods[name]) for name in goods}


def inside(owner: np.ndarray, shown: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows whose owner is shown, by owner, and the owner's place among those shown."""
    place = np.full(count, -1)
    place[shown] = np.arange(len(shown))
    at = place[owner]
    rows = np.flatnonzero(at >= 0)
    rows = rows[np.argsort(at[rows], kind="stable")]
    return rows, at[rows]


def running(at: np.ndarray) -> pa.Array:
    """Return line numbers that count from 1 in each document."""
    return pa.array(ranks(at, np.arange(len(at))) + 1).cast(TEXT)


def order_lines(d: Desk, at: np.ndarray, line: np.ndarray) -> dict[str, Any]:
    """Return the reference of each line to its order line."""
    named = d.of_order(line)
    return {
        "at": at,
        "line": np.arange(len(at)),
        "to_kind": same("order", len(at)),
        "to_number": named["order_ref"],
        "to_line": named["order_line_ref"],
    }


def one_order(d: Desk, at: np.ndarray, line: np.ndarray, count: int) -> dict[str, Any]:
    """Return the reference to the order of each document that is about one order only."""
    order = d.e.lines.order[line]
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(low, at, order)
    np.maximum.at(high, at, order)
    single = np.flatnonzero(low == high)
    return whole(single, "order", pick(d.numbers.order, low[single]))


def whole(at: np.ndarray, kind: str, number: pa.Array) -> dict[str, Any]:
    """Return the reference of whole documents to others."""
    return {
        "at": at,
        "line": np.full(len(at), -1),
        "to_kind": same(kind, len(at)),
        "to_number": number,
    }
