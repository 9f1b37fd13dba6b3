"""Network: proven claims become obligations; cycles of debt are cleared without money.

In: claims and verdicts, set-offs already adopted, what is held (sold or instructed). Out: the
obligations, an exact clearing with its certificate, its cycles and a notice for each party.
Outlook and offers rely on what remains; the ledger books what was set off.

As a library: `clear(obligations)` and `verify_clearing(obligations, clearing)`; see docs/clearing.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.network.answer import Clearing, Totals
    from tailrace.network.certificate import check_conserved, verify_clearing
    from tailrace.network.clearing import clear
    from tailrace.network.compare import ways_to_settle
    from tailrace.network.fairness import deciles
    from tailrace.network.notices import notice_rows, notice_text
    from tailrace.network.rules import NetworkRules
    from tailrace.network.verifying import verify_adopted

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
    "Clearing": "answer",
    "NetworkRules": "rules",
    "Totals": "answer",
    "check_conserved": "certificate",
    "clear": "clearing",
    "ways_to_settle": "compare",
    "deciles": "fairness",
    "notice_rows": "notices",
    "notice_text": "notices",
    "verify_adopted": "verifying",
    "verify_clearing": "certificate",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that importing the package stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tailrace.network' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"tailrace.network.{_HOMES[name]}"), name)
