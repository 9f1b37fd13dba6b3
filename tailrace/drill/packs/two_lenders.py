"""Claims sold to two lenders, each of whom holds one book (2025)."""

from __future__ import annotations

from tailrace.drill.lenders import of_its_own, sold_elsewhere
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 12, others: int = 200) -> None:
    """Lay the pack's frauds on a scene, and the second lender's honest claims."""
    sold_elsewhere(s, count)
    of_its_own(s, others)
