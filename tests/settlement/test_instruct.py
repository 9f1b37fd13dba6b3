"""What is instructed: who pays whom, how much, when, under which words; and never twice."""

from __future__ import annotations

import re
from datetime import date

import pytest
from settlement_world import DAY, IBANS, World

from tailrace.settlement.rules import SettlementRules


@pytest.fixture
def world() -> World:
    return World()


def test_what_falls_due_is_paid_by_the_debtor_to_the_creditor(world: World) -> None:
    world.due("1", "B", "A", 5000, date(2026, 4, 3))
    [row] = world.instruct()
    assert row["payer_id"] == "B" and row["payee_id"] == "A"
    assert row["payer_account"] == IBANS["B"] and row["payee_account"] == IBANS["A"]
    assert (row["amount_minor"], row["currency"]) == (5000, "EUR")
    assert row["execute_on"] == date(2026, 4, 3)
    assert row["remittance_text"] == "Invoice INV-1"
    assert row["reason"] == "obligation"


def test_what_is_overdue_is_executed_tomorrow(world: World) -> None:
    world.due("1", "B", "A", 5000, date(2026, 1, 1))
    assert world.instruct()[0]["execute_on"] == date(2026, 4, 1)


def test_what_falls_due_later_waits_until_it_is_near(world: World) -> None:
    world.due("1", "B", "A", 5000, date(2026, 4, 8))
    assert world.instruct() == []
    assert len(world.instruct(date(2026, 4, 1))) == 1


def test_nothing_is_instructed_twice(world: World) -> None:
    world.due("1", "B", "A", 5000)
    assert len(world.instruct()) == 1
    assert world.instruct() == []
    assert world.instruct(date(2026, 4, 30)) == []


def test_the_account_the_invoice_names_is_the_one_paid(world: World) -> None:
    world.due("1", "B", "A", 5000, payee_account="de02 1005 0000 0054 5404 02")
    assert world.instruct()[0]["payee_account"] == IBANS["C"]


def test_a_payee_the_invoice_names_is_paid(world: World) -> None:
    world.due("1", "B", "A", 5000, payee_id="C")
    [row] = world.instruct()
    assert (row["payee_id"], row["payee_account"]) == ("C", IBANS["C"])


def test_a_sold_obligation_is_paid_to_its_buyer_whatever_the_invoice_says(world: World) -> None:
    due = world.due("1", "B", "A", 5000, payee_account=IBANS["A"])
    world.contract("1", "A", "C", "B", 4900, date(2026, 4, 2))
    due |= {"holder_id": "C", "held": True}
    rows = {row["reason"]: row for row in world.instruct()}
    paid = rows["obligation"]
    assert (paid["payer_id"], paid["payee_id"], paid["payee_account"]) == ("B", "C", IBANS["C"])
    assert paid["contract_id"] == "k-1"
    assert paid["remittance_text"] == "Sold invoice/INV-1"


def test_the_price_of_an_accepted_offer_is_paid_by_its_buyer_to_its_seller(world: World) -> None:
    world.due("1", "B", "A", 5000, date(2026, 9, 1))
    world.contract("1", "A", "C", "B", 4900, date(2026, 4, 2))
    [row] = world.instruct()
    assert (row["payer_id"], row["payee_id"], row["amount_minor"]) == ("C", "A", 4900)
    assert (row["reason"], row["execute_on"]) == ("purchase", date(2026, 4, 2))
    assert world.instruct() == []


def test_a_price_is_not_taken_for_a_payment_of_the_invoice(world: World) -> None:
    """Evidence reads the words of a statement; none of these is the invoice's number alone."""
    world.due("1", "B", "A", 5000, date(2026, 9, 1))
    world.contract("1", "A", "C", "B", 4900, date(2026, 4, 2))
    [row] = world.instruct()
    assert "INV-1" in row["remittance_text"]
    assert "INV-1" not in re.split(r"[\s,;()]+", row["remittance_text"])


def test_a_debtor_that_pays_early_pays_the_price(world: World) -> None:
    world.add("claim", claim_id="c-1", number="INV-1")
    world.contract("1", "A", "B", "B", 4950, date(2026, 4, 2))
    [row] = world.instruct()
    assert (row["payer_id"], row["payee_id"], row["amount_minor"]) == ("B", "A", 4950)


def test_a_firm_whose_account_nobody_named_is_told_without_it(world: World) -> None:
    world.due("1", "B", "A", 5000, date(2026, 9, 1))
    world.contract("1", "A", "funder:Hausbank", "B", 4900, date(2026, 4, 2))
    [row] = world.instruct()
    assert row["payer_account"] is None


def test_what_was_proven_later_is_instructed_once_the_first_part_was_heard(world: World) -> None:
    due = world.due("1", "B", "A", 6000)
    [first] = world.instruct()
    due |= {"due_minor": 10000, "held": True}
    assert world.instruct() == []  # the bank has not told of the first yet
    world.heard(first["end_to_end_ref"], 6000)
    assert world.instruct() == []  # told, but the claim does not show it: do not pay twice
    world.rows["claim"][0]["paid_minor"] = 6000
    due["due_minor"] = 4000
    [second] = world.instruct()
    assert second["amount_minor"] == 4000
    assert second["instruction_id"] != first["instruction_id"]


def test_references_and_words_are_fit_for_every_bank(world: World) -> None:
    world.due("1", "B", "A", 5000, number='Ü-17/"ß" №4; Łódź')
    [row] = world.instruct()
    assert re.fullmatch(r"[A-Za-z0-9]{1,35}", row["end_to_end_ref"])
    assert row["remittance_text"] == "Invoice U-17/'ss' .4, Lodz"


def test_a_long_number_loses_the_words_around_it_first(world: World) -> None:
    world.due("1", "B", "A", 5000, number="N" * 18)
    rules = SettlementRules(pay_within_days=7, remittance_max=20)
    assert world.instruct(rules=rules)[0]["remittance_text"] == "N" * 18


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("RF18 5390 0754 7034", "RF18539007547034"),
        ("rf712348231", "RF712348231"),
        ("RF71B1C2", None),
        ("RF18539007547035", None),
        ("539007547034", None),
        (None, None),
    ],
)
def test_only_a_creditor_reference_whose_digits_check_is_structured(
    world: World, given: str | None, kept: str | None
) -> None:
    world.due("1", "B", "A", 5000, payment_ref=given)
    assert world.instruct()[0]["structured_ref"] == kept


def test_the_order_of_rows_does_not_matter() -> None:
    one, other = World(), World()
    for world, names in ((one, "123"), (other, "321")):
        for name in names:
            world.due(name, "B", "A", 5000)
    assert one.instruct() == other.instruct()


def test_reconciled_tells_paid_short_over_and_unheard(world: World) -> None:
    for name in "123456":
        world.due(name, "B", "A", 5000)
    refs = {row["claim_id"]: row["end_to_end_ref"] for row in world.instruct()}
    world.heard(refs["c-1"], 5000)
    world.heard(refs["c-2"], 4000)
    world.heard(refs["c-3"], 5000)
    world.heard(refs["c-3"], 1)
    world.heard(refs["c-4"], 5000, currency="USD")
    world.heard(refs["c-5"], 5000, told_by="debtor")
    world.heard(refs["c-6"], 5000, reversed=True)
    told = world.reconciled()
    assert told == {
        refs["c-1"]: ("paid", 5000),
        refs["c-2"]: ("short", 4000),
        refs["c-3"]: ("over", 5001),
        refs["c-4"]: ("unheard", 0),
        refs["c-5"]: ("unheard", 0),
        refs["c-6"]: ("short", 0),
    }


def test_reconciled_is_one_row_for_each_instruction(world: World) -> None:
    world.due("1", "B", "A", 5000, DAY)
    world.instruct()
    assert len(world.reconciled()) == 1
