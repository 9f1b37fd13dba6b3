"""Simple discounting in whole minor units, exact for amounts of any size."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tailrace.base.errors import BadTerms

Ints = NDArray[np.int64]
_DOUBT = 1e-13  # relative; a float result this near to a whole number is worked out in integers


def simple_price(amount_minor: Ints, rate_pa: NDArray[np.float64], days: Ints, basis: int) -> Ints:
    """Return what each amount, due in so many days, is worth today, rounded down to a minor unit.

    price = amount / (1 + rate * days / basis): the price grows at the simple rate into the amount,
    so the rate is paid on the money received. Rounding is `decimal.ROUND_FLOOR`: in the seller's
    disfavour by less than one minor unit, never the buyer's. Rates are read as the decimal they
    print as. Raises `BadTerms` for a rate below zero and for days or amounts below zero.
    """
    if (rate_pa < 0).any() or (days < 0).any() or (amount_minor < 0).any():
        mend = "amounts, yearly rates and days are zero or more"
        raise BadTerms("nothing is discounted at less than zero", where="simple_price", mend=mend)
    guess = amount_minor / (1 + rate_pa * days / basis)
    price = np.floor(guess).astype(np.int64)
    doubt = np.abs(guess - np.rint(guess)) <= _DOUBT * guess + 1e-9
    for i in np.flatnonzero(doubt):
        price[i] = _exact(int(amount_minor[i]), float(rate_pa[i]), int(days[i]), basis)
    return price


def _exact(amount: int, rate: float, days: int, basis: int) -> int:
    top, bottom = Decimal(repr(rate)).as_integer_ratio()
    return amount * basis * bottom // (basis * bottom + top * days)
