"""Fairness: whom the optimum serves, as the share of debt cleared by size of firm.

A firm's size is what it owes and is owed. The optimum knows no fairness of its own; a circle that
wants more for its small firms gives their debts a weight or a stage, and sees here what that did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from tailrace.network.debts import Ints

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing

CLASSES = 10


class Decile(Struct, frozen=True, kw_only=True):
    """A tenth of the firms of one currency, the smallest first, in minor units."""

    currency: str
    decile: int  # 1 is the smallest tenth of the firms, 10 the largest
    firms: int
    helped: int  # firms of it for which anything was set off
    largest_minor: int  # size of its largest firm
    owed_minor: int  # what they owed
    owing_minor: int  # what they were owed
    set_off_minor: int  # set off on each of the two sides


def deciles(clearing: Clearing) -> list[Decile]:
    """Return what was cleared by tenths of the firms, currency by currency, smallest firms first.

    Firms that owe and are owed nothing are not counted. Equal sizes stand in order of their ids, so
    the tenths are as even as whole firms allow; fewer than ten firms make fewer rows.
    """
    nodes, pairs = clearing.standings, clearing.pairs
    done = np.zeros(len(nodes.firm), np.int64)
    # The circle itself, beyond the firms, is none.
    firms = (pairs.tail < len(done)) & (pairs.head < len(done))
    np.add.at(done, pairs.tail[firms], pairs.set_off[firms])
    rows: list[Decile] = []
    for number, code in enumerate(clearing.currencies):
        mine = np.flatnonzero(nodes.currency == number)
        rows += tenths_of(code, nodes.owed[mine], nodes.owing[mine], done[mine])
    return rows


def tenths_of(code: str, owed: Ints, owing: Ints, done: Ints) -> list[Decile]:
    """Return the same for the firms of one currency: what each owed, was owed, and set off of what it owed."""
    size = owed + owing
    order = np.argsort(size, kind="stable")
    order = order[size[order] > 0]
    rows = []
    for place, part in enumerate(np.array_split(order, CLASSES)):
        if len(part):
            rows.append(
                Decile(
                    currency=code,
                    decile=place + 1,
                    firms=len(part),
                    helped=int(np.count_nonzero(done[part])),
                    largest_minor=int(size[part].max()),
                    owed_minor=int(owed[part].sum()),
                    owing_minor=int(owing[part].sum()),
                    set_off_minor=int(done[part].sum()),
                )
            )
    return rows
