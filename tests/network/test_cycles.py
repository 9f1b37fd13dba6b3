"""A set-off told as cycles: complete, shortest first, never more cycles than pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.network import cycles
from tailrace.network.cycles import cycles_of


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


@pytest.mark.parametrize("looks", [0, 300, 2_000_000])
@settings(max_examples=60, deadline=None)
@given(rings=st.lists(st.tuples(ring, st.integers(1, 50)), max_size=14))
def test_cycles_sum_to_the_set_off_of_each_pair(looks, rings):
    tail, head, amount = circulation(rings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cycles, "LOOKS", looks)
        patch.setattr(cycles, "LOOKS_MIN", 4)
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
