"""Orders of the town and what will become of each line: delivered short, priced anew, billed, not.

Quantities are whole tenths of the unit. Prices are multiples of fifty minor units and quantities of
a tenth, so that every line amount is a multiple of five: 20 % VAT and every share of a line that is
proven are whole minor units, and the truth needs no rounding.
"""

from __future__ import annotations

import numpy as np

from tailrace.town import figures
from tailrace.town.arrays import Arrays, spread, stream
from tailrace.town.calendar import weekday
from tailrace.town.firms import ITEMS, SCALES, SECTORS, Firms, Relations

TENTHS = 10
PRICE_STEP = 50
HONEST, NO_GOODS, OVER_QUANTITY, DUPLICATE, STRANGER, ROUND_TRIP = range(6)
FRAUDS = ("", "no_goods", "over_quantity", "duplicate_invoice", "stranger_paid", "round_trip")
SHORT_UNCREDITED = 0.012  # short and never credited: ours, the logs do not tell
UNITS = ("EA", "KGM", "LTR", "MTR")
UNIT_SHARES = (0.72, 0.14, 0.07, 0.07)
GOODS = {
    "Metals": "Sheet|Bar|Ingot|Wire|Tube|Profile",
    "Parts": "Bearing|Gear|Shaft|Valve|Bracket|Spring",
    "Machines": "Pump|Motor|Press|Lathe head|Conveyor unit|Gearbox",
    "Timber": "Beam|Plank|Board|Pallet|Veneer|Frame",
    "Chemicals": "Resin|Solvent|Adhesive|Dye|Salt|Paint",
    "Packaging": "Carton|Film|Drum|Crate|Label roll|Sack",
    "Foods": "Flour|Oil|Starch|Syrup|Malt|Vinegar",
    "Electrics": "Cable|Relay|Sensor|Switch|Drive|Lamp",
}


class Items(Arrays, frozen=True, kw_only=True):
    """The catalogues: ITEMS rows for each firm, in order of firm."""

    ref: np.ndarray
    name: np.ndarray
    unit: np.ndarray
    price: np.ndarray  # minor units of the seller's currency for one unit


class Orders(Arrays, frozen=True, kw_only=True):
    """One row for each order."""

    seller: np.ndarray
    buyer: np.ndarray
    ordered_on: np.ndarray
    deliveries: np.ndarray  # zero where nothing ever comes
    receipt_days: np.ndarray  # order to first receipt
    transit_days: np.ndarray  # despatch to receipt, at least
    invoice_days: np.ndarray  # receipt to invoice; below zero: the invoice comes first
    billed: np.ndarray
    written: np.ndarray  # there is an order document
    fraud: np.ndarray  # place in FRAUDS


class Lines(Arrays, frozen=True, kw_only=True):
    """One row for each order line: quantities in tenths."""

    order: np.ndarray
    ref: np.ndarray  # the line's number in its order
    item: np.ndarray
    quantity: np.ndarray  # ordered
    price: np.ndarray  # as ordered
    price_billed: np.ndarray
    sent: np.ndarray  # despatched in all
    missing: np.ndarray  # despatched and not received
    undone: np.ndarray  # received, and the receipt taken back in part
    undone_days: np.ndarray  # receipt to its reversal
    billed: np.ndarray  # invoiced
    credited: np.ndarray  # whether what is missing or undone is credited
    credit_days: np.ndarray  # invoice or receipt to credit note


def items(seed: int, town: Firms) -> Items:
    """Return what each firm sells."""
    rng = stream(seed, "items")
    count = len(town) * ITEMS
    seller, rank = spread(np.full(len(town), ITEMS))
    whole = figures.PRICE.at(rng.random(count)) * np.array(SCALES)[town.area[seller]]
    goods = [GOODS[name].split("|") for name in SECTORS]
    named = [
        f"{goods[s][r % 6]} {10 + 5 * (r // 6) + s}"
        for s, r in zip(town.sector[seller].tolist(), rank.tolist(), strict=True)
    ]
    return Items(
        ref=np.char.add(
            np.char.add(town.code[seller], "-"), np.char.zfill((rank + 1).astype(str), 2)
        ),
        name=np.array(named),
        unit=rng.choice(len(UNITS), count, p=UNIT_SHARES),
        price=_step(whole),
    )


def orders(seed: int, town: Firms, trade: Relations, *, start: int, on: int, months: int) -> Orders:
    """Return the orders of the months, by day; each buyer orders from each supplier at least once."""
    rng = stream(seed, "orders")
    many = np.maximum(rng.poisson(trade.orders_monthly * months), 1)
    relation, _ = spread(many)
    count = len(relation)
    days = np.arange(start, on + 1)
    days = days[weekday(days) < 5]
    seller, buyer = trade.seller[relation], trade.buyer[relation]
    refers = town.refers[seller]
    # A seller whose invoices name no order is matched by what they hold; its goods come at once,
    # whole and before the invoice, so that there is one answer whichever order they are taken in.
    received = (rng.random(count) >= figures.NEVER_RECEIVED) | ~refers
    deliveries = np.where(refers, figures.DELIVERIES.at(rng.random(count)), 1)
    invoice_days = _whole(figures.RECEIPT_TO_INVOICE.at(rng.random(count)))
    early = (deliveries == 1) & refers
    made = Orders(
        seller=seller,
        buyer=buyer,
        ordered_on=rng.choice(days, count),
        deliveries=np.where(received, deliveries, 0),
        receipt_days=_whole(figures.ORDER_TO_RECEIPT.at(rng.random(count))),
        transit_days=rng.integers(0, 4, count),
        invoice_days=np.where(early, invoice_days, np.maximum(invoice_days, 0)),
        billed=(rng.random(count) >= figures.NEVER_INVOICED) | ~refers,
        written=np.ones(count, bool),
        fraud=np.zeros(count, np.int64),
    )
    return made.take(np.lexsort((relation, made.ordered_on)))


def lines(seed: int, town: Firms, made: Orders, catalogue: Items) -> Lines:
    """Return the lines of the orders with what goes wrong with each."""
    rng = stream(seed, "lines")
    order, rank = spread(figures.LINES.at(rng.random(len(made))))
    count = len(order)
    first = rng.integers(0, ITEMS, len(made))
    item = made.seller[order] * ITEMS + (first[order] + rank) % ITEMS
    whole = unit_step(catalogue, item)
    quantity = _rounded(figures.QUANTITY.at(rng.random(count)) * TENTHS, whole)
    price = catalogue.price[item]
    # With one delivery and one invoice there is no question which receipt proves which invoice.
    plain = (made.deliveries[order] == 1) & town.refers[made.seller[order]]
    fate = rng.random(count)
    sent = _sent(fate, plain, quantity, whole)
    missing, undone, credited = _lost(rng, plain & (sent == quantity), sent, whole)
    dearer = np.where(rng.random(count) < figures.PRICE_CHANGED, rng.uniform(0.9, 1.12, count), 1.0)
    return Lines(
        order=order,
        ref=rank + 1,
        item=item,
        quantity=quantity,
        price=price,
        price_billed=np.where(dearer == 1.0, price, _step(price * dearer)),
        sent=sent,
        missing=missing,
        undone=undone,
        undone_days=rng.integers(2, 15, count),
        billed=sent,
        credited=credited,
        credit_days=rng.integers(5, 21, count),
    )


def _sent(
    fate: np.ndarray, plain: np.ndarray, quantity: np.ndarray, whole: np.ndarray
) -> np.ndarray:
    """Return what is despatched: some lines short of the order, as many above it."""
    half = figures.QUANTITY_CHANGED / 2
    factor = np.select([fate < half, fate < 2 * half], [0.85, 1.1], 1.0)
    return np.where(plain, _rounded(quantity * factor, whole), quantity)


def _lost(
    rng: np.random.Generator, plain: np.ndarray, sent: np.ndarray, whole: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is missing at receipt, what is taken back later, and whether it is credited."""
    fate = rng.random(len(sent))
    part = np.minimum(_rounded(sent * rng.uniform(0.05, 0.4, len(sent)), whole), sent - whole)
    part = np.where(plain, np.maximum(part, 0), 0)
    edges = np.cumsum([figures.CREDIT_NOTED, SHORT_UNCREDITED, figures.RECEIPT_REVERSED])
    missing = np.where(fate < edges[1], part, 0)
    undone = np.where((fate >= edges[1]) & (fate < edges[2]), part, 0)
    credited = (fate < edges[0]) | ((undone > 0) & (rng.random(len(sent)) < 0.5))
    return missing, undone, credited


def unit_step(catalogue: Items, item: np.ndarray) -> np.ndarray:
    """Return the smallest quantity of each item, in tenths: goods by weight come in tenths."""
    return np.where(catalogue.unit[item] == UNITS.index("KGM"), 1, TENTHS)


def _rounded(tenths: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.maximum(_whole(tenths / whole), 1) * whole


def _whole(values: np.ndarray) -> np.ndarray:
    return np.rint(values).astype(np.int64)


def _step(price: np.ndarray) -> np.ndarray:
    return np.maximum(_whole(price / PRICE_STEP), 1) * PRICE_STEP
