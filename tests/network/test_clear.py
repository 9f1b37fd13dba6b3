"""Clearing on networks a reader can add up by hand, and on small ones drawn at random."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from debts_world import DAY, world
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.network import NetworkRules, check_conserved, clear, verify_clearing


def standings(table: pa.Table, left: np.ndarray) -> dict[Any, int]:
    """Return each firm's net position where `left` is what remains of each row."""
    net: dict[Any, int] = {}
    for row, amount in zip(table.to_pylist(), left.tolist(), strict=True):
        net[row["creditor"], row["currency"]] = (
            net.get((row["creditor"], row["currency"]), 0) + amount
        )
        net[row["debtor"], row["currency"]] = net.get((row["debtor"], row["currency"]), 0) - amount
    return net


def greatest(table: pa.Table) -> int:
    """Return the optimum by another road: debt less networkx's cheapest flow, by currency."""
    whole = 0
    for code in set(table["currency"].to_pylist()):
        graph: Any = nx.DiGraph()
        for row in table.to_pylist():
            debtor, creditor, amount = row["debtor"], row["creditor"], row["amount_minor"]
            if row["currency"] != code:
                continue
            whole += amount
            if debtor == creditor:
                continue
            if not graph.has_edge(debtor, creditor):
                graph.add_edge(debtor, creditor, capacity=0, weight=1)
            graph[debtor][creditor]["capacity"] += amount
            for firm, sign in ((debtor, -1), (creditor, 1)):
                graph.nodes[firm]["demand"] = graph.nodes[firm].get("demand", 0) + sign * amount
        whole -= nx.min_cost_flow_cost(graph) if len(graph) else 0
    return whole


def test_a_ring_of_three_clears_its_smallest_debt_all_round():
    debts = world(("a", "b", 5), ("b", "c", 7), ("c", "a", 6))
    clearing = clear(debts)
    assert clearing.set_off.tolist() == [5, 5, 5]
    assert verify_clearing(debts, clearing) == {"EUR": 15}
    assert clearing.cycles.to_pylist()[0] == {
        "cycle": 0,
        "step": 0,
        "debtor": "a",
        "creditor": "b",
        "currency": "EUR",
        "amount_minor": 5,
        "length": 3,
    }


def test_netting_the_pair_first_would_lose_the_long_chain():
    # a owes b 10, b owes a 4; an 8-unit chain b -> c -> d -> a needs a's debt to b as well.
    debts = world(("a", "b", 10), ("b", "a", 4), ("b", "c", 8), ("c", "d", 8), ("d", "a", 8))
    clearing = clear(debts)
    # 8 round the chain (32) and 2 between the two (4) beats 4 (8) and then 6 round the chain (24).
    assert clearing.set_off.tolist() == [10, 2, 8, 8, 8]
    totals = clearing.totals["EUR"]
    assert (totals.debt_minor, totals.cleared_minor, totals.bilateral_minor) == (38, 36, 8)
    verify_clearing(debts, clearing)


def test_a_pairs_set_off_goes_to_its_oldest_invoice_first():
    debts = world(("b", "a", 12), ("a", "b", 5), ("a", "b", 5), ("a", "b", 5))
    days = [DAY, DAY + timedelta(days=9), DAY + timedelta(days=3), DAY + timedelta(days=3)]
    debts = debts.set_column(5, "due_on", pa.array(days, pa.date32()))
    assert clear(debts).set_off.tolist() == [12, 2, 5, 5]


def test_invoices_due_on_one_day_are_served_by_id_and_those_without_a_day_last():
    debts = world(("b", "a", 8), ("a", "b", 5), ("a", "b", 5), ("a", "b", 5))
    undated = debts.set_column(5, "due_on", pa.array([DAY, None, DAY, DAY], pa.date32()))
    assert clear(undated).set_off.tolist() == [8, 0, 5, 3]
    assert clear(debts.drop_columns(["due_on"])).set_off.tolist() == [8, 5, 3, 0]


def test_a_firms_debt_to_itself_clears_in_full_and_moves_nobody():
    debts = world(("a", "a", 9), ("a", "b", 4))
    clearing = clear(debts)
    assert clearing.set_off.tolist() == [9, 0]
    assert verify_clearing(debts, clearing) == {"EUR": 9}
    assert clearing.cycles["length"].to_pylist() == [1]


def test_two_currencies_never_clear_against_each_other():
    euros, kroner = world(("a", "b", 5)), world(("b", "a", 5), currency="NOK")
    kroner = kroner.set_column(0, "obligation_id", pa.array(["n0"]))
    both = pa.concat_tables([euros, kroner])
    clearing = clear(both)
    assert clearing.set_off.tolist() == [0, 0]
    assert verify_clearing(both, clearing) == {"EUR": 0, "NOK": 0}
    assert [clearing.totals[code].net_debt_minor for code in ("EUR", "NOK")] == [5, 5]


def test_nothing_owed_is_nothing_cleared():
    clearing = clear(world())
    assert (len(clearing.set_off), clearing.totals, clearing.faults) == (0, {}, [])
    assert clearing.cycles.num_rows == clearing.notices().num_rows == 0
    assert verify_clearing(world(), clearing) == {}


def test_totals_near_two_to_the_sixty_second_are_exact():
    big = 2**60
    debts = world(("a", "b", big), ("b", "c", big - 1), ("c", "a", big), ("a", "d", big))
    clearing = clear(debts)
    assert clearing.set_off.tolist() == [big - 1] * 3 + [0]
    assert verify_clearing(debts, clearing) == {"EUR": 3 * (big - 1)}
    uneven = world(("a", "b", 2**61), ("b", "a", 2**59), ("b", "c", 2**60), ("c", "a", 2**58 + 1))
    whole = clear(uneven)
    assert whole.set_off.tolist() == [2**59 + 2**58 + 1, 2**59, 2**58 + 1, 2**58 + 1]
    verify_clearing(uneven, whole)


def test_debts_beyond_two_to_the_sixty_second_are_refused():
    with pytest.raises(BadTerms, match=r"the debts in EUR sum to .* minor units") as refused:
        clear(world(("a", "b", 2**62), ("b", "a", 1)))
    assert "2^62" in refused.value.mend


def test_a_ring_of_ten_thousand_firms_clears_its_smallest_debt():
    count = 10_000
    amounts = np.random.default_rng(7).integers(1000, 10**6, count)
    ring = pa.table(
        {
            "obligation_id": np.arange(count),
            "debtor": np.arange(count),
            "creditor": (np.arange(count) + 1) % count,
            "currency": ["EUR"] * count,
            "amount_minor": amounts,
        }
    )
    clearing = clear(ring)
    assert set(clearing.set_off.tolist()) == {int(amounts.min())}
    assert verify_clearing(ring, clearing) == {"EUR": count * int(amounts.min())}
    assert clearing.cycles["length"].to_pylist() == [count] * count


def test_a_long_chain_that_clears_nothing_is_priced_all_the_way():
    count = 3_000
    chain = world(*((f"f{n:05d}", f"f{n + 1:05d}", 5) for n in range(count)))
    assert verify_clearing(chain, clear(chain)) == {"EUR": 0}


def test_a_chain_left_over_beside_a_ring_is_priced_all_the_way():
    # Two ways of 600 debts from b back to a compete for a's one debt to b: one of them is left.
    count = 600
    ways = [
        (f"{side}{n:04d}" if n else "b", f"{side}{n + 1:04d}" if n < count - 1 else "a", 5 + more)
        for side, more in (("x", 0), ("y", 1))
        for n in range(count)
    ]
    debts = world(("a", "b", 5), *ways)
    assert verify_clearing(debts, clear(debts)) == {"EUR": 5 * (count + 1)}


def test_the_day_after_there_is_nothing_left_to_clear():
    debts = world(("a", "b", 10), ("b", "a", 4), ("b", "c", 8), ("c", "d", 8), ("d", "a", 8))
    left = pa.array(debts["amount_minor"].to_numpy() - clear(debts).set_off)
    assert not clear(debts.set_column(4, "amount_minor", left)).set_off.any()


def test_a_column_of_weights_says_which_debt_goes_first():
    debts = world(("a", "b", 5), ("a", "b", 5), ("b", "a", 5))
    heavy = debts.append_column("weight", pa.array([1, 3, 1]))
    clearing = clear(heavy)
    assert clearing.set_off.tolist() == [0, 5, 5]
    assert verify_clearing(heavy, clearing) == {"EUR": 10}
    with pytest.raises(BadTerms, match="not proven the greatest"):
        verify_clearing(debts.append_column("weight", pa.array([3, 1, 1])), clearing)
    odd = clear(debts.append_column("weight", pa.array([1, 0, None])))
    assert [fault.position for fault in odd.faults] == [1, 2]
    with pytest.raises(BadTerms, match="column 'weight' is double"):
        clear(debts.append_column("weight", pa.array([1.0, 1.0, 1.0])))


def test_the_curve_of_each_currency_starts_at_what_clears_and_ends_with_all_debt():
    clearing = clear(world(("a", "b", 10), ("b", "a", 4), ("b", "c", 6)))
    curve = clearing.curve["EUR"]
    # a is 6 short and c 6 long: money lent to a pays b, then c, two debts a unit.
    assert (curve.spent.tolist(), curve.settled.tolist()) == ([0, 6], [8, 20])
    assert curve.slope.tolist() == [2]


def test_debts_below_the_minimum_are_left_out():
    debts = world(("a", "b", 10), ("b", "a", 4))
    clearing = clear(debts, NetworkRules(minimum_minor=5))
    assert clearing.set_off.tolist() == [0, 0]
    assert clearing.totals["EUR"].obligations == 1
    verify_clearing(debts, clearing)


def test_a_bad_row_is_a_fault_and_its_neighbours_clear():
    debts = pa.table(
        {
            "obligation_id": ["o0", "o1", "o2", None, "o4", "o4"],
            "debtor": ["a", "b", "a", "a", "a", "a"],
            "creditor": ["b", "a", None, "b", "b", "b"],
            "currency": ["EUR"] * 6,
            "amount_minor": [5, 5, 5, 5, 5, -1],
        }
    )
    clearing = clear(debts)
    assert clearing.set_off.tolist() == [5, 5, 0, 0, 0, 0]
    assert [(fault.position, fault.what) for fault in clearing.faults] == [
        (2, "the creditor is not said"),
        (3, "the obligation has no id"),
        (5, "the amount is below zero"),
        (4, "the id is that of another row too"),
    ]
    assert verify_clearing(debts, clearing) == {"EUR": 10}


def test_money_as_a_float_and_a_missing_column_are_refused():
    debts = world(("a", "b", 5))
    with pytest.raises(BadTerms, match="'amount_minor' is double"):
        clear(debts.set_column(4, "amount_minor", pa.array([5.0])))
    with pytest.raises(BadTerms, match="'creditor' is missing"):
        clear(debts.drop_columns(["creditor"]))
    with pytest.raises(BadTerms, match="debtor is string, creditor is int64"):
        clear(debts.set_column(2, "creditor", pa.array([1])))


def test_numbers_and_dictionaries_do_for_ids_and_columns_may_end_in_id():
    debts = world(("a", "b", 5), ("b", "a", 3))
    coded = debts.rename_columns({"debtor": "debtor_id", "creditor": "creditor_id"})
    for at, name in ((1, "debtor_id"), (2, "creditor_id"), (3, "currency")):
        coded = coded.set_column(at, name, coded[name].dictionary_encode())
    clearing = clear(coded)
    assert clearing.set_off.tolist() == [3, 3]
    assert verify_clearing(coded, clearing) == {"EUR": 6}


def test_a_notice_says_what_was_owed_set_off_and_left():
    clearing = clear(world(("a", "b", 10), ("b", "a", 4), ("c", "a", 1)))
    assert clearing.notices().to_pylist()[0] == {
        "firm": "a",
        "currency": "EUR",
        "owed_minor": 10,
        "owing_minor": 5,
        "set_off_minor": 4,
        "net_minor": -5,
        "cycles": 1,
    }


firms = st.sampled_from("abcdefg")
debts_drawn = st.lists(
    st.tuples(firms, firms, st.one_of(st.integers(0, 4), st.integers(1, 10**6))), max_size=24
)


@settings(max_examples=150, deadline=None)
@given(debts_drawn, st.lists(st.sampled_from(["EUR", "NOK"]), min_size=24, max_size=24))
def test_no_more_can_be_cleared_and_nobodys_net_position_moves(drawn, codes):
    debts = world(*drawn).set_column(3, "currency", pa.array(codes[: len(drawn)], pa.string()))
    clearing = clear(debts)
    cleared = verify_clearing(debts, clearing)
    assert sum(cleared.values()) == int(clearing.set_off.sum()) == greatest(debts)
    whole = debts["amount_minor"].to_numpy()
    assert standings(debts, whole) == standings(debts, whole - clearing.set_off)
    owing = [net for net in standings(debts, whole).values() if net > 0]
    assert sum(t.net_debt_minor for t in clearing.totals.values()) == sum(owing)


@settings(max_examples=80, deadline=None)
@given(debts_drawn, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(drawn, random):
    debts = world(*drawn)
    order = list(range(len(drawn)))
    random.shuffle(order)
    mixed = debts.take(pa.array(order, pa.int64()))
    one, other = clear(debts), clear(mixed)
    assert one.set_off[order].tolist() == other.set_off.tolist()
    assert one.certificate.prices.equals(other.certificate.prices)
    assert one.cycles.equals(other.cycles)
    assert one.totals == other.totals


@settings(max_examples=60, deadline=None)
@given(debts_drawn, firms, firms, st.integers(1, 1000), st.integers(2, 9))
def test_another_debt_never_lowers_the_optimum_and_scaling_scales_it(drawn, u, v, more, times):
    before = int(clear(world(*drawn)).set_off.sum())
    assert int(clear(world(*drawn, (u, v, more))).set_off.sum()) >= before
    scaled = world(*((d, c, amount * times) for d, c, amount in drawn))
    assert int(clear(scaled).set_off.sum()) == times * before


@settings(max_examples=60, deadline=None)
@given(debts_drawn, debts_drawn)
def test_two_separate_economies_clear_as_each_would_alone(one, other):
    apart = [(d.upper(), c.upper(), amount) for d, c, amount in other]
    both = clear(world(*one, *apart)).set_off.tolist()
    alone = world(*one, *apart).slice(len(one))
    assert both == clear(world(*one)).set_off.tolist() + clear(alone).set_off.tolist()


def test_set_offs_that_would_move_a_net_position_are_refused():
    rows = {"debtor_id": ["a", "b"], "creditor_id": ["b", "a"], "currency": ["EUR"] * 2}
    check_conserved(pa.table({**rows, "amount_minor": [5, 5]}))
    with pytest.raises(BadTerms, match="firm a sets off \\+1 more as debtor than as creditor"):
        check_conserved(pa.table({**rows, "amount_minor": [5, 4]}))
