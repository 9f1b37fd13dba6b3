"""Pro rata: each invoice gets its share, no cent is lost, and the proof stands as it was."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.money import split
from tailrace.network import clear, verify_clearing
from tailrace.network.allocation import pro_rata


def world(*debts: tuple[str, str, int]) -> pa.Table:
    """Return debts (debtor, creditor, amount) as obligations o00, o01, ..."""
    return pa.table(
        {
            "obligation_id": [f"o{n:02d}" for n in range(len(debts))],
            "debtor": pa.array([d for d, _, _ in debts], pa.string()),
            "creditor": pa.array([c for _, c, _ in debts], pa.string()),
            "currency": pa.array(["EUR"] * len(debts), pa.string()),
            "amount_minor": pa.array([a for _, _, a in debts], pa.int64()),
        }
    )


def test_three_equal_invoices_share_a_set_off_and_the_odd_cent_goes_to_the_first():
    debts = world(("b", "a", 100), ("a", "b", 60), ("a", "b", 60), ("a", "b", 60))
    assert clear(debts).set_off.tolist() == [100, 60, 40, 0]
    made = pro_rata(clear(debts))
    assert made.set_off.tolist() == [100, 34, 33, 33]
    assert verify_clearing(debts, made) == {"EUR": 200}


def test_the_cent_goes_to_the_largest_remainder():
    debts = world(("b", "a", 10), ("a", "b", 5), ("a", "b", 7), ("a", "b", 3))
    # 10 of 15: 3 1/3, 4 2/3 and 2.
    assert pro_rata(clear(debts)).set_off.tolist() == [10, 3, 5, 2]


def test_amounts_near_two_to_the_sixty_second_are_shared_to_the_unit():
    big = 2**59 + 1
    debts = world(("b", "a", big), ("a", "b", big - 2), ("a", "b", big - 1), ("a", "b", 7))
    made = pro_rata(clear(debts)).set_off.tolist()
    assert made[1:] == split(big, [big - 2, big - 1, 7])


amounts = st.one_of(st.integers(0, 20), st.integers(1, 2**33))
firms = st.sampled_from("abc")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(firms, firms, amounts), max_size=20))
def test_a_pairs_sum_stays_and_no_invoice_gets_more_than_it_is_or_far_from_its_share(drawn):
    debts = world(*drawn)
    plain, made = clear(debts), pro_rata(clear(debts))
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
    assert pro_rata(clear(mixed)).set_off.tolist()[::-1] == made.set_off.tolist()
