"""A change in the firm's words: what it was, what it is, since when, how sure, what it asks for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from tailrace.base.money import EXPONENTS
from tailrace.evidence.changes.measures import (
    COUNT,
    DELAY,
    DISPUTE,
    FILL,
    LEAD,
    PRICE,
    SIZE,
    TERMS,
    VOLUME,
    Measure,
)
from tailrace.evidence.changes.needs import (
    BRIDGE,
    CAPITAL,
    PREFINANCE,
    RENEGOTIATE,
    RESERVE,
    SECOND_SOURCE,
    STOCK,
    Need,
    Sums,
)

# What is said of a relation or of one firm and all it trades with; the second words of a pair are
# those of a figure that fell.
_HEADS = {
    VOLUME: "{buyer} {order} {more} of {seller}",
    COUNT: "{buyer} {order} {oftener} of {seller}",
    SIZE: "orders of {buyer} to {seller} are {larger}",
    LEAD: "{seller} {deliver} to {buyer} {later}",
    FILL: "{seller} {deliver} to {buyer} {more} of what is ordered",
    DISPUTE: "{many} invoices of {seller} to {buyer} are disputed",
    PRICE: "{seller} {charge} {buyer} {more}",
    TERMS: "{seller} {give} {buyer} {longer} to pay",
    DELAY: "{buyer} {pay} {seller} {later}",
}
_PAIRS = {
    "more": ("more", "less"),
    "many": ("more", "fewer"),
    "oftener": ("more often", "less often"),
    "larger": ("larger", "smaller"),
    "later": ("later", "sooner"),
    "longer": ("longer", "less time"),
}
_VERBS = ("order", "deliver", "charge", "give", "pay")
_MANY_BUYERS, _MANY_SELLERS = "its customers", "its suppliers"


class Told(Struct, frozen=True, kw_only=True):
    """What is to be put in words."""

    measure: Measure
    seller: str | None
    buyer: str | None
    currency: str
    before: float
    after: float
    effect: float
    low: float
    high: float
    broke: tuple[date, date, date]
    q: float
    counts: tuple[int, int, int]
    need: Need
    sums: Sums


def said(t: Told) -> str:
    """Return the sentences of one change."""
    seller, buyer = t.seller or _MANY_SELLERS, t.buyer or _MANY_BUYERS
    of_buyer = t.measure in (VOLUME, COUNT, DELAY)
    plural = (t.buyer if of_buyer else t.seller) is None
    verbs = {v: v if plural else f"{v}s" for v in _VERBS}
    pairs = {name: pair[t.effect < 0] for name, pair in _PAIRS.items()}
    head = _HEADS[t.measure].format(seller=seller, buyer=buyer, **verbs, **pairs)
    if plural:  # "its customers" before the name: begin with whose they are
        one = t.seller or t.buyer or ""
        head = f"{one}: {head.replace(one, 'it')}"
    head = head[0].upper() + head[1:]
    best, first, last = t.broke
    when = f"since about {best}" + (f" ({first} to {last})" if first != last else "")
    many = f"{t.counts[0]} {_what(t.measure)} before, {t.counts[1]} since"
    still = f", {t.counts[2]} not over yet" if t.counts[2] else ""
    figures = f"{figure(t.measure, t.before, t.currency)} before"
    figures += f", {figure(t.measure, t.after, t.currency)} now"
    size = f"{_size(t.measure, t.effect)}, 95 %: {_size(t.measure, t.low)} to "
    size += _size(t.measure, t.high)
    sure = f"q {t.q:.2g}; {many}{still}"
    return f"{head} {when}: {figures} ({size}; {sure}).{_need(t)}"


def figure(measure: Measure, value: float, currency: str) -> str:
    """Return a figure of a measure for people."""
    if measure is VOLUME:
        return f"{money(round(value), currency)} a week"
    if measure is COUNT:
        return f"{value:.1f} orders a week"
    if measure is SIZE:
        return f"{money(round(value), currency)} an order"
    if measure in (FILL, DISPUTE):
        return f"{value:.1%}"
    if measure is PRICE:
        return f"{value:.1%} of the price"
    return f"{value:.0f} days"


def money(minor: int, currency: str) -> str:
    """Return an amount as `base.money.text` does; two decimals where the code is unknown."""
    places = EXPONENTS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-places):,.{places}f} {currency}"


def _what(measure: Measure) -> str:
    if measure.weekly:
        return "weeks"
    if measure is PRICE:
        return "invoice lines"
    return "orders" if measure in (SIZE, LEAD, FILL) else "invoices"


def _size(measure: Measure, effect: float) -> str:
    if measure.relative:
        return f"{effect:+.1%}" if measure is PRICE else f"{effect:+.0%}"
    if measure in (FILL, DISPUTE):
        return f"{100 * effect:+.1f} points"
    return f"{effect:+.0f} days"


def _need(t: Told) -> str:
    n, s = t.need, t.sums
    if n.need is None or n.amount_minor is None:
        return ""
    amount = money(n.amount_minor, t.currency)
    whom = t.seller if n.whose == "seller" else t.buyer
    days = "the day" if n.days == 1 else f"the {n.days} days"
    words = {
        PREFINANCE: f"{amount} to pre-finance the growing order book for {days} from order to "
        "payment, at sales prices",
        STOCK: f"{amount} of stock for {days} of longer wait, or a second supplier",
        SECOND_SOURCE: f"another source for {amount} of what was ordered in {days} since",
        RESERVE: f"{amount} more held back for disputes on {money(s.open, t.currency)} open",
        CAPITAL: f"{amount} a month more for the same goods",
        RENEGOTIATE: f"renegotiate the term, or finance {amount}: {days} on what is invoiced",
        BRIDGE: f"a bridge of {amount}, all that is open, for {days} it is paid later",
    }
    return f" {whom} needs: {words[n.need]}."
