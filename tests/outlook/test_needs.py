"""Needs: the day, the depth, how sure, and the reason in words."""

from __future__ import annotations

from datetime import date

import duckdb
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outlook_world import RULES, closing, day, outlook, owes, set_off, settled

from tailrace.base.money import EXPONENTS, text
from tailrace.contracts.tables import CONTRACT
from tailrace.outlook.needs import avoided
from tailrace.outlook.tables import NEED
from tailrace.outlook.words import sql_text

PAST = [settled("late", n, d, issued_on=date(2025, 5, 1)) for n, d in enumerate((2, 10, 30))]


def world(**more):
    return outlook(
        firms="a late b",
        closings=[closing("a", 5000)],
        obligations=[owes("late", "a", 10000, 5), owes("a", "b", 12000, 8), owes("a", "b", 500, 9)],
        claims=PAST,
        **more,
    )


def needs(made: dict, stage: str = "left") -> list[dict]:
    return [n for n in made["need"] if n["stage"] == stage]


def test_a_need_says_when_how_deep_and_why():
    (need,) = needs(world())
    assert (need["firm_id"], need["currency"], need["amount_minor"]) == ("a", "EUR", 7500)
    assert (need["on"], need["deepest_on"], need["until_on"]) == (day(8), day(9), day(14))
    assert need["why"] == (
        "50.00 EUR at the bank; 120.00 EUR to B falls due on 2026-04-08; "
        "100.00 EUR from Late, due on 2026-04-05, is expected on 2026-04-15"
    )


def test_how_sure_grows_from_a_half_to_the_intervals_share():
    """Expected low point -7,500; if Late paid early, +2,500: 0.5 + 0.4 * 7,500 / 10,000."""
    (need,) = needs(world())
    assert need["sure"] == pytest.approx(0.8)


def test_a_need_that_even_early_payment_does_not_cure_is_as_sure_as_the_interval():
    made = outlook(
        firms="a late b",
        closings=[closing("a", 0)],
        obligations=[owes("late", "a", 100, 5), owes("a", "b", 120, 8)],
        claims=PAST,
    )
    (need,) = needs(made)
    assert need["sure"] == pytest.approx(0.9)


def test_a_need_with_nothing_uncertain_in_it_is_sure():
    made = outlook(firms="a b", closings=[closing("a", 0)], obligations=[owes("a", "b", 120, -8)])
    (need,) = needs(made)
    assert need["sure"] == 1.0
    assert need["why"] == "0.00 EUR at the bank; 1.20 EUR to B was due on 2026-03-23"
    assert (need["on"], need["until_on"]) == (day(1), day(60))


def test_an_account_in_the_red_is_a_need_of_today():
    made = outlook(firms="a", closings=[closing("a", -250)], obligations=[])
    (need,) = needs(made)
    assert (need["on"], need["amount_minor"], need["why"]) == (day(0), 250, "-2.50 EUR at the bank")


def test_small_shortfalls_are_no_needs():
    assert not world(rules=msgspec.structs.replace(RULES, need_minor_min=7501))["need"]
    assert needs(world(rules=msgspec.structs.replace(RULES, need_minor_min=7500)))


def test_what_falls_due_beyond_the_horizon_is_no_need():
    assert not world(rules=msgspec.structs.replace(RULES, horizon_days=7))["need"]


def test_finance_avoided_is_the_need_before_less_the_need_after_clearing():
    first, second = owes("a", "b", 10000, 3), owes("b", "a", 7000, 9)
    made = outlook(
        firms="a b",
        closings=[closing("a", 0), closing("b", 99999)],
        obligations=[first, second],
        set_offs=[set_off(first, 7000), set_off(second, 7000)],
    )
    contract = {
        "currency": "EUR",
        "price_at_purchase_minor": 990,
        "debtor_id": "d",
        "buyer_id": "d",
    }
    contracts = [contract, contract | {"buyer_id": "m"}, contract | {"buyer_id": "funder:Bank"}]
    filled = [{n: c.get(n, _blank(n)) for n in CONTRACT.names} for c in contracts]
    (euro,) = avoided(NEED.rows(made["need"]), CONTRACT.rows(filled))
    assert (euro.before_minor, euro.cleared_minor, euro.left_minor) == (10000, 3000, 3000)
    assert euro.avoided_minor == 7000
    assert (euro.debtor_minor, euro.member_minor, euro.outside_minor) == (990, 990, 990)


def _blank(name: str):
    if name.endswith("_on"):
        return day(0)
    if name.endswith("_minor"):
        return 0
    return 0.0 if name in ("nominal_interest_rate", "rate_pa") else "x"


def test_nothing_needed_and_nothing_met_is_no_figure():
    assert avoided(NEED.empty(), CONTRACT.empty()) == []


@given(st.integers(-(2**62), 2**62), st.sampled_from(sorted(EXPONENTS)))
def test_amounts_in_words_are_those_of_money(amount, currency):
    words = duckdb.sql(f"select {sql_text(f'cast({amount} as bigint)', repr(currency))}").fetchone()
    assert words == (text(amount, currency),)
