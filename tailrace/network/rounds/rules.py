"""The rule book of a round. Data: see `[rounds]` in `tailrace/rules.toml`; kept with the round."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Days = Annotated[int, Meta(ge=0, le=36500)]


class RoundRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which debts take part in a round, who must agree, and how long corrections are heard."""

    mandatory: bool  # whether debts past due take part without anybody asking for it
    mandatory_days: Days  # a debt is mandatory so many days after its due day, on the round's day
    voluntary: Literal[
        "none", "asked", "all"
    ]  # of the other debts: those a party asked for, or all
    eligibility: Literal["declared", "confirmed", "proven"]
    acceptance: Literal["all", "rule book"]  # every party that is set off, or nobody beforehand
    correction_days: Days  # corrections are heard until so many days after the preliminary run
    minimum_minor: dict[str, int]  # by currency: smaller debts are left out
    affiliates: bool  # whether debts between affiliates take part
    exclude: tuple[str, ...]  # ids of firms that take no part: insolvent, left the scheme
