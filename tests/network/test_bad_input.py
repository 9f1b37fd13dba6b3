"""Bad rows are faults that name their row; the good rows clear as they would without them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.network import clear, verify_clearing


def table(rows: list[tuple], **types: pa.DataType) -> pa.Table:
    """Return rows of (id, debtor, creditor, currency, amount) as obligations."""
    names = ("obligation_id", "debtor", "creditor", "currency", "amount_minor")
    kinds = dict.fromkeys(names[:4], pa.string()) | {"amount_minor": pa.int64()} | types
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    return pa.table(
        {name: pa.array(column, kinds[name]) for name, column in zip(names, columns, strict=True)}
    )


RING = [("1", "a", "b", "EUR", 5), ("2", "b", "c", "EUR", 5), ("3", "c", "a", "EUR", 5)]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (("4", "a", "b", "EUR", -5), "the amount is below zero"),
        (("4", "a", "b", "EUR", None), "the amount is not said in whole minor units"),
        (("4", "a", "b", "EUR", 2**62 + 1), "the amount is above 2^62 minor units"),
        (("4", None, "b", "EUR", 5), "the debtor is not said"),
        (("4", "a", None, "EUR", 5), "the creditor is not said"),
        (("4", "a", "b", None, 5), "the currency is not said"),
        ((None, "a", "b", "EUR", 5), "the obligation has no id"),
    ],
)
def test_a_bad_row_is_named_and_the_ring_beside_it_clears(bad, what):
    debts = table([RING[0], bad, *RING[1:]])
    clearing = clear(debts)
    assert [(fault.position, fault.what) for fault in clearing.faults] == [(1, what)]
    assert clearing.faults[0].where == "obligations, row 1"
    assert clearing.set_off.tolist() == [5, 0, 5, 5]
    assert verify_clearing(debts, clearing) == {"EUR": 15}


def test_an_unsigned_amount_beyond_range_is_a_fault_of_its_row():
    rows = [*RING, ("4", "a", "b", "EUR", 2**64 - 1)]
    clearing = clear(table(rows, amount_minor=pa.uint64()))
    assert [fault.position for fault in clearing.faults] == [3]
    assert clearing.set_off.tolist() == [5, 5, 5, 0]


def test_an_id_used_twice_takes_both_rows_out_for_none_can_say_which_is_meant():
    clearing = clear(table([*RING, ("1", "b", "a", "EUR", 9)]))
    assert [fault.position for fault in clearing.faults] == [0, 3]
    assert not clearing.set_off.any()


def test_a_negative_debt_does_not_stand_for_one_the_other_way():
    # Read as its opposite, a's -5 would let 5 clear.
    clearing = clear(table([("1", "a", "b", "EUR", 5), ("2", "a", "b", "EUR", -5)]))
    assert not clearing.set_off.any()
    assert clearing.totals["EUR"].debt_minor == 5


def test_a_debt_of_nothing_is_no_fault_and_changes_nothing():
    debts = table([*RING, ("4", "b", "a", "EUR", 0)])
    clearing = clear(debts)
    assert (clearing.faults, clearing.set_off.tolist()) == ([], [5, 5, 5, 0])
    verify_clearing(debts, clearing)


def test_currencies_never_mix_however_alike_they_are_spelled():
    clearing = clear(table([*RING[:2], ("3", "c", "a", "eur", 5), ("4", "c", "a", "EUR ", 5)]))
    assert not clearing.set_off.any()
    assert list(clearing.totals) == ["EUR", "EUR ", "eur"]


def test_due_days_as_text_are_read_and_one_that_is_none_is_a_fault():
    debts = table([("0", "b", "a", "EUR", 6), *[(str(n), "a", "b", "EUR", 5) for n in range(1, 5)]])
    days = ["2026-01-01", "2026-03-02", "2026-02-30", "2026-03-01", None]
    clearing = clear(debts.append_column("due_on", pa.array(days)))
    assert [(fault.position, fault.what) for fault in clearing.faults] == [
        (2, "the due day is no day as 2026-03-31")
    ]
    assert clearing.set_off.tolist() == [6, 1, 0, 5, 0]
    assert clearing.debts.due_on[1].as_py() == date(2026, 3, 2)


def test_one_bad_row_among_many_is_found_and_the_rest_is_the_optimum():
    count, bad = 200_000, 123_456
    random = np.random.default_rng(11)
    amount = random.integers(1, 10**6, count)
    ends = random.integers(0, 5_000, (2, count))
    debts = pa.table(
        {
            "obligation_id": np.arange(count),
            "debtor": ends[0],
            "creditor": ends[1],
            "currency": pa.array(["EUR"] * count).dictionary_encode(),
            "amount_minor": np.where(np.arange(count) == bad, -1, amount),
        }
    )
    clearing = clear(debts)
    assert [fault.position for fault in clearing.faults] == [bad]
    good = np.delete(np.arange(count), bad)
    assert verify_clearing(debts, clearing) == {"EUR": int(clear(debts.take(good)).set_off.sum())}


def test_debts_that_sum_beyond_range_are_refused_for_no_single_row_is_wrong():
    rows = [(str(n), "a", "b", "EUR", 2**61) for n in range(3)]
    with pytest.raises(BadTerms, match="the debts in EUR sum to"):
        clear(table(rows))


firms = st.sampled_from(["a", "b", "c", "d", None])
amounts = st.one_of(st.integers(-3, 40), st.none(), st.just(2**62 + 5))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), firms, firms, amounts), max_size=16))
def test_whatever_is_wrong_with_some_rows_the_others_clear_as_if_alone(drawn):
    debts = table([(str(n), u, v, "EUR", a) for n, u, v, a in drawn])
    clearing = clear(debts)
    bad = {fault.position for fault in clearing.faults}
    ids = [n for n, *_ in drawn]
    for row, (n, u, v, amount) in enumerate(drawn):
        wrong = u is None or v is None or amount is None or amount < 0 or amount > 2**62
        assert (row in bad) == (wrong or ids.count(n) > 1)
    good = [row for row in range(len(drawn)) if row not in bad]
    alone = clear(debts.take(pa.array(good, pa.int64())))
    assert clearing.set_off[good].tolist() == alone.set_off.tolist()
    assert not np.delete(clearing.set_off, good).any()
    verify_clearing(debts, clearing)
