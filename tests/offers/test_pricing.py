"""Offers: prices by hand, who bids, the order of the cheapest, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offers_world import BANK, RULES, day, needs, owes, spares, street

from tailrace.base.errors import BadTerms
from tailrace.offers.market import every_product

NEED = needs("a", 50_000, 10)
OWED = owes("d", "a", 101_000, 100)  # 90 days after the need


def offers(**more) -> list[dict]:
    made = street(**{"need": [NEED], "due": [OWED]} | more)["offer"]
    return sorted(made, key=lambda o: (o["need_id"], o["rank"]))


def test_a_debtor_pays_early_at_its_own_rate():
    """1,010.00 in 90 days at 4 % on 360 is 1,000.00."""
    first = offers(surplus=[spares("d", 101_000)])[0]
    assert (first["product"], first["source"], first["buyer_id"]) == (
        "early_payment",
        "debtor",
        "d",
    )
    assert (first["price_minor"], first["cost_minor"], first["notional_minor"]) == (
        100_000,
        1_000,
        101_000,
    )
    assert first["rate_pa"] == pytest.approx(0.04)
    assert (first["pay_on"], first["maturity_on"], first["days"]) == (day(10), day(100), 90)
    assert first["issued_on"] == day(-20)


def test_a_member_pays_early_at_the_members_rate_rounded_down():
    """1,010.00 / (1 + 0.06 * 90 / 360) = 995.0738..., so 995.07."""
    (offer, _) = offers(surplus=[spares("m", 200_000)])
    assert (offer["product"], offer["source"], offer["buyer_id"]) == (
        "member_early_payment",
        "member",
        "m",
    )
    assert offer["price_minor"] == 99_507


def test_an_outside_funder_takes_its_fee_off():
    """1,010.00 / (1 + 0.09 * 90 / 360) = 987.775..., so 987.77, less 25.00; the rate says it all."""
    (offer,) = offers()
    assert (offer["product"], offer["source"], offer["buyer_id"]) == (
        "discounting",
        "outside",
        "funder:Bank",
    )
    assert offer["price_minor"] == 98_777 - 2_500
    assert offer["rate_pa"] == pytest.approx((101_000 / 96_277 - 1) * 360 / 90)


def test_a_365_day_year_costs_less_a_day():
    rules = msgspec.structs.replace(RULES, day_count="A365")
    offer = offers(surplus=[spares("d", 10**7)], rules=rules)[0]
    assert offer["price_minor"] == int(101_000 / (1 + Fraction(4, 100) * 90 / 365))


def test_the_cheapest_comes_first_and_outside_money_last():
    made = offers(surplus=[spares("d", 500_000), spares("m", 300_000)])
    assert [(o["rank"], o["source"]) for o in made] == [
        (1, "debtor"),
        (2, "member"),
        (3, "outside"),
    ]
    rates = [o["rate_pa"] for o in made]
    assert rates == sorted(rates)


def test_nobody_gives_what_it_must_keep():
    """100,000 is the price; 1,000 is kept."""
    assert offers(surplus=[spares("d", 100_999)])[0]["source"] == "outside"
    assert offers(surplus=[spares("d", 101_000)])[0]["source"] == "debtor"
    assert offers(surplus=[spares("d", 10**9, "USD")])[0]["source"] == "outside"


def test_a_member_bids_for_nothing_it_sells_or_owes():
    made = offers(surplus=[spares("a", 10**7), spares("d", 10**7)])
    assert [o["source"] for o in made] == ["debtor", "outside"]


def test_members_bid_largest_first_and_the_next_stands_behind():
    surplus = [spares("m", 201_000), spares("n", 151_000), spares("o", 141_000)]
    due = [owes("d", "a", 100_000, 90 + n) for n in range(3)]
    wanted = [needs("a", 100_000, 10)]
    found = offers(need=wanted, due=due, surplus=surplus)
    made = [o for o in found if o["source"] == "member"]
    bidders = {
        d["obligation_id"]: {
            o["buyer_id"] for o in made if o["obligation_id"] == d["obligation_id"]
        }
        for d in due
    }
    # 200,000 of m hold the first two asks; the third lies on n
    assert [sorted(b) for b in bidders.values()] == [["m", "n"], ["m", "n"], ["n", "o"]]


def test_a_funders_limits_leave_no_room_for_more():
    tight = msgspec.structs.replace(BANK, limit_minor=100_999)
    assert not offers(rules=msgspec.structs.replace(RULES, funder=(tight,)))
    narrow = msgspec.structs.replace(BANK, debtor_limit_minor=100_999)
    assert not offers(rules=msgspec.structs.replace(RULES, funder=(narrow,)))
    other = msgspec.structs.replace(BANK, currency="USD")
    assert not offers(rules=msgspec.structs.replace(RULES, funder=(other,)))


def test_contracts_in_force_count_against_the_limits():
    bank = msgspec.structs.replace(BANK, debtor_limit_minor=150_000)
    rules = msgspec.structs.replace(RULES, funder=(bank,))
    made = street(need=[NEED], due=[OWED], rules=rules, accept="cheapest")
    (contract,) = made["contract"]
    held = OWED | {"held": True, "holder_id": "funder:Bank"}
    again, other = owes("d", "a", 60_000, 100), owes("e", "a", 60_000, 100)
    left = offers(due=[held, again, other], contract=[contract], rules=rules)
    assert [o["debtor_id"] for o in left] == ["e"]


def test_a_fee_above_the_worth_is_no_offer():
    assert not offers(due=[owes("d", "a", 2_500, 100)])


def test_what_a_fee_makes_too_dear_is_no_offer():
    """With its fee of 25.00, 9 % a year on 600.00 for 90 days comes to 27 %."""
    due = [owes("d", "a", 60_000, 100)]
    (offer,) = offers(due=due)
    assert 0.27 < offer["rate_pa"] < 0.28
    assert not offers(due=due, rules=msgspec.structs.replace(RULES, rate_pa_max=0.25))


def test_without_needs_there_are_no_offers():
    assert not offers(need=[])


def test_products_are_found_by_their_file():
    assert [(p.NAME, p.SOURCE) for p in every_product()] == [
        ("discounting", "outside"),
        ("early_payment", "debtor"),
        ("member_early_payment", "member"),
    ]


@pytest.mark.parametrize(
    ("change", "what", "mend"),
    [
        ({"day_count": "AA"}, "no fixed year in day count 'AA'", "A360 or A365"),
        ({"member_rate_pa": -0.01}, "rate -0.01 of member", "0.05 is five per cent"),
        ({"early_payment_rate_pa": 40.0}, "rate 40.0 of early_payment", "yearly fraction"),
        ({"funder": (BANK, BANK)}, "funder 'Bank' is declared twice", "one entry"),
        (
            {"funder": (msgspec.structs.replace(BANK, fee_minor=-1),)},
            "funder 'Bank' is below zero",
            "zero or more",
        ),
    ],
)
def test_prices_and_limits_that_cannot_mean_anything_are_refused(change, what, mend):
    with pytest.raises(BadTerms, match=what) as told:
        offers(rules=msgspec.structs.replace(RULES, **change))
    assert mend in told.value.mend


owed = st.lists(
    st.tuples(st.sampled_from("def"), st.integers(1, 10**7), st.integers(1, 90)),
    max_size=8,
    unique=True,
)


@settings(max_examples=15, deadline=None)
@given(owed, st.integers(0, 10**7), st.integers(0, 10**7))
def test_no_price_is_above_the_face_and_every_cost_is_the_difference(rows, spare_d, spare_m):
    due = [owes(debtor, "a", amount, days) for debtor, amount, days in rows]
    surplus = [spares("d", spare_d), spares("m", spare_m)]
    for o in offers(due=due, surplus=surplus):
        assert 0 < o["price_minor"] <= o["notional_minor"]
        assert o["cost_minor"] == o["notional_minor"] - o["price_minor"]
        assert o["days"] == (o["maturity_on"] - o["pay_on"]).days >= RULES.days_min
        if o["source"] != "outside":
            held = spare_d if o["buyer_id"] == "d" else spare_m
            assert o["price_minor"] <= held - RULES.surplus_keep_minor


@settings(max_examples=6, deadline=None)
@given(owed, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    due = [owes(debtor, "a", amount, days) for debtor, amount, days in rows]
    surplus = [spares(name, 10**6) for name in "dmno"]
    mixed = random.sample(due, len(due)), random.sample(surplus, len(surplus))
    assert offers(due=due, surplus=surplus) == offers(due=mixed[0], surplus=mixed[1])
