"""Advices out: each says which invoices a payment is for, and our own reader reads it back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from settlement_world import DAY, IBANS, SCHEMAS, World

from tailrace.formats import ubl
from tailrace.records.rules import RecordRules
from tailrace.settlement.remittance import Known, known, payment_advices, set_off_advices

LIMITS = RecordRules(
    skip=(), bytes_max=10**7, depth_max=100, attributes_max=100, text_max=10**6,
    expansion_max=100, files_a_page=100,
)  # fmt: skip


@pytest.fixture
def world() -> World:
    made = World()
    made.add("party_identifier", party_id="A", scheme="VAT", value="DE111")
    made.add("party_identifier", party_id="B", scheme="0088", value="4012345000009")
    for name, amount in (("1", 5000), ("2", 700)):
        made.due(name, "B", "A", amount, issued_on=date(2026, 3, 1))
    return made


def about(world: World) -> Known:
    tables = [SCHEMAS[k].rows(world.rows[k]) for k in ("firm", "party_identifier", "claim")]
    return known(*tables)


def read(content: bytes) -> dict[str, Any]:
    rows = ubl.read(content, "advice.xml", LIMITS)
    assert rows.faults == []
    return rows.tables


def test_an_advice_names_the_invoices_a_payment_settles(world: World) -> None:
    [(number, content)] = payment_advices(world.instruct(), about(world), on=DAY)
    tables = read(content)
    [document], [payment] = tables["document"], tables["payment"]
    assert (document["kind"], document["number"], document["issued_on"]) == (
        "remittance",
        number,
        DAY,
    )
    assert (payment["amount_minor"], payment["currency"], payment["told_by"]) == (
        5700,
        "EUR",
        "debtor",
    )
    assert payment["value_on"] == date(2026, 4, 1)
    assert (payment["debtor_account"], payment["creditor_account"]) == (IBANS["B"], IBANS["A"])
    paid = {(a["to_number"], a["amount_minor"], a["to_issued_on"]) for a in tables["allocation"]}
    assert paid == {("INV-1", 5000, date(2026, 3, 1)), ("INV-2", 700, date(2026, 3, 1))}
    names = {p["party_id"]: p["name"] for p in tables["party"]}
    assert (names[document["buyer_id"]], names[document["seller_id"]]) == ("Firm B", "Firm A")
    numbers = {(i["scheme"], i["value"]) for i in tables["party_identifier"]}
    assert {("VAT", "DE111"), ("0088", "4012345000009")} <= numbers


def test_one_invoice_alone_carries_the_reference_of_its_transfer(world: World) -> None:
    instructions = world.instruct()
    instructions[1]["execute_on"] = date(2026, 4, 5)
    made = [read(c) for _, c in payment_advices(instructions, about(world), on=DAY)]
    refs = {t["payment"][0]["end_to_end_ref"] for t in made}
    assert refs == {row["end_to_end_ref"] for row in instructions}


def test_the_price_of_an_offer_is_no_payment_of_an_invoice(world: World) -> None:
    world.rows["due"].clear()
    world.contract("1", "A", "C", "B", 4900, date(2026, 4, 2))
    instructions = world.instruct()
    assert [row["reason"] for row in instructions] == ["purchase"]
    assert list(payment_advices(instructions, about(world), on=DAY)) == []


def test_a_set_off_is_told_without_money(world: World) -> None:
    set_offs = [
        {"set_off_id": f"s{n}", "clearing_id": "k1", "claim_id": f"c-{n}", "debtor_id": "B",
         "creditor_id": "A", "currency": "EUR", "amount_minor": 300 + n}
        for n in (1, 2)
    ]  # fmt: skip
    [(_, content)] = set_off_advices(set_offs, about(world), on=DAY)
    tables = read(content)
    assert tables["payment"][0]["amount_minor"] == 0
    assert "clearing k1" in tables["document"][0]["note"]
    assert {(a["to_number"], a["amount_minor"]) for a in tables["allocation"]} == {
        ("INV-1", 301),
        ("INV-2", 302),
    }


def test_the_same_rows_in_any_order_give_the_same_advices(world: World) -> None:
    rows = world.instruct()
    there, back = (list(payment_advices(r, about(world), on=DAY)) for r in (rows, rows[::-1]))
    assert there == back
