"""Networks for the tests of liquidity, and the same question put to HiGHS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from debts_world import world
from scipy.optimize import linprog

from tailrace.network.liquidity import Lenders, Trade, lenders_in, trades_of

Line = tuple[str, str, str | None, int | None, int]


def lines(*rows: Line, currency: str = "EUR") -> pa.Table:
    """Return lender rows (lender, source, firm, limit, price); own money is ("", "own", firm, ...)."""
    return pa.table(
        {
            "lender": pa.array([row[0] or None for row in rows], pa.string()),
            "source": pa.array([row[1] for row in rows], pa.string()),
            "currency": pa.array([currency] * len(rows), pa.string()),
            "firm": pa.array([row[2] for row in rows], pa.string()),
            "limit_minor": pa.array([row[3] for row in rows], pa.int64()),
            "price": pa.array([row[4] for row in rows], pa.int64()),
        }
    )


def trade(debts: pa.Table, currency: str = "EUR") -> Trade:
    return trades_of(debts)[0][currency]


def drawn(seed: int, firms: int, debts: int, most: int = 9) -> pa.Table:
    """Return a random network, self-debts and parallel debts among them."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, firms, (debts, 2)).tolist()
    amounts = rng.integers(0, most + 1, debts).tolist()
    return world(*((f"f{u}", f"f{v}", a) for (u, v), a in zip(ends, amounts, strict=True)))


def drawn_lines(seed: int, firms: int) -> pa.Table:
    """Return own money at some firms, two inside lenders and two outside ones, limits and prices."""
    rng = np.random.default_rng(seed)
    rows: list[Line] = [
        ("", "own", f"f{firm}", int(rng.integers(0, 6)), 0)
        for firm in range(firms)
        if rng.random() < 0.3
    ]
    for name, source in (("a", "inside"), ("b", "inside"), ("c", "outside"), ("d", "outside")):
        if rng.random() < 0.6:
            limit = int(rng.integers(0, 20)) if rng.random() < 0.7 else None
            rows.append((name, source, None, limit, int(rng.integers(0, 4)) * 25))
        for firm in range(firms):
            if rng.random() < 0.4:
                limit = int(rng.integers(0, 8)) if rng.random() < 0.8 else None
                rows.append((name, source, f"f{firm}", limit, int(rng.integers(0, 4)) * 25))
    return lines(*rows)


def highs(
    trade: Trade,
    lenders: Lenders | None,
    caps: tuple[float, float, float],
    settled: float | None = None,
    weights: tuple[float, float, float] = (0, 0, 0),
    spend: float | None = None,
) -> float:
    """Return the most that settles when own, inside and outside money are at most `caps`.

    With `spend` given, the price of all loans is at most that. With `settled` given, return the least weighted sum (outside money, money lent, price) of those
    that settle so much.
    """
    firms, debts = len(trade.firms), len(trade.debt)
    if lenders is None:
        loans = [(2, 0, firm, None, 0) for firm in range(firms)]
        totals = [(2, None)]
        own = np.zeros(firms, np.int64)
    else:
        loans = [
            (int(lenders.source[k]), int(k), int(f), int(u), int(p))
            for k, f, u, p in zip(
                lenders.lender, lenders.firm, lenders.limit, lenders.price, strict=True
            )
        ]
        totals = [(int(s), int(w)) for s, w in zip(lenders.source, lenders.whole, strict=True)]
        own = lenders.own
    width = debts + firms + len(loans) + firms
    at_own, at_loan, at_kept = debts, debts + firms, debts + firms + len(loans)
    balance = np.zeros((firms, width))
    for p, (u, v) in enumerate(zip(trade.tail, trade.head, strict=True)):
        balance[u, p] -= 1
        balance[v, p] += 1
    for firm in range(firms):
        balance[firm, at_own + firm] = 1
        balance[firm, at_kept + firm] = -1
    limits = np.zeros((3 + len(totals), width))
    limits[0, at_own:at_loan] = 1
    price = np.zeros(width)
    for n, (source, k, firm, _, each) in enumerate(loans):
        balance[firm, at_loan + n] = 1
        limits[source, at_loan + n] = 1
        limits[3 + k, at_loan + n] = 1
        price[at_loan + n] = weights[0] * (source == 2) + weights[1] + weights[2] * each
    bounds: list[Any] = [(0, int(a)) for a in trade.debt]
    bounds += [(0, int(a)) for a in own]
    bounds += [(0, loan[3]) for loan in loans] + [(0, None)] * firms
    room = [*caps, *(np.inf if most is None else most for _, most in totals)]
    gain = np.zeros(width)
    gain[:debts] = 1
    fixed, goal = {"A_eq": balance, "b_eq": np.zeros(firms)}, -gain
    if settled is not None:
        fixed = {
            "A_eq": np.vstack([balance, gain]),
            "b_eq": np.append(np.zeros(firms), settled),
        }
        goal = price
    some = np.isfinite(room)
    limits, room = limits[some], list(np.array(room)[some])
    if spend is not None:
        price = np.zeros(width)
        price[at_loan:at_kept] = [loan[4] for loan in loans]
        limits, room = np.vstack([limits, price]), [*room, spend]
    upper = {"A_ub": limits, "b_ub": room} if room else {}
    found = linprog(goal, bounds=bounds, method="highs", **fixed, **upper)
    assert found.status == 0, found.message
    return float(found.fun if settled is not None else -found.fun)


def lenders(table: pa.Table, debts: Trade) -> Lenders:
    return lenders_in(table, debts)
