"""Kinds of values in documents: how each is read from text, and how it is spelled.

Reading raises `BadTerms` where the text is not of the kind; nothing is guessed, rounded or cut.
Source: XML Schema part 2 (date, dateTime, decimal, boolean), ISO 4217 for the decimals of money.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tailrace.base import dates, money, quantity
from tailrace.base.errors import BadTerms

KEPT = 1 << 16  # spellings remembered: days, prices and amounts repeat within a batch of documents
PLAIN_DIGITS = 15  # amounts this short cannot overflow
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_QUOTED = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;"})
_CONTROLS = "".join(chr(n) for n in range(32) if n not in (9, 10, 13)) + "\ufffe\uffff"
_FORBIDDEN = frozenset(_CONTROLS)

Amount = tuple[int, str | None, bool]  # minor units, currency, spelled with too many decimals


@lru_cache(maxsize=KEPT)
def day(text: str) -> date:
    """Return the day an xs:date spells."""
    return dates.day(text)


@lru_cache(maxsize=KEPT)
def day_of_moment(text: str) -> date:
    """Return the day of an xs:dateTime (or xs:date) on its writer's own calendar."""
    bare = text.strip()
    if "T" in bare:
        dates.moment(bare)
        bare = bare.partition("T")[0]
    return dates.day(bare)


@lru_cache(maxsize=KEPT)
def number(text: str) -> Decimal:
    """Return a quantity, price, rate or factor that fits decimal128(18, 6)."""
    return quantity.quantity(text)


def flag(text: str) -> bool:
    """Return the truth an xs:boolean spells."""
    try:
        return _FLAGS[text.strip()]
    except KeyError:
        mend = "write true or false"
        raise BadTerms(
            f"{text[:40]!r} is neither true nor false", where="flag", mend=mend
        ) from None


@lru_cache(maxsize=KEPT)
def amount(text: str, currency: str) -> Amount:
    """Return an amount exactly in minor units, or raise `BadTerms`.

    The third part says that more decimals were written than the currency has; all of them were
    zero, or the amount would have been refused.
    """
    whole, point, part = text.partition(".")
    if (
        point
        and len(part) == money.EXPONENTS.get(currency)
        and len(whole) < PLAIN_DIGITS
        and text.isascii()
        and whole.isdigit()
        and part.isdigit()
    ):
        return int(whole + part), currency, False
    value = quantity.xs_decimal(text)
    written = -int(value.as_tuple().exponent)
    return money.minor(value, currency), currency, written > money.exponent(currency)


def escaped(text: str) -> str:
    """Return text as element content; raise `BadTerms` for what XML 1.0 cannot carry."""
    if text.isalnum():
        return text
    if not (text.isascii() and text.isprintable()):
        _carried(text)
    elif "&" not in text and "<" not in text and ">" not in text:
        return text
    return text.translate(_ESCAPES)


def quoted(text: str) -> str:
    """Return text as an attribute value; raise `BadTerms` for what XML 1.0 cannot carry."""
    if text.isalnum():
        return text
    _carried(text)
    return text.translate(_QUOTED)


def _carried(text: str) -> None:
    """Raise `BadTerms` where a character is outside XML 1.0, production 2 `Char`."""
    if not _FORBIDDEN.isdisjoint(text) or any("\ud800" <= c <= "\udfff" for c in text):
        mend = "take control characters out of the text before it is written"
        raise BadTerms(f"{text[:40]!r} cannot be said in XML", where="text", mend=mend)


def spelled_number(value: Decimal) -> str:
    """Return a decimal without exponent and without zeros that say nothing.

    >>> spelled_number(Decimal("90.500000"))
    '90.5'
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spelled_amount(amount_minor: int, currency: str) -> str:
    """Return minor units as a decimal with just the currency's decimals."""
    places = money.exponent(currency)
    sign, digits = ("-", str(-amount_minor)) if amount_minor < 0 else ("", str(amount_minor))
    if not places:
        return sign + digits
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def spelled_moment(value: date) -> str:
    """Return a day as the first moment of it, zone not said."""
    return f"{value.isoformat()}T00:00:00"


class Kind:
    """How one kind of value is read and spelled. Amounts carry a currency beside the number."""

    __slots__ = ("doc", "read", "spell")

    def __init__(self, read: Callable[[str], Any], spell: Callable[[Any], str], doc: str) -> None:
        self.read, self.spell, self.doc = read, spell, doc


KINDS: dict[str, Kind] = {
    "text": Kind(str.strip, escaped, "text without outer blanks"),
    "day": Kind(day, date.isoformat, "xs:date"),
    "moment": Kind(day_of_moment, spelled_moment, "the day of an xs:dateTime"),
    "number": Kind(number, spelled_number, "xs:decimal, six decimals at most"),
    "flag": Kind(flag, lambda value: "true" if value else "false", "xs:boolean"),
}
AMOUNT = "amount"  # xs:decimal beside a currency attribute; see `amount`
