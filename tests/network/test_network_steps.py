"""Claims become obligations, what circles is cleared and adopted, the rest is due."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_world import (
    ON,
    RULES,
    amounts,
    claim,
    contract,
    engine_with,
    finding,
    instruction,
    obligation_of,
    run,
    verdict,
)

from tailrace.base.errors import BadTerms
from tailrace.network import NetworkRules, check_conserved, verify_adopted
from tailrace.network.steps import STEPS, adopt_clearing, due, obligation
from tailrace.network.tables import CIRCLE, CLEARING, CYCLE, DEBT, PRICE, SET_OFF, SHADOW_PRICE

RING = [claim("ab", "a", "b", 500), claim("bc", "b", "c", 700), claim("ca", "c", "a", 600)]
BINDING = (CLEARING, DEBT, SET_OFF, PRICE, SHADOW_PRICE, CIRCLE, CYCLE)


def test_an_obligation_is_what_is_proven_and_not_credited_less_what_was_paid():
    claims = [
        claim("partly", "a", "b", 1000, paid_minor=100),
        claim("credited", "a", "b", 1000, credited_minor=400),
        claim("paid", "a", "b", 1000, paid_minor=1000),
        claim("unproven", "a", "b", 1000),
        claim("own", "a", "a", 1000),
    ]
    proven = {"partly": 900, "unproven": 0}
    verdicts = [verdict(row, proven.get(row["claim_id"])) for row in claims]
    engine = engine_with(claims, verdict=verdicts)
    engine.run(obligation)
    assert amounts(engine, "obligation", "amount_minor") == {"partly": 800, "credited": 600}
    ids = amounts(engine, "obligation", "obligation_id")
    assert ids["partly"] == obligation_of("partly")


def test_a_credit_note_counts_even_where_more_was_proven():
    row = claim("x", "a", "b", 1000, credited_minor=400)
    engine = engine_with([row], verdict=[verdict(row) | {"proven_minor": 1000}])
    engine.run(obligation)
    assert amounts(engine, "obligation", "amount_minor") == {"x": 600}


def test_a_claim_under_a_grave_finding_is_held_out_and_one_in_conflict_is_not():
    claims = [claim("grave", "a", "b", 5), claim("odd", "a", "b", 5), claim("clean", "a", "b", 5)]
    found = [
        finding("f1", "grave", grave=True),
        finding("f2", "odd", grave=False),
        finding("f3", None, grave=True),
    ]
    engine = engine_with(claims, finding=found)
    engine.run(obligation)
    assert set(amounts(engine, "obligation", "amount_minor")) == {"odd", "clean"}


def test_what_was_sold_is_held_by_its_buyer_and_what_was_instructed_is_held():
    claims = [claim("sold", "a", "b", 5), claim("told", "a", "b", 5), claim("free", "a", "b", 5)]
    engine = engine_with(
        claims,
        contract=[contract("sold", "funder:Hausbank", claims[0])],
        instruction=[instruction("told", claims[1])],
    )
    engine.run(obligation)
    assert amounts(engine, "obligation", "held") == {"sold": True, "told": True, "free": False}
    holders = amounts(engine, "obligation", "holder_id")
    assert holders == {"sold": "funder:Hausbank", "told": "b", "free": "b"}


def test_a_ring_is_set_off_and_the_rest_is_due():
    engine = engine_with(RING)
    made = run(engine)
    assert amounts(engine, "set_off", "amount_minor") == {"ab": 500, "bc": 500, "ca": 500}
    assert amounts(engine, "due", "due_minor") == {"bc": 200, "ca": 100}
    row = made["clearing"].to_pylist()[0]
    totals = ("obligations", "firms", "debt_minor", "cleared_minor", "net_debt_minor")
    assert [row[name] for name in totals] == [3, 3, 1800, 1500, 200]
    assert (row["on"], row["currency"], row["bilateral_minor"]) == (ON, "EUR", 0)
    check_conserved(made["set_off"])


def test_every_id_of_a_clearing_leads_back_to_it():
    made = run(engine_with(RING))
    name = made["clearing"]["clearing_id"].to_pylist()
    for kind in ("debt", "set_off", "price", "cycle"):
        assert made[kind]["clearing_id"].unique().to_pylist() == name
    assert len(set(made["set_off"]["set_off_id"].to_pylist())) == 3
    cycle = made["cycle"].sort_by("step")
    assert cycle["debtor_id"].to_pylist() == ["a", "b", "c"]
    assert cycle["creditor_id"].to_pylist() == ["b", "c", "a"]
    assert len(cycle["cycle_id"].unique()) == 1


def test_cleared_again_with_nothing_new_nothing_clears_and_nothing_moves():
    engine = engine_with(RING)
    run(engine)
    before = {kind: engine.get(kind) for kind in ("set_off", "due", "notice")}
    again = run(engine)
    assert all(again[schema.kind].num_rows == 0 for schema in BINDING)
    assert {kind: engine.get(kind) for kind in before} == before
    assert amounts(engine, "obligation", "open_minor") == {"ab": 0, "bc": 200, "ca": 100}


def test_a_new_claim_clears_against_what_earlier_clearings_left():
    engine = engine_with(RING)
    run(engine)
    claims = [*RING, claim("cb", "c", "b", 150)]
    engine.put("claim", engine.schemas["claim"].rows(claims))
    engine.put("verdict", engine.schemas["verdict"].rows(verdict(row) for row in claims))
    made = run(engine)
    assert made["clearing"]["cleared_minor"].to_pylist() == [300]
    assert amounts(engine, "due", "due_minor") == {"bc": 50, "ca": 100}
    assert verify_adopted(engine.get("debt"), engine.get("set_off"), engine.get("price")) == {
        row["clearing_id"]: row["cleared_minor"] for row in engine.get("clearing").to_pylist()
    }


def test_what_is_held_is_not_cleared():
    engine = engine_with(RING, instruction=[instruction("bc", RING[1])])
    made = run(engine)
    assert all(made[schema.kind].num_rows == 0 for schema in BINDING)
    assert amounts(engine, "due", "due_minor") == {"ab": 500, "bc": 700, "ca": 600}


def test_remainders_below_the_minimum_are_not_cleared():
    engine = engine_with(RING)
    engine.run(obligation)
    made = engine.run(adopt_clearing, on=ON, network=NetworkRules(minimum_minor=501))
    assert made["set_off"].num_rows == 0


def test_only_the_currency_that_clears_gets_a_clearing():
    kroner = [claim("n", "a", "b", 40, currency="NOK")]
    made = run(engine_with([*RING, *kroner]))
    assert made["clearing"]["currency"].to_pylist() == ["EUR"]
    assert made["price"].num_rows == made["debt"].num_rows == 3


def test_a_debtor_that_paid_early_holds_its_own_debt_and_owes_nothing():
    claims = [claim("early", "a", "b", 500), claim("sold", "a", "b", 300)]
    sold = [contract("early", "a", claims[0]), contract("sold", "m", claims[1])]
    engine = engine_with(claims, contract=sold)
    engine.run(obligation)
    engine.run(due)
    rows = engine.get("due").to_pylist()
    assert [(r["claim_id"], r["holder_id"], r["due_minor"], r["held"]) for r in rows] == [
        ("sold", "m", 300, True)
    ]


def test_more_set_off_than_a_later_credit_leaves_is_nothing_due_not_less():
    engine = engine_with(RING)
    run(engine)
    credited = [RING[0] | {"credited_minor": 100}, *RING[1:]]
    engine.put("claim", engine.schemas["claim"].rows(credited))
    engine.put("verdict", engine.schemas["verdict"].rows(verdict(row) for row in credited))
    run(engine)
    assert amounts(engine, "obligation", "open_minor")["ab"] == 0
    assert "ab" not in amounts(engine, "due", "due_minor")


def test_each_party_gets_a_notice_and_an_old_one_never_changes():
    engine = engine_with([*RING, claim("da", "d", "a", 90)])
    run(engine)
    rows = {row["firm_id"]: row for row in engine.get("notice").to_pylist()}
    assert list(amounts(engine, "notice", "set_off_minor").values()).count(500) == 3
    a, d = rows["a"], rows["d"]
    assert (a["owed_minor"], a["owing_minor"], a["net_minor"], a["cycles"]) == (500, 690, 190, 1)
    assert (d["owed_minor"], d["owing_minor"], d["set_off_minor"], d["cycles"]) == (90, 0, 0, 0)
    assert a["on"] == ON
    paid = [*RING, claim("da", "d", "a", 90, paid_minor=90)]
    before = engine.get("notice")
    engine.put("claim", engine.schemas["claim"].rows(paid))
    run(engine)
    assert engine.get("notice").equals(before)


def test_an_adopted_clearing_is_proven_from_its_own_rows_and_a_bent_one_is_not():
    made = run(engine_with(RING))
    debt, set_off, price = made["debt"], made["set_off"], made["price"]
    assert list(verify_adopted(debt, set_off, price).values()) == [1500]
    at = set_off.column_names.index("amount_minor")
    less = set_off.set_column(at, "amount_minor", pc.subtract(set_off["amount_minor"], 1))
    with pytest.raises(BadTerms, match="1,497 is set off and the prices allow 1,500"):
        verify_adopted(debt, less, price)
    with pytest.raises(BadTerms, match="no debt that its clearing saw"):
        verify_adopted(debt.slice(1), set_off, price)
    assert verify_adopted(DEBT.empty(), SET_OFF.empty(), PRICE.empty()) == {}


firms = st.sampled_from("abcdef")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(firms, firms, st.integers(1, 900), st.integers(0, 9)), max_size=16),
    st.randoms(use_true_random=False),
)
def test_what_is_adopted_balances_and_does_not_depend_on_the_order_of_claims(drawn, random):
    claims = [
        claim(f"k{n}", d, c, amount, due_on=date(2026, 4, 1) + timedelta(days=days))
        for n, (d, c, amount, days) in enumerate(drawn)
    ]
    made = run(engine_with(claims))
    mixed = list(claims)
    random.shuffle(mixed)
    other = run(engine_with(mixed))
    assert all(made[schema.kind].equals(other[schema.kind]) for schema in BINDING)
    check_conserved(made["set_off"])
    rings: dict[tuple[str, str], int] = {}
    for row in made["cycle"].to_pylist():
        pair = row["debtor_id"], row["creditor_id"]
        rings[pair] = rings.get(pair, 0) + row["amount_minor"]
    paid = (
        made["set_off"].group_by(["debtor_id", "creditor_id"]).aggregate([("amount_minor", "sum")])
    )
    assert rings == {
        (row["debtor_id"], row["creditor_id"]): row["amount_minor_sum"] for row in paid.to_pylist()
    }


def test_a_sold_obligation_that_its_debtor_paid_to_the_buyer_is_owed_no_more():
    """Sold and instructed: 60 of 100 heard by the bank leave 40; a reversed answer leaves 100."""
    row = claim("c", "debtor", "seller", 100)
    sold = [contract("c", "buyer", row)]
    told = [instruction("c", row) | {"contract_id": "k"}]
    heard = {
        "payment_id": "p",
        "told_by": "bank",
        "amount_minor": 60,
        "currency": "EUR",
        "end_to_end_ref": "pay-c",
        "booked_on": ON,
        "run": 1,
        "made_id": "p",
        "reversed": False,
    }
    for reversed_, left in ((False, 40), (True, 100)):
        paid = [heard | {"reversed": reversed_}]
        engine = engine_with([row], contract=sold, instruction=told, paid_once=paid)
        engine.run(obligation)
        assert engine.get("obligation")["amount_minor"].to_pylist() == [left]


def test_the_steps_name_their_rules_and_kinds():
    assert [step.rule for step in STEPS] == [
        "network.reserve",
        "network.obligation",
        "network.adopt_clearing",
        "network.due",
        "network.notice",
    ]
    assert set(adopt_clearing.writes) == {schema.kind for schema in BINDING}
    before = (SET_OFF.empty(), CLEARING.empty(), CIRCLE.empty())
    assert isinstance(adopt_clearing(engine_ready(), *before, **RULES)["set_off"], pa.Table)


def engine_ready() -> pa.Table:
    """Return kind `obligation` of the ring."""
    engine = engine_with(RING)
    engine.run(obligation)
    return engine.get("obligation")
