"""The steps of offers, in order."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from tailrace.base.errors import BadTerms
from tailrace.base.steps import array_step
from tailrace.offers.accept import CHOICES, bound, cheapest
from tailrace.offers.asks import ask, exposure
from tailrace.offers.market import check, every_product
from tailrace.offers.pricing import priced
from tailrace.offers.rules import OfferRules

__all__ = ["STEPS", "accept", "ask", "exposure", "offer"]


@array_step(reads=("ask", "surplus", "exposure"), writes="offer", version=1)
def offer(
    ask: pa.Table, surplus: pa.Table, exposure: pa.Table, on: date, offers: OfferRules
) -> pa.Table:
    """Make the offers that could meet each need, cheapest first.

    ask, surplus, exposure -> offer: at most one for each ask, product and buyer. Raises `BadTerms`
    where the declared prices or limits cannot mean anything.
    """
    check(offers)
    return priced(ask, surplus, exposure, list(every_product()), on=on, rules=offers)


@array_step(
    reads=("offer", "need", "surplus", "exposure"),
    writes=("acceptance", "contract"),
    version=1,
    binds=True,
)
def accept(
    offer: pa.Table,
    need: pa.Table,
    surplus: pa.Table,
    exposure: pa.Table,
    on: date,
    offers: OfferRules,
    accept: str,
) -> dict[str, pa.Table]:
    """Accept nothing, or the cheapest offers until each need is met, and write the contracts.

    offer, need, surplus, exposure -> new rows of acceptance and contract. `accept` is none or
    cheapest; anything else raises `BadTerms`.
    """
    if accept not in CHOICES:
        mend = f"one of {', '.join(CHOICES)}"
        raise BadTerms(f"offers cannot be accepted {accept!r}", where="accept", mend=mend)
    if accept == "none":
        return bound(offer.slice(0, 0), on=on)
    return bound(cheapest(offer, need, surplus, exposure, offers), on=on)


STEPS = (ask, exposure, offer, accept)
