"""The rule set of a clearing. Data: see `tailrace/rules.toml`."""

from __future__ import annotations

from msgspec import Struct


class NetworkRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What takes part in a clearing."""

    minimum_minor: int  # smaller remainders are left out
