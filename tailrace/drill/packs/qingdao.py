"""One lot of metal pledged to several lenders (2014)."""

from __future__ import annotations

from tailrace.drill.frauds import sold_twice
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 8, lenders: int = 3) -> None:
    """Lay the pack's frauds on a scene."""
    sold_twice(s, count, lenders=lenders, disguise="exact")
    sold_twice(s, count, lenders=lenders, disguise="reformatted")
