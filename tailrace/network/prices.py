"""Prices: one whole number for each firm that proves a set-off to be the greatest possible.

With p = 1 + price of creditor - price of debtor for each debt, every circulation x has
sum x = sum p x <= sum debt * max(0, p). Prices for which both sides are equal are the proof: p <= 0
where a debt is not set off in full, p >= 0 where any of it is.
Source: Ahuja, Magnanti, Orlin 1993, theorem 9.4 (complementary slackness).
"""

from __future__ import annotations

import numpy as np

from tailrace.network.debts import Ints

PASSES = 400  # by whole arrays; trade needs 10 to 40, only long thin chains need more


def potentials(tail: Ints, head: Ints, debt: Ints, set_off: Ints, component: Ints) -> Ints:
    """Return a price for each node; the set-offs must be the greatest, or this is our own slip.

    Within a component by label correcting on the residual graph; a component that can reach
    another stands above it by more than the widest spread, so that debts between them price at
    p <= 0: nothing of them can be set off.
    """
    inside = component[tail] == component[head]
    slack, used = inside & (set_off < debt), inside & (set_off > 0)
    up = (tail[slack], head[slack])  # price of debtor >= price of creditor + 1
    down = (tail[used], head[used])  # price of creditor >= price of debtor - 1
    price = np.zeros(len(component), np.int64)
    for _ in range(PASSES):
        before = price.copy()
        np.maximum.at(price, up[0], price[up[1]] + 1)
        np.maximum.at(price, down[1], price[down[0]] - 1)
        if np.array_equal(price, before):
            break
    else:
        price = _swept(price, up, down)
    spread = int(price.max(initial=0)) + 1
    return price + component * spread


def _swept(price: Ints, up: tuple[Ints, Ints], down: tuple[Ints, Ints]) -> Ints:
    """Finish the correcting node by node, creditors before their debtors and back.

    Debts not set off in full form no cycle, or more could be cleared; so one sweep in their order
    settles any chain of them, however long, where whole arrays would need a pass for each link.
    """
    count = len(price)
    order = _creditors_first(*up, count)
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    rise = _links(*up, rank, 1)
    fall = _links(down[1], down[0], -rank, -1)
    value = price.tolist()
    for _ in range(count + 1):
        changed = False
        for links in (rise, fall):
            for node, other, gap in links:
                if value[other] + gap > value[node]:
                    value[node] = value[other] + gap
                    changed = True
        if not changed:
            return np.array(value, np.int64)
    raise AssertionError("prices do not settle: the set-offs are not the greatest")


def _links(node: Ints, other: Ints, rank: Ints, gap: int) -> list[tuple[int, int, int]]:
    order = np.argsort(rank[node], kind="stable")
    pairs = zip(node[order].tolist(), other[order].tolist(), strict=True)
    return [(n, o, gap) for n, o in pairs]


def _creditors_first(tail: Ints, head: Ints, count: int) -> list[int]:
    """Return all nodes, each after every node it owes by one of these arcs."""
    order = np.argsort(head, kind="stable")
    first = np.searchsorted(head[order], np.arange(count + 1)).tolist()
    debtor = tail[order].tolist()
    owes = np.bincount(tail, minlength=count).tolist()
    ready = [node for node in range(count) if not owes[node]]
    for node in ready:
        for other in debtor[first[node] : first[node + 1]]:
            owes[other] -= 1
            if not owes[other]:
                ready.append(other)
    assert len(ready) == count, "a cycle of debt is left: the set-offs are not the greatest"
    return ready
