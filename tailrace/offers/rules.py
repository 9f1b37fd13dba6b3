"""Declared prices and limits of money. Data: see `tailrace/rules.toml`."""

from __future__ import annotations

from msgspec import Struct


class Funder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outside funder's declared terms for proven, unencumbered obligations."""

    name: str
    rate_pa: float  # simple yearly rate
    fee_minor: int  # for each purchase
    limit_minor: int  # in all
    debtor_limit_minor: int  # of one debtor
    currency: str


class OfferRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices of the members' own money and of outside funders."""

    day_count: str  # A360 or A365
    early_payment_rate_pa: float  # what a debtor asks for paying early
    member_rate_pa: float  # what another member asks
    rate_pa_max: float  # dearer, fee included, nothing is offered
    days_min: int  # nearer to maturity nothing is offered
    surplus_keep_minor: int  # what a member keeps of its own surplus
    obligations_max: int  # obligations offered on for one need
    members_max: int  # members that bid for one obligation
    funder: tuple[Funder, ...]
