"""Rules of a circle on networks a reader can add up by hand."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest
from constraints_world import TWO_WAYS, proven, ruled
from debts_world import DAY, world

from tailrace.base.errors import BadTerms
from tailrace.network import clear, verify_clearing
from tailrace.network.constraints.solving import Infeasible
from tailrace.network.rules import (
    CreditLine,
    FirmLimit,
    Hold,
    PairLimit,
    Priority,
    SectorLimit,
)


def test_without_rules_the_longer_ring_is_served_first():
    assert proven(TWO_WAYS) == [10, 2, 2, 8, 8, 8]


def test_a_firms_cap_bounds_what_it_sets_off():
    assert proven(TWO_WAYS, firm=(FirmLimit(firm="a", cap_minor=4),)) == [4, 0, 0, 4, 4, 4]
    assert proven(TWO_WAYS, firm=(FirmLimit(firm="e", cap_minor=3),)) == [10, 7, 7, 3, 3, 3]


def test_a_firms_floor_is_met_at_the_least_cost_to_the_rest():
    # 5 through c leave 5 of the debt of a to the longer ring: 15 + 20 = 35 instead of 38.
    assert proven(TWO_WAYS, firm=(FirmLimit(firm="c", floor_minor=5),)) == [10, 5, 5, 5, 5, 5]


def test_a_pair_has_a_floor_and_a_cap_of_its_own():
    cap = PairLimit(debtor="b", creditor="d", cap_minor=1)
    assert proven(TWO_WAYS, pair=(cap,)) == [9, 8, 8, 1, 1, 1]
    floor = PairLimit(debtor="c", creditor="a", floor_minor=6, cap_minor=7)
    assert proven(TWO_WAYS, pair=(floor,)) == [10, 6, 6, 4, 4, 4]


def test_a_pairs_cap_goes_to_its_oldest_invoices():
    debts = world(("b", "a", 9), ("a", "b", 4), ("a", "b", 4))
    cap = PairLimit(debtor="a", creditor="b", cap_minor=5)
    assert proven(debts, pair=(cap,)) == [5, 4, 1]


def test_limits_of_a_sector_hold_for_each_of_its_firms():
    sector_of = {"d": "road", "e": "road", "c": "rail"}
    each = SectorLimit(sector="road", each_cap_minor=3)
    assert proven(TWO_WAYS, sector=(each,), sector_of=sector_of) == [10, 7, 7, 3, 3, 3]


def test_a_cap_on_a_sectors_sum_is_kept_and_its_optimum_told():
    # d and e together may set off 6: 3 round the longer ring, and 7 round the other: 12 + 21.
    cap = SectorLimit(sector="road", cap_minor=6)
    rules = ruled(sector=(cap,), sector_of={"d": "road", "e": "road"})
    clearing = clear(TWO_WAYS, rules)
    assert clearing.set_off.tolist() == [10, 7, 7, 3, 3, 3]
    assert clearing.totals["EUR"].optimum_minor == 33
    assert verify_clearing(TWO_WAYS, clearing) == {"EUR": 33}


def test_a_sectors_cap_that_whole_units_cannot_use_up_tells_what_they_lose():
    # A unit round the ring uses two of the cap: five would be two and a half times round.
    debts = world(("a", "b", 9), ("b", "a", 9))
    cap = SectorLimit(sector="all", cap_minor=5)
    clearing = clear(debts, ruled(sector=(cap,), sector_of={"a": "all", "b": "all"}))
    assert clearing.set_off.tolist() == [2, 2]
    assert clearing.totals["EUR"].optimum_minor == 5
    verify_clearing(debts, clearing)


def test_a_chain_between_members_with_lines_clears_and_leaves_them_with_the_circle():
    debts = world(("m", "a", 10), ("a", "b", 10), ("b", "n", 10))
    lines = (CreditLine(firm="m", short_minor=5), CreditLine(firm="n", long_minor=3))
    clearing = clear(debts, ruled(credit=lines))
    assert clearing.set_off.tolist() == [3, 3, 3]
    assert verify_clearing(debts, clearing) == {"EUR": 9}
    assert clearing.circle.to_pylist() == [
        {"firm": "m", "currency": "EUR", "amount_minor": 3},
        {"firm": "n", "currency": "EUR", "amount_minor": -3},
    ]
    assert clearing.totals["EUR"].circle_minor == 3
    told = clearing.cycles
    steps = list(zip(told["debtor"].to_pylist(), told["creditor"].to_pylist(), strict=True))
    assert steps == [("a", "b"), ("b", "n"), ("n", None), (None, "m"), ("m", "a")]
    assert clearing.notices()["set_off_minor"].to_pylist() == [3, 3, 3, 0]  # n owed nothing


def test_older_debts_first_beats_the_greater_sum_when_classes_are_lexicographic():
    # What is due before 3 April is the debt of a to b, of b to c and of c to a: 8 round that ring.
    old = Priority(name="older", due_before=DAY + timedelta(days=3))
    assert proven(TWO_WAYS, priority=(old,)) == [10, 8, 8, 2, 2, 2]


def test_a_weight_decides_as_far_as_it_weighs():
    def order(weight: int) -> list[int]:
        risky = Priority(name="riskier", firms=("c",), weight=weight)
        return proven(TWO_WAYS, priority=(risky,), priority_mode="weighted")

    assert order(1) == [10, 2, 2, 8, 8, 8]
    assert order(2) == [10, 8, 8, 2, 2, 2]  # 2 + 2 + 1 against four debts of 1


def test_smaller_firms_come_first_by_what_they_owe():
    debts = world(("a", "b", 4), ("b", "a", 4), ("a", "c", 3), ("c", "a", 2), ("c", "d", 9))
    small = Priority(name="smaller", firm_debt_max_minor=5)
    assert proven(debts, priority=(small,))[:2] == [4, 4]
    wanted = ruled(priority=(small, Priority(name="rest", amount_max_minor=2)))
    assert clear(debts, wanted).set_off.tolist() == [4, 4, 2, 2, 0]


def test_stages_after_the_first_move_only_what_it_leaves_free():
    classes = (Priority(name="c", firms=("c",)), Priority(name="e", firms=("e",)))
    assert proven(TWO_WAYS, priority=classes) == [10, 8, 8, 2, 2, 2]
    assert proven(TWO_WAYS, priority=classes[::-1]) == [10, 2, 2, 8, 8, 8]


def test_whole_invoices_are_set_off_in_full_or_not_at_all_and_the_loss_is_told():
    debts = world(("a", "b", 3), ("a", "b", 5), ("b", "a", 5), ("b", "c", 4), ("c", "b", 3))
    clearing = clear(debts, ruled(whole_invoices=True))
    assert clearing.set_off.tolist() == [0, 5, 5, 0, 0]
    assert clearing.totals["EUR"].optimum_minor == 16
    assert verify_clearing(debts, clearing) == {"EUR": 10}


def test_no_cycle_of_more_firms_than_allowed_and_the_loss_is_told():
    debts = world(("a", "b", 10), ("b", "c", 8), ("c", "a", 9), ("b", "a", 4))
    clearing = clear(debts, ruled(cycle_firms_max=2))
    assert clearing.set_off.tolist() == [4, 0, 0, 4]
    assert clearing.totals["EUR"].optimum_minor == 28
    assert set(clearing.cycles["length"].to_pylist()) == {2}
    assert verify_clearing(debts, clearing) == {"EUR": 8}
    assert proven(debts, cycle_firms_max=3) == [10, 8, 8, 2]


def test_currencies_clear_together_in_lots_of_equal_worth_only_when_asked():
    debts = world(("a", "b", 100), ("b", "a", 1000), ("b", "a", 15))
    debts = debts.set_column(3, "currency", pa.array(["EUR", "NOK", "EUR"]))
    assert proven(debts) == [15, 0, 15]
    clearing = clear(debts, ruled(parity={"EUR": 20, "NOK": 229}))
    # 100 cents are 5 lots, 1000 oere are 4 and some, 15 cents are none.
    assert clearing.set_off.tolist() == [80, 916, 0]
    assert verify_clearing(debts, clearing) == {"EUR+NOK": 160}
    assert clearing.notices()["set_off_minor"].to_pylist() == [80, 80]


def test_limits_beside_a_parity_are_in_minor_units_of_the_first_and_kept_in_whole_lots():
    debts = world(("a", "b", 100), ("b", "a", 1000), ("b", "a", 15))
    debts = debts.set_column(3, "currency", pa.array(["EUR", "NOK", "EUR"]))
    parity = {"EUR": 20, "NOK": 229}
    cap = (FirmLimit(firm="a", cap_minor=79),)  # three lots and a rest that is none
    assert proven(debts, parity=parity, firm=cap) == [60, 687, 0]
    floor = (PairLimit(debtor="b", creditor="a", floor_minor=61, currency="EUR+NOK"),)
    assert proven(debts, parity=parity, firm=(), pair=floor) == [80, 916, 0]
    high = (FirmLimit(firm="a", floor_minor=101),)
    with pytest.raises(BadTerms, match="a floor of 120 above the firm's debt of 100"):
        clear(debts, ruled(parity=parity, firm=high))
    with pytest.raises(Infeasible, match="must set off 100 with others"):
        clear(debts, ruled(parity=parity, firm=(FirmLimit(firm="a", floor_minor=81),)))


def test_what_is_held_out_takes_no_part_and_the_reason_is_told():
    holds = (
        Hold(reason="insolvent", firm="c"),
        Hold(reason="disputed", obligation_id="o4"),
        Hold(reason="assigned", debtor="e", creditor="a"),
        Hold(reason="encumbered", debtor="a"),
    )
    clearing = clear(TWO_WAYS, ruled(hold=holds))
    verify_clearing(TWO_WAYS, clearing)
    assert not clearing.set_off.any()
    said = zip(
        clearing.held["obligation_id"].to_pylist(),
        clearing.held["reason"].to_pylist(),
        strict=True,
    )
    assert dict(said) == {
        "o0": "encumbered",
        "o1": "insolvent",
        "o2": "insolvent",
        "o4": "disputed",
        "o5": "assigned",
    }


def test_a_column_of_the_debts_can_say_why_a_row_is_held_out():
    debts = TWO_WAYS.append_column("held_for", pa.array([None, None, None, "disputed", None, None]))
    assert proven(debts, hold=(Hold(reason="disputed", obligation_id="o4"),)) == [8, 8, 8, 0, 0, 0]


def test_the_window_takes_debts_due_on_its_days_and_none_without_a_day():
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2), None]
    debts = world(("a", "b", 1), ("b", "a", 1), ("a", "b", 1), ("b", "a", 1))
    debts = debts.set_column(5, "due_on", pa.array(days, pa.date32()))
    clearing = clear(debts, ruled(due_from=DAY, due_until=DAY + timedelta(days=1)))
    assert clearing.set_off.tolist() == [1, 1, 0, 0]
    assert clearing.held["reason"].to_pylist() == ["due after 2026-04-01", "no due day"]


def test_floors_that_cannot_be_met_name_the_firms_that_make_it_so():
    debts = world(("a", "b", 10), ("b", "c", 8), ("c", "a", 3), ("x", "y", 5), ("y", "x", 5))
    floors = (FirmLimit(firm="b", floor_minor=5), FirmLimit(firm="x", floor_minor=5))
    with pytest.raises(
        Infeasible, match="a, b must set off 5 with others, and others can set off no more than 3"
    ) as refused:
        clear(debts, ruled(firm=floors))
    assert refused.value.firms == ["a", "b"]
    assert (refused.value.needed_minor, refused.value.possible_minor) == (5, 3)
