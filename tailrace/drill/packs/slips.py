"""Slips of no single case, one kind for each test of money, references and figures."""

from __future__ import annotations

from tailrace.drill import slips
from tailrace.drill.scene import Scene

LAID = (
    slips.bad_reference,
    slips.repeated_payment,
    slips.overpaid,
    slips.short_payment,
    slips.unmatched_payment,
    slips.unmatched_credit,
    slips.over_credited,
    slips.rejected_by_buyer,
    slips.unusable_invoice,
    slips.number_reused,
    slips.dangling_reference,
    slips.price_conflict,
    slips.unit_conflict,
)


def plant(s: Scene, *, count: int = 8) -> None:
    """Lay the pack's slips on a scene."""
    for lay in LAID:
        lay(s, count)
