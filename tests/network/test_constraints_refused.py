"""Rules that cannot be meant, answers that were bent, and what always holds under rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from constraints_world import TWO_WAYS, proven, ruled
from debts_world import DAY, Debt, world
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.network import NetworkRules, clear, verify_clearing
from tailrace.network.rules import (
    CreditLine,
    FirmLimit,
    Hold,
    PairLimit,
    Priority,
    SectorLimit,
)


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
