"""The rule set under which lines are matched and amounts proven. Data: see `tailrace/rules.toml`."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class VatGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Firms that share one VAT number and are not one: source Directive 2006/112/EC, article 11."""

    vat: str  # with its country before it
    members: tuple[
        str, ...
    ] = ()  # numbers of members, also of those that never write the VAT number


class Affiliated(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Firms that are not independent of each other, by one number of each."""

    name: str  # of the group; it stands in the reason
    members: tuple[str, ...]  # "VAT DE129273398", "LEI ...", "REG DE HRB1"


class WhoRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What common signs count for. Nothing here joins two firms: people do, by a decision."""

    shared_max: int  # an address, mailbox, account or word of more firms than this is no sign
    word_max: int  # a word in the names of more firms than this leads to no candidates
    legal_forms: tuple[str, ...]  # words that say a firm's form and not its name
    likely_min: int  # candidates below this sum of weights are not shown
    alike_min: float  # Jaro-Winkler likeness of names from which they are near
    weights: dict[str, int]  # what speaks for two firms being one, or against it (below zero)


class BuyerTolerance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one buyer forgives, where it differs from the rule set's own; null keeps that."""

    buyer: str  # a number and its scheme, "VAT DE129273398", or the firm's name
    quantity_tolerance: Decimal | None = None
    quantity_tolerance_absolute: Decimal | None = None
    price_tolerance: Decimal | None = None
    price_tolerance_absolute: Decimal | None = None
    amount_tolerance: Decimal | None = None
    amount_tolerance_minor: int | None = None
    content_days: int | None = None


class UnitFactor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A declared conversion: one `unit` is `factor` of `into`; for an item or a seller alone if said."""

    unit: str
    into: str
    factor: Decimal
    item: str | None = None  # the seller's, buyer's or standard number, as lines write it
    seller: str | None = None  # a number and its scheme, or the firm's name


class ApprovalLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The amount from which a buyer asks for one more signature."""

    currency: str
    limit_minor: int
    buyer: str | None = None  # a number and its scheme, or the firm's name; null is every buyer


class EvidenceRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tolerances of proof. `name` stands in every verdict and rises when one of them changes."""

    name: str
    quantity_tolerance: Decimal  # relative: invoice against receipt, receipt against order
    quantity_tolerance_absolute: Decimal  # beside it, in the line's unit
    price_tolerance: Decimal  # relative: invoice price against order price
    price_tolerance_absolute: Decimal  # beside it, in the currency, for one unit
    amount_tolerance: Decimal  # relative: a line's amount against quantity times price
    amount_tolerance_minor: int  # beside it, in minor units
    tax_most: Decimal  # relative: an invoice that says no tax may ask so much above its lines
    content_days: int  # goods joined by content alone lie within these days of the invoice
    buyer: tuple[BuyerTolerance, ...]  # what single buyers forgive
    unit: tuple[UnitFactor, ...]  # the only conversions there are
    duplicate_days: int  # same parties, amount and lines within these days are one invoice
    round_trip_days: int  # goods back at their seller within these days
    round_trip_tolerance: Decimal  # relative: quantities of a round trip may differ by this much
    round_trip_value: Decimal  # relative: the value of one sale of it against the first
    inflated_price: Decimal  # an invoice price above so many times the order's is grave
    account_history: int  # invoices to other accounts before a new one is a change
    approval_limit: tuple[ApprovalLimit, ...]  # invoices just below one may be one invoice split
    split_share: Decimal  # relative: how far below the limit is just below
    split_days: int  # parts of a split lie within these days
    number_days: int  # a number dated this far from its neighbours is out of order
    number_history: int  # invoices an issuer needs before its numbers and days have a pattern
    sudden_history: int  # windows of 30 days with invoices before the last one is judged
    sudden_factor: int  # the last window against the median of those before
    sudden_spread: int  # and against their median deviation
    phantom_claims: int  # invoices to a debtor that never wrote, received or paid anything
    common_payer_min: int  # debtors whose invoices one foreign account pays
    despatch_days: int  # goods of an invoice this old are on their way, if there are any
    receipt_days: int  # an invoice this old of which nothing was received is one without goods
    payment_days: int  # a payment and its remittance advice lie within these days
    short_payment: Decimal  # relative: a rest up to this share of the claim is closed at a cost
    short_payment_minor: dict[str, int]  # and up to this, by currency; others are never closed
    discount_days: int  # a discount of the terms is still in time these days after its last day
    service_units: tuple[str, ...]  # Rec. 20 units of work and time: no goods are counted in them
    metered_units: tuple[str, ...]  # units a meter counts, where the invoice names the meter
    lump_units: tuple[str, ...]  # lots: a service where a contract or timesheet is named
    reading_days: int  # a reading this far off an end of the invoiced period stands for it
    estimated_proves: bool  # estimated readings count until a measured one replaces them
    vat_group: tuple[VatGroup, ...]  # firms that share a VAT number
    affiliate: tuple[Affiliated, ...]  # firms declared not to be independent of each other
    who: WhoRules  # what names, addresses and mailboxes count for
