"""Payments hold whatever comes: nothing is paid twice, order and repetition change nothing."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trade_text import Told, Trade, rules, told

ON = date(2026, 6, 30)
TRADE = """
    invoice R1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 50 KGM 2.00
    invoice R2 2026-03-02 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00
    invoice R3 2026-03-03 buyer=Mill seller=Farm payee=Factor | 1 wheat 10 KGM 3.00
    receipt W1 2026-03-02 buyer=Mill seller=Farm | 1 wheat 120 KGM"""
SLOW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def payments(draw):
    """Draw payments for one or more of the invoices, some with listed amounts."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        named = draw(st.lists(st.sampled_from(["R1", "R2", "R3"]), min_size=1, unique=True))
        amount = draw(st.integers(1, 40)) * 10
        if draw(st.booleans()):
            means = "lists=" + ",".join(f"{n}:{draw(st.integers(1, 20)) * 10}.00" for n in named)
        else:
            means = "text=" + "_".join(named)
        to = draw(st.sampled_from(["Farm", "Factor"]))
        day = draw(st.integers(1, 9))
        made.append(
            f"payment P{number} 2026-04-0{day} from=Mill to={to} amount={amount}.00 "
            f"e2e=E{number} {means} side=credit file=S{number}"
        )
    return made


def paid_of(proof: Told) -> dict[str, int]:
    return {number: proof.paid(number) for number in ("R1", "R2", "R3")}


@SLOW
@given(payments())
def test_a_payment_pays_no_more_than_itself_and_a_repeated_statement_nothing_more(some):
    proof = told("\n".join([TRADE, *some]))
    amounts = {row["payment_id"]: row["amount_minor"] for row in proof.rows("payment")}
    spent: dict[str, int] = {}
    for row in proof.rows("paid"):
        spent[row["payment_id"]] = spent.get(row["payment_id"], 0) + row["amount_minor"]
    assert all(amount <= amounts[payment] for payment, amount in spent.items())
    again = [line.replace("file=S", "file=T") for line in some]
    assert paid_of(told("\n".join([TRADE, *some, *again]))) == paid_of(proof)


@SLOW
@given(payments(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_payment(some, chance):
    trade = Trade("\n".join([TRADE, *some]))
    first = Told(trade.tables(), ON, rules())
    for rows in trade.rows.values():
        chance.shuffle(rows)
    assert paid_of(Told(trade.tables(), ON, rules())) == paid_of(first)


@pytest.mark.parametrize("last", ["99.50", "99.00"])
def test_what_a_small_difference_closes_is_a_debt_no_more_and_the_bank_told_less(last):
    proof = told(f"{TRADE}\n payment P1 2026-04-01 from=Mill to=Farm amount={last} text=R1")
    claim = proof.claims["R1"]
    assert claim["paid_minor"] == int(float(last) * 100)
    assert claim["closed_minor"] == (50 if last == "99.50" else 0)
    assert claim["settled_on"] is None
