"""Numbers, days and volumes of no single case that break with their issuer's past."""

from __future__ import annotations

from decimal import Decimal

from tailrace.drill import series
from tailrace.drill.scene import Scene


def plant(
    s: Scene,
    *,
    count: int = 8,
    issuers: int = 8,
    times: int = 10,
    fresh: Decimal = Decimal("4.5"),
    days: int = 90,
) -> None:
    """Lay the pack's plants on a scene."""
    series.number_anomaly(s, count)
    series.twin_number(s, count)
    series.long_series(s, issuers)
    series.sudden_change(s, count, times=times)
    series.new_debtors(s, count, times=fresh)
    series.new_terms(s, count, days=days)
