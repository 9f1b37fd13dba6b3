"""Who is who: numbers join, names never do, and an account joins only who a bank says has it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trade_text import ON, Told, Trade, rules

from tailrace.evidence.components import components


def firms(trade: Trade) -> dict[str, str]:
    return {
        row["party_id"]: row["firm_id"] for row in Told(trade.tables(), ON, rules()).rows("firm")
    }


def test_one_strong_number_makes_two_descriptions_one_firm():
    trade = Trade()
    a = trade.party("Mill", VAT="XA1234")
    b = trade.party("Mill Ltd", VAT="XA 1234", **{"0088": "4012345000009"})
    c = trade.party("The Mill", **{"0088": "4012345000009"})
    d = trade.party("Mill", VAT="XA9999")
    found = firms(trade)
    assert found[a] == found[b] == found[c] == min(a, b, c)
    assert found[d] == d


def test_names_and_numbers_that_say_nothing_never_join():
    trade = Trade()
    ids = [
        trade.party("?Mill"),
        trade.party("Mill", CUSTOMER="77"),
        trade.party("Mill Co", CUSTOMER="77"),
        trade.party("One", VAT="N/A"),
        trade.party("Two", VAT="NA"),
        trade.party("Three", VAT="NA", EMAIL="x@example.com"),
        trade.party("Four", VAT="000000"),
        trade.party("Five", VAT="000000", EMAIL="x@example.com"),
    ]
    assert len(set(firms(trade).values())) == len(ids)


def test_a_register_number_counts_within_its_country_only():
    trade = Trade()
    a, b, c = (trade.party(n, REG="HRB 123") for n in ("Here", "Hier", "Da"))
    c = trade.party("Elsewhere", REG="HRB 123", EMAIL="e@example.com")
    trade.rows["party"][-1]["country"] = "XB"
    found = firms(trade)
    assert found[a] == found[b] != found[c]


def test_an_account_joins_the_weak_party_to_its_owner():
    trade = Trade("account Farm FARM1")
    weak = trade.party("FARM LTD.", IBAN="FARM1")
    assert firms(trade)[weak] == firms(trade)[trade.party("Farm")]


def test_a_strangers_account_on_an_invoice_makes_nobody_one_with_the_stranger():
    trade = Trade("account Farm FARM1\n account Crook CROOK1")
    claimed = trade.party("Farm", VAT="XA-FARM", IBAN="CROOK1")
    weak = trade.party("Nightjar", IBAN="CROOK1")
    found = firms(trade)
    assert found[claimed] == found[trade.party("Farm")]
    assert found[weak] == found[trade.party("Crook")] != found[claimed]


def test_an_account_two_firms_claim_joins_neither():
    trade = Trade()
    a = trade.party("One", VAT="XA111", IBAN="SHARED1")
    b = trade.party("Two", VAT="XA222", IBAN="SHARED1")
    weak = trade.party("Who", IBAN="SHARED1")
    assert len({firms(trade)[p] for p in (a, b, weak)}) == 3


def test_a_firm_bears_its_most_frequent_name_and_tells_what_joined_it():
    trade = Trade()
    for name in ("Mill", "Mill Ltd", "Mill"):
        trade.party(name, VAT="XA1234", EMAIL=f"{len(trade.known)}@example.com")
    alone = trade.party("?Nobody")
    rows = {row["party_id"]: row for row in Told(trade.tables(), ON, rules()).rows("firm")}
    assert {row["name"] for p, row in rows.items() if p != alone} == {"Mill"}
    assert {row["reason"] for p, row in rows.items() if p != alone} == {"VAT XA1234"}
    assert (rows[alone]["name"], rows[alone]["reason"]) == ("Nobody", "alone")


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_components_are_those_of_a_search_by_hand(edges):
    a, b = (np.array([e[side] for e in edges], np.int64) for side in (0, 1))
    label = components(31, a, b)
    groups = {n: {n} for n in range(31)}
    for x, y in edges:
        if groups[x] is not groups[y]:
            groups[x] |= groups[y]
            for n in groups[y]:
                groups[n] = groups[x]
    assert label.tolist() == [min(groups[n]) for n in range(31)]


@pytest.mark.parametrize("length", [1, 2, 4097])
def test_a_long_chain_is_one_component(length):
    order = np.random.default_rng(7).permutation(length)
    edges = np.array(list(pairwise(order)), np.int64).reshape(-1, 2)
    assert not components(length, edges[:, 0], edges[:, 1]).any()
