"""Payers that are not the debtors named on the invoices (2024)."""

from __future__ import annotations

from tailrace.drill.frauds import strange_payer
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 12, shells: int = 3) -> None:
    """Lay the pack's frauds on a scene."""
    strange_payer(s, count, shells=shells)
