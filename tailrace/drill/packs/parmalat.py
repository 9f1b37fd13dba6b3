"""The same deliveries billed again under new numbers (2003)."""

from __future__ import annotations

from tailrace.drill.frauds import duplicate
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 12, copies: int = 1, later: int = 3) -> None:
    """Lay the pack's frauds on a scene."""
    duplicate(s, count, copies=copies, later=later)
