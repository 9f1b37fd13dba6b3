"""The curve by cost: the most debt that settles for every price worth paying.

Own money is free and comes first by that alone; between lenders only the price counts, not whether
they are inside. The line through the corners is concave. At a corner the placement is whole; between
two corners no placement lies above the line.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

import msgspec
import numpy as np
from msgspec import Struct

from tailrace.network.liquidity.lenders import Lenders
from tailrace.network.liquidity.routing import NEVER, Scale, arcs_of, laid, price_range
from tailrace.network.liquidity.trade import Trade
from tailrace.network.solver import levels, residual
from tailrace.network.solver.compiled import pays, run


class Corner(Struct, frozen=True, kw_only=True):
    """For this price, in ten-thousandths of a minor unit, so much settles, and no more can."""

    cost: int
    lent_minor: int
    settled_minor: int


def by_cost(trade: Trade, lenders: Lenders) -> list[Corner]:
    """Return the corners of debt settled over the price of the loans, from the cheapest on.

    A unit of price is worth as much debt as the slope at a corner. Slopes are fractions whose
    denominator is a price that a ring of changes can cost, so a slope between two that are possible
    need only be told from them: the weights stay small whatever the amounts. Source: Eisner and
    Severance 1976, "Mathematical techniques for efficient record segmentation" (section 3).
    """
    common = gcd(*lenders.price.tolist()) or 1
    most = max(price_range(lenders, common), 1)
    first = _settled(trade, lenders, common, Fraction(len(trade.firms) + 1))
    last = _settled(trade, lenders, common, Fraction(1, 2 * most + 1))
    corners, open_ = [first], [(first, last)]
    while open_:
        low, high = open_.pop()
        if high.cost == low.cost:
            continue
        gain, price = high.settled_minor - low.settled_minor, (high.cost - low.cost) // common
        slope = Fraction(gain, price)
        found = _settled(trade, lenders, common, _near(slope, most))
        above = (found.settled_minor - low.settled_minor) * price
        if above > gain * ((found.cost - low.cost) // common):
            open_ += [(found, high), (low, found)]
        else:
            corners.append(high)
    return corners


def _near(slope: Fraction, most: int) -> Fraction:
    """Return a plain fraction with no possible slope between it and this one."""
    near = slope.limit_denominator(most)
    if near == slope:
        return slope
    aside = Fraction(1, 2 * near.denominator * most)
    return near + aside if slope > near else near - aside


def _settled(trade: Trade, lenders: Lenders, common: int, worth: Fraction) -> Corner:
    """Return the best placement where a unit of price counts as much as `worth` units of debt."""
    price = lenders.price // common * worth.numerator
    scale = Scale(debt=worth.denominator)
    tail, head, cap, cost = arcs_of(trade, msgspec.structs.replace(lenders, price=price), scale)
    tail[-3:], head[-3:] = (
        head[-3:].copy(),
        tail[-3:].copy(),
    )  # money that is free to go to the till
    nodes = len(trade.firms) + 4 + len(lenders.names)
    network, order = laid(tail, head, cap, cost, nodes)
    excess = np.concatenate([trade.net, np.zeros(nodes - len(trade.firms), np.int64)])
    work, sent = residual.work_on(network, excess), np.zeros(1, np.int64)
    compiled = pays(len(tail))
    run(levels.route, network, work, 0, nodes, NEVER, 0, sent, compiled=compiled)
    flow = np.zeros(len(tail), np.int64)
    flow[order] = residual.flow_of(network, compiled=compiled)
    start = len(trade.debt) + len(trade.firms)
    loan = flow[start : start + len(lenders.firm)]
    return Corner(
        cost=int(np.dot(loan.astype(object), lenders.price.astype(object))),
        lent_minor=int(loan.sum()),
        settled_minor=trade.whole - int(flow[: len(trade.debt)].sum()),
    )
