"""Payments: told once or twice, meant for one claim or many, taken back, made too often."""

from __future__ import annotations

from datetime import date

import pytest
from trade_text import told

TRADE = """
    account Mill MILL1
    account Farm FARM1
    invoice R1 2026-03-01 buyer=Mill seller=Farm ref=RF59R1 account=FARM1 | 1 wheat 50 KGM 2.00
    invoice R2 2026-03-02 buyer=Mill seller=Farm account=FARM1 | 1 wheat 100 KGM 2.00
    receipt W1 2026-03-02 buyer=Mill seller=Farm | 1 wheat 150 KGM"""


def paid(*entries: str, on: date = date(2026, 6, 30)) -> list[int]:
    proof = told("\n".join([TRADE, *entries]), on=on)
    return [proof.paid(number) for number in ("R1", "R2")]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("amount=60.00 ref=RF59R1", "creditor reference"),
        ("amount=60.00 e2e=R1", "end-to-end reference"),
        ("amount=60.00 text=invoice_R1,_thanks.", "remittance text"),
        ("amount=60.00 lists=R1:60.00", "listed"),
        ("amount=100.00", "parties and amount"),
    ],
)
def test_a_payment_finds_its_claim_by_reference_first_and_by_content_last(said, rule):
    proof = told(f"{TRADE}\n payment P1 2026-04-01 from=Mill to=Farm {said}")
    (match,) = proof.matches("R1", "paid")
    assert match["rule"] == rule
    assert proof.paid("R1") == match["amount_minor"]
    assert proof.paid("R2") == 0


def test_a_number_means_nothing_without_one_of_the_parties():
    assert paid("payment P1 2026-04-01 from=Bakery to=Field amount=60.00 text=R1") == [0, 0]


def test_a_number_two_sellers_share_goes_to_the_one_who_was_paid():
    proof = told(f"""{TRADE}
        invoice R1 2026-03-01 buyer=Mill seller=Field | 1 oats 10 KGM 6.00
        payment P1 2026-04-01 from=Mill to=Field amount=60.00 text=R1""")
    by_seller = {row["amount_minor"]: row["paid_minor"] for row in proof.rows("claim")}
    assert by_seller == {6000: 6000, 10000: 0, 20000: 0}


def test_a_payment_told_by_both_banks_is_one_payment():
    both = [
        f"payment P{side} 2026-04-01 from=Mill to=Farm amount=100.00 e2e=E1 text=R1 side={side}"
        for side in ("debit", "credit")
    ]
    assert paid(*both) == [10000, 0]
    bare = [
        f"payment P{side} 2026-04-01 from=Mill to=Farm amount=100.00 text=R1 side={side} "
        "from_account=MILL1 to_account=FARM1"
        for side in ("debit", "credit")
    ]
    assert paid(*bare) == [10000, 0]


def test_a_statement_delivered_again_tells_nothing_new():
    again = [
        f"payment P1 2026-04-01 from=Mill to=Farm amount=100.00 e2e=E1 text=R1 file={file}"
        for file in ("S1", "S1-copy")
    ]
    proof = told("\n".join([TRADE, *again]))
    assert proof.paid("R1") == 10000
    assert proof.found("repeated_payment") == []


def test_a_payment_made_twice_is_counted_twice_and_named():
    twice = [
        f"payment P{n} 2026-04-0{n} from=Mill to=Farm amount=100.00 e2e=E1 text=R1 file=S{n}"
        for n in (1, 3)
    ]
    proof = told("\n".join([TRADE, *twice]))
    assert proof.paid("R1") == 20000
    assert proof.found("repeated_payment") == [
        "payment E1 of 100.00 EUR was made 2 times, from 2026-04-01 to 2026-04-03"
    ]
    assert proof.found("overpaid") == ["invoice R1 was paid 200.00 EUR; 100.00 EUR was owed"]


def test_a_monthly_payment_without_a_reference_is_not_a_repetition():
    monthly = [
        f"payment P{n} 2026-0{n}-01 from=Mill to=Farm amount=100.00 from_account=MILL1 "
        f"to_account=FARM1 file=S{n}"
        for n in (4, 5)
    ]
    assert told("\n".join([TRADE, *monthly])).found("repeated_payment") == []


def test_a_reversal_takes_the_payment_back():
    payment = "payment P1 2026-04-01 from=Mill to=Farm amount=100.00 e2e=E1 text=R1"
    back = "payment P2 2026-04-05 from=Mill to=Farm amount=100.00 e2e=E1 side=credit reversal=yes"
    assert paid(payment, back) == [0, 0]
    assert paid(payment, back, on=date(2026, 4, 4)) == [10000, 0]


def test_one_payment_pays_many_invoices_oldest_first():
    assert paid("payment P1 2026-04-01 from=Mill to=Farm amount=250.00 text=R2_R1") == [
        10000,
        15000,
    ]


def test_what_was_received_is_paid_before_what_was_not():
    short = TRADE.replace("receipt W1", "receipt W0").replace("150 KGM", "30 KGM")
    late = "receipt W2 2026-03-03 buyer=Mill seller=Farm | 1 oats 1 KGM"
    text = short.replace(
        "R2 2026-03-02 buyer=Mill seller=Farm account=FARM1 | 1 wheat",
        ("R2 2026-03-02 buyer=Mill seller=Farm account=FARM1 | 1 oats"),
    )
    whole = late.replace("1 KGM", "100 KGM")
    payment = "payment P1 2026-04-01 from=Mill to=Farm amount=260.00 text=R1,R2"
    proof = told("\n".join([text, whole, payment]))
    assert [proof.paid("R1"), proof.paid("R2")] == [6000, 20000]


def test_a_remittance_advice_says_what_a_payment_means_and_pays_nothing_itself():
    advice = (
        "payment A1 2026-03-31 from=Mill to=Farm amount=180.00 by=debtor side= "
        "lists=R1:30.00,R2:150.00"
    )
    payment = "payment P1 2026-04-01 from=Mill to=Farm amount=180.00"
    assert paid(advice) == [0, 0]
    assert paid(advice, payment) == [3000, 15000]
    assert paid(payment) == [0, 0]


def test_a_credit_note_in_the_list_is_taken_off_its_invoice():
    note = "credit_note G1 2026-03-10 buyer=Mill seller=Farm of=R1 | 1 wheat 20 KGM 2.00"
    payment = (
        "payment P1 2026-04-01 from=Mill to=Farm amount=260.00 lists=R1:100.00,R2:200.00,G1:-40.00"
    )
    assert paid(note, payment) == [6000, 20000]


def test_a_payment_for_many_that_is_too_much_is_named():
    text = f"{TRADE}\n payment P1 2026-04-01 from=Mill to=Farm amount=350.00 e2e=E1 text=R2_R1"
    proof = told(text)
    assert [proof.paid("R1"), proof.paid("R2")] == [10000, 20000]
    assert proof.found("overpaid") == [
        "payment E1 of 350.00 EUR is 50.00 EUR more than the 2 claims it means"
    ]


def test_two_claims_of_one_amount_are_not_guessed_between():
    twin = "invoice R3 2026-03-03 buyer=Mill seller=Farm | 1 wheat 50 KGM 2.00"
    proof = told(f"{TRADE}\n{twin}\n payment P1 2026-04-01 from=Mill to=Farm amount=100.00")
    assert proof.paid("R1") == proof.paid("R3") == 0
    assert proof.found("unmatched_payment") == [
        "payment of 100.00 EUR on 2026-04-01 (Farm) means no invoice that is here"
    ]


def test_a_payment_that_names_no_other_side_is_no_trade():
    proof = told(f"{TRADE}\n payment P1 2026-04-01 from=Mill amount=9000.00 text=Wages")
    assert proof.found("unmatched_payment") == []


def test_first_and_last_day_of_payment_are_told():
    proof = told(f"""{TRADE}
        payment P1 2026-04-01 from=Mill to=Farm amount=40.00 text=R1
        payment P2 2026-04-09 from=Mill to=Farm amount=60.00 text=R1""")
    claim = proof.claims["R1"]
    assert (claim["first_paid_on"], claim["settled_on"]) == (date(2026, 4, 1), date(2026, 4, 9))
    assert proof.claims["R2"]["first_paid_on"] is None


def test_a_claim_is_due_on_the_day_it_says_else_on_the_day_it_was_issued():
    proof = told(TRADE.replace("R2 2026-03-02", "R2 2026-03-02 due=2026-05-01"))
    due = [proof.claims[number]["due_on"] for number in ("R1", "R2")]
    assert due == [date(2026, 3, 1), date(2026, 5, 1)]
