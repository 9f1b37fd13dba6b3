"""The rule set under which lines are matched and amounts proven. Data: see `tailrace/rules.toml`."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class EvidenceRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tolerances of proof. `name` stands in every verdict and rises when one of them changes."""

    name: str
    quantity_tolerance: Decimal  # relative
    price_tolerance: Decimal  # relative, order price against invoice price
    amount_tolerance_minor: int  # a line's amount against quantity times price
    duplicate_days: int  # same parties, amount and lines within these days are one invoice
    round_trip_days: int  # goods back at their seller within these days
    round_trip_tolerance: Decimal  # relative: quantities of a round trip may differ by this much
    despatch_days: int  # goods of an invoice this old are on their way, if there are any
    receipt_days: int  # an invoice this old of which nothing was received is one without goods
    payment_days: int  # a payment and its remittance advice lie within these days
