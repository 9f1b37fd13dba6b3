"""Sectors: a cap on what a sector's firms set off together, kept by a price on the sector.

Such a cap binds many debts at once and is no cap of an arc, so the best whole-number answer may be
out of reach; the best that fractions could do is not. A price on each unit a sector sets off lowers
the weights of its debts; for any prices at all, the optimum at those weights plus the price of the
caps bounds every answer (Lagrange; Everett 1963). The lowest such bound met is the one told. Then the
sector's cap is shared out among its debts between the last answer within the caps and the first one
beyond, and the network is solved once more, exactly.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from tailrace.network.constraints.extended import Extended, extended, multipliers
from tailrace.network.constraints.flow import COST_MAX, circulation
from tailrace.network.constraints.reading import Limits, Part
from tailrace.network.constraints.solving import Answer, Stage
from tailrace.network.debts import Ints

SCALES = (60, 12, 4, 2, 1)  # parts of a unit in which prices are looked for
ROUNDS = 8  # of filling what is left of the caps
LENGTHS = 40  # a price of so many units outbids any cycle up to this length


class _Tried(Struct, frozen=True, kw_only=True):
    """The optimum at some prices of sectors."""

    prices: Ints
    moved: Ints  # by arc
    node_price: Ints
    used: Ints  # by sector
    bound: int  # in parts of a unit


class _Search:
    """Prices of sectors are raised until each cap is kept."""

    def __init__(self, network: Extended, limits: Limits) -> None:
        self.network, self.caps = network, limits.sector_cap
        of_firm = np.append(limits.sector, -1)
        self.sector = np.full(len(network.arcs.tail), -1)
        self.sector[: network.groups] = of_firm[network.debtor]
        most = int(network.weights[0].max(initial=1))
        room = (COST_MAX - 1) // max(network.nodes * most, 1)
        self.scale = next((s for s in SCALES if s * LENGTHS <= room), 1)
        self.top = max(min(self.scale * LENGTHS, room - self.scale), 0) * most
        self.best: _Tried | None = None

    def at(self, prices: Ints) -> _Tried:
        """Return the optimum where a unit set off by a sector costs its price."""
        network = self.network
        weight = self.scale * network.weights[0] - np.append(prices, 0)[self.sector]
        ends, bounds = network.arcs[:2], (network.arcs.low, network.arcs.cap)
        moved, node_price = circulation(ends, bounds, weight, network.nodes)
        live = np.flatnonzero(moved)
        value = int(np.dot(weight[live].astype(object), moved[live].astype(object)))
        bound = value + int(np.dot(prices.astype(object), self.caps.astype(object)))
        tried = _Tried(
            prices=prices, moved=moved, node_price=node_price, used=self.used(moved), bound=bound
        )
        if self.best is None or bound < self.best.bound:
            self.best = tried
        return tried

    def used(self, moved: Ints) -> Ints:
        """Return what each sector sets off."""
        used = np.zeros(len(self.caps) + 1, np.int64)
        np.add.at(used, self.sector, moved)
        return used[:-1]

    def within(self) -> _Tried:
        """Return the optimum at the lowest prices found at which every cap is kept, if there are any."""
        tried = self.at(np.zeros(len(self.caps), np.int64))
        while True:
            over = np.flatnonzero((tried.used > self.caps) & (tried.prices < self.top))
            if not len(over):
                return tried
            tried = self._raised(tried, int(over[0]))

    def _raised(self, tried: _Tried, sector: int) -> _Tried:
        low, high = int(tried.prices[sector]), self.top
        found = self.at(_with(tried.prices, sector, high))
        while high - low > 1:
            middle = (low + high) // 2
            other = self.at(_with(tried.prices, sector, middle))
            if other.used[sector] > self.caps[sector]:
                low = middle
            else:
                high, found = middle, other
        return found

    def shared(self, one: Ints, other: Ints) -> Ints:
        """Return the greatest set-off where the sectors' caps are shared out between two answers."""
        caps = self.network.arcs.cap.copy()
        for sector, whole in enumerate(self.caps.tolist()):
            mine = np.flatnonzero(self.sector == sector)
            caps[mine] = _between(one[mine], other[mine], whole)
        return self.solved(self.network.weights[0], caps)

    def solved(self, weight: Ints, caps: Ints) -> Ints:
        """Return the optimum at these weights and caps of arcs."""
        ends, low = self.network.arcs[:2], self.network.arcs.low
        return circulation(ends, (low, caps), weight, self.network.nodes)[0]

    def filled(self, moved: Ints, prices: Ints) -> Ints:
        """Return the set-off after what is left of the caps went where it serves best."""
        weight = self.network.weights[0]
        dear = self.scale * weight - np.append(prices, 0)[self.sector]
        limited = self.sector >= 0
        for _ in range(ROUNDS):
            left = np.append(self.caps - self.used(moved), 0)[self.sector]
            caps = self.network.arcs.cap
            caps = np.where(limited, np.minimum(caps, moved + left), caps)
            others = [self.solved(w, caps) for w in (dear, weight)]
            best = max((self.shared(moved, other) for other in others), key=self.worth)
            if self.worth(best) <= self.worth(moved):
                return moved
            moved = best
        return moved

    def worth(self, moved: Ints) -> int:
        """Return what is set off."""
        return int(moved[: self.network.groups].sum())


def within_sector_caps(part: Part, limits: Limits) -> Answer:
    """Return a set-off within the caps of sectors, and the bound that shows how near it is."""
    network = extended(part, limits)
    search = _Search(network, limits)
    tried = search.within()
    beyond = search.at(np.maximum(tried.prices - 1, 0))
    none = search.solved(network.weights[0], np.where(search.sector >= 0, 0, network.arcs.cap))
    answers = [none, search.shared(tried.moved, beyond.moved)]
    answers += [tried.moved] if (tried.used <= limits.sector_cap).all() else []
    moved = max((search.filled(x, tried.prices) for x in answers), key=search.worth)
    best = search.best
    assert best is not None, "prices were tried"
    firms, of_firm, of_pair = multipliers(network, best.node_price)
    proof = Stage(price=firms, firm=of_firm, pair=of_pair, sector=best.prices, scale=search.scale)
    moved = moved[: network.groups]
    bound = best.bound // search.scale
    return Answer(network=network, moved=moved, stages=[proof], best=moved, bound=bound)


def _with(prices: Ints, sector: int, price: int) -> Ints:
    prices = prices.copy()
    prices[sector] = price
    return prices


def _between(one: Ints, other: Ints, whole: int) -> Ints:
    """Return whole numbers that sum to no more than `whole`, on the line from one to the other."""
    low, high = int(one.sum()), int(other.sum())
    if high <= whole:
        return other if high >= low or low > whole else one
    if low > whole:  # scaled down: no answer within the cap is at hand
        one, low = np.zeros_like(one), 0
    share = [
        divmod(a * (high - whole) + b * (whole - low), high - low)
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
    ]
    parts = np.array([part for part, _ in share], np.int64)
    left = max(whole - int(parts.sum()), 0)
    order = sorted(range(len(share)), key=lambda at: (-share[at][1], at))
    parts[np.array(order[:left], np.int64)] += 1
    return parts
