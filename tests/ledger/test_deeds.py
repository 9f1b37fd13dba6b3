"""What happened and was decided becomes deeds: worlds that can be added up by hand."""

from __future__ import annotations

from datetime import date

import pytest
from ledger_world import World, obligation_unit

BOLT = "goods:bolt|EA"


@pytest.fixture
def world() -> World:
    made = World()
    made.firms("A", "B", "C")
    return made


def test_goods_received_are_stock_of_the_buyer_and_delivered_by_the_seller(world: World) -> None:
    world.receipt("R1", "B", "A", "90.5")
    world.receipt("R2", "C", "B", "40")
    world.post()
    assert world.balances(BOLT) == {
        "B/stock": 90_500_000,
        "A/delivered": -90_500_000,
        "C/stock": 40_000_000,
        "B/delivered": -40_000_000,
    }


def test_what_only_the_seller_says_is_no_stock(world: World) -> None:
    world.receipt("R1", "B", "A", "90")
    world.rows["paper"][0]["writer_id"] = "A"
    assert world.post()["transfer"].num_rows == 0


def test_goods_without_a_unit_or_a_number_are_counted_by_name(world: World) -> None:
    world.receipt("R1", "B", "A", "1", item_ref=None, item_name="Gear, large", unit=None)
    world.post()
    assert world.balances("goods:Gear, large|ZZ")["B/stock"] == 1_000_000


def test_a_receipt_corrected_below_zero_runs_the_other_way(world: World) -> None:
    world.receipt("R1", "B", "A", "90")
    world.receipt("R2", "B", "A", "-30")
    transfers = world.post()["transfer"].to_pylist()
    assert {(row["debit"], row["amount"]) for row in transfers} == {
        ("B/stock", 90_000_000),
        ("A/delivered", 30_000_000),
    }


def test_a_claim_stands_in_both_books_and_its_proven_part_is_an_obligation(world: World) -> None:
    world.claim("c1", "A", "B", 1000, proven=900)
    world.post()
    assert world.balances("EUR") == {
        "A/receivable": 1000,
        "A/sales": -1000,
        "B/purchases": 1000,
        "B/payable": -1000,
    }
    assert world.balances(obligation_unit("c1")) == {"A/free": 900, "B/owed": -900}


def test_what_arrives_later_proves_more_by_a_further_deed(world: World) -> None:
    _, verdict = world.claim("c1", "A", "B", 1000, proven=900)
    first = world.post()["transfer"]
    verdict["proven_minor"] = 1000
    [more] = world.post(date(2026, 4, 30))["transfer"].to_pylist()
    assert (more["rule"], more["amount"], more["debit"]) == ("proof", 100, "A/free")
    assert more["recorded_on"] == date(2026, 4, 30)
    assert more["deed_id"] not in first["deed_id"].to_pylist()


def test_posting_again_posts_nothing(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.receipt("R1", "B", "A", "10")
    world.paid("c1", "p1", 400)
    assert world.post()["transfer"].num_rows == 7
    again = world.post(date(2026, 4, 1))
    assert again["transfer"].num_rows == again["refusal"].num_rows == 0


def test_a_set_off_of_a_declared_debt_is_told_as_what_it_is_and_others_are_posted(
    world: World,
) -> None:
    world.claim("c1", "A", "B", 1000)
    world.set_off("s1", "c1", "B", "A", 400)
    world.set_off("s2", None, "B", "A", 250, obligation_id="B/17")
    posted = world.post()
    assert [r["cause_id"] for r in posted["transfer"].to_pylist() if r["rule"] == "set_off"] == [
        "s1"
    ] * 3
    [row] = posted["refusal"].to_pylist()
    assert (row["status"], row["account"], row["cause_id"]) == ("undocumented", "A/free", "s2")
    assert (
        "by the parties' word: 250 of debt B/17, of which the book has no document" in row["what"]
    )


def test_what_overdraws_beside_it_is_still_overdrawn(world: World) -> None:
    world.claim("c1", "A", "B", 100)
    world.set_off("s1", "c1", "B", "A", 101)
    [row] = world.post()["refusal"].to_pylist()
    assert row["status"] == "overdrawn"
    assert "would hold -1" in row["what"]


def test_a_credit_note_undoes_the_sale_and_unproves(world: World) -> None:
    claim, verdict = world.claim("c1", "A", "B", 1000)
    world.post()
    claim["credited_minor"], verdict["proven_minor"] = 300, 700
    world.post()
    assert world.balances("EUR") == {
        "A/receivable": 700,
        "A/sales": -700,
        "B/purchases": 700,
        "B/payable": -700,
    }
    assert world.balances(obligation_unit("c1")) == {"A/free": 700, "B/owed": -700}


def test_a_credit_note_after_payment_leaves_no_obligation_and_is_not_refused(world: World) -> None:
    claim, verdict = world.claim("c1", "A", "B", 1000)
    world.paid("c1", "p1", 1000)
    world.post()
    claim["credited_minor"], verdict["proven_minor"] = 300, 700
    world.post()
    assert world.refusals() == []
    assert world.balances(obligation_unit("c1")) == {}
    assert world.balances("EUR")["A/receivable"] == -300  # A owes B what it credited too late


def test_a_payment_clears_both_books_and_redeems_the_obligation(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.paid("c1", "p1", 1000)
    world.post()
    assert world.balances("EUR") == {
        "A/bank": 1000,
        "A/sales": -1000,
        "B/purchases": 1000,
        "B/bank": -1000,
    }
    assert world.balances(obligation_unit("c1")) == {}


def test_a_payment_that_the_bank_took_back_is_taken_back_whole(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.paid("c1", "p1", 600)
    world.post()
    world.rows["match"].clear()
    taken = world.post()["transfer"].to_pylist()
    assert sorted((row["rule"], row["debit"]) for row in taken) == [
        ("payment", "A/receivable"),
        ("payment", "B/bank"),
        ("redemption", "A/free"),
    ]
    assert world.balances("EUR")["B/payable"] == -1000


def test_paying_before_the_goods_came_is_booked_and_redeems_what_is_proven_later(
    world: World,
) -> None:
    _, verdict = world.claim("c1", "A", "B", 1000, proven=0)
    world.paid("c1", "p1", 1000)
    world.post()
    assert world.balances("EUR")["A/bank"] == 1000
    verdict["proven_minor"] = 1000
    world.post()
    assert world.balances(obligation_unit("c1")) == {}
    assert world.refusals() == []


def test_a_claim_under_a_grave_finding_is_booked_as_claimed_but_is_no_obligation(
    world: World,
) -> None:
    world.claim("c1", "A", "B", 1000)
    world.add("finding", finding_id="f", test="duplicate_invoice", grave=True, claim_id="c1")
    world.post()
    assert world.balances("EUR")["A/receivable"] == 1000
    assert world.balances(obligation_unit("c1")) == {}


def test_a_round_of_debts_is_set_off_and_every_clearing_account_is_back_at_zero(
    world: World,
) -> None:
    for claim, creditor, debtor in (("c1", "A", "B"), ("c2", "B", "C"), ("c3", "C", "A")):
        world.claim(claim, creditor, debtor, 100)
        world.set_off(f"s-{claim}", claim, debtor, creditor, 70)
    world.post()
    money = world.balances("EUR")
    assert {money[f"{firm}/receivable"] for firm in "ABC"} == {30}
    assert {money[f"{firm}/payable"] for firm in "ABC"} == {-30}
    assert not any(account.endswith("/clearing") for account in money)
    assert world.balances(obligation_unit("c1")) == {"A/free": 30, "B/owed": -30}


def test_setting_off_twice_is_refused_whole(world: World) -> None:
    world.claim("c1", "A", "B", 100)
    world.set_off("s1", "c1", "B", "A", 100)
    world.post()
    world.set_off("s2", "c1", "B", "A", 40)
    made = world.post()
    assert made["transfer"].num_rows == 0
    [refusal] = made["refusal"].to_pylist()
    assert (refusal["cause_kind"], refusal["cause_id"], refusal["status"]) == (
        "set_off",
        "s2",
        "overdrawn",
    )
    assert world.post()["refusal"].num_rows == 0  # told once
    assert world.refusals() == [("s2", "overdrawn")]


def test_an_obligation_sold_moves_to_its_buyer_at_a_discount(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.sale("k1", "c1", "A", "C", "B", notional_minor=1000, price_at_purchase_minor=990)
    world.post()
    assert world.balances("EUR") == {
        "A/sales": -1000,
        "A/proceeds": 990,
        "A/discount": 10,
        "B/purchases": 1000,
        "B/payable": -1000,
        "C/bought": 1000,
        "C/price_owed": -990,
        "C/discount_earned": -10,
    }
    assert world.balances(obligation_unit("c1")) == {"C/held": 1000, "B/owed": -1000}


def test_selling_the_same_obligation_twice_is_refused_like_an_overdraft(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.sale("k1", "c1", "A", "C", "B", notional_minor=1000, price_at_purchase_minor=990)
    world.post()
    world.sale("k2", "c1", "A", "funder:H/B", "B", notional_minor=1000, price_at_purchase_minor=980)
    made = world.post()
    assert made["transfer"].num_rows == 0
    assert world.refusals() == [("k2", "overdrawn")]
    assert "funder:H/B/bought" not in world.balances("EUR")


def test_price_and_maturity_run_through_the_bank_accounts(world: World) -> None:
    """Whatever claim evidence took the two payments for: their references say what they are."""
    world.claim("c1", "A", "B", 1000)
    world.claim("other", "C", "B", 400)
    world.sale("k1", "c1", "A", "C", "B", notional_minor=1000, price_at_purchase_minor=990)
    world.add("instruction", instruction_id="i1", end_to_end_ref="E1", reason="purchase", payer_id="C",
              payee_id="A", currency="EUR", claim_id="c1", contract_id="k1", amount_minor=990)  # fmt: skip
    world.add("instruction", instruction_id="i2", end_to_end_ref="E2", reason="obligation", payer_id="B",
              payee_id="C", currency="EUR", claim_id="c1", contract_id="k1", amount_minor=1000)  # fmt: skip
    world.paid("c1", "p1", 990, end_to_end_ref="E1")
    world.paid("other", "p2", 1000, end_to_end_ref="E2")
    world.post()
    assert world.refusals() == []
    assert world.balances("EUR") == {
        "A/sales": -1000,
        "A/bank": 990,
        "A/discount": 10,
        "B/purchases": 1400,
        "B/bank": -1000,
        "B/payable": -400,
        "C/receivable": 400,
        "C/sales": -400,
        "C/bank": 10,
        "C/discount_earned": -10,
    }
    assert world.balances(obligation_unit("c1")) == {}
    assert world.balances(obligation_unit("other")) == {"C/free": 400, "B/owed": -400}


def test_a_debtor_that_pays_early_ends_its_obligation(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.sale("k1", "c1", "A", "B", "B", notional_minor=1000, price_at_purchase_minor=995)
    world.post()
    assert world.balances(obligation_unit("c1")) == {}
    money = world.balances("EUR")
    assert (money["B/price_owed"], money["B/discount_earned"]) == (-995, -5)
    assert "B/payable" not in money


def test_a_sold_part_leaves_the_rest_free(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.sale("k1", "c1", "A", "C", "B", notional_minor=600, price_at_purchase_minor=590)
    world.paid("c1", "p1", 400)
    world.post()
    assert world.balances(obligation_unit("c1")) == {"C/held": 600, "B/owed": -600}


def test_a_credit_note_never_takes_back_what_was_sold(world: World) -> None:
    claim, verdict = world.claim("c1", "A", "B", 1000)
    world.sale("k1", "c1", "A", "C", "B", notional_minor=1000, price_at_purchase_minor=990)
    world.post()
    claim["credited_minor"], verdict["proven_minor"] = 300, 700
    world.post()
    assert world.balances(obligation_unit("c1")) == {"C/held": 1000, "B/owed": -1000}
    assert world.balances("EUR")["A/receivable"] == -300  # A owes the dilution


def test_firms_found_to_be_one_are_merged_and_nothing_is_booked_twice(world: World) -> None:
    world.claim("c1", "A", "C", 1000)
    world.claim("c2", "B", "C", 500)
    world.set_off("s1", "c2", "C", "B", 100)
    world.post()
    firm = next(row for row in world.rows["firm"] if row["party_id"] == "B")
    firm["firm_id"] = "A"
    world.rows["claim"][1]["creditor_id"] = "A"
    made = world.post(date(2026, 4, 1))["transfer"]
    assert set(made["rule"].to_pylist()) == {"merge"}
    money = world.balances("EUR")
    assert money["A/receivable"] == 1400
    assert not any(account.startswith("B/") for account in money)
    assert world.balances(obligation_unit("c2")) == {"A/free": 400, "C/owed": -400}
    assert world.post(date(2026, 4, 2))["transfer"].num_rows == 0


def test_looking_from_an_earlier_day_undoes_nothing(world: World) -> None:
    world.claim("c1", "A", "B", 1000)
    world.post(date(2026, 3, 31))
    world.rows["claim"].clear()
    assert world.post(date(2026, 3, 1))["transfer"].num_rows == 0
    assert world.balances("EUR")["A/receivable"] == 1000
