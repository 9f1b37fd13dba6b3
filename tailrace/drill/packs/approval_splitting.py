"""One purchase billed in parts just below an approval limit."""

from __future__ import annotations

from decimal import Decimal

from tailrace.drill.frauds import split
from tailrace.drill.scene import Scene


def plant(
    s: Scene,
    *,
    count: int = 6,
    parts: int = 3,
    limit: int = 1_000_000,
    below: Decimal = Decimal("0.03"),
) -> None:
    """Lay the pack's frauds on a scene, and declare the limit they stay below."""
    s.rules["evidence"] = {"approval_limit": [{"currency": "EUR", "limit_minor": limit}]}
    split(s, count, parts=parts, limit=limit, below=below)
