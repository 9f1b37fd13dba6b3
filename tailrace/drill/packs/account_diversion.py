"""Payment details changed by somebody else: business e-mail compromise."""

from __future__ import annotations

from tailrace.drill.frauds import diverted
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 12) -> None:
    """Lay the pack's frauds on a scene."""
    diverted(s, count)
