"""Odd papers of no single case, one kind for each test that the cases do not reach."""

from __future__ import annotations

from tailrace.drill import paperwork as odd
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 12, later: int = 6, times: int = 10) -> None:
    """Lay the pack's plants on a scene."""
    odd.twin_format(s, count)
    odd.credit_and_rebill(s, count, later=later)
    odd.number_anomaly(s, count)
    odd.sudden_change(s, count, times=times)
    odd.affiliate_receipt(s, count)
    odd.bad_identifier(s, count)
