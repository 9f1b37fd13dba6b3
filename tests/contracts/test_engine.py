"""The engine on contracts of our own: zero-rate receivables, interest by hand, errors."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms, NotFound
from tailrace.contracts.engine import amounts_due, contract_type, project, project_terms
from tailrace.contracts.steps import STEPS
from tailrace.contracts.tables import CONTRACT, EVENT_TABLE
from tailrace.contracts.terms import of_actus
from tailrace.engines.duckdb import DuckDBEngine

TO = date(2030, 1, 1)


def receivable(key: str = "k", **more: Any) -> dict[str, Any]:
    """An invoice of 1,000.00 issued on 1 March, bought on 1 April for 990.00, due on 1 July."""
    return {
        "contract_id": key,
        "contract_type": "PAM",
        "contract_role": "RPA",
        "product": "discounting",
        "obligation_id": "o",
        "claim_id": "c",
        "seller_id": "s",
        "buyer_id": "b",
        "debtor_id": "d",
        "currency": "EUR",
        "notional_minor": 100_000,
        "price_at_purchase_minor": 99_000,
        "status_on": date(2026, 3, 31),
        "initial_exchange_on": date(2026, 3, 1),
        "purchase_on": date(2026, 4, 1),
        "maturity_on": date(2026, 7, 1),
        "nominal_interest_rate": 0.0,
        "day_count": "A360",
        "rate_pa": 0.04,
    } | more


def events(*rows: dict[str, Any], to: date = TO) -> list[tuple]:
    made = project(CONTRACT.rows(rows), to=to).to_pylist()
    return [(e["contract_id"], e["event_on"], e["event_type"], e["payoff"]) for e in made]


def test_a_bought_receivable_costs_its_price_and_pays_its_face():
    assert events(receivable()) == [
        ("k", date(2026, 4, 1), "PRD", -990.0),
        ("k", date(2026, 7, 1), "MD", 1000.0),
    ]


def test_the_other_side_sees_the_same_cash_with_the_other_sign():
    mine, theirs = events(receivable()), events(receivable(contract_role="RPL"))
    assert [e[3] for e in theirs] == [-e[3] for e in mine]


def test_nothing_is_told_beyond_the_day_asked_for():
    assert [e[2] for e in events(receivable(), to=date(2026, 6, 30))] == ["PRD"]


def test_a_yen_has_no_cents():
    assert [e[3] for e in events(receivable(currency="JPY"))] == [-99_000.0, 100_000.0]


def test_interest_accrued_before_the_purchase_is_paid_for():
    """36 % on 360 days is 1.00 a day on 1,000.00: 31 days to the purchase, 122 in all."""
    made = events(receivable(nominal_interest_rate=0.36))
    assert [(e[2], pytest.approx(e[3])) for e in made] == [
        ("PRD", -1021.0),
        ("IP", 122.0),
        ("MD", 1000.0),
    ]


def test_contracts_are_told_in_the_order_given():
    rows = [receivable("z"), receivable("a", maturity_on=date(2026, 5, 1))]
    assert [e[0] for e in events(*rows)] == ["z", "z", "a", "a"]


@given(
    st.lists(
        st.tuples(st.integers(1, 10**12), st.sampled_from(["EUR", "JPY", "BHD"]), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_money_due_comes_back_to_the_last_minor_unit(rows):
    contracts = [
        receivable(
            str(n),
            notional_minor=amount,
            price_at_purchase_minor=amount - 1,
            currency=currency,
            contract_role="RPA" if asset else "RPL",
        )
        for n, (amount, currency, asset) in enumerate(rows)
    ]
    due = amounts_due(project(CONTRACT.rows(contracts), to=TO), rounding="ROUND_HALF_UP").tolist()
    signed = [((amount, 1) if asset else (amount, -1)) for amount, _, asset in rows]
    assert due[0::2] == [-sign * (amount - 1) for amount, sign in signed]
    assert due[1::2] == [sign * amount for amount, sign in signed]


def test_rounding_is_the_one_named():
    """5 % of 1,000.00 for 10 days on 360 is 1.38888...; the purchase is on the first day."""
    terms = receivable(
        nominal_interest_rate=0.05,
        initial_exchange_on=date(2026, 4, 1),
        maturity_on=date(2026, 4, 11),
    )
    made = project(CONTRACT.rows([terms]), to=TO)
    assert made["event_type"].to_pylist() == ["PRD", "IP", "MD"]
    assert amounts_due(made, rounding="ROUND_FLOOR").tolist() == [-99_000, 138, 100_000]
    assert amounts_due(made, rounding="ROUND_HALF_UP").tolist() == [-99_000, 139, 100_000]


def test_an_amount_too_large_to_be_exact_is_refused():
    made = project(CONTRACT.rows([receivable(notional_minor=2**60)]), to=TO)
    with pytest.raises(BadTerms, match="too large to be exact") as told:
        amounts_due(made, rounding="ROUND_HALF_UP")
    assert "split the contract" in told.value.mend


def test_no_contracts_have_no_events():
    assert project(CONTRACT.empty(), to=TO).equals(EVENT_TABLE.empty())
    assert amounts_due(EVENT_TABLE.empty(), rounding="ROUND_HALF_UP").tolist() == []


def test_a_type_nobody_wrote_is_not_found():
    for code in ("XYZ", "../pam", "types"):
        with pytest.raises(NotFound, match="no contract type") as told:
            contract_type(code)
        assert "contracts/types/" in told.value.mend
    with pytest.raises(NotFound, match="no contract type 'ANN'"):
        events(receivable("a"), receivable("b", contract_type="ANN"))


def test_a_type_is_found_by_its_code():
    assert contract_type("PAM").CODE == "PAM"


@pytest.mark.parametrize(
    ("term", "value", "what"),
    [
        ("contract_role", "BUYER", "unknown role 'BUYER'"),
        ("day_count", "30/360", "unknown day count '30/360'"),
        ("currency", "EUX", "unknown currency 'EUX'"),
        ("maturity_on", date(2026, 2, 1), "ends before it begins"),
        ("purchase_on", date(2026, 2, 1), "is bought before it begins"),
    ],
)
def test_terms_that_cannot_mean_anything_are_refused(term, value, what):
    with pytest.raises(BadTerms, match=what) as told:
        events(receivable(**{term: value}))
    assert told.value.mend


PUBLISHED = {
    "contractType": "PAM",
    "contractID": "own-1",
    "contractRole": "RPL",
    "statusDate": "2026-01-01T00:00:00",
    "currency": "EUR",
    "notionalPrincipal": " 1000 ",
    "initialExchangeDate": "2026-01-15T00:00:00",
    "maturityDate": "2026-03-15T00:00:00",
    "nominalInterestRate": "0.12",
    "dayCountConvention": "30E360",
    "cycleOfInterestPayment": "P1ML0",
}


def test_a_loan_in_published_terms_is_projected_by_hand():
    """12 % on 30-day months is 10.00 a month; the borrower gets 1,000.00 and pays it back."""
    made = project_terms("PAM", of_actus([PUBLISHED]), to=TO).to_pylist()
    assert [(e["event_type"], pytest.approx(e["payoff"])) for e in made] == [
        ("IED", 1000.0),
        ("IP", 0.0),
        ("IP", -10.0),
        ("IP", -10.0),
        ("MD", -1000.0),
    ]
    assert [e["notional_principal"] for e in made] == [-1000.0] * 4 + [0.0]


@pytest.mark.parametrize(
    ("term", "value", "what"),
    [
        ("maturityDate", "", "'maturityDate' is missing"),
        ("rateSpread", "0.02", "'rateSpread' is not supported"),
        ("maturityDate", "2026-03-15T23:59:59", "time 23:59:59 is not supported"),
        ("maturityDate", "15.03.2026", "is not a day"),
        ("notionalPrincipal", "NaN", "is not a decimal number"),
        ("cycleOfInterestPayment", "monthly", "is not a cycle"),
    ],
)
def test_published_terms_that_are_not_understood_are_named(term, value, what):
    with pytest.raises(BadTerms, match=what):
        of_actus([PUBLISHED | {term: value}])


def test_the_step_projects_every_contract_in_force():
    engine = DuckDBEngine({s.kind: s for s in (CONTRACT, EVENT_TABLE)})
    for rows, expected in (([], 0), ([receivable()], 2)):
        engine.put("contract", CONTRACT.rows(rows))
        for step in STEPS:
            engine.run(step)
        assert engine.get("contract_event").num_rows == expected
