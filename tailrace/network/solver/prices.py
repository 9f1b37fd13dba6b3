"""Prices that prove the optimum on the debts as they stand, not only on those cut for the routing."""

from __future__ import annotations

from tailrace.network.solver.compiled import Array, kernel
from tailrace.network.solver.residual import END, ENTER, FIRST, LEAVE, OTHER, TWIN, Network


@kernel
def loosen(network: Network, cap: Array, debt: Array) -> None:
    """Allow for what the debts were cut by: of a debt that was cut, some is sure to stay."""
    arc, side = network.arc, network.side
    for x in range(0, len(side), 2):
        a = side[x + 1]
        if a & 1 == 0 and cap[a >> 1] < debt[a >> 1]:
            arc[x + 1] |= ENTER
            y = 2 * ((arc[x + 1] >> 2) & TWIN)
            arc[y + 1] |= LEAVE


@kernel
def correct(network: Network, price: Array, queue: Array, waits: Array) -> None:
    """Raise prices until price[w] >= price[v] - cost[x] wherever flow may leave v for w along x.

    The set-offs are the greatest, so no ring of such arcs gains and this ends. Few prices move: the
    routing left all of them right but those beside debts that were cut.
    """
    row, arc, side = network
    count = len(price)
    for v in range(count):
        queue[v] = v
        waits[v] = 1
    at, left = 0, count
    while left > 0:
        v = queue[at]
        at = at + 1 if at + 1 < count else 0
        left -= 1
        waits[v] = 0
        own = price[v]
        for x in range(row[4 * v + FIRST], row[4 * v + END]):
            word = arc[2 * x + 1]
            if word & LEAVE:
                w = word >> OTHER
                if price[w] < own - side[2 * x]:
                    price[w] = own - side[2 * x]
                    if not waits[w]:
                        waits[w] = 1
                        end = at + left
                        queue[end if end < count else end - count] = w
                        left += 1
