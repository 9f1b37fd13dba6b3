"""Each finding in the smallest world that shows it, beside an honest one that does not."""

from __future__ import annotations

from datetime import date, timedelta

from evidence_world import World, day, line, pair, prove, ref

OURS, THEIRS, STRANGE = "DE11", "DE22", "DE33"


def _told(proof, test):
    """Return for each claim under a test the number of its invoice."""
    numbers = {c["claim_id"]: c["number"] for c in proof.get("claim")}
    return sorted(numbers[f["claim_id"]] for f in proof.findings(test))


def test_an_old_invoice_without_goods_is_found_and_a_received_or_young_one_is_not():
    world = World()
    buyer, seller = pair(world)
    old = date(2026, 2, 1)  # 59 days before the day
    world.invoice("bare", buyer, seller, old, [line(10, order_ref="O1")])
    world.invoice("received", buyer, seller, old, [line(10, order_ref="O2")])
    world.receipt("R2", buyer, seller, old, [line(1, order_ref="O2")])
    world.invoice("young", buyer, seller, day(1), [line(9, order_ref="O3")])
    proof = prove(world)
    assert _told(proof, "no_goods") == ["bare"]
    (found,) = proof.findings("no_goods")
    assert (found["grave"], found["amount_minor"]) == (True, 1000)
    assert "59 days old and Buyer received nothing of it" in found["what"]


def test_no_goods_waits_only_days_where_the_seller_tells_its_despatches():
    world = World()
    buyer, seller = pair(world)
    world.invoice("sent", buyer, seller, day(10), [line(10)])
    world.document("despatch", "D1", buyer, seller, day(9), [line(10)])
    world.invoice("invented", buyer, seller, day(10), [line(11, order_ref="none")])
    assert _told(prove(world, day(17)), "no_goods") == []
    assert _told(prove(world, day(18)), "no_goods") == ["invented"]


def test_more_invoiced_than_received_is_a_conflict_with_the_amount_open():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(2), [line(6)])
    (found,) = prove(world).findings("over_quantity")
    assert (found["amount_minor"], found["grave"]) == (400, False)
    assert found["what"] == "line 1 of invoice I1 asks for 10 EA; 6 EA were received for it"


def test_a_higher_price_than_ordered_is_a_conflict_and_proves_the_order_s_price():
    world = World()
    buyer, seller = pair(world)
    price = line(10, price=2, net_minor=2000)
    world.order(
        "O1", buyer, seller, day(1), [line(10, price=1), line(10, "2", price=2, net_minor=2000)]
    )
    second = {**price, "line_ref": "2", "order_line_ref": "2"}
    world.invoice("I1", buyer, seller, day(3), [price, second])
    world.receipt("R1", buyer, seller, day(2), [line(10), line(10, order_line_ref="2")])
    proof = prove(world)
    (found,) = proof.findings("price_conflict")
    assert "line 1 of invoice I1 has the price 2 EUR for 1; order O1 line 1 says 1" in found["what"]
    assert proof.proven("I1") == [3000]  # 10 at the order's 1.00, 10 at 2.00


def test_the_same_invoice_under_another_number_is_found_and_an_honest_repeat_order_is_not():
    world = World()
    for name, second in (("x", "O1"), ("y", "O2")):  # the second pair orders and receives again
        buyer, seller = pair(world, name)
        for order, on in {"O1": 1, second: 4}.items():
            world.order(order, buyer, seller, day(on), [line(10)])
            world.receipt(f"R{order}", buyer, seller, day(on + 1), [line(10, order_ref=order)])
        world.invoice(f"{name}1", buyer, seller, day(3), [line(10)])
        world.invoice(f"{name}2", buyer, seller, day(6), [line(10, order_ref=second)])
    proof = prove(world)
    assert _told(proof, "duplicate_invoice") == ["x2"]
    (found,) = proof.findings("duplicate_invoice")
    assert (found["grave"], found["amount_minor"]) == (True, 1000)
    assert proof.proven("x1", "x2", "y1", "y2") == [1000, 0, 1000, 1000]


def test_the_same_invoice_under_another_number_on_one_day_is_found_too():
    world = World()
    for n in range(8):  # whichever of the two the goods are laid to
        buyer, seller = pair(world, str(n))
        world.order("O1", buyer, seller, day(1), [line(10)])
        world.receipt("R1", buyer, seller, day(2), [line(10)])
        for letter in "ab":
            world.invoice(f"{letter}{n}", buyer, seller, day(3), [line(10)])
    assert len(prove(world).findings("duplicate_invoice")) == 8


def test_a_number_used_again_in_a_year_for_something_else_is_found_and_the_first_counts():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.invoice("I1", buyer, seller, day(5), [line(99)])
    proof = prove(world)
    assert proof.claim("I1")["amount_minor"] == 1000
    (found,) = proof.findings("duplicate_invoice")
    assert "told twice in one year with different content" in found["what"]


def _accounts(world):
    """Return buyer, seller and a third firm, each with the account its bank gives it."""
    firms = (*pair(world), world.firm("Other", VAT="XD999"))
    for firm, account in zip(firms, (OURS, THEIRS, STRANGE), strict=True):
        world.owns(firm, account, day(1))
    return firms


def test_money_from_or_to_a_strangers_account_is_found_and_own_accounts_are_not():
    world = World()
    buyer, seller, _ = _accounts(world)
    stranger = world.firm("as the bank spells it", IBAN=STRANGE)
    for number, payer, payee, account, to in (
        ("good1", buyer, seller, OURS, THEIRS),
        ("from1", stranger, seller, STRANGE, THEIRS),
        ("to1", buyer, stranger, OURS, STRANGE),
    ):
        said = {"debtor_account": account, "creditor_account": to, "remittance_text": number}
        world.invoice(number, buyer, seller, day(3), [line(10)])
        world.payment(payer, payee, day(9), 1000, **said)
    world.invoice("asks1", buyer, seller, day(4), [line(3)], payee_account=STRANGE)
    world.invoice("fine1", buyer, seller, day(4), [line(4)], payee_account=THEIRS)
    proof = prove(world)
    assert proof.paid("good1", "from1", "to1") == [1000, 1000, 1000]
    assert _told(proof, "stranger_paid") == ["asks1", "from1", "to1"]
    words = {f["what"] for f in proof.findings("stranger_paid")}
    assert "invoice from1: 10.00 EUR came from account DE33, which is that of Other" in words
    assert all(f["grave"] for f in proof.findings("stranger_paid"))


def test_the_payee_a_payer_names_beside_an_account_does_not_make_it_the_payees():
    world = World()
    buyer, seller, _ = _accounts(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    said = {"debtor_account": OURS, "creditor_account": STRANGE, "remittance_text": "I1"}
    world.payment(buyer, seller, day(9), 1000, **said)  # the payer's own bank tells it
    assert _told(prove(world), "stranger_paid") == ["I1"]


def test_goods_that_come_back_to_their_seller_are_found_however_well_received():
    world = World()
    ring = [world.firm(name, VAT=f"XD{name}00") for name in ("A1", "B2", "C3")]
    steps = list(zip(ring, ring[1:] + ring[:1], strict=True))
    for place, (seller, buyer) in enumerate(steps):
        number, on = f"I{place}", day(5 + 7 * place)
        world.invoice(number, buyer, seller, on, [line(100 - place, order_ref=number)])
        world.receipt(f"R{place}", buyer, seller, on, [line(100, order_ref=number)])
    world.invoice("away", world.firm("D", VAT="XD400"), ring[0], day(6), [line(100)])
    proof = prove(world)
    assert _told(proof, "round_trip") == ["I0", "I1", "I2"]
    assert {f["count"] for f in proof.findings("round_trip")} == {3}
    assert proof.proven("I0", "I1", "I2") == [10000, 9900, 9800]
    assert "go round 3 firms within 14 days" in proof.findings("round_trip")[0]["what"]


def test_other_goods_going_back_and_slow_returns_are_no_round_trip():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(1), [line(100)])
    world.invoice("I2", seller, buyer, day(5), [line(100, item_ref="N", item_name="nut")])
    world.invoice("I3", seller, buyer, day(5), [line(50)])
    late = day(1) + timedelta(days=61)
    world.invoice("I4", seller, buyer, late, [line(100)])
    assert _told(prove(world, late), "round_trip") == []


def test_one_reference_paid_on_two_days_is_a_repeated_payment():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    for on, name in ((8, "E1"), (9, "E1"), (9, "E2")):
        world.payment(buyer, seller, day(on), 1000, end_to_end_ref=name, remittance_text="I1")
    proof = prove(world)
    (found,) = proof.findings("repeated_payment")
    assert (found["count"], found["amount_minor"]) == (2, 1000)
    assert (
        "payment E1 of 10.00 EUR was made 2 times, from 2026-03-08 to 2026-03-09" in found["what"]
    )


def test_documents_that_are_named_and_absent_are_counted_once_each():
    world = World()
    buyer, seller = pair(world)
    world.order("O1", buyer, seller, day(1), [line(10)])
    refs = [ref("order", "O1"), ref("order", "gone"), ref("order", "gone", of_line=0)]
    world.invoice("I1", buyer, seller, day(3), [line(10)], refs=refs)
    world.payment(buyer, seller, day(9), 1000, lists={"I1": 500, "I9": 500})
    found = prove(world).findings("dangling_reference")
    assert [(f["document_id"] is None, f["count"]) for f in found].count((False, 1)) == 1
    assert sorted(w.split(", as ")[1] for w in (f["what"] for f in found)) == ["I9", "gone"]


def test_a_file_under_two_names_is_told():
    world = World()
    file = {"source_id": "f" * 64, "format": "ubl", "size": 9, "documents": 1, "faults": 0}
    world.rows["source"] += [{**file, "name": name} for name in ("a.xml", "b.xml")]
    (found,) = prove(world).findings("same_bytes")
    assert found["what"] == "a.xml came in under 2 names with the same bytes; it counts once"


def test_a_payment_for_no_known_invoice_is_unmatched_unless_it_names_one_side_only():
    world = World()
    buyer, seller = pair(world)
    world.payment(buyer, seller, day(9), 777, remittance_text="what you know")
    world.payment(buyer, None, day(9), 888)
    (found,) = prove(world).findings("unmatched_payment")
    assert (found["amount_minor"], found["grave"]) == (777, False)


def test_units_are_not_converted_and_the_conflict_is_told():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10, unit="KGM")])
    world.receipt("R1", buyer, seller, day(2), [line(10, unit="LBR")])
    proof = prove(world)
    assert proof.proven("I1") == [0]
    (found,) = proof.findings("unit_conflict")
    assert "counts in KGM; receipt R1 counts in LBR" in found["what"]


def test_what_papers_say_against_themselves_or_each_other_is_told():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10, price=2)], line_total_minor=1100)
    world.credit_note("C1", buyer, seller, day(4), 1500, [ref("invoice", "I1")])
    world.credit_note("C2", buyer, seller, day(4), 200, [ref("invoice", "I9")])
    world.order("O1", buyer, seller, day(9), [line(10)])
    world.invoice("I2", None, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(2), [line(1, order_ref="O7")])
    world.receipt("R1", buyer, seller, day(2), [line(2, order_ref="O7")])
    proof = prove(world)
    amounts = {f["test"]: f["amount_minor"] for f in proof.get("finding")}
    assert amounts == {
        "over_credited": 500,
        "unmatched_credit": 200,
        "dangling_reference": None,  # I9
        "unusable_invoice": None,
        "number_reused": None,
    }
    faults = [row["what"] for row in proof.get("contradiction")]
    assert any("10 EA at 2 for 1 come to 20.00 EUR" in what for what in faults)
    assert any("11.00 EUR as the line total (BT-106); its lines come to 10.00" in w for w in faults)
    assert proof.claim("I1")["credited_minor"] == 1000
    assert not any(f["grave"] for f in proof.get("finding"))


def test_a_clean_chain_is_found_nothing_against():
    world = World()
    buyer, seller = pair(world)
    price = [line(10, price=1)]
    world.order("O1", buyer, seller, day(1), price)
    world.document("despatch", "D1", buyer, seller, day(2), price)
    world.receipt("R1", buyer, seller, day(3), price, refs=[ref("order", "O1")])
    world.invoice("I1", buyer, seller, day(4), price, refs=[ref("order", "O1")])
    world.payment(buyer, seller, day(9), 1000, end_to_end_ref="E1", lists={"I1": 1000})
    assert prove(world).get("finding") == []
