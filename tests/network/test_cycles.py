"""A set-off told as cycles: complete, shortest first, never more cycles than pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.network import cycles
from tailrace.network.cycles import cycles_of, ways_of
from tailrace.network.solver.compiled import always


def circulation(rings: list[tuple[list[int], int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs, sorted, that rings of nodes with an amount each lay on one another."""
    pairs: dict[tuple[int, int], int] = {}
    for ring, amount in rings:
        for u, v in zip(ring, [*ring[1:], ring[0]], strict=True):
            pairs[u, v] = pairs.get((u, v), 0) + amount
    ends = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    amounts = np.array([pairs[u, v] for u, v in sorted(pairs)], np.int64)
    return ends[:, 0], ends[:, 1], amounts


ring = st.lists(st.integers(0, 11), min_size=1, max_size=8, unique=True)


@pytest.mark.parametrize(("looks", "share"), [(0, 4), (20, 4), (2_000, 20_000)])
@settings(max_examples=60, deadline=None)
@given(rings=st.lists(st.tuples(ring, st.integers(1, 50)), max_size=14))
def test_cycles_sum_to_the_set_off_of_each_pair(looks, share, rings):
    tail, head, amount = circulation(rings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cycles, "LOOKS", looks)
        patch.setattr(cycles, "SHARE", share)
        found = cycles_of(tail, head, amount)
    whole = np.zeros_like(amount)
    np.add.at(whole, found.pair, found.amount)
    assert whole.tolist() == amount.tolist()
    assert (found.amount > 0).all()
    starts = np.flatnonzero(found.step == 0)
    assert len(starts) <= len(amount)
    for start, length in zip(starts.tolist(), found.length[starts].tolist(), strict=True):
        pairs = found.pair[start : start + length]
        assert found.step[start : start + length].tolist() == list(range(length))
        assert head[pairs].tolist() == [*tail[pairs][1:].tolist(), tail[pairs][0]]
        assert len(set(tail[pairs].tolist())) == length
        assert tail[pairs][0] == tail[pairs].min()


def test_shorter_cycles_come_first():
    # 0 -> 1 -> 2 -> 3 -> 0 carries 5, and the shortcut 2 -> 0 carries 3 of a smaller ring.
    found = cycles_of(*circulation([([0, 1, 2, 3], 5), ([0, 1, 2], 3), ([3, 4], 2), ([5], 1)]))
    starts = found.step == 0
    assert found.length[starts].tolist() == [1, 2, 3, 4]
    assert found.amount[starts].tolist() == [1, 2, 3, 5]


def test_a_hub_with_thousands_of_partners_is_told_quickly():
    spokes = [([0, n, n + 5000], n) for n in range(1, 5000)]
    tail, head, amount = circulation(spokes)
    found = cycles_of(tail, head, amount)
    assert found.length[found.step == 0].tolist() == [3] * 4999


def test_no_shorter_cycle_is_left_where_a_longer_one_is_told():
    # Every told cycle of 3 to 6 firms is as short as any that its amount, put back, would allow.
    random = np.random.default_rng(3)
    drawn = [
        (random.choice(40, size, replace=False).tolist(), int(random.integers(1, 99)))
        for size in random.integers(3, 7, 60)
    ]
    tail, head, amount = circulation(drawn)
    found = cycles_of(tail, head, amount)
    starts = np.flatnonzero(found.step == 0)
    rest = amount.copy()
    for start in starts.tolist():
        length = int(found.length[start])
        assert length <= fewest(tail[rest > 0], head[rest > 0])
        rest[found.pair[start : start + length]] -= found.amount[start]
    assert not rest.any()


def fewest(tail: np.ndarray, head: np.ndarray) -> int:
    """Return the firms of the shortest cycle there is, by powers of the matrix of pairs."""
    matrix = np.zeros((41, 41), bool)
    matrix[tail, head] = True
    reach, length = matrix.copy(), 1
    while not reach.diagonal().any():
        reach, length = reach @ matrix, length + 1
    return length


def test_with_numba_and_without_the_cycles_are_the_same():
    pytest.importorskip("numba")
    random = np.random.default_rng(5)
    drawn = [
        (random.choice(60, size, replace=False).tolist(), int(random.integers(1, 999)))
        for size in random.integers(2, 20, 80)
    ]
    told = []
    for compiled in (True, False):
        with always(compiled):
            told.append(cycles_of(*circulation(drawn)))
    for name in ("cycle", "step", "pair", "amount", "length"):
        assert getattr(told[0], name).tolist() == getattr(told[1], name).tolist()


def test_set_offs_that_do_not_balance_are_refused():
    with pytest.raises(ValueError, match=r"node 0 sets off \+2 more as debtor"):
        cycles_of(np.array([0, 1]), np.array([1, 0]), np.array([5, 3]))


def test_money_put_in_is_told_as_chains_beside_the_cycles():
    # Node 0 is lent 4, which node 2 keeps: the chain 0 -> 1 -> 2. Nodes 0 and 1 set off 3 between
    # them. Node 5 is lent 7 and pays node 6.
    tail, head = np.array([0, 1, 1, 5]), np.array([1, 0, 2, 6])
    told = ways_of(tail, head, np.array([7, 3, 4, 7]))
    rows = list(
        zip(
            told.chain.tolist(),
            told.step.tolist(),
            told.pair.tolist(),
            told.amount.tolist(),
            told.length.tolist(),
            strict=True,
        )
    )
    assert rows == [
        (False, 0, 0, 3, 2),
        (False, 1, 1, 3, 2),
        (True, 0, 3, 7, 1),
        (True, 0, 0, 4, 2),
        (True, 1, 2, 4, 2),
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 7), st.integers(0, 7)), st.integers(1, 30), max_size=20
    )
)
def test_chains_and_cycles_sum_to_what_is_settled_of_each_pair(drawn):
    ends = np.array(sorted(drawn), np.int64).reshape(-1, 2)
    amount = np.array([drawn[u, v] for u, v in sorted(drawn)], np.int64)
    tail, head = ends[:, 0], ends[:, 1]
    told = ways_of(tail, head, amount)
    whole = np.zeros_like(amount)
    np.add.at(whole, told.pair, told.amount)
    assert whole.tolist() == amount.tolist()
    needs = np.zeros(8, np.int64)
    np.add.at(needs, tail, amount)
    np.subtract.at(needs, head, amount)
    for start in np.flatnonzero(told.step == 0).tolist():
        pairs = told.pair[start : start + int(told.length[start])]
        assert head[pairs][:-1].tolist() == tail[pairs][1:].tolist()
        first, last = tail[pairs][0], head[pairs][-1]
        if told.chain[start]:
            assert needs[first] > 0 > needs[last]
            needs[first] -= told.amount[start]
            needs[last] += told.amount[start]
        else:
            assert first == last
    assert not needs.any()
