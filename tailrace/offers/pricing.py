"""Prices: what each bid is worth, from the cash flows of the contract it would become.

A bid is written as a contract in ACTUS terms (PAM, zero rate, bought with PRD); the engine projects
it; what the contract pays after the purchase is discounted at the bid's simple yearly rate, rounded
down to the minor unit, and the buyer's fee is taken off. That is `priceAtPurchaseDate`.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.ids import digest_id
from tailrace.contracts.engine import amounts_due, project
from tailrace.contracts.functions.day_counts import basis
from tailrace.contracts.functions.discount import simple_price
from tailrace.contracts.tables import CONTRACT
from tailrace.offers.market import Bids, Floats, Ints, Product, market_of
from tailrace.offers.rules import OfferRules
from tailrace.offers.tables import OFFER

_CHUNK = 200_000  # contracts projected at a time


def priced(
    ask: pa.Table,
    surplus: pa.Table,
    exposure: pa.Table,
    products: list[Product],
    *,
    on: date,
    rules: OfferRules,
) -> pa.Table:
    """Return every offer on the asks, cheapest first for each need: a table of kind `offer`.

    An offer is left out where its price is nothing, above what the buyer can give, or so low that
    the rate, fee included, is above `rate_pa_max`. Cheapest is the least cost for each unit of money and day, fee included; ties by id.
    """
    market = market_of(ask, surplus, exposure, rules)
    parts = []
    for product in products:
        bids = product.candidates(market)
        for start in range(0, len(bids.ask), _CHUNK):
            some = _slice(bids, start)
            parts.append(_offers(ask.take(some.ask), some, product, on, rules))
    return _ranked(pa.concat_tables(parts) if parts else OFFER.empty())


def _offers(rows: pa.Table, bids: Bids, product: Product, on: date, rules: OfferRules) -> pa.Table:
    """Return the offers of one product's bids; `rows` holds each bid's ask."""
    price = _worth(rows, bids, on, rules) - bids.fee_minor
    stands = (price > 0) & (price <= bids.room_minor)
    stands &= _rate(rows, np.maximum(price, 1), rules) <= rules.rate_pa_max
    keep = pa.array(np.flatnonzero(stands))
    rows, price, size = rows.take(keep), price[stands], len(keep)
    offer = {name: rows[name] for name in rows.column_names} | {
        "rank": np.ones(size, dtype=np.int64),
        "product": _same(product.NAME, size),
        "source": _same(product.SOURCE, size),
        "buyer_id": bids.buyer.take(keep),
        "price_minor": price,
        "cost_minor": rows["notional_minor"].to_numpy() - price,
        "rate_pa": _rate(rows, price, rules),
        "day_count": _same(rules.day_count, size),
    }
    named = ("need_id", "obligation_id", "buyer_id")
    columns = [pa.array(offer[name]).to_pylist() for name in named]
    offer["offer_id"] = [
        digest_id("offer", need, product.NAME, obligation, buyer, int(paid))
        for need, obligation, buyer, paid in zip(*columns, price, strict=True)
    ]
    return OFFER.cast(pa.table(offer))


def _rate(rows: pa.Table, price: Ints, rules: OfferRules) -> Floats:
    """Return the simple yearly rate on the money given that each price comes to."""
    cost = rows["notional_minor"].to_numpy() - price
    return cost / price * basis(rules.day_count) / rows["days"].to_numpy()


def _worth(rows: pa.Table, bids: Bids, on: date, rules: OfferRules) -> Ints:
    """Return what each bid's contract pays after its purchase, discounted to that day."""
    size = rows.num_rows
    if size == 0:
        return np.zeros(0, dtype=np.int64)
    terms = _terms(rows, bids, on, rules)
    events = project(terms, to=pc.max(terms["maturity_on"]).as_py())
    owner = events["contract_id"].cast(pa.int64()).to_numpy()
    bought = rows["pay_on"].cast(pa.int32()).to_numpy()[owner]
    days = events["event_on"].cast(pa.int32()).to_numpy().astype(np.int64) - bought
    after = pc.not_equal(events["event_type"], "PRD").to_numpy(zero_copy_only=False)
    due = amounts_due(events, rounding=ROUND_HALF_UP)[after]
    worth = simple_price(due, bids.rate_pa[owner[after]], days[after], basis(rules.day_count))
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, owner[after], worth)
    return total


def _terms(rows: pa.Table, bids: Bids, on: date, rules: OfferRules) -> pa.Table:
    """Return the bids as contracts that are not priced yet; the id is the row's number."""
    size = rows.num_rows
    columns = {
        "contract_id": pa.array(range(size)).cast(pa.string()),
        "contract_type": _same("PAM", size),
        "contract_role": _same("RPA", size),
        "product": _same("", size),
        "obligation_id": rows["obligation_id"],
        "claim_id": rows["claim_id"],
        "seller_id": rows["seller_id"],
        "buyer_id": bids.buyer,
        "debtor_id": rows["debtor_id"],
        "currency": rows["currency"],
        "notional_minor": rows["notional_minor"],
        "price_at_purchase_minor": np.zeros(size, dtype=np.int64),
        "status_on": pa.array([on] * size, pa.date32()),
        "initial_exchange_on": rows["issued_on"],
        "purchase_on": rows["pay_on"],
        "maturity_on": rows["maturity_on"],
        "nominal_interest_rate": np.zeros(size),
        "day_count": _same(rules.day_count, size),
        "rate_pa": bids.rate_pa,
    }
    return CONTRACT.cast(pa.table(columns))


def _ranked(offers: pa.Table) -> pa.Table:
    """Return the offers in order of need, rate and id, with their rank within the need."""
    order = [("need_id", "ascending"), ("rate_pa", "ascending"), ("offer_id", "ascending")]
    offers = offers.sort_by(order)
    need = offers["need_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    place = np.arange(len(need))
    opens = np.append(True, need[1:] != need[:-1])[: len(need)]
    first = np.maximum.accumulate(np.where(opens, place, 0)) if len(need) else place
    at = OFFER.names.index("rank")
    return offers.set_column(at, OFFER.arrow.field(at), pa.array(place - first + 1, pa.int64()))


def _slice(bids: Bids, start: int) -> Bids:
    part = slice(start, start + _CHUNK)
    return Bids(
        ask=bids.ask[part],
        buyer=bids.buyer[part],
        rate_pa=bids.rate_pa[part],
        fee_minor=bids.fee_minor[part],
        room_minor=bids.room_minor[part],
    )


def _same(text: str, size: int) -> pa.Array:
    return pa.array([text], pa.string()).take(pa.array(np.zeros(size, dtype=np.int64)))
