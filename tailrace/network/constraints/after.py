"""After the optimum: whole invoices only, and no cycle of more than so many firms.

Neither can be kept exactly at size: to find the greatest set-off of whole invoices, or of cycles of
at most three firms, is NP-hard. So the exact optimum is found first, the rule is kept afterwards, and
the loss is told beside it. What is kept here is within every other limit: it only takes back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from tailrace.network.constraints.extended import Extended
from tailrace.network.constraints.short import ShortCycles
from tailrace.network.constraints.solving import staged
from tailrace.network.cycles import cycles_of
from tailrace.network.debts import Ints

GENTLE = 12  # rounds in which only the least used half of the invoices cut in part is given up


class Kept(Struct, frozen=True, kw_only=True):
    """Cycles kept, step by step: from firm `tail` to firm `head`, the circle one above all firms."""

    cycle: Ints
    step: Ints
    tail: Ints
    head: Ints
    amount: Ints
    length: Ints


def whole_only(
    network: Extended, amount: Ints, share_out: Callable[[Ints, Ints], Ints]
) -> tuple[Ints, Ints]:
    """Return set-offs by group and by row in which no row is set off in part.

    share_out gives what groups set off to those of their rows that are left. Rows cut in part are
    given up, the least used half first and in the end all, and the network is solved again, until
    there are none.
    """
    groups, left = network.groups, amount.copy()
    owner = np.repeat(np.arange(groups), np.diff(network.start))
    cap = network.arcs.cap.copy()
    turn = 0
    while True:
        moved, _ = staged(network, cap=cap)
        rows = share_out(moved[:groups], left)
        partly = np.flatnonzero((rows > 0) & (rows < amount))
        if not len(partly):
            return moved[:groups], rows
        if turn < GENTLE:
            used = rows[partly] / amount[partly]
            partly = partly[np.lexsort((partly, used))][: (len(partly) + 1) // 2]
        turn += 1
        left[partly] = 0
        whole = np.zeros(groups, np.int64)
        np.add.at(whole, owner, left[network.rows])
        cap[:groups] = whole


def short_only(network: Extended, best: Ints, firms_max: int) -> tuple[Ints, Kept]:
    """Return set-offs by group that are a sum of cycles of so many firms, and those cycles.

    The optimum is told in cycles, shortest first, and the short ones are kept; then short cycles are
    looked for in the debts that are left. The same search from nothing is the other candidate, and
    the greater of the two is returned: between two firms at a time that search is exact. A step over
    the circle's books counts no firm.
    """
    tail, head, amount, owner = _pairs(network, best)
    firms = len(network.gate)
    told = cycles_of(tail, head, amount)
    passes = np.zeros(int(told.cycle.max(initial=-1)) + 1, np.bool_)
    passes[told.cycle[tail[told.pair] == firms]] = True
    short = told.length - passes[told.cycle] <= firms_max
    pair = told.pair[short]
    first = Kept(
        cycle=told.cycle[short],
        step=told.step[short],
        tail=tail[pair],
        head=head[pair],
        amount=told.amount[short],
        length=told.length[short],
    )
    taken = np.zeros(len(tail), np.int64)
    np.add.at(taken, pair, told.amount[short])
    kept = _to_groups(taken, owner, best)
    answers = []
    for begun, cycles in ((kept, [first]), (np.zeros_like(kept), [])):
        search = ShortCycles(network, begun)
        more = Kept(**dict(zip(Kept.__struct_fields__, search.run(firms_max), strict=True)))
        answers.append((begun + search.taken(), joined([*cycles, more])))
    return max(answers, key=lambda answer: int(answer[0].sum()))


def _pairs(network: Extended, amount: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return (from, to, amount) of pairs of firms with a set-off, and the pair of each group.

    Members that end up short or long are paired with the circle, which stands above all firms.
    """
    firms = len(network.gate)
    code = network.debtor * (firms + 1) + network.creditor
    each, owner = np.unique(code, return_inverse=True)
    whole = np.zeros(len(each), np.int64)
    np.add.at(whole, owner, amount)
    net = np.zeros(firms, np.int64)
    np.add.at(net, network.debtor, amount)
    np.subtract.at(net, network.creditor, amount)
    short, long = np.flatnonzero(net > 0), np.flatnonzero(net < 0)
    tail = np.concatenate([each // (firms + 1), np.full(len(short), firms), long])
    head = np.concatenate([each % (firms + 1), short, np.full(len(long), firms)])
    return tail, head, np.concatenate([whole, net[short], -net[long]]), owner


def _to_groups(taken: Ints, owner: Ints, amount: Ints) -> Ints:
    """Return what pairs take from their groups, the first groups (the heavier) first."""
    if not len(amount):
        return amount
    before = np.cumsum(amount) - amount
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    first = before[starts]
    return np.clip(taken[owner] - (before - first[owner]), 0, amount)


def joined(found: list[Kept]) -> Kept:
    """Return the cycles of several searches as one list, shortest first."""
    turn = np.repeat(np.arange(len(found)), [len(kept.cycle) for kept in found])
    cycle, step, tail, head, amount, length = (
        np.concatenate([getattr(kept, name) for kept in found]) for name in Kept.__struct_fields__
    )
    order = np.lexsort((step, cycle, turn, length))
    new = (np.diff(cycle[order], prepend=-1) != 0) | (np.diff(turn[order], prepend=-1) != 0)
    rows = (np.cumsum(new) - 1, step[order], tail[order], head[order], amount[order], length[order])
    return Kept(**dict(zip(Kept.__struct_fields__, rows, strict=True)))
