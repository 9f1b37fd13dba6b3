"""Prices that prove the optimum on the debts as they stand, not only on those cut for the routing."""

from __future__ import annotations

from tailrace.network.solver.compiled import Array, kernel
from tailrace.network.solver.residual import ENTER, LEAVE, Network


@kernel
def loosen(network: Network, debt: Array) -> None:
    """Allow for what the debts were cut by: of a debt that was cut, some is sure to stay."""
    to, pair = network.to, network.pair
    for a in range(len(debt)):
        if pair[4 * a + 1] < debt[a]:
            x, y = pair[4 * a + 2], pair[4 * a + 3]
            to[x] = to[x] | ENTER
            to[y] = to[y] | LEAVE


@kernel
def correct(network: Network, price: Array, queue: Array, waits: Array) -> None:
    """Raise prices until price[w] >= price[v] - cost[x] wherever flow may leave v for w along x.

    The set-offs are the greatest, so no ring of such arcs gains and this ends. Few prices move: the
    routing left all of them right but those beside debts that were cut.
    """
    first, to, cost = network.first, network.to, network.cost
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
        for x in range(first[v], first[v + 1]):
            word = to[x]
            if word & LEAVE:
                w = word >> 2
                if price[w] < own - cost[x]:
                    price[w] = own - cost[x]
                    if not waits[w]:
                        waits[w] = 1
                        end = at + left
                        queue[end if end < count else end - count] = w
                        left += 1
