"""Which obligations can meet a need, and what counts against a buyer's limits."""

from __future__ import annotations

import msgspec
from offers_world import RULES, curve, day, late, needs, owes, street


def asked(need: dict, *due: dict, **more) -> list[str]:
    return [row["obligation_id"] for row in street(need=[need], due=list(due), **more)["ask"]]


def test_an_obligation_due_after_the_need_can_meet_it():
    (row,) = street(need=[needs("a", 100, 10)], due=[owes("d", "a", 500, 40)])["ask"]
    assert (row["seller_id"], row["debtor_id"], row["notional_minor"]) == ("a", "d", 500)
    assert (row["pay_on"], row["maturity_on"], row["days"]) == (day(10), day(40), 30)
    assert row["issued_on"] == day(-20)


def test_a_need_of_today_is_paid_tomorrow():
    (row,) = street(need=[needs("a", 100, 0)], due=[owes("d", "a", 500, 40)])["ask"]
    assert (row["pay_on"], row["days"]) == (day(1), 39)


def test_what_is_held_owed_to_others_or_in_other_money_cannot():
    need = needs("a", 100, 10)
    assert not asked(need, owes("d", "a", 500, 40, held=True))
    assert not asked(need, owes("d", "a", 500, 40, holder_id="bank"))
    assert not asked(need, owes("d", "b", 500, 40))
    assert not asked(need, owes("d", "a", 500, 40, currency="USD"))
    assert not asked(need, owes("a", "a", 500, 40))


def test_what_falls_due_within_days_min_is_not_worth_the_paper():
    assert not asked(needs("a", 100, 10), owes("d", "a", 500, 14))
    assert asked(needs("a", 100, 10), owes("d", "a", 500, 15))


def test_what_comes_before_the_deepest_day_is_in_the_curve_already():
    need = needs("a", 100, 10, deepest=30)
    assert not asked(need, owes("d", "a", 500, 25))
    assert asked(need, owes("d", "a", 500, 25), delay=[late("d", 6)])
    assert not asked(need, owes("d", "a", 500, 31), delay=[late("d", -6)])


def test_what_is_missed_later_reaches_only_what_is_deeper_now():
    """1,000 short on day 10; on day 40, when the sold money is missed, still so many short."""
    need, owed = needs("a", 1000, 10), owes("d", "a", 900, 40)
    for still, reach in ((0, 1000), (300, 700), (550, 450)):
        cash = curve("a", (0, 0), (10, -1000), (40, -still), (50, 100))
        (row,) = street(need=[need], due=[owed], cash=cash)["ask"]
        assert row["reach_minor"] == reach
    assert not asked(need, owed, cash=curve("a", (10, -1000), (40, 0), (50, -551)))


def test_needs_before_and_cleared_are_told_not_met():
    assert not asked(needs("a", 100, 10, stage="cleared"), owes("d", "a", 500, 40))


def test_the_nearest_due_are_taken_until_three_times_the_need():
    due = [owes("d", "a", 100, 40 + n) for n in range(8)]
    assert asked(needs("a", 100, 10), *due) == [d["obligation_id"] for d in due[:3]]
    rules = msgspec.structs.replace(RULES, obligations_max=2)
    assert len(asked(needs("a", 100, 10), *due, rules=rules)) == 2


def test_exposure_is_the_face_of_contracts_still_due():
    made = street(
        need=[needs("a", 100_000, 10)], due=[owes("d", "a", 2_000_000, 40)], accept="cheapest"
    )
    (contract,) = made["contract"]
    still = owes("d", "a", 2_000_000, 40, held=True, holder_id=contract["buyer_id"])
    (row,) = street(need=[], due=[still], contract=[contract])["exposure"]
    assert row == {
        "buyer_id": "funder:Bank",
        "debtor_id": "d",
        "currency": "EUR",
        "notional_minor": 2_000_000,
    }
    assert not street(need=[], due=[], contract=[contract])["exposure"]
