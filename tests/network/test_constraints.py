"""Rules of a circle on networks a reader can add up by hand, what is refused, and what always holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.network import NetworkRules, clear, verify_clearing
from tailrace.network.adopt import adopted
from tailrace.network.constraints.solving import Infeasible
from tailrace.network.rules import (
    CreditLine,
    FirmLimit,
    Hold,
    PairLimit,
    Priority,
    SectorLimit,
)

DAY = date(2026, 3, 31)
Debt = tuple[str, str, int]


def world(*debts: Debt) -> pa.Table:
    """Return debts (debtor, creditor, amount) as obligations o0, o1, ..., each due a day later."""
    return pa.table(
        {
            "obligation_id": [f"o{n}" for n in range(len(debts))],
            "debtor": pa.array([d for d, _, _ in debts], pa.string()),
            "creditor": pa.array([c for _, c, _ in debts], pa.string()),
            "currency": pa.array(["EUR"] * len(debts), pa.string()),
            "amount_minor": pa.array([a for _, _, a in debts], pa.int64()),
            "due_on": pa.array([DAY + timedelta(days=n) for n in range(len(debts))], pa.date32()),
        }
    )


def ruled(**said: Any) -> NetworkRules:
    return NetworkRules(minimum_minor=0, **said)


def proven(debts: pa.Table, **said: Any) -> list[int]:
    """Return the set-offs under these rules, checked."""
    clearing = clear(debts, ruled(**said))
    verify_clearing(debts, clearing)
    return clearing.set_off.tolist()


# a owes b 10; from b a ring of three leads home through c, and one of four through d and e. Both want
# the debt of a: the longer clears more, so 8 go round it and 2 round the other: 32 + 6 = 38.
TWO_WAYS = world(
    ("a", "b", 10), ("b", "c", 8), ("c", "a", 8), ("b", "d", 8), ("d", "e", 8), ("e", "a", 8)
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
    assert clearing.notices()["set_off_minor"].to_pylist() == [3, 3, 3, 3]


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


@pytest.mark.parametrize(
    ("said", "where", "what"),
    [
        ({"firm": (FirmLimit(firm="zz", cap_minor=1),)}, "firm 1", "no debt names the firm zz"),
        ({"firm": (FirmLimit(firm="a", cap_minor=-1),)}, "firm 1", "cap_minor is -1, below zero"),
        (
            {"firm": (FirmLimit(firm="a", floor_minor=3, cap_minor=2),)},
            "firm 1",
            "a floor of 3 above a cap of 2",
        ),
        (
            {"firm": (FirmLimit(firm="a", floor_minor=11),)},
            "firm 1",
            "a floor of 11 above the firm's debt of 10 EUR",
        ),
        (
            {"pair": (PairLimit(debtor="a", creditor="c", floor_minor=1),)},
            "pair 1",
            "above the pair's debt of 0 EUR",
        ),
        (
            {"pair": (PairLimit(debtor="a", creditor="b", cap_minor=1),) * 2},
            "pair 2",
            "a second limit on what a owes b",
        ),
        ({"sector": (SectorLimit(sector="road"),)}, "sector 1", "no firm is of the sector road"),
        (
            {"credit": (CreditLine(firm="a", short_minor=1, currency="NOK"),)},
            "credit 1",
            "no debt is in NOK",
        ),
        ({"credit": (CreditLine(firm="a", long_minor=-5),)}, "credit 1", "long_minor is -5"),
        ({"priority": (Priority(name="x", weight=0),)}, "priority 1", "a weight of 0"),
        ({"hold": (Hold(reason="why"),)}, "hold 1", "names nothing, or too much"),
        ({"hold": (Hold(reason="why", obligation_id="o9"),)}, "hold 1", "there is no debt o9"),
        ({"due_from": DAY, "due_until": date(2026, 1, 1)}, "due_from", "a window from 2026-03-31"),
        ({"parity": {"EUR": 0, "NOK": 5}}, "parity", "a lot of 0 EUR"),
        ({"cycle_firms_max": -1}, "cycle_firms_max", "fewer than no firms"),
        (
            {"cycle_firms_max": 3, "whole_invoices": True},
            "cycle_firms_max",
            "whole_invoices with cycle_firms_max",
        ),
        (
            {"whole_invoices": True, "firm": (FirmLimit(firm="a", floor_minor=1),)},
            "whole_invoices",
            "floors with whole_invoices",
        ),
        (
            {
                "sector": (SectorLimit(sector="s", cap_minor=1),),
                "sector_of": {"a": "s"},
                "priority": (Priority(name="x"),),
            },
            "priority",
            "a cap on a sector's sum with classes",
        ),
    ],
)
def test_rules_that_cannot_be_meant_are_refused_with_where_and_how_to_mend(said, where, what):
    with pytest.raises(BadTerms, match=what) as refused:
        clear(TWO_WAYS, ruled(**said))
    assert where in refused.value.where
    assert refused.value.mend


def test_rules_on_firms_without_debts_can_be_skipped():
    rules = {
        "absent": "skip",
        "firm": (FirmLimit(firm="zz", cap_minor=1),),
        "hold": (Hold(reason="why", firm="zz"), Hold(reason="why", obligation_id="o99")),
        "credit": (CreditLine(firm="zz", short_minor=1),),
    }
    assert proven(TWO_WAYS, **rules) == [10, 2, 2, 8, 8, 8]


def test_numbers_do_for_ids_in_rules():
    debts = world(("a", "b", 5), ("b", "a", 5))
    numbered = debts.set_column(1, "debtor", pa.array([1, 2]))
    numbered = numbered.set_column(2, "creditor", pa.array([2, 1]))
    assert proven(numbered, firm=(FirmLimit(firm=2, cap_minor=3),)) == [3, 3]
    assert proven(numbered, firm=(FirmLimit(firm="2", cap_minor=3),)) == [3, 3]


LIMITED = {
    "firm": (FirmLimit(firm="a", cap_minor=9), FirmLimit(firm="c", floor_minor=3)),
    "credit": (CreditLine(firm="d", short_minor=2), CreditLine(firm="b", long_minor=2)),
}


def bent(name: str, value: Any, said: dict[str, Any]) -> Any:
    """Return a clearing of TWO_WAYS with one part of its certificate bent."""
    honest = clear(TWO_WAYS, ruled(**said))
    if name == "totals":
        totals = {"EUR": msgspec.structs.replace(honest.totals["EUR"], **value)}
        return msgspec.structs.replace(honest, totals=totals)
    proof = honest.certificate
    value = value(getattr(proof, name))
    proof = msgspec.structs.replace(proof, **{name: value})
    moved = value if name == "set_off" else honest.set_off
    total = msgspec.structs.replace(honest.totals["EUR"], cleared_minor=int(moved.sum()))
    return msgspec.structs.replace(honest, certificate=proof, set_off=moved, totals={"EUR": total})


def less(worths: pa.Table) -> pa.Table:
    at = worths.column_names.index("worth")
    return worths.set_column(at, "worth", pa.array(worths["worth"].to_numpy() // 2))


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("set_off", lambda x: x * 0, "sets off 0, beyond 3 to 8"),
        ("set_off", lambda x: x + 1, "beyond"),
        ("limits", less, "not proven the greatest"),
        ("limits", lambda x: x.slice(1), "a firm has no price"),
        ("totals", {"cleared_minor": 1}, "the total of EUR is not its set-offs"),
    ],
)
def test_an_answer_or_a_proof_that_was_bent_is_refused(name, value, what):
    with pytest.raises(BadTerms, match=what):
        verify_clearing(TWO_WAYS, bent(name, value, LIMITED))


def test_a_loss_that_is_not_the_loss_is_refused():
    rules = {"whole_invoices": True}
    with pytest.raises(BadTerms, match="not proven the greatest"):
        verify_clearing(TWO_WAYS, bent("best", lambda x: x * 0, rules))
    with pytest.raises(BadTerms, match="the loss told is not that against the optimum"):
        verify_clearing(TWO_WAYS, bent("totals", {"optimum_minor": 37}, rules))


def test_a_clearing_is_not_proven_under_other_rules_than_its_own():
    clearing = clear(TWO_WAYS, ruled(firm=(FirmLimit(firm="a", cap_minor=4),)))
    looser = ruled(firm=(FirmLimit(firm="a", cap_minor=5),))
    proof = msgspec.structs.replace(clearing.certificate, rules=looser)
    with pytest.raises(BadTerms, match="not proven the greatest"):
        verify_clearing(TWO_WAYS, msgspec.structs.replace(clearing, certificate=proof))


def test_a_book_adopts_what_is_held_out_and_refuses_rules_it_cannot_prove():
    rows = TWO_WAYS.rename_columns({"debtor": "debtor_id", "creditor": "creditor_id"})
    rows = rows.append_column("open_minor", rows["amount_minor"])
    rows = rows.append_column("held", pa.array([False] * 6))
    rows = rows.append_column("set_off_minor", pa.array([0] * 6))
    rows = rows.append_column("claim_id", rows["obligation_id"])
    made = adopted(rows, DAY, ruled(hold=(Hold(reason="disputed", firm="e"),)))
    assert sorted(made["set_off"]["amount_minor"].to_pylist()) == [8, 8, 8]
    with pytest.raises(BadTerms, match="a book cannot prove alone"):
        adopted(rows, DAY, ruled(firm=(FirmLimit(firm="a", cap_minor=4),)))


firms = st.sampled_from("abcdef")
debts_drawn = st.lists(st.tuples(firms, firms, st.integers(0, 40)), min_size=1, max_size=20)


def said_of(drawn: list[Debt], cap: int, line: int, **more: Any) -> NetworkRules:
    named = sorted({firm for debtor, creditor, _ in drawn for firm in (debtor, creditor)})
    return ruled(
        firm=tuple(FirmLimit(firm=firm, cap_minor=cap) for firm in named[::2]),
        credit=tuple(
            CreditLine(firm=firm, short_minor=line, long_minor=line) for firm in named[1:]
        ),
        **more,
    )


@settings(max_examples=60, deadline=None)
@given(debts_drawn, st.integers(0, 20), st.integers(0, 20), st.integers(0, 9), st.integers(0, 9))
def test_a_looser_rule_never_lowers_the_optimum(drawn, cap, line, wider, longer):
    debts = world(*drawn)
    tight = clear(debts, said_of(drawn, cap, line)).set_off.sum()
    loose = clear(debts, said_of(drawn, cap + wider, line + longer)).set_off.sum()
    free = clear(debts, said_of(drawn, 10**6, line + longer)).set_off.sum()
    assert tight <= loose <= free


@settings(max_examples=60, deadline=None)
@given(debts_drawn, st.integers(0, 20), st.integers(0, 9), st.integers(0, 3))
def test_nobodys_net_position_moves_beyond_its_line(drawn, cap, line, longest):
    debts = world(*drawn)
    clearing = clear(debts, said_of(drawn, cap, line, cycle_firms_max=longest))
    verify_clearing(debts, clearing)
    moved: dict[str, int] = {}
    for (debtor, creditor, _), x in zip(drawn, clearing.set_off.tolist(), strict=True):
        moved[debtor] = moved.get(debtor, 0) + x
        moved[creditor] = moved.get(creditor, 0) - x
    first = min(moved)
    assert moved[first] == 0
    assert all(abs(amount) <= line for amount in moved.values())
    told = dict(
        zip(*(clearing.circle[n].to_pylist() for n in ("firm", "amount_minor")), strict=True)
    )
    assert told == {firm: amount for firm, amount in moved.items() if amount}


@settings(max_examples=60, deadline=None)
@given(debts_drawn, st.integers(0, 20), st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_under_rules(drawn, cap, line, random):
    debts = world(*drawn)
    order = list(range(len(drawn)))
    random.shuffle(order)
    old = Priority(name="older", due_before=DAY + timedelta(days=5))
    rules = said_of(drawn, cap, line, priority=(old,))
    one, other = clear(debts, rules), clear(debts.take(pa.array(order)), rules)
    assert one.set_off[order].tolist() == other.set_off.tolist()
    assert one.certificate.limits.equals(other.certificate.limits)


@settings(max_examples=40, deadline=None)
@given(debts_drawn)
def test_rules_that_bind_nothing_change_no_sum(drawn):
    debts = world(*drawn)
    named = sorted({firm for debtor, creditor, _ in drawn for firm in (debtor, creditor)})
    wide = ruled(firm=tuple(FirmLimit(firm=firm, cap_minor=10**9) for firm in named))
    assert clear(debts, wide).set_off.sum() == clear(debts).set_off.sum()


def test_sums_near_the_range_are_exact_under_rules():
    big = 2**60
    debts = world(("a", "b", big), ("b", "c", big - 1), ("c", "a", big), ("a", "d", big))
    line = (CreditLine(firm="d", long_minor=7), CreditLine(firm="b", short_minor=7))
    clearing = clear(debts, ruled(credit=line, firm=(FirmLimit(firm="c", cap_minor=big - 5),)))
    assert int(np.max(clearing.set_off)) <= big
    assert verify_clearing(debts, clearing) == {"EUR": int(clearing.set_off.sum())}
    assert clearing.set_off.tolist() == [big - 12, big - 5, big - 5, 7]
