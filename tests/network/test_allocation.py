"""Pro rata: each invoice gets its share, no cent is lost, and the proof stands as it was."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from debts_world import world
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tailrace.base.errors import BadTerms
from tailrace.base.money import split
from tailrace.network import Clearing, clear, verify_clearing
from tailrace.network.rules import NetworkRules, PairLimit, Priority


def shared(debts: pa.Table, **said: Any) -> Clearing:
    """Return what is set off pro rata, under other rules too."""
    return clear(debts, NetworkRules(minimum_minor=0, allocation="pro rata", **said))


def test_three_equal_invoices_share_a_set_off_and_the_odd_cent_goes_to_the_first():
    debts = world(("b", "a", 100), ("a", "b", 60), ("a", "b", 60), ("a", "b", 60))
    assert clear(debts).set_off.tolist() == [100, 60, 40, 0]
    made = shared(debts)
    assert made.set_off.tolist() == [100, 34, 33, 33]
    assert verify_clearing(debts, made) == {"EUR": 200}


def test_the_cent_goes_to_the_largest_remainder():
    debts = world(("b", "a", 10), ("a", "b", 5), ("a", "b", 7), ("a", "b", 3))
    # 10 of 15: 3 1/3, 4 2/3 and 2.
    assert shared(debts).set_off.tolist() == [10, 3, 5, 2]


def test_amounts_near_two_to_the_sixty_second_are_shared_to_the_unit():
    big = 2**59 + 1
    debts = world(("b", "a", big), ("a", "b", big - 2), ("a", "b", big - 1), ("a", "b", 7))
    made = shared(debts).set_off.tolist()
    assert made[1:] == split(big, [big - 2, big - 1, 7])


amounts = st.one_of(st.integers(0, 20), st.integers(1, 2**33))
firms = st.sampled_from("abc")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(firms, firms, amounts), max_size=20))
def test_a_pairs_sum_stays_and_no_invoice_gets_more_than_it_is_or_far_from_its_share(drawn):
    debts = world(*drawn)
    plain, made = clear(debts), shared(debts)
    verify_clearing(debts, made)
    sums: dict[tuple[str, str], list[list[int]]] = {}
    for (u, v, amount), one, other in zip(
        drawn, plain.set_off.tolist(), made.set_off.tolist(), strict=True
    ):
        sums.setdefault((u, v), []).append([amount, one, other])
    for rows in sums.values():
        whole, one, other = (sum(column) for column in zip(*rows, strict=True))
        assert one == other
        for amount, _, got in rows:
            assert 0 <= got <= amount
            assert abs(got * whole - amount * one) < whole or not whole
    mixed = debts.take(pa.array(range(len(drawn))[::-1], pa.int64()))
    assert shared(mixed).set_off.tolist()[::-1] == made.set_off.tolist()


def test_classes_that_share_a_pair_are_each_shared_by_itself():
    """Of a's five debts to b two are older: 12 in all of which 9 clear, the older 7 in full."""
    debts = world(
        *(("a", "b", 3), ("a", "b", 4), ("a", "b", 2), ("a", "b", 2), ("a", "b", 1)),
        ("b", "a", 9),
    )
    days = [date(2026, 1, 1)] * 2 + [date(2026, 3, 1)] * 4
    debts = debts.set_column(5, "due_on", pa.array(days))
    old = (Priority(name="older", due_before=date(2026, 2, 1), weight=2),)
    for mode in ("lexicographic", "weighted"):
        made = shared(debts, priority=old, priority_mode=mode)
        # 2 is left to the younger 2, 2 and 1: 4/5, 4/5 and 2/5.
        assert made.set_off.tolist() == [3, 4, 1, 1, 0, 9]
        assert verify_clearing(debts, made) == {"EUR": 18}
    cap = (PairLimit(debtor="a", creditor="b", cap_minor=5),)
    made = shared(debts, priority=old, pair=cap)
    assert made.set_off.tolist() == [2, 3, 0, 0, 0, 5]  # 15/7 and 20/7 of the older
    assert verify_clearing(debts, made) == {"EUR": 10}


def test_shares_that_are_not_pro_rata_are_refused_though_their_sum_is_right():
    debts = world(("b", "a", 10), ("a", "b", 5), ("a", "b", 7), ("a", "b", 3))
    honest = shared(debts)
    for moved in ([10, 4, 4, 2], [10, 3, 4, 3], [10, 5, 5, 0]):
        proof = replace(honest.certificate, set_off=np.array(moved))
        bent = replace(honest, set_off=np.array(moved), certificate=proof)
        with pytest.raises(BadTerms, match="its share pro rata"):
            verify_clearing(debts, bent)


def test_large_shares_are_checked_in_integers_without_bound():
    big = 2**59 + 1
    debts = world(("b", "a", big), ("a", "b", big - 2), ("a", "b", big - 1), ("a", "b", 7))
    honest = shared(debts)
    assert verify_clearing(debts, honest) == {"EUR": 2 * big}
    moved = honest.set_off + np.array([0, 1, -1, 0])
    proof = replace(honest.certificate, set_off=moved)
    with pytest.raises(BadTerms, match="its share pro rata"):
        verify_clearing(debts, replace(honest, set_off=moved, certificate=proof))


def test_an_invoice_set_off_whole_has_no_share():
    with pytest.raises(BadTerms, match="whole_invoices with a share of each invoice"):
        shared(world(("a", "b", 1)), whole_invoices=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(firms, firms, amounts), max_size=20), st.integers(0, 3))
def test_under_classes_the_sums_of_each_pair_and_class_are_those_of_oldest_first(drawn, cut):
    debts = world(*drawn)
    old = (Priority(name="even", amount_max_minor=10**cut),)
    plain = clear(debts, NetworkRules(minimum_minor=0, priority=old))
    made = shared(debts, priority=old)
    assert verify_clearing(debts, made) == verify_clearing(debts, plain)
    sums: dict[tuple[str, str, bool], list[int]] = {}
    for (u, v, amount), one, other in zip(
        drawn, plain.set_off.tolist(), made.set_off.tolist(), strict=True
    ):
        pair = sums.setdefault((u, v, amount <= 10**cut), [0, 0])
        pair[0] += one
        pair[1] += other
    assert all(one == other for one, other in sums.values())
