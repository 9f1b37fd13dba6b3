"""Network: proven claims become obligations; cycles of debt are cleared without money.

In: claims and verdicts, set-offs already adopted, what is held (sold or instructed). Out: the
obligations, an exact clearing with its certificate, its cycles and a notice for each party.
Outlook and offers rely on what remains; the ledger books what was set off.

As a library: `clear(obligations)` and `verify_clearing(obligations, clearing)`; see docs/clearing.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.network.adopted import verify_adopted
    from tailrace.network.certificate import (
        check_conserved,
        verify_clearing,
    )
    from tailrace.network.clearing import Clearing, Totals, clear
    from tailrace.network.compare import ways_to_settle
    from tailrace.network.fairness import deciles
    from tailrace.network.notices import notice_rows, notice_text
    from tailrace.network.rules import NetworkRules

__all__ = [
    "Clearing",
    "NetworkRules",
    "Totals",
    "check_conserved",
    "clear",
    "deciles",
    "notice_rows",
    "notice_text",
    "verify_adopted",
    "verify_clearing",
    "ways_to_settle",
]

_HOMES = {
    "Clearing": "clearing",
    "NetworkRules": "rules",
    "Totals": "clearing",
    "check_conserved": "certificate",
    "clear": "clearing",
    "ways_to_settle": "compare",
    "deciles": "fairness",
    "notice_rows": "notices",
    "notice_text": "notices",
    "verify_adopted": "adopted",
    "verify_clearing": "certificate",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that importing the package stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tailrace.network' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"tailrace.network.{_HOMES[name]}"), name)
