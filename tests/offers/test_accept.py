"""Accepting: the cheapest until each need is met, each obligation once, within every limit."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offers_world import BANK, ON, RULES, curve, day, needs, owes, spares, street

from tailrace.base.errors import BadTerms
from tailrace.contracts.engine import amounts_due, project
from tailrace.contracts.tables import CONTRACT
from tailrace.offers.accept import accept_one


def accepted(**more) -> list[tuple[str, str, int]]:
    """Return (buyer, seller, price) of each contract, by seller and face."""
    made = street(accept="cheapest", **more)["contract"]
    rows = sorted(made, key=lambda c: (c["seller_id"], c["maturity_on"], c["contract_id"]))
    return [(c["buyer_id"], c["seller_id"], c["price_at_purchase_minor"]) for c in rows]


def test_nothing_is_accepted_unless_it_is_asked_for():
    made = street(need=[needs("a", 50_000, 10)], due=[owes("d", "a", 101_000, 100)])
    assert made["offer"]
    assert not made["acceptance"]
    assert not made["contract"]


def test_the_cheapest_offer_is_taken_and_becomes_a_contract():
    made = street(
        need=[needs("a", 50_000, 10)],
        due=[owes("d", "a", 101_000, 100)],
        surplus=[spares("d", 10**6), spares("m", 10**6)],
        accept="cheapest",
    )
    (contract,), (acceptance,) = made["contract"], made["acceptance"]
    cheapest = min(made["offer"], key=lambda o: o["rank"])
    assert contract == {
        "contract_id": acceptance["contract_id"],
        "contract_type": "PAM",
        "contract_role": "RPA",
        "product": "early_payment",
        "offer_id": cheapest["offer_id"],
        "need_id": "n-a",
        "obligation_id": "o-d-a-100-101000",
        "claim_id": "c-d-a-100-101000",
        "seller_id": "a",
        "buyer_id": "d",
        "debtor_id": "d",
        "currency": "EUR",
        "notional_minor": 101_000,
        "price_at_purchase_minor": 100_000,
        "status_on": ON,
        "initial_exchange_on": day(-20),
        "purchase_on": day(10),
        "maturity_on": day(100),
        "nominal_interest_rate": 0.0,
        "day_count": "A360",
        "rate_pa": cheapest["rate_pa"],
    }
    assert acceptance["offer_id"] == cheapest["offer_id"]
    assert acceptance["obligation_id"] == contract["obligation_id"]
    assert acceptance["on"] == ON


def test_a_contract_pays_what_its_offer_said():
    made = street(
        need=[needs("a", 50_000, 10)], due=[owes("d", "a", 101_000, 70)], accept="cheapest"
    )
    events = project(CONTRACT.rows(made["contract"]), to=day(70))
    assert events["event_type"].to_pylist() == ["PRD", "MD"]
    price, face = amounts_due(events, rounding="ROUND_HALF_UP").tolist()
    assert (-price, face) == (made["offer"][0]["price_minor"], 101_000)


def test_a_need_may_be_met_by_several_offers_and_no_more_than_needed():
    due = [owes("d", "a", 60_000, 40 + n) for n in range(3)]
    assert len(accepted(need=[needs("a", 100_000, 10)], due=due, surplus=[spares("d", 10**7)])) == 2


def test_what_brings_no_further_relief_is_not_sold():
    """100,000 short on day 10, 60,000 still short from day 30 on: only 40,000 is bridged till then.

    One obligation due on day 30 does that; a second one would have to be repaid while still short.
    """
    due = [owes("d", "a", 50_000, 30 + n) for n in range(2)]
    cash = curve("a", (10, -100_000), (30, -60_000), (31, -60_000), (60, -60_000))
    world = {"need": [needs("a", 100_000, 10)], "due": due, "surplus": [spares("d", 10**7)]}
    assert len(accepted(**world, cash=cash)) == 1
    assert len(accepted(**world)) == 2


def test_an_earlier_need_is_met_first_and_the_members_money_is_gone():
    """m can spare 150,000: enough for one obligation of 100,000, not for two."""
    made = accepted(
        need=[needs("a", 90_000, 12), needs("b", 90_000, 11)],
        due=[owes("d", "a", 100_000, 60), owes("d", "b", 100_000, 60)],
        surplus=[spares("m", 151_000)],
    )
    assert [(buyer, seller) for buyer, seller, _ in made] == [("funder:Bank", "a"), ("m", "b")]


def test_a_funders_limit_holds_across_needs():
    bank = msgspec.structs.replace(BANK, limit_minor=150_000)
    world = {
        "need": [needs("a", 90_000, 12), needs("b", 90_000, 11)],
        "due": [owes("d", "a", 100_000, 60), owes("e", "b", 100_000, 60)],
    }
    rules = msgspec.structs.replace(RULES, funder=(bank,))
    assert [seller for _, seller, _ in accepted(**world, rules=rules)] == ["b"]
    assert [seller for _, seller, _ in accepted(**world)] == ["a", "b"]


def test_a_funders_limit_of_one_debtor_holds_across_needs():
    bank = msgspec.structs.replace(BANK, debtor_limit_minor=150_000)
    made = accepted(
        need=[needs("a", 90_000, 12), needs("b", 90_000, 11)],
        due=[
            owes("d", "a", 100_000, 60),
            owes("d", "b", 100_000, 60),
            owes("e", "a", 100_000, 90),
        ],
        rules=msgspec.structs.replace(RULES, funder=(bank,)),
    )
    assert [seller for _, seller, _ in made] == ["a", "b"]


def test_another_way_of_accepting_is_refused():
    with pytest.raises(BadTerms, match="cannot be accepted 'dearest'") as told:
        street(need=[], due=[], accept="dearest")
    assert "none, cheapest" in told.value.mend


def test_one_offer_is_accepted_as_the_cheapest_would_be():
    made = street(
        need=[needs("a", 50_000, 10)], due=[owes("d", "a", 101_000, 70)], accept="cheapest"
    )
    rows = accept_one(made["offer"][0], on=ON)
    assert rows["contract"].to_pylist() == made["contract"]
    assert rows["acceptance"].to_pylist() == made["acceptance"]


def test_an_offer_of_the_past_is_refused():
    made = street(need=[needs("a", 50_000, 10)], due=[owes("d", "a", 101_000, 70)])
    with pytest.raises(BadTerms, match="the money would come on 2026-04-10") as told:
        accept_one(made["offer"][0], on=day(10))
    assert "tailrace run" in told.value.mend


def test_a_held_obligation_is_not_sold_again():
    world = {"need": [needs("a", 50_000, 10)], "due": [owes("d", "a", 101_000, 70)]}
    (contract,) = street(**world, accept="cheapest")["contract"]
    held = [world["due"][0] | {"held": True, "holder_id": contract["buyer_id"]}]
    again = street(need=world["need"], due=held, contract=[contract], accept="cheapest")
    assert not again["offer"]
    assert not again["acceptance"]
    assert again["contract"] == [contract]


firms = st.sampled_from("abc")
worlds = st.fixed_dictionaries(
    {
        "need": st.lists(
            st.tuples(firms, st.integers(1, 300_000), st.integers(0, 30)),
            unique_by=lambda n: n[0],
            max_size=3,
        ),
        "due": st.lists(
            st.tuples(
                st.sampled_from("abcdef"), firms, st.integers(1, 200_000), st.integers(-10, 90)
            ),
            unique=True,
            max_size=15,
        ),
        "surplus": st.dictionaries(st.sampled_from("defgh"), st.integers(0, 400_000), max_size=5),
    }
)


@settings(max_examples=25, deadline=None)
@given(worlds)
def test_no_obligation_is_sold_twice_and_no_buyer_gives_more_than_it_can(world):
    bank = msgspec.structs.replace(BANK, limit_minor=300_000, debtor_limit_minor=150_000)
    made = street(
        need=[needs(*row) for row in world["need"]],
        due=[owes(*row) for row in world["due"]],
        surplus=[spares(*row) for row in world["surplus"].items()],
        rules=msgspec.structs.replace(RULES, funder=(bank,)),
        accept="cheapest",
    )
    contracts = made["contract"]
    assert max(Counter(c["obligation_id"] for c in contracts).values(), default=0) <= 1
    given: Counter = Counter()
    faces: Counter = Counter()
    for c in contracts:
        given[c["buyer_id"]] += c["price_at_purchase_minor"]
        faces[c["buyer_id"], c["debtor_id"]] += c["notional_minor"]
    for name, lowest in world["surplus"].items():
        assert given[name] <= max(lowest - RULES.surplus_keep_minor, 0)
    outside = {k: v for k, v in faces.items() if k[0] == "funder:Bank"}
    assert sum(outside.values()) <= 300_000
    assert max(outside.values(), default=0) <= 150_000
    for firm, amount, _ in world["need"]:
        prices = [c["price_at_purchase_minor"] for c in contracts if c["seller_id"] == firm]
        assert not prices or sum(prices) - max(prices) < amount
