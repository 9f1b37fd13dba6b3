"""A ledger of forty lines, deed by deed in plain whole numbers: the judge of the fast one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

Row = Mapping[str, Any]
Balances = dict[tuple[str, str], int]


def reference_post(
    wanted: Sequence[Row], held: Balances, posted: Sequence[Row], floors: Mapping[str, int]
) -> tuple[list[Row], list[tuple[str, str]], Balances]:
    """Return the transfers accepted, (deed, status) of those refused, and the balances after."""
    held = dict(held)
    known = {deed: _said(list(legs)) for deed, legs in groupby(posted, lambda r: r["deed_id"])}
    accepted: list[Row] = []
    refused: dict[str, str] = {}
    for deed, group in groupby(wanted, lambda r: r["deed_id"]):
        legs = list(group)
        after: Balances = {}
        for t in legs:
            for account, sign in ((t["debit"], 1), (t["credit"], -1)):
                key = (account, t["unit"])
                after[key] = after.get(key, held.get(key, 0)) + sign * t["amount"]
        if deed in known:  # the first answer stands, whatever it was
            if known[deed] != _said(legs):
                refused.setdefault(deed, "exists_with_different_fields")
            continue
        known[deed] = _said(legs)
        status = _status(legs, after, held, floors)
        if status:
            refused[deed] = status
        else:
            accepted += legs
            held |= after
    return accepted, list(refused.items()), held


def _status(
    legs: list[Row], after: Balances, held: Balances, floors: Mapping[str, int]
) -> str | None:
    if any(t["amount"] <= 0 for t in legs):
        return "amount_must_be_positive"
    if any(t["debit"] == t["credit"] for t in legs):
        return "accounts_must_be_different"
    if any(abs(amount) >= 2**63 for amount in after.values()):
        return "overflow"
    for (account, unit), amount in after.items():
        floor = floors.get(account.rpartition("/")[2], amount)
        if amount < min(held.get((account, unit), 0), floor):
            return "overdrawn"
    return None


def _said(legs: list[Row]) -> list[tuple[Any, ...]]:
    fields = ("sequence", "debit", "credit", "unit", "amount", "valid_on")
    return sorted(tuple(t[name] for name in fields) for t in legs)
