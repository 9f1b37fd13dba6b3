"""The rule set of the forecast. Data: see `tailrace/rules.toml`."""

from __future__ import annotations

from msgspec import Struct


class OutlookRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the outlook looks and on how much past it rests."""

    horizon_days: int
    own_past_min: int  # settled claims a debtor needs before its own past is used
    interval: tuple[float, float]  # quantiles of the interval: (0.1, 0.9) is 80 %
    need_minor_min: int  # smaller shortfalls are not needs
