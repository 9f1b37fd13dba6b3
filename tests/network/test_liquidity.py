"""The value of liquidity, by hand and against HiGHS: every budget, lenders, limits, prices, worth."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from debts_world import world
from hypothesis import given, settings
from hypothesis import strategies as st
from liquidity_world import drawn, drawn_lines, highs, lines, trade

from tailrace.base.errors import BadTerms
from tailrace.network import clear
from tailrace.network.liquidity import (
    bands_of,
    by_cost,
    lenders_in,
    place,
    trades_of,
    verify_liquidity,
)
from tailrace.network.solver.compiled import always

INF = float("inf")

# a owes b 50, b owes c 40 and e 10, c owes a 20 and d 30, d owes e 60: the ring a b c clears 20.
# Money at a runs a b c d e (4 debts) while b -> c has room, then a b e (2); money at d settles 1.
HAND = world(
    ("a", "b", 50), ("b", "c", 40), ("c", "a", 20), ("c", "d", 30), ("d", "e", 60), ("b", "e", 10)
)


def slopes(bands):
    return [(band.to_minor, band.slope) for band in bands]


def test_the_curve_has_whole_slopes_and_ends_at_the_net_debt_with_all_settled():
    debts = trade(HAND)
    assert slopes(bands_of(debts)) == [(20, 4), (40, 2), (70, 1)]
    assert bands_of(debts)[-1].settled_minor == 210 == debts.whole
    assert debts.net_debt == 70
    assert place(debts, 0).settled_minor == 60


def test_money_goes_where_its_chain_is_longest_and_the_chain_is_told():
    placement = place(trade(HAND), 10)
    assert placement.settled_minor == 60 + 4 * 10
    assert placement.loans.select(["borrower", "amount_minor"]).to_pylist() == [
        {"borrower": "a", "amount_minor": 10}
    ]
    told = placement.chains.to_pylist()
    assert [(row["debtor"], row["creditor"]) for row in told] == [
        ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")
    ]  # fmt: skip
    assert {(row["borrower"], row["keeper"], row["amount_minor"]) for row in told} == {
        ("a", "e", 10)
    }
    worth = dict(zip("abcde", placement.firms["worth"].to_pylist(), strict=True))
    assert worth == {"a": 4, "b": 3, "c": 2, "d": 1, "e": 0}


def test_a_budget_above_the_net_debt_settles_all_and_the_rest_is_idle():
    placement = place(trade(HAND), 100)
    assert (placement.settled_minor, placement.lent_minor, placement.idle_minor) == (210, 70, 30)
    assert verify_liquidity(HAND, placement) == 210
    assert placement.slope == 0


def test_own_money_comes_first_then_inside_then_outside():
    said = lines(
        ("", "own", "d", 5, 0),
        ("circle", "inside", None, 10, 20),
        ("bank", "outside", "a", 30, 150),
        ("bank", "outside", "d", None, 100),
    )
    debts = trade(HAND)
    lenders = lenders_in(said, debts)
    found = [(b.source, b.to_minor, b.slope, b.price) for b in bands_of(debts, lenders)]
    assert found == [
        ("own", 5, 1, 0),
        ("inside", 15, 4, 20),
        ("outside", 25, 4, 150),
        ("outside", 45, 2, 150),
        ("outside", 70, 1, 100),
    ]
    placement = place(debts, 30, lenders)
    loans = placement.loans.select(["lender", "borrower", "amount_minor"]).to_pylist()
    assert [tuple(row.values()) for row in loans] == [
        ("d", "d", 5),
        ("bank", "a", 20),
        ("circle", "a", 10),
    ]
    assert placement.cost == 20 * 150 + 10 * 20
    assert verify_liquidity(HAND, placement) == placement.settled_minor == 165


def test_a_cheaper_lender_is_taken_where_both_settle_as_much():
    said = lines(("dear", "outside", None, None, 90), ("cheap", "outside", None, 15, 30))
    debts = trade(HAND)
    placement = place(debts, 40, lenders_in(said, debts))
    assert placement.cost == 15 * 30 + 25 * 90
    assert placement.settled_minor == place(debts, 40).settled_minor


def test_limits_at_a_firm_send_the_money_to_the_next_best():
    said = lines(("bank", "outside", None, 50, 0), ("bank", "outside", "a", 5, 0))
    debts = trade(HAND)
    placement = place(debts, 15, lenders_in(said, debts))
    # b pays c, c pays d, d pays e: 3 debts, though b owes no more than it is owed
    assert placement.settled_minor == 60 + 5 * 4 + 10 * 3
    assert dict(
        zip(
            placement.loans["borrower"].to_pylist(),
            placement.loans["amount_minor"].to_pylist(),
            strict=True,
        )
    ) == {"a": 5, "b": 10}


@pytest.mark.parametrize("seed", range(12))
def test_every_budget_settles_what_highs_says_and_the_check_agrees(seed):
    obligations = drawn(seed, 6, 14)
    debts = trade(obligations)
    own = int(debts.amount[debts.own].sum())
    corners = clear(obligations).curve["EUR"]
    for budget in range(debts.net_debt + 2):
        placement = place(debts, budget)
        best = highs(debts, None, (0, 0, budget)) + own
        assert placement.settled_minor == round(best) == corners.at(budget)
        assert verify_liquidity(obligations, placement) == placement.settled_minor
        assert placement.lent_minor == min(budget, debts.net_debt)
        assert placement.slope == next(
            (b.slope for b in bands_of(debts) if b.from_minor <= budget < b.to_minor), 0
        )


@pytest.mark.parametrize("seed", range(14))
def test_lenders_limits_and_prices_are_met_as_highs_meets_them(seed):
    obligations = drawn(seed, 6, 14)
    debts = trade(obligations)
    lenders = lenders_in(drawn_lines(seed, 6), debts)
    own = int(debts.amount[debts.own].sum())
    most_inside = highs(debts, lenders, (INF, INF, 0))
    inside = round(highs(debts, lenders, (INF, INF, 0), settled=most_inside, weights=(0, 1, 0)))
    for budget in (*range(0, debts.net_debt + 2, 3), None):
        placement = place(debts, budget, lenders)
        caps = (INF, INF, INF)
        if budget is not None:
            caps = (INF, budget, 0) if budget <= inside else (INF, INF, budget - inside)
        best = highs(debts, lenders, caps)
        assert placement.settled_minor == round(best) + own
        least = highs(debts, lenders, caps, settled=best, weights=(1e5, 1e4, 1))
        outside = int(placement.proof.loan[lenders.source[lenders.lender] == 2].sum())
        assert 1e5 * outside + 1e4 * placement.lent_minor + placement.cost == pytest.approx(least)
        assert verify_liquidity(obligations, placement) == placement.settled_minor


@pytest.mark.parametrize("seed", range(8))
def test_the_curve_of_lenders_is_what_placing_each_budget_gives(seed):
    debts = trade(drawn(seed, 7, 18))
    said = drawn_lines(seed, 7)
    said = said.filter(pc.not_equal(said["source"], "own"))
    lenders = lenders_in(said, debts)
    bands = bands_of(debts, lenders)
    inside = [band for band in bands if band.source == "inside"]
    for band in inside:  # inside money alone is the whole budget up to there
        placement = place(debts, band.to_minor, lenders)
        assert (placement.settled_minor, placement.cost) == (band.settled_minor, band.cost)
    if bands:
        assert place(debts, None, lenders).settled_minor == bands[-1].settled_minor


@pytest.mark.parametrize("seed", range(16))
def test_for_each_price_no_more_settles_than_on_the_line_between_corners(seed):
    debts = trade(drawn(seed, 7, 18))
    lenders = lenders_in(drawn_lines(seed, 7), debts)
    own = int(debts.amount[debts.own].sum())
    corners = by_cost(debts, lenders)
    costs = [corner.cost for corner in corners]
    assert costs == sorted(set(costs))
    slopes = [
        (after.settled_minor - before.settled_minor) / (after.cost - before.cost)
        for before, after in pairwise(corners)
    ]
    assert slopes == sorted(set(slopes), reverse=True)  # every corner is one
    for spend in sorted({*costs, *range(0, costs[-1] + 200, max(costs[-1] // 7, 1))}):
        most = highs(debts, lenders, (INF, INF, INF), spend=spend) + own
        assert np.interp(spend, costs, [c.settled_minor for c in corners]) == pytest.approx(most)


@pytest.mark.parametrize("seed", range(6))
def test_one_more_unit_settles_its_firms_worth_and_so_do_the_next_ones(seed):
    debts = trade(drawn(seed, 6, 14))
    for lenders in (None, lenders_in(drawn_lines(seed, 6), debts)):
        placement = place(debts, debts.net_debt // 3, lenders)
        own = placement.lenders.own.copy()
        np.add.at(own, placement.lenders.firm, placement.proof.loan)  # the loans stand as they are
        stands = msgspec.structs.replace(placement.lenders, own=own)
        before = highs(debts, stands, (INF, 0, 0))
        for at, row in enumerate(placement.firms.to_pylist()):
            for units in {1, row["holds_minor"]} - {0}:
                more = own + units * (np.arange(len(own)) == at)
                free = msgspec.structs.replace(stands, own=more)
                settled = highs(debts, free, (INF, 0, 0))
                assert settled - before == pytest.approx(units * row["worth"])


@pytest.mark.parametrize("seed", range(6))
def test_chains_carry_all_the_money_and_nothing_else(seed):
    debts = trade(drawn(seed, 8, 24))
    placement = place(debts, max(debts.net_debt // 2, 1), lenders_in(drawn_lines(seed, 8), debts))
    firms, chains = placement.firms, placement.chains.to_pylist()
    first = [row for row in chains if row["step"] == 0]
    gets = dict.fromkeys(firms["firm"].to_pylist(), 0)
    keeps = dict(gets)
    for row in first:
        gets[row["borrower"]] += row["amount_minor"]
        keeps[row["keeper"]] += row["amount_minor"]
    assert list(gets.values()) == [
        a + b
        for a, b in zip(
            firms["own_minor"].to_pylist(), firms["lent_minor"].to_pylist(), strict=True
        )
    ]
    assert list(keeps.values()) == firms["kept_minor"].to_pylist()
    lengths = [row["length"] for row in first]
    assert lengths == sorted(lengths)
    for row in chains:
        if row["step"] == 0:
            assert row["debtor"] == row["borrower"]
            at = row["borrower"]
        assert row["debtor"] == at
        at = row["creditor"]
        if row["step"] == row["length"] - 1:
            assert at == row["keeper"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60))
def test_rows_in_any_order_and_compiled_or_not_the_answer_is_the_same(seed, budget):
    obligations = drawn(seed, 6, 16)
    order = np.random.default_rng(seed).permutation(obligations.num_rows)
    table, mixed = trade(obligations), trade(obligations.take(pa.array(order)))
    lenders = drawn_lines(seed, 6)
    for said in (None, lenders):
        one = place(table, budget, said and lenders_in(said, table))
        other = place(mixed, budget, said and lenders_in(said, mixed))
        assert one.settled[order].tolist() == other.settled.tolist()
        assert one.loans.equals(other.loans)
        assert one.firms.equals(other.firms)


def test_with_numba_and_without_the_loans_are_the_same():
    pytest.importorskip("numba")
    debts = trade(drawn(5, 30, 120))
    lenders = lenders_in(drawn_lines(5, 30), debts)
    answers = []
    for compiled in (True, False):
        with always(compiled):
            answers.append(place(debts, debts.net_debt // 4, lenders))
    assert answers[0].loans.equals(answers[1].loans)
    assert answers[0].firms.equals(answers[1].firms)


def test_currencies_are_placed_apart_and_a_lender_of_another_currency_lends_nothing():
    both = pa.concat_tables([HAND, world(("a", "b", 7), currency="USD")])
    both = both.set_column(0, "obligation_id", pa.array(range(both.num_rows)))
    trades, faults = trades_of(both)
    assert list(trades) == ["EUR", "USD"]
    assert not faults
    said = lines(("bank", "outside", None, None, 0), currency="USD")
    assert place(trades["EUR"], None, lenders_in(said, trades["EUR"])).lent_minor == 0
    placement = place(trades["USD"], None, lenders_in(said, trades["USD"]))
    assert (placement.lent_minor, placement.settled_minor) == (7, 7)
    assert verify_liquidity(both, placement) == 7


def test_amounts_near_the_end_of_the_range_are_exact():
    huge = 2**60
    obligations = world(("a", "b", huge), ("b", "c", huge), ("c", "d", huge - 1))
    debts = trade(obligations)
    placement = place(debts, huge - 1)
    assert placement.settled_minor == 3 * (huge - 1)
    assert verify_liquidity(obligations, placement) == placement.settled_minor
    said = lines(("bank", "outside", None, None, 999_983), ("", "own", "b", huge, 0))
    placement = place(debts, None, lenders_in(said, debts))
    assert placement.settled_minor == debts.whole
    assert placement.cost == placement.lent_minor * 999_983
    assert verify_liquidity(obligations, placement) == debts.whole


def test_a_network_where_nothing_is_owed_needs_no_money():
    debts = trade(world(("a", "a", 5), ("b", "c", 0)))
    assert bands_of(debts) == []
    placement = place(debts, 10)
    assert (placement.settled_minor, placement.idle_minor) == (5, 10)


def test_a_negative_budget_is_refused():
    with pytest.raises(BadTerms, match="a budget of -1 minor units"):
        place(trade(HAND), -1)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (("bank", "outside", "nobody", 5, 0), "firm 'nobody' owes nothing and is owed nothing in EUR"),
        (("bank", "aside", "a", 5, 0), "the source is 'aside'"),
        (("bank", "outside", "a", -5, 0), "a limit of -5"),
        (("bank", "outside", "a", 5, -1), "a price of -1"),
        (("", "outside", "a", 5, 0), "the lender is not said"),
        (("", "own", None, 5, 0), "own money without a firm, or with a price"),
        (("", "own", "a", 5, 20), "own money without a firm, or with a price"),
    ],
)  # fmt: skip
def test_a_bad_lender_row_is_a_fault_and_lends_nothing(row, what):
    debts = trade(HAND)
    lenders = lenders_in(lines(row, ("good", "inside", "a", 3, 0)), debts)
    assert [(fault.what, fault.position) for fault in lenders.faults] == [(what, 0)]
    assert place(debts, None, lenders).lent_minor == 3


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("x", "inside", None, 5, 0), ("x", "outside", "a", 5, 0)], "two lenders are called 'x'"),
        ([("x", "inside", None, 5, 0), ("x", "inside", None, 9, 0)], "'x' is said twice for any firm"),
        ([("x", "inside", "a", 5, 0), ("x", "inside", "a", 9, 0)], "'x' is said twice for a"),
        ([("", "own", "a", 5, 0), ("", "own", "a", 9, 0)], "'a' is said twice for a"),
    ],
)  # fmt: skip
def test_two_lenders_of_one_name_are_refused(rows, what):
    with pytest.raises(BadTerms, match=what):
        lenders_in(lines(*rows), trade(HAND))


def test_a_limit_that_is_no_whole_number_is_refused():
    said = lines(("x", "inside", "a", 5, 0))
    said = said.set_column(4, "limit_minor", pa.array([5.0]))
    with pytest.raises(BadTerms, match="column 'limit_minor' is double"):
        lenders_in(said, trade(HAND))
    with pytest.raises(BadTerms, match="column 'source' is missing"):
        lenders_in(said.drop_columns(["source"]), trade(HAND))
