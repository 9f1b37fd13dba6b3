"""Money: a whole number of minor units and an ISO 4217 code. Never a float.

`Money.of` is the one place where a decimal amount is rounded, and the rounding is named there.
`minor` converts exactly or refuses. `split` divides and gives every cent to someone.
Source of the exponents: ISO 4217, list one, column "minor unit".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from msgspec import Struct

from tailrace.base.errors import BadTerms

AMOUNT_MAX = 2**62  # sums of two stay inside int64
_MAGNITUDE_MAX = 24  # power of ten beyond which an amount is refused before it is worked on

_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD
MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON
RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG HRK SLL ANG CUC ZWL
"""
_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
    **dict.fromkeys(_FOUR.split(), 4),
}


def exponent(currency: str) -> int:
    """Return how many decimals the currency has; raise `BadTerms` for a code not in ISO 4217."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        mend = "use a three-letter ISO 4217 code, as EUR or JPY"
        raise BadTerms(f"unknown currency {currency!r}", where="currency", mend=mend) from None


def minor(amount: Decimal, currency: str) -> int:
    """Return the amount in minor units, exactly; raise `BadTerms` rather than round.

    >>> minor(Decimal("801.78"), "NOK")
    80178
    """
    places = exponent(currency)
    if not amount.is_finite() or amount.adjusted() > _MAGNITUDE_MAX:
        raise _too_large(amount)
    with localcontext() as exact:
        exact.prec = max(60, len(amount.as_tuple().digits))  # no digit may be rounded away unseen
        scaled = amount.scaleb(places)
        whole = int(scaled)
        if whole != scaled:
            what = f"{amount} {currency} is not a whole number of minor units"
            mend = f"{currency} has {places} decimals; correct the amount at its source"
            raise BadTerms(what, where="amount", mend=mend)
    if abs(whole) >= AMOUNT_MAX:
        raise _too_large(amount)
    return whole


def _too_large(amount: Decimal) -> BadTerms:
    mend = "amounts are finite and below 4.6e18 minor units"
    return BadTerms(f"amount {str(amount)[:40]} is out of range", where="amount", mend=mend)


def decimal(amount_minor: int, currency: str) -> Decimal:
    """Return minor units as a decimal amount: 80178 NOK is Decimal('801.78')."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def text(amount_minor: int, currency: str) -> str:
    """Return the amount for people, thousands apart: '1,234.50 EUR'."""
    return f"{decimal(amount_minor, currency):,} {currency}"


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Divide pro rata by largest remainder; the parts sum to the amount, ties go to the first.

    >>> split(100, [1, 1, 1])
    [34, 33, 33]
    """
    weights = [int(w) for w in weights]  # whole numbers of Python do not overflow
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        mend = "weights are zero or more and not all zero"
        raise BadTerms(f"cannot split by {list(weights)}", where="weights", mend=mend)
    sign = -1 if amount_minor < 0 else 1
    parts = [abs(amount_minor) * w // whole for w in weights]
    rest = [abs(amount_minor) * w % whole for w in weights]
    short = abs(amount_minor) - sum(parts)
    for i in sorted(range(len(parts)), key=lambda i: (-rest[i], i))[:short]:
        parts[i] += 1
    return [sign * part for part in parts]


class Money(Struct, frozen=True):
    """An amount in minor units of a currency. Sums and comparisons refuse to mix currencies."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)
        if type(self.amount_minor) is not int or abs(self.amount_minor) >= 2 * AMOUNT_MAX:
            mend = "give a whole number of minor units; `Money.of` rounds a decimal by a named rule"
            raise BadTerms(f"{self.amount_minor!r} is no amount", where="Money", mend=mend)

    @classmethod
    def of(cls, amount: Decimal, currency: str, *, rounding: str) -> Money:
        """Round a decimal amount to the currency's minor unit by the named `decimal` rounding."""
        if not amount.is_finite() or amount.adjusted() > _MAGNITUDE_MAX:
            raise _too_large(amount)
        with localcontext() as context:
            context.prec = 60
            step = Decimal(1).scaleb(-exponent(currency))
            return cls(minor(amount.quantize(step, rounding=rounding), currency), currency)

    def __add__(self, other: Money) -> Money:
        self._alike(other, "add")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._alike(other, "compare")
        return self.amount_minor < other.amount_minor

    def __le__(self, other: Money) -> bool:
        self._alike(other, "compare")
        return self.amount_minor <= other.amount_minor

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __str__(self) -> str:
        return text(self.amount_minor, self.currency)

    def _alike(self, other: Money, verb: str) -> None:
        if other.currency != self.currency:
            mend = "convert at a declared rate first; money is never exchanged by itself"
            what = f"cannot {verb} {self.currency} and {other.currency}"
            raise BadTerms(what, where="Money", mend=mend)
