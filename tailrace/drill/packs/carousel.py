"""Goods sold round a ring of firms, back to where they began."""

from __future__ import annotations

from tailrace.drill.frauds import round_trip
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 3, length: int = 4) -> None:
    """Lay the pack's frauds on a scene."""
    round_trip(s, count, length=length)
