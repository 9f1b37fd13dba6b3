"""Receivables against large buyers that the buyers know nothing of (2019)."""

from __future__ import annotations

from tailrace.drill.frauds import invented
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 16, least: int = 9) -> None:
    """Lay the pack's frauds on a scene."""
    invented(s, count, least=least)
