"""The solver on arrays: equal to other solvers, the same compiled and plain, proven every time."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.optimize import linprog

from tailrace.base.errors import BadTerms
from tailrace.network.solver import circulate, curve_of, solve
from tailrace.network.solver.compiled import always, kernel, run

NUMBA = find_spec("numba") is not None


def columns(rows):
    """Return (debtor, creditor, amount) rows as arrays."""
    return tuple(np.array(column, np.int64) for column in zip(*rows, strict=True))


def drawn(random, firms=24, rows=90):
    """Return a random network with self-debts, debts of nothing and ties among its debts."""
    firms, rows = int(random.integers(2, firms)), int(random.integers(1, rows))
    most = int(random.choice([3, 30, 10**7]))
    ends = random.integers(0, firms, (2, rows))
    return ends[0], ends[1], random.integers(0, most, rows)


def by_ortools(debtor, creditor, amount, weight):
    """Return the greatest weighted set-off by OR-tools; self-debts are added by hand."""
    own = debtor == creditor
    u, v, cap, cost = (x[~own] for x in (debtor, creditor, amount, weight))
    whole = int((amount * weight)[own].sum())
    if not len(u):
        return whole
    firms = int(max(u.max(), v.max())) + 1
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        u.astype(np.int32), v.astype(np.int32), cap, cost
    )
    net = np.zeros(firms, np.int64)
    np.add.at(net, u, cap)
    np.subtract.at(net, v, cap)
    solver.set_nodes_supplies(np.arange(firms, dtype=np.int32), net)
    assert solver.solve() == solver.OPTIMAL
    return whole + int((cost * (cap - np.asarray(solver.flows(arcs)))).sum())


def by_highs(debtor, creditor, amount, money=None):
    """Return the greatest set-off by a linear program, with so much money lent at the best firms.

    Money enters at any firm as borrower and rests with any firm as lender of last resort.
    """
    firms, rows = int(max(debtor.max(), creditor.max())) + 1, len(amount)
    extra = 0 if money is None else 2 * firms
    balance = np.zeros((firms, rows + extra))
    for row in range(rows):
        balance[debtor[row], row] += 1
        balance[creditor[row], row] -= 1
    gain, limits = -np.ones(rows + extra), [(0, int(a)) for a in amount] + [(0, None)] * extra
    spent = None
    if money is not None:
        balance[:, rows : rows + firms] = -np.eye(firms)  # money comes in and pays
        balance[:, rows + firms :] = np.eye(firms)  # money is received and kept
        gain[rows:] = 0
        spent = np.concatenate([np.zeros(rows), np.ones(firms), np.zeros(firms)])[None, :]
    found = linprog(
        gain, A_ub=spent, b_ub=None if spent is None else [money],
        A_eq=balance, b_eq=np.zeros(firms), bounds=limits,
    )  # fmt: skip
    assert found.status == 0
    return round(-found.fun)


def proven(debtor, creditor, amount, weight=None):
    """Return set-offs and prices, having checked bounds, balance and the proof."""
    solution = solve(debtor, creditor, amount, weight)
    set_off, price = solution.set_off(), solution.price
    assert (set_off >= 0).all() and (set_off <= amount).all()
    moved = np.zeros(len(price), np.int64)
    np.add.at(moved, debtor, set_off)
    np.subtract.at(moved, creditor, set_off)
    assert not moved.any()
    each = np.ones_like(amount) if weight is None else weight
    bound = amount * np.maximum(each + price[creditor] - price[debtor], 0)
    assert int((each * set_off).sum()) == int(bound.sum())
    return set_off, price


@pytest.mark.parametrize("seed", range(4))
def test_totals_are_those_of_or_tools_and_of_a_linear_program(seed):
    random = np.random.default_rng(seed)
    for _ in range(75):
        debts = drawn(random)
        ones = np.ones_like(debts[2])
        whole = int(proven(*debts)[0].sum())
        assert whole == by_ortools(*debts, ones) == by_highs(*debts)


@pytest.mark.parametrize("most", [3, 50])
def test_weighted_totals_are_those_of_or_tools(most):
    random = np.random.default_rng(most)
    for _ in range(100):
        debts = drawn(random)
        weight = random.integers(1, most + 1, len(debts[0]))
        set_off, _ = proven(*debts, weight)
        assert int((weight * set_off).sum()) == by_ortools(*debts, weight)


@pytest.mark.skipif(not NUMBA, reason="numba is not installed")
def test_compiled_and_plain_kernels_answer_alike_to_the_last_unit_and_price():
    random = np.random.default_rng(5)
    for turn in range(60):
        debts = drawn(random, firms=60, rows=400)
        weight = random.integers(1, 4, len(debts[0])) if turn % 2 else None
        answers = []
        for compiled in (True, False):
            with always(compiled):
                solution, curve = solve(*debts, weight), curve_of(*debts)
                answers.append((solution.set_off(), solution.price, curve.spent, curve.settled))
        for one, other in zip(*answers, strict=True):
            assert np.array_equal(one, other)


def test_without_numba_the_same_functions_run_and_say_so_when_asked_to_compile(monkeypatch):
    from tailrace.network.solver import compiled

    monkeypatch.setattr(compiled, "_installed", lambda: False)
    assert circulate(*columns([(0, 1, 5), (1, 2, 7), (2, 0, 6)])).tolist() == [5, 5, 5]
    assert not compiled.pays(10**9)
    with pytest.raises(ModuleNotFoundError, match=r"tailrace\[fast\]"), always(True):
        pass


def test_only_a_kernel_is_compiled():
    @kernel
    def double(values):
        for at in range(len(values)):
            values[at] *= 2

    some = np.arange(3)
    run(double, some, compiled=False)
    assert some.tolist() == [0, 2, 4]
    if NUMBA:
        with pytest.raises(AssertionError, match="not a kernel"):
            run(len, some, compiled=True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_rows_in_another_order_give_each_debt_the_same_set_off(seed, order):
    random = np.random.default_rng(seed)
    debtor, creditor, amount = drawn(random)
    rank = random.permutation(len(amount))
    mixed = np.random.default_rng(order).permutation(len(amount))
    one = circulate(debtor, creditor, amount, rank=rank)
    other = circulate(debtor[mixed], creditor[mixed], amount[mixed], rank=rank[mixed])
    assert np.array_equal(one[mixed], other)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_renaming_firms_leaves_the_total_and_scaling_scales_it(seed):
    random = np.random.default_rng(seed)
    debtor, creditor, amount = drawn(random)
    whole = int(circulate(debtor, creditor, amount).sum())
    name = random.permutation(int(max(debtor.max(), creditor.max())) + 1)
    assert int(circulate(name[debtor], name[creditor], amount).sum()) == whole
    assert int(circulate(debtor, creditor, amount * 7).sum()) == whole * 7


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 10**7))
def test_another_debt_never_lowers_the_optimum(seed, more):
    random = np.random.default_rng(seed)
    debtor, creditor, amount = drawn(random)
    before = int(circulate(debtor, creditor, amount).sum())
    u, v = (np.append(side, random.integers(0, 30)) for side in (debtor, creditor))
    assert int(circulate(u, v, np.append(amount, more)).sum()) >= before


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_economies_that_do_not_trade_clear_as_each_alone(seed, other):
    one, two = drawn(np.random.default_rng(seed)), drawn(np.random.default_rng(other))
    both = [
        np.concatenate([a, b + 100 * (n < 2)])
        for n, (a, b) in enumerate(zip(one, two, strict=True))
    ]
    assert np.array_equal(circulate(*both), np.concatenate([circulate(*one), circulate(*two)]))


@pytest.mark.parametrize("seed", range(3))
def test_the_curve_is_the_best_that_any_placement_of_the_money_can_do(seed):
    random = np.random.default_rng(seed)
    for _ in range(20):
        debts = drawn(random, firms=10, rows=30)
        curve = curve_of(*debts)
        assert int(curve.settled[0]) == int(circulate(*debts).sum())
        assert int(curve.settled[-1]) == int(debts[2].sum())
        assert (np.diff(curve.slope) < 0).all()
        for share in (0.1, 0.5, 0.9):
            money = int(int(curve.spent[-1]) * share)
            assert curve.at(money) == by_highs(*debts, money)


def test_a_unit_lent_along_a_chain_of_three_settles_three():
    # a owes b, b owes c, c owes d: 10 each. Lending 4 to a settles 12; 10 settle all 30.
    curve = curve_of(*columns([(0, 1, 10), (1, 2, 10), (2, 3, 10)]))
    assert (curve.spent.tolist(), curve.settled.tolist(), curve.slope.tolist()) == (
        [0, 10],
        [0, 30],
        [3],
    )
    assert [curve.at(money) for money in (0, 4, 10, 99)] == [0, 12, 30, 30]
    with pytest.raises(BadTerms, match="a budget of -1"):
        curve.at(-1)


def test_a_heavier_debt_clears_before_a_lighter_one():
    # a owes b twice; b owes a 5, which pays one of them.
    rows = columns([(0, 1, 5), (0, 1, 5), (1, 0, 5)])
    assert circulate(*rows).tolist() == [5, 0, 5]
    assert circulate(*rows, weight=np.array([1, 2, 1])).tolist() == [0, 5, 5]
    assert circulate(*rows, rank=np.array([9, 3, 0])).tolist() == [0, 5, 5]


def test_sums_near_two_to_the_sixty_second_are_exact_and_beyond_it_refused():
    big = 2**60
    rows = columns([(0, 1, big), (1, 2, big - 1), (2, 0, big), (0, 3, big)])
    assert circulate(*rows).tolist() == [big - 1, big - 1, big - 1, 0]
    with pytest.raises(BadTerms, match="the debts sum to"):
        circulate(*columns([(0, 1, 2**62), (1, 0, 1)]))


@pytest.mark.parametrize(
    ("debtor", "amount", "weight", "what"),
    [
        ([0, -1], [5, 5], None, "debtor is -1, below 0.*\n.*row 1"),
        ([0, 1], [5, -5], None, "amount is -5, below 0.*\n.*row 1"),
        ([0, 1], [5, 5], [1, 0], "weight is 0, below 1.*\n.*row 1"),
        ([0, 1], [5.0, 5.0], None, "amount is float64"),
        ([0, 1, 2], [5, 5], None, "debtor is int64 of shape"),
        ([0, 2**30], [5, 5], None, "firms and 2 rows"),
        ([0, 1], [5, 5], [1, 2**29], "a weight of 536,870,912"),
    ],
)
def test_a_row_that_means_nothing_is_named(debtor, amount, weight, what):
    given_weight = None if weight is None else np.array(weight)
    with pytest.raises(BadTerms, match=what):
        circulate(np.array(debtor), np.array([1, 0]), np.array(amount), given_weight)


def test_nothing_owed_is_nothing_cleared_on_arrays():
    none = np.zeros(0, np.int64)
    assert circulate(none, none, none).tolist() == []
    assert curve_of(none, none, none).settled.tolist() == [0]


def test_debts_on_no_ring_are_priced_in_order_whatever_their_depth():
    count = 40
    chain = [(n, n + 1, 5) for n in range(count)] + [(0, count, 3), (7, 30, 2)]
    set_off, price = proven(*columns(chain))
    assert not set_off.any()
    assert (np.diff(price) < 0).all()
