"""The rule set of instructions. Data: see `tailrace/rules.toml`."""

from __future__ import annotations

from msgspec import Struct


class SettlementRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an instruction is written and how much it may say."""

    pay_within_days: int  # what falls due within these days is instructed
    remittance_max: int  # characters of unstructured remittance
