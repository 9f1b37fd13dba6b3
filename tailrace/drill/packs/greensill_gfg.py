"""Invoices for trade that has not been, to firms that say they did none (2021)."""

from __future__ import annotations

from tailrace.drill.frauds import invented
from tailrace.drill.paperwork import phantom_debtor
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 12, least: int = 1, ghosts: int = 8) -> None:
    """Lay the pack's frauds on a scene."""
    invented(s, count, least=least)
    phantom_debtor(s, ghosts)
