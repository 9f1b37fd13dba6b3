"""Decimal numbers from outside, bounded on entry.

Quantities and unit prices are kept as `decimal128(18, 6)`: at most 12 digits before the point and
6 after it. A number that does not fit is refused, never rounded.
Source: XML Schema part 2, 3.2.3 `decimal` (no exponent, no comma, no NaN, ASCII digits only).
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from tailrace.base.errors import BadTerms

QUANTITY_MAX = Decimal(10) ** 12
SCALE = 6
DIGITS_MAX = 40  # beyond this no amount or quantity of trade is meant
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_BLANKS = " \t\r\n"


def xs_decimal(text: str) -> Decimal:
    """Return the number an xs:decimal spells; raise `BadTerms` for anything else.

    >>> xs_decimal(" +801.78 ")
    Decimal('801.78')
    """
    bare = text.strip(_BLANKS)
    if len(bare) > DIGITS_MAX or not _DECIMAL.fullmatch(bare):
        shown = bare if len(bare) <= DIGITS_MAX else bare[:DIGITS_MAX] + "..."
        mend = "write digits 0-9 with a point as decimal mark: no exponent, comma or words"
        raise BadTerms(f"{shown!r} is not a decimal number", where="number", mend=mend)
    return Decimal(bare)


def quantity(text: str) -> Decimal:
    """Return a quantity or unit price that fits decimal128(18, 6); raise `BadTerms` otherwise."""
    return fit(xs_decimal(text))


def fit(value: Decimal) -> Decimal:
    """Return the value if it fits decimal128(18, 6) exactly; raise `BadTerms` otherwise."""
    if not value.is_finite() or abs(value) >= QUANTITY_MAX:
        mend = "quantities and prices are below 1,000,000,000,000"
        raise BadTerms(f"{str(value)[:DIGITS_MAX]} is out of range", where="quantity", mend=mend)
    with localcontext() as exact:
        exact.prec = max(28, len(value.as_tuple().digits))  # no digit may be rounded away unseen
        trimmed = value.normalize()
    if -int(trimmed.as_tuple().exponent) > SCALE:
        mend = "at most six decimals are kept; correct the number at its source"
        what = f"{str(value)[:DIGITS_MAX]} has more than six decimals"
        raise BadTerms(what, where="quantity", mend=mend)
    return value


def plain(value: Decimal) -> str:
    """Return a quantity as people write it: no exponent, no trailing zeros.

    >>> plain(Decimal("100.500000"))
    '100.5'
    """
    return f"{value.normalize():f}" if value else "0"
