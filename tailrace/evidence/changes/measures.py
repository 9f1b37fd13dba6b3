"""What is watched for change: nine measures, each with its observations, unit and test scale."""

from __future__ import annotations

from msgspec import Struct


class Measure(Struct, frozen=True, kw_only=True):
    """One measure. `weekly` ones are sums of weeks, the others one observation a document."""

    name: str
    unit: str  # of `before` and `after`
    weekly: bool = False
    relative: bool = False  # the least change is a share of the past, not an amount of the unit
    shift: bool = False  # sized by the Hodges-Lehmann shift; others by the difference of means
    log: bool = False  # shifted on the logarithm: prices change by a share


VOLUME, COUNT, SIZE, LEAD, FILL, DISPUTE, PRICE, TERMS, DELAY = MEASURES = (
    Measure(name="order volume", unit="a week", weekly=True, relative=True),
    Measure(name="order count", unit="orders a week", weekly=True, relative=True),
    Measure(name="order size", unit="an order", shift=True, relative=True, log=True),
    Measure(name="lead time", unit="days", shift=True),
    Measure(name="fill rate", unit="share"),
    Measure(name="dispute rate", unit="share"),
    Measure(name="price", unit="of the price before", shift=True, relative=True, log=True),
    Measure(name="payment terms", unit="days", shift=True),
    Measure(name="payment delay", unit="days", shift=True),
)
PLACE = {m.name: i for i, m in enumerate(MEASURES)}
VIEWS = ("relation", "seller", "buyer")
RELATION, SELLER, BUYER = range(3)
