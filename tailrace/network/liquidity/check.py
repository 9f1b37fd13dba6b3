"""The check of a placement: one pass over arrays that knows nothing of how it was found.

Shares no code with the routing or the solver. The proof is that of linear programming: give every
firm, the till, the sources of money and the lenders a price. Money runs in rings from the till over
source, lender and firms back to the till. Round a ring prices cancel, so what all rings gain is what
each step gains plus the price where it leads less the price where it starts; and that is at most
the room of each step times what it gains so, where that is above zero. Reaching the bound, no other
placement gains more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms
from tailrace.network.certificate import _taking_part
from tailrace.network.liquidity.placement import Placement

EXACT = 2**62
_WHERE = "verify_liquidity"


def verify_liquidity(obligations: pa.Table, placement: Placement) -> int:
    """Return what is settled, proven to be the most; raise `BadTerms` where it is not.

    Checks: no row settled above its amount; at each firm received + own + lent = paid + kept; no
    line, lender, firm's own money or budget passed; the sources used in their order; the gain
    (debts settled, less the stated costs of money) equal to the bound that the prices set; costs so
    small that debt settled comes before any of them; and the printed totals.
    """
    tail, head, amount, settled = _rows(obligations, placement)
    if (settled < 0).any() or (settled > amount).any():
        raise _wrong("a row is settled below zero or above its debt")
    _check_limits(placement)
    _check_firms(placement, tail, head, settled)
    _check_scale(placement)
    gain, bound = _gain(placement, settled), _bound(placement, tail, head, amount)
    if gain != bound:
        raise _wrong(f"the gain is {gain:,} and the prices allow {bound:,}: not proven the most")
    whole, loans = _whole(settled), placement.proof.loan
    told = (
        placement.settled_minor,
        placement.debt_minor,
        placement.lent_minor,
        placement.own_minor,
    )
    if told != (whole, _whole(amount), _whole(loans), _whole(placement.proof.own)):
        raise _wrong("the totals are not the sums of the rows")
    if placement.cost != _whole(loans, placement.lenders.price):
        raise _wrong("the cost is not the loans times their prices")
    return whole


def _rows(obligations: pa.Table, placement: Placement) -> tuple[Any, Any, Any, Any]:
    """Return debtor, creditor, amount and what is settled of the rows that take part."""
    settled = np.asarray(placement.settled)
    if settled.dtype != np.int64 or len(settled) != obligations.num_rows:
        raise _wrong("what is settled is not one int64 for each row")
    part = _taking_part(obligations, placement.trade.minimum_minor)
    part = part.filter(pc.equal(part["currency"].cast(pa.string()), placement.currency))
    held = placement.trade.held["row"].combine_chunks()
    part = part.filter(pc.invert(pc.is_in(part["row"], value_set=held.cast(part["row"].type))))
    rows = part["row"].to_numpy()
    if np.delete(settled, rows).any():
        raise _wrong("a row that takes no part is settled")
    firms = placement.trade.firms
    ends = [
        pc.index_in(part[side].cast(firms.type), value_set=firms) for side in ("debtor", "creditor")
    ]
    if any(end.null_count for end in ends):
        raise _wrong("a firm has no price")
    tail, head = (end.to_numpy() for end in ends)
    return tail, head, part["amount"].to_numpy(), settled[rows]


def _check_limits(placement: Placement) -> None:
    proof, lenders = placement.proof, placement.lenders
    if (proof.own < 0).any() or (proof.loan < 0).any() or (proof.kept < 0).any():
        raise _wrong("an amount of money is below zero")
    if (proof.own > lenders.own).any():
        raise _wrong("a firm uses more money than it has")
    if (proof.loan > lenders.limit).any():
        raise _wrong("a loan passes the limit of its line")
    lent = _sums(lenders.lender, proof.loan, len(lenders.names))
    if (lent > lenders.whole).any():
        raise _wrong("a lender lends more than it offers")
    used = [_whole(proof.own), *(_whole(lent[lenders.source == at]) for at in (1, 2))]
    if any(use > put for use, put in zip(used, proof.put, strict=True)):
        raise _wrong("a source gives more than it was given")
    if placement.budget_minor is not None and used[1] + used[2] > placement.budget_minor:
        raise _wrong("more is lent than the budget")
    _check_order(placement, used)


def _check_order(placement: Placement, used: list[int]) -> None:
    """Raise where a source was used while an earlier one was held back from what it could do."""
    proof, lenders, count = placement.proof, placement.lenders, len(placement.trade.firms)
    offered = [_whole(lenders.own), *(_whole(lenders.whole[lenders.source == at]) for at in (1, 2))]
    for at in range(2):
        held = proof.put[at] < min(offered[at], placement.enough_minor)
        worth = int(proof.price[count + 1 + at]) - int(proof.price[count])
        if held and worth and any(used[at + 1 :]):
            raise _wrong("money of a later source is used before that of an earlier one")


def _check_firms(placement: Placement, tail: Any, head: Any, settled: Any) -> None:
    proof, count = placement.proof, len(placement.trade.firms)
    through = proof.own - proof.kept  # sums wrap around at 2^64, and zero stays zero
    through = through + _sums(placement.lenders.firm, proof.loan, count)
    through = through + _sums(head, settled, count) - _sums(tail, settled, count)
    if through.any():
        firm = placement.trade.firms[int(np.flatnonzero(through)[0])]
        raise _wrong(f"at {firm} what comes in is not what goes out and what is kept")


def _check_scale(placement: Placement) -> None:
    """Raise where the costs of money could outweigh a debt: every ring of changes must agree."""
    scale, lenders = placement.proof.scale, placement.lenders
    if not len(lenders.price) or not (lenders.price.any() or scale.inside):
        return
    price = lenders.price // scale.price
    if (price * scale.price != lenders.price).any():
        raise _wrong("prices are not multiples of their scale")
    range_ = 0
    for at in np.unique(lenders.lender).tolist():
        mine = price[lenders.lender == at]
        range_ += int(mine.max()) - int(mine.min())
    most = range_ + 4 * int(price.max())
    whole = scale.inside + scale.outside + most
    if scale.inside <= most or scale.outside <= scale.inside + most or scale.debt <= 2 * whole:
        raise _wrong("the costs of money could outweigh a debt")


def _costs(placement: Placement) -> Any:
    scale, lenders = placement.proof.scale, placement.lenders
    each = np.array([0, scale.inside, scale.outside])[lenders.source]
    return each[lenders.lender] + lenders.price // scale.price


def _gain(placement: Placement, settled: Any) -> int:
    paid = placement.proof.scale.debt * _whole(settled)
    return paid - _whole(placement.proof.loan, _costs(placement))


def _bound(placement: Placement, tail: Any, head: Any, amount: Any) -> int:
    proof, lenders, count = placement.proof, placement.lenders, len(placement.trade.firms)
    price = np.asarray(proof.price)
    if len(price) != count + 4 + len(lenders.names) or (np.abs(price) > EXACT // 4).any():
        raise _wrong("prices are not one for each firm, source and lender, or out of range")
    firm, till, source, lender = np.split(price, [count, count + 1, count + 4])
    if (firm < till).any():
        raise _wrong("the prices let money that is kept gain")
    steps = (
        (amount, proof.scale.debt + firm[head] - firm[tail]),
        (lenders.own, firm - source[0]),
        (lenders.limit, firm[lenders.firm] - lender[lenders.lender] - _costs(placement)),
        (lenders.whole, lender - source[lenders.source]),
        (np.array(proof.put, np.int64), source - till),
    )
    return sum(_whole(room, np.maximum(gain, 0)) for room, gain in steps)


def _sums(at: Any, amount: Any, count: int) -> Any:
    whole = np.zeros(count, np.int64)
    np.add.at(whole, at, amount)
    return whole


def _whole(amount: Any, times: Any = None) -> int:
    """Return the exact sum of amount, or of amount * times, all zero or more."""
    times = np.ones_like(amount) if times is None else times
    if len(amount) * int(amount.max(initial=0)) * int(times.max(initial=0)) < EXACT:
        return int(np.dot(amount, times))
    return int(np.dot(amount.astype(object), times.astype(object)))


def _wrong(what: str) -> BadTerms:
    return BadTerms(what, where=_WHERE, mend="do not lend by it; place the money again")
