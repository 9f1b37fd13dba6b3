"""Payment details changed by somebody else: business e-mail compromise."""

from __future__ import annotations

from tailrace.drill.frauds import account_changed, diverted
from tailrace.drill.scene import Scene


def plant(s: Scene, *, count: int = 8) -> None:
    """Lay the pack's frauds on a scene."""
    diverted(s, count)
    account_changed(s, count)
