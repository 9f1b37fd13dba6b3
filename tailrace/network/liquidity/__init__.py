"""Liquidity: where money clears most, how much debt each unit of it settles, and the proof.

In: obligations, as `clear` takes them, and where there are any the lenders and members' own money
with limits and prices. Out: the curve of debt settled over money put in, and for one budget the best
placement: loans, who keeps the money at the end, the chains it runs through, what each row and firm
settles, what one more unit would settle at each firm. See docs/liquidity.md.
"""

from __future__ import annotations

from tailrace.network.liquidity.check import verify_liquidity
from tailrace.network.liquidity.costs import Corner, by_cost
from tailrace.network.liquidity.lenders import LENDERS, Lenders
from tailrace.network.liquidity.placement import (
    Band,
    Placement,
    bands_of,
    lenders_in,
    place,
    trades_of,
)
from tailrace.network.liquidity.trade import Trade

__all__ = [
    "LENDERS",
    "Band",
    "Corner",
    "Lenders",
    "Placement",
    "Trade",
    "bands_of",
    "by_cost",
    "lenders_in",
    "place",
    "trades_of",
    "verify_liquidity",
]
