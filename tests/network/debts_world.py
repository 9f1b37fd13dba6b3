"""Debts that a reader can add up by hand, as the table that `clear` takes."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa

DAY = date(2026, 3, 31)
Debt = tuple[str, str, int]


def world(*debts: Debt, currency: str = "EUR") -> pa.Table:
    """Return debts (debtor, creditor, amount) as obligations o0, o1, ..., each due a day later."""
    return pa.table(
        {
            "obligation_id": [f"o{n}" for n in range(len(debts))],
            "debtor": pa.array([d for d, _, _ in debts], pa.string()),
            "creditor": pa.array([c for _, c, _ in debts], pa.string()),
            "currency": pa.array([currency] * len(debts), pa.string()),
            "amount_minor": pa.array([a for _, _, a in debts], pa.int64()),
            "due_on": pa.array([DAY + timedelta(days=n) for n in range(len(debts))], pa.date32()),
        }
    )
