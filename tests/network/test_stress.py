"""Payments under default: by hand, against a linear program, and against plain iteration."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tailrace.base.errors import BadTerms, NotFound
from tailrace.network import clear
from tailrace.network.contagion import stress
from tailrace.network.stress import Owed, payments

NOTHING = Fraction(0)


def test_a_default_runs_down_a_chain_until_somebody_can_bear_it():
    # a owes b owes c owes d, 10 each; b has 3, c has 8 and a fails outright.
    debts = [Owed(0, 1, 10), Owed(1, 2, 10), Owed(2, 3, 10)]
    told = payments(debts, [10, 3, 8, 0], {0: NOTHING})
    assert told.paid == [0, 3, 10, 0]
    assert told.got == [0, 0, 3, 10]
    assert told.round_of == [0, 1, None, None]


def test_two_that_owe_each_other_are_solved_together_and_in_thirds():
    # a owes b 4 and c 2, b owes a 6; a has 0 and b has 1. a's money goes 2:1 to b and c.
    debts = [Owed(0, 1, 4), Owed(0, 2, 2), Owed(1, 0, 6)]
    told = payments(debts, [0, 1, 0])
    # x = y, y = 1 + 2/3 x: a pays 3, b pays 3.
    assert told.paid == [3, 3, 0]
    assert told.by_debt == [2, 1, 3]
    assert told.round_of == [1, 0, None]


def test_senior_debts_are_paid_before_junior_ones():
    debts = [Owed(0, 1, 6, 0), Owed(0, 2, 4, 1), Owed(0, 3, 4, 1)]
    assert payments(debts, [9, 0, 0, 0]).by_debt == [6, Fraction(3, 2), Fraction(3, 2)]
    assert payments(debts, [5, 0, 0, 0]).by_debt == [5, 0, 0]


def test_a_ring_without_any_money_pays_itself_for_the_greatest_payments_are_told():
    told = payments([Owed(0, 1, 5), Owed(1, 0, 5)], [0, 0])
    assert (told.paid, told.round_of) == ([5, 5], [None, None])


def test_a_failed_firm_passes_on_the_share_it_is_said_to():
    debts = [Owed(0, 1, 100), Owed(2, 0, 40)]
    told = payments(debts, [20, 0, 40], {0: Fraction(1, 4)})
    assert told.by_debt == [15, 40]


firm = st.integers(0, 5)
owed = st.builds(Owed, firm, firm, st.one_of(st.just(0), st.integers(1, 30)), st.integers(0, 2))
money = st.lists(st.one_of(st.just(0), st.integers(0, 25)), min_size=6, max_size=6)
lost = st.dictionaries(firm, st.fractions(0, 1, max_denominator=10), max_size=2)
owing = st.lists(owed.filter(lambda d: d.debtor != d.creditor), max_size=18)


def paid_next(debts, cash, failed, paid):
    """Return what each debt is paid from what `paid` brings: the map whose fixed point is sought."""
    has = list(cash)
    for debt, amount in zip(debts, paid, strict=True):
        has[debt.creditor] += amount
    has = [money * failed.get(n, 1) for n, money in enumerate(has)]
    made = [type(has[0])(0)] * len(debts)
    for n, left in enumerate(has):
        for rank in sorted({debt.rank for debt in debts}):
            mine = [i for i, d in enumerate(debts) if (d.debtor, d.rank) == (n, rank)]
            whole = sum(debts[i].amount for i in mine)
            pays = min(whole, left)
            left -= pays
            for i in mine:
                made[i] = pays * debts[i].amount / whole if whole else type(left)(0)
    return made


@settings(max_examples=150, deadline=None)
@given(owing, money, lost)
def test_payments_agree_with_each_other_exactly(debts, cash, failed):
    told = payments(debts, cash, failed)
    exact = [Fraction(money) for money in cash]
    assert paid_next(debts, exact, failed, told.by_debt) == told.by_debt
    whole = [sum(d.amount for d in debts if d.debtor == n) for n in range(6)]
    for n, round_ in enumerate(told.round_of):
        assert n in failed or (round_ is None) == (told.paid[n] == whole[n])


@settings(max_examples=100, deadline=None)
@given(owing, money, lost)
def test_no_greater_payments_agree(debts, cash, failed):
    # From payment in full downwards the map tends to its greatest fixed point.
    told = [float(amount) for amount in payments(debts, cash, failed).by_debt]
    shares = {n: float(share) for n, share in failed.items()}
    paid = [float(debt.amount) for debt in debts]
    for _ in range(5000):
        after = paid_next(debts, [float(m) for m in cash], shares, paid)
        done = np.allclose(after, paid, rtol=0, atol=1e-13)
        paid = after
        if done:
            break
    assert np.allclose(paid, told, rtol=0, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(owing, money, lost)
def test_with_one_class_the_payments_are_those_of_the_linear_program(debts, cash, failed):
    debts = [Owed(d.debtor, d.creditor, d.amount) for d in debts]
    whole = np.zeros(6)
    for debt in debts:
        whole[debt.debtor] += debt.amount
    share = np.array([float(failed.get(n, 1)) for n in range(6)])
    bound = np.eye(6)
    for debt in debts:
        if debt.amount:
            part = debt.amount / whole[debt.debtor]
            bound[debt.creditor, debt.debtor] -= share[debt.creditor] * part
    found = linprog(
        -np.ones(6), bound, share * cash, bounds=[(0, w) for w in whole], method="highs"
    )
    told = [float(amount) for amount in payments(debts, cash, failed).paid]
    assert np.allclose(found.x, told, atol=1e-6)


def test_amounts_and_cash_below_zero_are_refused():
    with pytest.raises(BadTerms, match="amount -1, class 0") as refused:
        payments([Owed(0, 1, 3), Owed(0, 1, -1)], [0, 0])
    assert refused.value.where == "debt 1"
    with pytest.raises(BadTerms, match="cash of -5"):
        payments([], [-5])
    with pytest.raises(BadTerms, match="a share of 2"):
        payments([], [0], {0: Fraction(2)})


def world(*debts: tuple[str, str, int], **more: list[int]) -> pa.Table:
    """Return debts (debtor, creditor, amount) as obligations o0, o1, ..."""
    columns = list(zip(*debts, strict=True))
    return pa.table(
        {
            "obligation_id": [f"o{n}" for n in range(len(debts))],
            "debtor": columns[0],
            "creditor": columns[1],
            "currency": ["EUR"] * len(debts),
            "amount_minor": columns[2],
            **more,
        }
    )


def test_a_clearing_before_the_default_spares_those_whose_claims_it_set_off():
    # a, b and c owe each other 100 round; c owes d 50 more. Then a fails.
    debts = world(("a", "b", 100), ("b", "c", 100), ("c", "a", 100), ("c", "d", 50))
    told = stress(debts, clear(debts), {"a": NOTHING})
    # c has the 50 it is short of. Before: b gets nothing of 100 and pays c nothing of 100; c pays a
    # and d from its 50, two to one: 33 1/3 and 16 2/3.
    before = {hit.firm: (hit.round, hit.loss_minor) for hit in told.before.hits}
    assert before == {"a": (0, 67), "b": (1, 100), "c": (2, 100), "d": (None, 34)}
    assert (told.before.rounds, told.before.defaults, told.before.loss_minor) == (2, 3, 300)
    assert [(hit.firm, hit.round, hit.loss_minor) for hit in told.after.hits] == [("a", 0, 0)]
    assert (told.after.debt_minor, told.after.loss_minor) == (50, 0)


def test_cash_and_classes_are_taken_as_told():
    debts = world(("a", "b", 10), ("a", "c", 10), ("x", "a", 20), **{"class": [1, 0, 0]})
    told = stress(debts, clear(debts), {"x": NOTHING}, {"a": 12, "x": 99, "stranger": 5})
    assert {hit.firm: hit.got_minor for hit in told.before.hits} == {"x": 0, "a": 0, "b": 2}
    assert told.before == told.after  # nothing could be set off


def test_what_cannot_be_stressed_is_refused():
    debts = world(("a", "b", 10))
    with pytest.raises(NotFound, match="'z' neither owes nor is owed"):
        stress(debts, clear(debts), {"z": NOTHING})
    with pytest.raises(NotFound, match="no debts in NOK"):
        stress(debts, clear(debts), {"a": NOTHING}, currency="NOK")
    ranked = world(("a", "b", 10), **{"class": [-1]})
    with pytest.raises(BadTerms, match="column 'class' is int64"):
        stress(ranked, clear(ranked), {"a": NOTHING})
    two = world(("a", "b", 10), ("a", "b", 1)).set_column(3, "currency", [["EUR", "NOK"]])
    with pytest.raises(BadTerms, match="2 currencies"):
        stress(two, clear(two), {"a": NOTHING})
