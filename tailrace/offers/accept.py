"""Accepting offers: one that somebody chose, or the cheapest for every need.

An acceptance holds the obligation and becomes a contract. What is accepted here is decided in the
order needs arise; what a buyer has given to an earlier need is gone for a later one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.base.tables import rows_of
from tailrace.contracts.tables import CONTRACT
from tailrace.offers.rules import OfferRules
from tailrace.offers.tables import ACCEPTANCE, OFFER

CHOICES = ("none", "cheapest")
Row = Mapping[str, Any]


def accept_one(offer: Row, *, on: date) -> dict[str, pa.Table]:
    """Return the acceptance and the contract of one offer: rows to append, by kind.

    Raises `BadTerms` where the money would come on a day that is past.
    """
    if offer["pay_on"] <= on:
        what = f"the money would come on {offer['pay_on']}, and it is {on}"
        mend = "make the offers of today first: tailrace run"
        raise BadTerms(what, where=f"offer {offer['offer_id']}", mend=mend)
    return bound(OFFER.rows([offer]), on=on)


def bound(offers: pa.Table, *, on: date) -> dict[str, pa.Table]:
    """Return the acceptances and contracts of these offers: a zero-rate PAM each, in ACTUS terms,
    an asset of its buyer, bought with PRD."""
    size = offers.num_rows
    ids = offers["offer_id"].to_pylist()
    contract_id = pa.array([digest_id("contract", offer_id) for offer_id in ids], pa.string())
    today = pa.array([on] * size, pa.date32())
    same = {name: offers[name] for name in offers.column_names}
    acceptance = same | {
        "acceptance_id": pa.array([digest_id("acceptance", i) for i in ids], pa.string()),
        "contract_id": contract_id,
        "on": today,
    }
    contract = same | {
        "contract_id": contract_id,
        "contract_type": pa.array(["PAM"] * size, pa.string()),
        "contract_role": pa.array(["RPA"] * size, pa.string()),
        "price_at_purchase_minor": offers["price_minor"],
        "status_on": today,
        "initial_exchange_on": offers["issued_on"],
        "purchase_on": offers["pay_on"],
        "nominal_interest_rate": pa.array([0.0] * size, pa.float64()),
    }
    return {
        "acceptance": ACCEPTANCE.cast(pa.table(acceptance)),
        "contract": CONTRACT.cast(pa.table(contract)),
    }


def cheapest(
    offer: pa.Table, need: pa.Table, surplus: pa.Table, exposure: pa.Table, rules: OfferRules
) -> pa.Table:
    """Return the offers that meet the needs, cheapest first, while the buyers' money lasts.

    offer, need, surplus, exposure: tables of those kinds. Needs are met in order of day, then id;
    of each, offers by rank until their prices together reach the need. An obligation is taken once, and only while less is met
    than it can reach: beyond that it would bring no relief.
    """
    offer = offer.sort_by([("need_id", "ascending"), ("rank", "ascending")])
    columns = [offer[name].to_pylist() for name in _LOOKED_AT]
    spans = _spans(offer)
    purse = Purse(surplus, exposure, rules)
    taken: set[str] = set()
    chosen = []
    for need_id, wanted in _in_order(need):
        met = 0
        for place in spans.get(need_id, ()):
            if met >= wanted:
                break
            row = Look(*(column[place] for column in columns))
            if row.obligation_id not in taken and met < row.reach_minor and purse.pays(row):
                taken.add(row.obligation_id)
                chosen.append(place)
                met += row.price_minor
    return offer.take(pa.array(chosen, pa.int64()))


class Look(NamedTuple):
    """What of an offer decides whether it can be taken."""

    obligation_id: str
    buyer_id: str
    debtor_id: str
    currency: str
    notional_minor: int
    reach_minor: int
    price_minor: int


_LOOKED_AT = Look._fields


def _in_order(need: pa.Table) -> Iterator[tuple[str, int]]:
    """Yield each need that is left and its amount, in the order needs arise."""
    left = need.filter(pc.equal(need["stage"], "left"))
    left = left.sort_by([("on", "ascending"), ("need_id", "ascending")])
    yield from zip(left["need_id"].to_pylist(), left["amount_minor"].to_pylist(), strict=True)


def _spans(offer: pa.Table) -> dict[str, range]:
    """Return where each need's offers stand in a table sorted by need."""
    counts = offer["need_id"].combine_chunks().value_counts()
    ends = accumulate(counts.field("counts").to_pylist())
    sizes = zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)
    return {
        need_id: range(end - size, end) for (need_id, size), end in zip(sizes, ends, strict=True)
    }


class Purse:
    """What each buyer can still give: members of their surplus, funders within their limits."""

    def __init__(self, surplus: pa.Table, exposure: pa.Table, rules: OfferRules) -> None:
        self.spare = {
            (row["firm_id"], row["currency"]): row["lowest_minor"] - rules.surplus_keep_minor
            for row in rows_of(surplus)
        }
        self.limits = {
            (f"funder:{f.name}", f.currency): (f.limit_minor, f.debtor_limit_minor)
            for f in rules.funder
        }
        self.taken: dict[tuple[str, ...], int] = {}
        for row in rows_of(exposure):
            self._take(row["buyer_id"], row["currency"], row["debtor_id"], row["notional_minor"])

    def pays(self, offer: Look) -> bool:
        """Take the offer's money out and say yes, or say no and take nothing."""
        key = (offer.buyer_id, offer.currency)
        if key in self.limits:
            in_all, of_debtor = self.limits[key]
            if self.taken.get(key, 0) + offer.notional_minor > in_all:
                return False
            if self.taken.get((*key, offer.debtor_id), 0) + offer.notional_minor > of_debtor:
                return False
            self._take(*key, offer.debtor_id, offer.notional_minor)
            return True
        if self.spare.get(key, 0) < offer.price_minor:
            return False
        self.spare[key] -= offer.price_minor
        return True

    def _take(self, buyer: str, currency: str, debtor: str, face: int) -> None:
        for key in ((buyer, currency), (buyer, currency, debtor)):
            self.taken[key] = self.taken.get(key, 0) + face
