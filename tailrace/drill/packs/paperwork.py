"""Odd papers of no single case, one kind for each test that the cases do not reach."""

from __future__ import annotations

from tailrace.drill import paperwork as odd
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 8, later: int = 6) -> None:
    """Lay the pack's plants on a scene."""
    odd.twin_format(s, count)
    odd.same_bytes(s, count)
    odd.credit_and_rebill(s, count, later=later)
    odd.reused_number(s, count)
    odd.invoice_before_order(s, count)
    odd.affiliate_receipt(s, count)
    odd.own_receipt(s, count)
    odd.bad_identifier(s, count)
    odd.contested_number(s, count)
    odd.shared_account(s, count)
