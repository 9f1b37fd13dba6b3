"""Invoices sold more than once, inflated and invented: the factoring allegations of 2025."""

from __future__ import annotations

from decimal import Decimal

from tailrace.drill.frauds import inflated_price, inflated_quantity, invented, sold_twice
from tailrace.drill.scene import Scene


def plant(
    s: Scene,
    *,
    count: int = 8,
    lenders: int = 2,
    disguise: str = "renumbered",
    times: Decimal = Decimal("4.87"),
) -> None:
    """Lay the pack's frauds on a scene."""
    sold_twice(s, count, lenders=lenders, disguise=disguise)
    inflated_quantity(s, count, times=times)
    inflated_price(s, count, times=times)
    invented(s, count)
