"""Sales that never were, and one cargo sold to several (2020)."""

from __future__ import annotations

from tailrace.drill.frauds import invented, sold_again
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 8, buyers: int = 3) -> None:
    """Lay the pack's frauds on a scene."""
    invented(s, count)
    sold_again(s, count, buyers=buyers)
