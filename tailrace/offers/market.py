"""The market a product sees: who asks, who could spare, what is declared. Arrays, a row an ask.

A product answers with `Bids`: which ask, which buyer, at what rate, and how much that buyer could
give at most. It decides who bids; `pricing` decides the price and drops what the buyer cannot give.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from tailrace.base.errors import BadTerms
from tailrace.contracts.functions.day_counts import basis
from tailrace.offers import products
from tailrace.offers.rules import OfferRules

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ANY = np.iinfo(np.int64).max  # room of a buyer whose limits are not on the price
NONE = np.iinfo(np.int64).min  # no curve is known for it: it can spare nothing


class Market(Struct, frozen=True, kw_only=True):
    """What there is to bid for and with. `spare` is a firm's surplus less what it keeps."""

    seller: pa.Array
    debtor: pa.Array
    currency: pa.Array
    notional: Ints
    debtor_spare: Ints  # of each ask's debtor, in its currency
    member: pa.Array  # firms with something to spare, most first, then by id
    member_currency: pa.Array
    member_spare: Ints
    exposure: pa.Table
    rules: OfferRules


class Bids(Struct, frozen=True, kw_only=True):
    """A product's answer, a row a bid."""

    ask: Ints  # row of the market's asks
    buyer: pa.Array
    rate_pa: Floats
    fee_minor: Ints
    room_minor: Ints  # the price may not be above it


class Product(Protocol):
    """What a file in `products/` offers."""

    NAME: str
    SOURCE: str  # debtor, member or outside: whose money it is

    def candidates(self, market: Market) -> Bids:
        """Return who would bid for which ask."""


def every_product() -> Iterator[Product]:
    """Yield the products in `products/` by name, then those other packages bring."""
    for found in sorted(iter_modules(products.__path__), key=lambda m: m.name):
        yield cast(Product, import_module(f"{products.__name__}.{found.name}"))
    for entry in sorted(entry_points(group="tailrace.products"), key=lambda e: e.name):
        yield cast(Product, entry.load())


def market_of(ask: pa.Table, surplus: pa.Table, exposure: pa.Table, rules: OfferRules) -> Market:
    """Return the market of these tables (kinds ask, surplus, exposure)."""
    spare = surplus["lowest_minor"].to_numpy() - rules.surplus_keep_minor
    some = np.flatnonzero(spare > 0)
    order = some[np.lexsort((_rank(surplus["firm_id"])[some], -spare[some]))]
    rows = pa.array(order)
    return Market(
        seller=ask["seller_id"].combine_chunks(),
        debtor=ask["debtor_id"].combine_chunks(),
        currency=ask["currency"].combine_chunks(),
        notional=ask["notional_minor"].to_numpy(),
        debtor_spare=_of_debtors(ask, surplus, spare),
        member=surplus["firm_id"].combine_chunks().take(rows),
        member_currency=surplus["currency"].combine_chunks().take(rows),
        member_spare=spare[order],
        exposure=exposure,
        rules=rules,
    )


def bids(parts: Sequence[Bids]) -> Bids:
    """Return the parts as one."""
    if not parts:
        return Bids(
            ask=np.zeros(0, dtype=np.int64),
            buyer=pa.array([], pa.string()),
            rate_pa=np.zeros(0),
            fee_minor=np.zeros(0, dtype=np.int64),
            room_minor=np.zeros(0, dtype=np.int64),
        )
    return Bids(
        ask=np.concatenate([p.ask for p in parts]),
        buyer=pa.concat_arrays([p.buyer for p in parts]),
        rate_pa=np.concatenate([p.rate_pa for p in parts]),
        fee_minor=np.concatenate([p.fee_minor for p in parts]),
        room_minor=np.concatenate([p.room_minor for p in parts]),
    )


def bid(ask: Ints, buyer: pa.Array, room: Ints, *, rate_pa: float, fee_minor: int = 0) -> Bids:
    """Return bids that share a rate and a fee."""
    return Bids(
        ask=ask,
        buyer=buyer,
        rate_pa=np.full(len(ask), rate_pa),
        fee_minor=np.full(len(ask), fee_minor, dtype=np.int64),
        room_minor=room,
    )


def check(rules: OfferRules) -> None:
    """Raise `BadTerms` where the declared prices and limits of money cannot mean anything."""
    basis(rules.day_count)
    rates = {
        "rate_pa_max": rules.rate_pa_max,
        "early_payment": rules.early_payment_rate_pa,
        "member": rules.member_rate_pa,
    }
    rates |= {f"funder {f.name}": f.rate_pa for f in rules.funder}
    for who, rate in rates.items():
        if not 0 <= rate < 10:
            mend = "a yearly fraction, zero or more: 0.05 is five per cent"
            raise BadTerms(f"rate {rate} of {who}", where="offers", mend=mend)
    declared = [(f.name, f.currency) for f in rules.funder]
    for f in rules.funder:
        if declared.count((f.name, f.currency)) > 1:
            mend = "give each funder one entry for each currency, or other names"
            what = f"funder {f.name!r} is declared twice in {f.currency}"
            raise BadTerms(what, where="offers.funder", mend=mend)
        if min(f.fee_minor, f.limit_minor, f.debtor_limit_minor) < 0:
            mend = "fees and limits are zero or more"
            raise BadTerms(f"funder {f.name!r} is below zero", where="offers.funder", mend=mend)


def _of_debtors(ask: pa.Table, surplus: pa.Table, spare: Ints) -> Ints:
    known = pc.binary_join_element_wise(surplus["firm_id"], surplus["currency"], "|")
    asked = pc.binary_join_element_wise(ask["debtor_id"], ask["currency"], "|")
    at = pc.fill_null(pc.index_in(asked, value_set=known), -1).to_numpy(zero_copy_only=False)
    return np.where(at < 0, NONE, np.append(spare, NONE)[at])


def _rank(ids: pa.ChunkedArray) -> Ints:
    """Return each id's place in the order of ids."""
    return pc.rank(ids.combine_chunks(), tiebreaker="dense").to_numpy().astype(np.int64)
