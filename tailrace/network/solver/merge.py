"""Merging: debts that may lie on a ring, folded by pair of firms and sorted by debtor, creditor.

First the debts of firms that nobody owes, and to firms that owe nobody, are peeled off: in a supplier
network that is half of them, and sorting the rest costs so much less.
"""

from __future__ import annotations

import numpy as np

from tailrace.network.solver.compiled import Array, kernel, run

LOW = 32  # bits of a row beside its firm
ROW = (1 << LOW) - 1
ROUNDS = 6  # of peeling; what is left after them is left to the search for components


def merged(
    debtor: Array, creditor: Array, amount: Array, weight: Array, level: Array, compiled: bool
) -> tuple[Array, Array, Array, Array, Array]:
    """Return rows, start, debtor, creditor and debt of the pairs that may lie on a ring."""
    rows = np.empty(len(amount), np.int32)
    outs, ins = np.zeros(len(level), np.uint8), np.zeros(len(level), np.uint8)
    left = run(peel, debtor, creditor, amount, outs, ins, level, rows, compiled=compiled)
    return folded(debtor, creditor, amount, weight, rows[:left], len(level), compiled)


def folded(
    debtor: Array,
    creditor: Array,
    amount: Array,
    weight: Array,
    rows: Array,
    firms: int,
    compiled: bool,
) -> tuple[Array, Array, Array, Array, Array]:
    """Return these rows sorted by pair, where each pair starts, its debtor, creditor and debt."""
    count = len(rows)
    if len(weight):
        rows = _heavier_first(rows, weight, compiled)
    ends = np.zeros(firms + 2, np.int32), np.zeros(firms + 2, np.int32)
    first, second = np.empty(count, np.int64), np.empty(count, np.int64)
    run(by_creditor, debtor, creditor, rows, ends[0], first, compiled=compiled)
    run(by_debtor, debtor, rows, first, ends, second, compiled=compiled)
    del first
    rows = np.empty(count, np.int32)
    pair = np.empty(count, np.int32), np.empty(count, np.int32)
    debt, start = np.empty(count, np.int64), np.empty(count + 1, np.int32)
    given = (second, ends[1], amount, weight, rows, pair, debt, start)
    pairs = run(fold, *given, compiled=compiled)
    return rows, start[: pairs + 1], pair[0][:pairs], pair[1][:pairs], debt[:pairs]


def _heavier_first(rows: Array, weight: Array, compiled: bool) -> Array:
    """Return the rows by falling weight, those of one weight in their order."""
    most = int(weight.max())
    if most > len(rows):
        return rows[np.argsort(-weight[rows], kind="stable")]
    into, place = np.empty(len(rows), np.int32), np.zeros(most + 2, np.int32)
    run(sort_rows, most - weight, rows, len(rows), place, into, compiled=compiled)
    return into


@kernel
def peel(
    tail: Array, head: Array, debt: Array, outs: Array, ins: Array, level: Array, rows: Array
) -> int:
    """Write the rows that may lie on a ring to `rows`, in order, and return how many there are.

    level[v] becomes r + 1 where the firm owes nobody in round r, -(r + 1) where nobody owes it and
    zero for the rest: so along every debt peeled off, the debtor stands later in the order
    1, 2, ..., (what is left), ..., -2, -1 than the creditor.
    """
    left, count = 0, len(outs)
    for row in range(len(tail)):
        if tail[row] != head[row] and debt[row] > 0:
            outs[tail[row]] = 1
            ins[head[row]] = 1
    for row in range(len(tail)):
        if tail[row] != head[row] and debt[row] > 0 and ins[tail[row]] and outs[head[row]]:
            rows[left] = row
            left += 1
    for v in range(count):
        level[v] = 0 if outs[v] and ins[v] else (-1 if outs[v] else 1)
    for turn in range(1, ROUNDS):
        for v in range(count):
            outs[v] = 0
            ins[v] = 0
        for at in range(left):
            outs[tail[rows[at]]] = 1
            ins[head[rows[at]]] = 1
        kept = 0
        for at in range(left):
            row = rows[at]
            rows[kept] = row
            kept += ins[tail[row]] & outs[head[row]]
        for v in range(count):
            if level[v] == 0 and not (outs[v] and ins[v]):
                level[v] = -(turn + 1) if outs[v] else turn + 1
        enough = kept * 16 > left * 15
        left = kept
        if enough:
            break
    return left


@kernel
def sort_rows(key: Array, rows: Array, count: int, place: Array, into: Array) -> None:
    """Write the first `count` rows to `into`, sorted by key, equal keys in the order given."""
    for v in range(len(place)):
        place[v] = 0
    for at in range(count):
        place[key[rows[at]] + 1] += 1
    for v in range(1, len(place)):
        place[v] += place[v - 1]
    for at in range(count):
        row = rows[at]
        k = key[row]
        into[place[k]] = row
        place[k] += 1


@kernel
def by_creditor(debtor: Array, creditor: Array, rows: Array, ends: Array, into: Array) -> None:
    """Write debtor and row of each row, sorted by creditor; those of k end before ends[k]."""
    for row in rows:
        ends[creditor[row] + 1] += 1
    for k in range(1, len(ends)):
        ends[k] += ends[k - 1]
    for row in rows:
        k = creditor[row]
        into[ends[k]] = (debtor[row] << LOW) + row
        ends[k] += 1


@kernel
def by_debtor(
    debtor: Array, rows: Array, given: Array, ends: tuple[Array, Array], into: Array
) -> None:
    """Write creditor and row of what is sorted by creditor, sorted by debtor and creditor."""
    before, own = ends
    for row in rows:
        own[debtor[row] + 1] += 1
    for k in range(1, len(own)):
        own[k] += own[k - 1]
    creditor = 0
    for at in range(len(given)):
        while at >= before[creditor]:
            creditor += 1
        k = given[at] >> LOW
        into[own[k]] = (creditor << LOW) + (given[at] & ROW)
        own[k] += 1


@kernel
def fold(
    given: Array,
    ends: Array,
    debt: Array,
    weight: Array,
    rows: Array,
    pair: tuple[Array, Array],
    amount: Array,
    start: Array,
) -> int:
    """Fold creditors and rows sorted by debtor and creditor into pairs; return how many there are.

    Pair p holds rows[start[p]:start[p + 1]]. Rows of one pair and another weight are another pair;
    they stand side by side when the rows are sorted by weight within the pair.
    """
    u, v = pair
    pairs, debtor, last = 0, 0, -1
    for at in range(len(given)):
        if at >= ends[debtor]:
            last = -1
            while at >= ends[debtor]:
                debtor += 1
        creditor, row = given[at] >> LOW, given[at] & ROW
        same = creditor == last
        if same and len(weight) > 0:
            same = weight[row] == weight[rows[at - 1]]
        if not same:
            u[pairs] = debtor
            v[pairs] = creditor
            amount[pairs] = 0
            start[pairs] = at
            pairs += 1
            last = creditor
        rows[at] = row
        amount[pairs - 1] += debt[row]
    start[pairs] = len(given)
    return pairs


@kernel
def share_out(
    rows: Array, start: Array, pairs: int, debt: Array, moved: Array, rank: Array, set_off: Array
) -> None:
    """Give each pair's set-off to its rows: by rank, then in the order of rows."""
    for pair in range(pairs):
        left = moved[pair]
        if left == 0:
            continue
        low, high = start[pair], start[pair + 1]
        if len(rank) > 0 and high - low > 1:
            sort_by_rank(rows, low, high, rank)
        for at in range(low, high):
            row = rows[at]
            share = debt[row]
            share = min(share, left)
            set_off[row] = share
            left -= share
            if left == 0:
                break


@kernel
def sort_by_rank(rows: Array, low: int, high: int, rank: Array) -> None:
    """Sort rows[low:high] by rank and row. Source: Shell 1959, with Knuth's gaps."""
    gap = 1
    while gap < (high - low) // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for at in range(low + gap, high):
            row = rows[at]
            key = rank[row]
            to = at
            while to - gap >= low:
                other = rows[to - gap]
                if rank[other] < key or (rank[other] == key and other < row):
                    break
                rows[to] = other
                to -= gap
            rows[to] = row
        gap //= 3


@kernel
def mutual(first: Array, tail: Array, head: Array, debt: Array) -> int:
    """Return what sorted pairs would set off against the debts the other way alone, both counted."""
    whole, at = 0, 0
    while at < len(tail):
        u, v, there, back = tail[at], head[at], 0, 0
        while at < len(tail) and tail[at] == u and head[at] == v:
            there += debt[at]
            at += 1
        if u > v:
            continue
        low, high = first[v], first[v + 1]
        while low < high:
            middle = (low + high) >> 1
            if head[middle] < u:
                low = middle + 1
            else:
                high = middle
        while low < first[v + 1] and head[low] == u:
            back += debt[low]
            low += 1
        whole += 2 * min(there, back)
    return whole
