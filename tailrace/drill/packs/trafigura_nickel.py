"""Cargo that did not hold what its papers said (2023)."""

from __future__ import annotations

from decimal import Decimal

from tailrace.drill.frauds import wrong_goods
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 8, share: Decimal = Decimal("0.02")) -> None:
    """Lay the pack's frauds on a scene."""
    wrong_goods(s, count, share=Decimal(0))
    wrong_goods(s, count, share=share)
