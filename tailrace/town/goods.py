"""Goods on their way: deliveries of the orders, joined into shipments, line by line."""

from __future__ import annotations

import numpy as np

from tailrace.town import figures
from tailrace.town.arrays import Arrays, greatest, grouped, spread, stream
from tailrace.town.calendar import SUNDAY, weekday
from tailrace.town.firms import Firms
from tailrace.town.orders import HONEST, Items, Lines, Orders, unit_step


class Shipments(Arrays, frozen=True, kw_only=True):
    """One row for each despatch and the receipt that answers it, by day of receipt."""

    seller: np.ndarray
    buyer: np.ndarray
    despatched_on: np.ndarray
    received_on: np.ndarray
    invoice_on: np.ndarray  # where the seller bills each shipment


class Parcels(Arrays, frozen=True, kw_only=True):
    """One row for each order line in a shipment: quantities in tenths."""

    line: np.ndarray
    shipment: np.ndarray
    sent: np.ndarray
    received: np.ndarray
    follows: np.ndarray  # still to come of the line
    undone: np.ndarray  # taken back after the receipt
    undone_on: np.ndarray


class _Deliveries(Arrays, frozen=True, kw_only=True):
    order: np.ndarray
    rank: np.ndarray
    despatched_on: np.ndarray
    received_on: np.ndarray
    invoice_on: np.ndarray
    share: np.ndarray  # of the order's quantities, once it has come


def ship(
    seed: int, town: Firms, made: Orders, lines: Lines, catalogue: Items
) -> tuple[Shipments, Parcels]:
    """Return the shipments of the orders and what is in each, also those that are yet to come."""
    deliveries = _deliveries(seed, made)
    first, group = grouped(_together(town, made, deliveries))
    count = len(first)
    order = deliveries.order[first]
    shipments = Shipments(
        seller=made.seller[order],
        buyer=made.buyer[order],
        despatched_on=greatest(deliveries.despatched_on, group, count),
        received_on=deliveries.received_on[first],
        invoice_on=greatest(deliveries.invoice_on, group, count),
    )
    parcels = _parcels(made, lines, catalogue, deliveries, group, shipments.received_on)
    return _by_day(shipments, parcels)


def _by_day(shipments: Shipments, parcels: Parcels) -> tuple[Shipments, Parcels]:
    """Order shipments by day of receipt; leave out those for which no whole unit was left."""
    filled = np.bincount(parcels.shipment, minlength=len(shipments)) > 0
    order = np.lexsort((shipments.buyer, shipments.seller, shipments.received_on))
    order = order[filled[order]]
    place = np.empty(len(shipments), np.int64)
    place[order] = np.arange(len(order))
    moved = parcels.changed(shipment=place[parcels.shipment])
    return shipments.take(order), moved.take(np.lexsort((moved.line, moved.shipment)))


def _deliveries(seed: int, made: Orders) -> _Deliveries:
    """Return each delivery: its days, and which share of the order comes with it."""
    rng = stream(seed, "deliveries")
    order, rank = spread(made.deliveries)
    count = len(order)
    gaps = np.rint(figures.DELIVERY_GAP.at(rng.random(count))).astype(np.int64)
    gaps[rank == 0] = 0
    run = np.cumsum(gaps)
    starts = np.flatnonzero(rank == 0)
    since = run - np.repeat(run[starts], made.deliveries[made.deliveries > 0])
    received = made.ordered_on[order] + made.receipt_days[order] + since
    received += weekday(received) == SUNDAY
    lead = np.maximum(made.transit_days[order], -made.invoice_days[order])
    despatched = np.maximum(received - lead, made.ordered_on[order])
    many = made.deliveries[order]
    cut = (rank + 1 + np.where(rank + 1 < many, rng.uniform(-0.3, 0.3, count), 0.0)) / many
    return _Deliveries(
        order=order,
        rank=rank,
        despatched_on=despatched,
        received_on=received,
        invoice_on=np.maximum(received + made.invoice_days[order], despatched),
        share=cut,
    )


def _together(town: Firms, made: Orders, deliveries: _Deliveries) -> np.ndarray:
    """Return a key that is equal for deliveries which travel together."""
    seller, buyer = made.seller[deliveries.order], made.buyer[deliveries.order]
    pair = seller * len(town) + buyer
    day = deliveries.received_on - deliveries.received_on.min(initial=0)
    shared = pair * (day.max(initial=0) + 1) + day
    joins = town.combines[seller] & (made.fraud[deliveries.order] == HONEST)
    # Keys below zero are of deliveries that travel alone.
    return np.where(joins, shared, -1 - np.arange(len(deliveries)))


def _parcels(
    made: Orders,
    lines: Lines,
    catalogue: Items,
    deliveries: _Deliveries,
    group: np.ndarray,
    received_on: np.ndarray,
) -> Parcels:
    """Cut each line's quantity among its order's deliveries; nothing is lost in the cutting."""
    many = made.deliveries[lines.order]
    line, rank = spread(many)
    first = np.cumsum(made.deliveries) - made.deliveries
    delivery = first[lines.order[line]] + rank
    step = unit_step(catalogue, lines.item[line])
    units = lines.sent[line] // step
    end = np.floor(units * deliveries.share[delivery]).astype(np.int64) * step
    end = np.where(rank + 1 == many[line], lines.sent[line], end)
    begin = np.where(rank == 0, 0, np.roll(end, 1))
    sent = end - begin
    shipment = group[delivery]
    parcels = Parcels(
        line=line,
        shipment=shipment,
        sent=sent,
        received=sent - lines.missing[line],
        follows=lines.sent[line] - end,
        undone=lines.undone[line],
        undone_on=received_on[shipment] + lines.undone_days[line],
    )
    return parcels.take(sent > 0)
