"""Routing: the debts that are better left unpaid, once money may be put in at a price.

What stays to be paid is a flow from net debtors to net creditors. A unit of money lets a unit of
that flow pass over from where it is lent to where it is kept, past all debts between. So money is a
way through one more node, the till: firm -> lender -> source of money -> till -> firm. Without
lenders the till may stay out: the flow is cut short by the budget, and its loose ends are who
borrows and who keeps.

Money is used source by source: own, inside, outside. That loses nothing: two ways into the one till
are substitutes (Gale and Politof 1981, "Substitutes and complements in network flow problems"), so
money of a later source never makes more of an earlier one useful.
"""

from __future__ import annotations

from math import gcd

import numpy as np
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.network.debts import Ints
from tailrace.network.liquidity.lenders import SOURCES, Lenders
from tailrace.network.liquidity.trade import Trade
from tailrace.network.solver import levels, prices, residual
from tailrace.network.solver.compiled import pays, run

NEVER = 1 << 62
STEPS_MAX = 1 << 26  # distances told apart in one source's curve
NO_INTS = np.zeros(0, np.int64)


class Scale(Struct, frozen=True, kw_only=True):
    """What a unit costs, so that one sum orders all aims: settle most, borrow least, pay least.

    `debt` outweighs any use of money on one ring of changes, `outside` any of `inside`, and
    `inside` any difference in price. Prices are divided by `price`, what they have in common.
    """

    debt: int = 1
    inside: int = 0
    outside: int = 0
    price: int = 1

    def of(self, lenders: Lenders) -> Ints:
        """Return what a unit costs on each line."""
        each = np.array([0, self.inside, self.outside])[lenders.source]
        return each[lenders.lender] + lenders.price // self.price


class Step(Struct, frozen=True, kw_only=True):
    """Units of one source that settle the same number of debts each, at the same price."""

    source: int
    units: int
    slope: int
    price: int  # per 10,000; what other loans cost less or more by it is in it


class Routed(Struct, frozen=True, kw_only=True):
    """What the debts and the money do, in one currency; `put` is what each source was given."""

    moved: Ints  # settled of each pair
    alone: int  # settled without any money, of pairs
    own: Ints  # by firm
    loan: Ints  # by line of `Lenders`
    kept: Ints  # by firm
    worth: Ints  # by firm: debts that one more unit lent there settles
    holds: Ints  # by firm: for at least so many units
    scale: Scale
    price: Ints  # of firms, then the till, the sources, the lenders
    put: tuple[int, int, int]
    steps: list[Step]


def scale_of(lenders: Lenders) -> Scale:
    """Return costs that keep the order of aims whatever ring of changes a flow could make."""
    if not len(lenders.names):
        return Scale()
    common = gcd(*lenders.price.tolist()) or 1
    most = price_range(lenders, common)
    inside = 2 * most + 1
    return Scale(debt=8 * inside + 2 * most + 1, inside=inside, outside=3 * inside, price=common)


def price_range(lenders: Lenders, common: int) -> int:
    """Return more than prices can differ by along a ring of changes, in units of `common`.

    A ring passes a lender, a source and the till once at most. So prices differ along it by no more
    than each lender's own range and four whole prices at sources.
    """
    price, count = lenders.price // common, len(lenders.names)
    high, low = np.zeros(count, np.int64), np.full(count, NEVER)
    np.maximum.at(high, lenders.lender, price)
    np.minimum.at(low, lenders.lender, price)
    return int(np.maximum(high - low, 0).sum()) + 4 * int(high.max(initial=0))  # no line, no range


def cut_short(trade: Trade, budget: int) -> Routed:
    """Return the best use of a budget that may be lent to any firm.

    Source: a cheapest flow grown by shortest ways is the cheapest of its value at each point (Ahuja,
    Magnanti, Orlin 1993, 9.7). The units it would send last run through the most debts: their ends
    are where money settles most.
    """
    firms, compiled = len(trade.firms), pays(len(trade.debt))
    excess = trade.net.copy()
    passes = max(trade.net_debt - budget, 0)
    network, _ = laid(trade.tail, trade.head, trade.debt, np.ones_like(trade.debt), firms)
    work = residual.work_on(network, excess)
    sent = np.zeros(firms + 1, np.int64)
    run(levels.route, network, work, 0, firms, passes, 0, sent, compiled=compiled)
    price = work.price.astype(np.int64)
    flow = residual.flow_of(network, compiled=compiled)
    lent, kept = np.maximum(excess, 0), np.maximum(-excess, 0)
    worth = _worth(network, firms, compiled)
    low, high = int(price.min(initial=0)), int(price.max(initial=0))
    return Routed(
        moved=trade.debt - flow,
        alone=-1,
        own=np.zeros(firms, np.int64),
        loan=lent,
        kept=kept,
        worth=worth,
        holds=_holds(network, worth),
        scale=Scale(),
        price=np.concatenate([price, [low, low, low, high, high]]),
        put=(0, 0, min(budget, trade.net_debt)),
        steps=[],
    )


def by_source(trade: Trade, lenders: Lenders, budget: int | None) -> Routed:
    """Return the best use of own money and then of lenders' money, up to the budget.

    First the debts alone, then each source in turn carries on from where the last one ended: its
    money enters along the way that settles most for as long as it settles anything.
    """
    scale, firms, compiled = scale_of(lenders), len(trade.firms), pays(len(trade.debt))
    till = firms
    tail, head, cap, cost = arcs_of(trade, lenders, scale)
    nodes = firms + 4 + len(lenders.names)
    network, order = laid(tail, head, cap, cost, nodes)
    excess = np.concatenate([trade.net, np.zeros(nodes - firms, np.int64)])
    work = residual.work_on(network, excess)
    sent = np.zeros(1, np.int64)
    turn = run(levels.route, network, work, 0, nodes, NEVER, 0, sent, compiled=compiled)
    debts = np.zeros(len(tail), np.int64)
    debts[order] = residual.flow_of(network, compiled=compiled)
    alone = int((trade.debt - debts[: len(trade.debt)]).sum())
    ends = np.cumsum([len(trade.debt), firms, len(lenders.firm), len(lenders.names), firms])
    steps: list[Step] = []
    put, used = [0, 0, 0], 0
    whole = (int(np.minimum(lenders.own, NEVER).astype(object).sum()), *_offered(lenders))
    for source in range(len(SOURCES)):
        most = min(whole[source], trade.net_debt)
        put[source] = most if source == 0 or budget is None else min(most, max(budget - used, 0))
        if not put[source]:
            continue
        work.excess[till] = put[source]
        work.excess[till + 1 + source] = -put[source]
        gap = int(work.price[till + 1 + source]) - int(work.price[till])
        if gap > STEPS_MAX:
            mend = "round the prices, so that fewer of them differ"
            raise BadTerms("prices are told apart too finely", where="lenders", mend=mend)
        sent = np.zeros(gap + 1, np.int64)
        turn = run(levels.route, network, work, 0, nodes, NEVER, turn, sent, compiled=compiled)
        steps += _steps(source, sent, gap, scale)
        debts[order] = residual.flow_of(network, compiled=compiled)
        if source:
            used += int(debts[ends[1] : ends[2]][lenders.source[lenders.lender] == source].sum())
    own, loan, _, kept = (debts[ends[at] : ends[at + 1]] for at in range(4))
    both = np.minimum(own, kept)  # own money that came back to its firm was not needed
    stands = _standing(trade, debts[: ends[0]])
    worth = _worth(stands, firms, compiled)
    return Routed(
        moved=trade.debt - debts[: ends[0]],
        alone=alone,
        own=own - both,
        loan=loan,
        kept=kept - both,
        worth=worth,
        holds=_holds(stands, worth),
        scale=scale,
        price=work.price.astype(np.int64),
        put=(put[0], put[1], put[2]),
        steps=steps,
    )


def _offered(lenders: Lenders) -> tuple[int, int]:
    whole = lenders.whole.astype(object)
    inside, outside = (int(whole[lenders.source == source].sum()) for source in (1, 2))
    return inside, outside


def arcs_of(trade: Trade, lenders: Lenders, scale: Scale) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the ways of the flow: debts, own money, loans, lenders, what is kept, what is idle."""
    firms, most = len(trade.firms), trade.net_debt + 1
    each, till = np.arange(firms), np.full(firms, firms)
    lender = firms + 4 + np.arange(len(lenders.names))
    parts = (
        (trade.tail, trade.head, trade.debt, np.full(len(trade.debt), scale.debt)),
        (each, till + 1, np.minimum(lenders.own, most), np.zeros(firms, np.int64)),
        (lenders.firm, lender[lenders.lender], lenders.limit, scale.of(lenders)),
        (lender, firms + 1 + lenders.source, lenders.whole, np.zeros(len(lender), np.int64)),
        (till, each, np.full(firms, most), np.zeros(firms, np.int64)),
        (np.full(3, firms), firms + 1 + np.arange(3), np.full(3, most), np.zeros(3, np.int64)),
    )
    tail, head, cap, cost = (
        np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)
    )
    return tail, head, cap, cost


def laid(
    tail: Ints, head: Ints, cap: Ints, cost: Ints, nodes: int
) -> tuple[residual.Network, Ints]:
    """Return the network of these ways, those without room left out, and their order in it."""
    order = np.flatnonzero(cap > 0)
    order = order[np.argsort(tail[order] * nodes + head[order], kind="stable")]
    tail, head, cap, cost = tail[order], head[order], cap[order], cost[order]
    narrow = int(cost.max(initial=1)) * max(nodes, 1) < 1 << 28
    network = residual.network_of(nodes, len(tail), costs=np.int32 if narrow else np.int64)
    ends = tail.astype(np.int32), head.astype(np.int32)
    weight = NO_INTS if (cost == 1).all() else cost
    run(residual.lay, *ends, cap, weight, network, compiled=pays(len(tail)))
    return network, order


def _steps(source: int, sent: Ints, gap: int, scale: Scale) -> list[Step]:
    """Read the units sent at each distance: how many debts each settles, and at what price."""
    steps = []
    for level in np.flatnonzero(sent).tolist():
        gain = gap - level
        slope = -(-(gain - scale.debt // 2) // scale.debt) if gain else 0
        if slope <= 0:
            continue
        cost = slope * scale.debt - gain
        price = cost
        if scale.inside:
            price = (cost + scale.inside // 2) % scale.inside - scale.inside // 2
        steps.append(
            Step(source=source, units=int(sent[level]), slope=slope, price=price * scale.price)
        )
    return steps


def _standing(trade: Trade, flow: Ints) -> residual.Network:
    """Return the debts alone as a network, what stays of them to be paid in it."""
    ones = np.ones_like(trade.debt)
    network, _ = laid(trade.tail, trade.head, trade.debt, ones, len(trade.firms))
    run(residual.let_flow, network, flow, compiled=pays(len(flow)))
    return network


def _worth(network: residual.Network, firms: int, compiled: bool) -> Ints:
    """Return how many debts one more unit at each firm settles: along the best way through them.

    The debts settled so far may change over to make room; loans stay as they are.
    """
    price = np.zeros(firms, network.side.dtype)
    marks = np.zeros(firms, np.int32), np.zeros(firms, np.uint8)
    run(prices.correct, network, price, *marks, compiled=compiled)
    return price.astype(np.int64)


def _holds(network: residual.Network, worth: Ints) -> Ints:
    """Return for how many units each worth is sure to hold: the widest way that is worth as much."""
    room, word, cost = network.arc[::2], network.arc[1::2], network.side[::2]
    w = word >> residual.OTHER
    v = w[(word >> 2) & residual.TWIN]
    tight = (room > 0) & (worth[w] == worth[v] - cost)
    v, w, room = v[tight], w[tight], room[tight]
    width = np.where(worth == 0, NEVER, 0)
    while True:
        wider = width.copy()
        np.maximum.at(wider, w, np.minimum(width[v], room))
        if np.array_equal(wider, width):
            return width
        width = wider
