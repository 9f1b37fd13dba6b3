"""What is odd is found, and honest trade that looks alike is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from trade_text import Trade, told

GOODS = "receipt W{n} 2026-03-{day} buyer=Mill seller=Farm | 1 wheat 100 KGM order=B{n}/1"
ORDER = "order B{n} 2026-03-{day} buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00"
BILL = "invoice R{n} 2026-03-{day} buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00 order=B{order}/1"
LATE = date(2026, 6, 30)


def pair(*, second_order: int, second_day: str = "05") -> str:
    return "\n".join(
        [
            ORDER.format(n=1, day="01"),
            GOODS.format(n=1, day="02"),
            BILL.format(n=1, day="03", order=1),
            BILL.format(n=2, day=second_day, order=second_order),
        ]
    )


def test_the_same_invoice_under_another_number_is_held():
    proof = told(pair(second_order=1))
    (what,) = proof.found("duplicate_invoice")
    assert "invoice R2 of 2026-03-05 says what invoice R1 of 2026-03-03 says" in what
    assert "duplicate_invoice" in {f["test"] for f in proof.findings if f["grave"]}
    assert proof.held() == {"R2"}


def test_an_honest_repeat_order_with_its_own_receipt_is_not_a_duplicate():
    repeat = [pair(second_order=2), ORDER.format(n=2, day="03"), GOODS.format(n=2, day="04")]
    proof = told("\n".join(repeat))
    assert proof.held() == set()
    assert proof.proven("R2")[0] == "proven"


def test_a_repeat_order_still_on_its_way_is_not_a_duplicate():
    repeat = "\n".join([pair(second_order=2), ORDER.format(n=2, day="03")])
    proof = told(repeat, on=date(2026, 3, 6))
    assert proof.found("duplicate_invoice") == []


def test_the_same_invoice_much_later_is_not_called_a_duplicate():
    assert told(pair(second_order=1, second_day="20")).found("duplicate_invoice") == []


def test_an_invoice_delivered_again_is_one_claim_and_a_changed_one_is_named():
    again = BILL.format(n=1, day="03", order=1)
    same = told(
        "\n".join([pair(second_order=1), again.replace("seller=Farm", "seller=Farm file=2")])
    )
    assert [row["number"] for row in same.rows("claim")].count("R1") == 1
    assert len(same.found("duplicate_invoice")) == 1  # R2, as before
    changed = again.replace("100 KGM", "120 KGM")
    proof = told(
        "\n".join([GOODS.format(n=1, day="02"), BILL.format(n=1, day="03", order=1), changed])
    )
    (what,) = proof.found("duplicate_invoice")
    assert "told twice in one year with different content" in what
    assert proof.claims["R1"]["amount_minor"] == 20000


def test_an_invoice_without_goods_is_held_once_goods_should_be_on_their_way():
    other = [
        "despatch L1 2026-03-01 buyer=Bakery seller=Farm | 1 rye 5 KGM",
        ORDER.format(n=1, day="01"),
        BILL.format(n=1, day="03", order=1),
    ]
    assert told("\n".join(other), on=date(2026, 3, 10)).held() == set()
    proof = told("\n".join(other), on=date(2026, 3, 11))
    assert proof.held() == {"R1"}
    assert "Mill received nothing of it; no despatch of it is told" in proof.found("no_goods")[0]


def test_goods_on_their_way_are_waited_for_but_not_for_ever():
    sent = "despatch L1 2026-03-03 buyer=Mill seller=Farm | 1 wheat 100 KGM order=B1/1"
    text = "\n".join([ORDER.format(n=1, day="01"), BILL.format(n=1, day="03", order=1), sent])
    assert told(text, on=date(2026, 4, 10)).held() == set()
    assert told(text, on=date(2026, 4, 18)).held() == {"R1"}


def test_a_seller_who_never_tells_despatches_is_not_suspected_for_it():
    text = "\n".join([ORDER.format(n=1, day="01"), BILL.format(n=1, day="03", order=1)])
    assert told(text, on=date(2026, 3, 30)).held() == set()


def test_more_invoiced_than_received_is_named_and_forgiven_within_tolerance():
    short = GOODS.format(n=1, day="02").replace("100 KGM", "98 KGM")
    text = "\n".join([short, BILL.format(n=1, day="03", order=1)])
    proof = told(text)
    assert proof.found("over_quantity") == [
        "line 1 of invoice R1 asks for 100 KGM; 98 KGM were received for it"
    ]
    assert proof.held() == set()
    lenient = told(text, quantity_tolerance=Decimal("0.03"))
    assert lenient.found("over_quantity") == []
    assert lenient.proven("R1")[0] == "partly"  # a tolerance forgives; it does not prove


def test_a_price_off_the_order_is_named_and_no_more_than_the_order_is_proven():
    for price, said, proven in (("2.10", 1, 20000), ("1.90", 1, 19000), ("2.01", 0, 20100)):
        bill = BILL.format(n=1, day="03", order=1).replace("2.00", price)
        proof = told("\n".join([ORDER.format(n=1, day="01"), GOODS.format(n=1, day="02"), bill]))
        assert len(proof.found("price_conflict")) == said
        assert proof.proven("R1")[1] == proven
        held = proof.verdicts["R1"]["held_to"]
        assert (held is not None) == (price == "2.10")
    assert held is None


def test_amounts_that_do_not_add_up_are_named():
    bill = BILL.format(n=1, day="03", order=1) + " net=250.00"
    (row,) = told(bill).rows("contradiction")
    assert (
        "line 1 of invoice R1 asks for 250.00 EUR; 100 KGM at 2 for 1 come to 200.00" in row["what"]
    )
    assert told(bill.replace("250.00", "200.01")).rows("contradiction") == []


def test_an_invoice_before_its_order_is_named():
    text = "\n".join([ORDER.format(n=1, day="09"), BILL.format(n=1, day="03", order=1)])
    assert told(text).found("invoice_before_order") == [
        "invoice R1 is of 2026-03-03, before order B1 of 2026-03-09"
    ]


def test_an_invoice_that_names_no_buyer_makes_no_claim_and_says_why():
    proof = told("invoice R1 2026-03-03 seller=Farm | 1 wheat 100 KGM 2.00")
    assert proof.claims == {}
    assert proof.found("unusable_invoice") == [
        "invoice R1 makes no claim: it does not say who buys"
    ]


ACCOUNTS = """
    account Mill MILL1
    account Farm FARM1
    account Crook CROOK1
    invoice R1 2026-03-03 buyer=Mill seller=Farm account={asks} | 1 wheat 100 KGM 2.00
    receipt W1 2026-03-02 buyer=Mill seller=Farm | 1 wheat 100 KGM"""
PAID = "payment P1 2026-04-01 from=Mill to=Farm amount=200.00 text=R1"


def test_honest_accounts_raise_no_suspicion():
    proof = told(f"{ACCOUNTS.format(asks='FARM1')}\n{PAID} from_account=MILL1 to_account=FARM1")
    assert proof.held() == set()


def test_an_account_of_another_firm_on_the_invoice_is_held_before_anyone_pays():
    proof = told(ACCOUNTS.format(asks="CROOK1"))
    assert proof.found("stranger_paid") == [
        "invoice R1 asks for payment to account CROOK1, which is that of Crook"
    ]
    assert proof.held() == {"R1"}
    assert (
        "not one the creditor is known by"
        in told(ACCOUNTS.format(asks="NEW1")).found("stranger_paid")[0]
    )


def test_a_payment_from_or_to_a_stranger_is_held():
    for accounts, words in (
        (
            "from_account=CROOK1 to_account=FARM1",
            "came from account CROOK1, which is that of Crook",
        ),
        ("from_account=NEW1 to_account=FARM1", "NEW1, which is not one the debtor is known by"),
        ("from_account=MILL1 to_account=CROOK1", "went to account CROOK1, which is that of Crook"),
    ):
        payment = f"payment P1 2026-04-01 from=Mill to=Farm amount=200.00 text=R1 {accounts}"
        payment = payment.replace(
            "from=Mill", "from=?Someone" if "NEW1" in accounts else "from=Mill"
        )
        if "CROOK1 to" in accounts:
            payment = payment.replace("from=Mill", "from=Crook")
        if "to_account=CROOK1" in accounts:
            payment = payment.replace("to=Farm", "to=Crook")
        proof = told(f"{ACCOUNTS.format(asks='FARM1')}\n{payment}")
        assert any(words in what for what in proof.found("stranger_paid")), words
        assert proof.held() == {"R1"}


def test_a_factor_named_as_payee_is_no_stranger():
    text = ACCOUNTS.replace("seller=Farm account", "seller=Farm payee=Crook account")
    payment = "payment P1 2026-04-01 from=Mill to=Crook amount=200.00 text=R1"
    proof = told(f"{text.format(asks='CROOK1')}\n{payment} from_account=MILL1 to_account=CROOK1")
    assert proof.held() == set()
    assert proof.paid("R1") == 20000


ROUND = """
    invoice R1 2026-03-01 buyer=B seller=A | 1 copper 100 KGM 9.00
    invoice R2 2026-03-05 buyer=C seller=B | 1 copper {quantity} KGM 9.10
    invoice R3 2026-{last} buyer=A seller=C | 1 copper 100 KGM 9.20"""


def test_goods_that_come_back_to_their_seller_are_held_at_every_step():
    proof = told(ROUND.format(quantity=97, last="03-09"), on=date(2026, 3, 10))
    assert proof.held() == {"R1", "R2", "R3"}
    assert "go round 3 firms within 8 days: A -> B -> C -> A" in proof.found("round_trip")[0]


def test_other_quantities_items_or_times_are_no_round_trip():
    for text in (
        ROUND.format(quantity=80, last="03-09"),
        ROUND.format(quantity=100, last="06-09"),
        ROUND.format(quantity=100, last="03-09").replace("C | 1 copper", "C | 1 brass"),
        ROUND.format(quantity=100, last="03-02"),
    ):
        assert told(text).found("round_trip") == []


def test_a_circle_of_two_and_of_six_is_found_and_of_seven_is_not():
    for firms, found in (("AB", 2), ("ABCDEF", 6), ("ABCDEFG", 0)):
        text = "\n".join(
            f"invoice R{n} 2026-03-0{n + 1} buyer={firms[(n + 1) % len(firms)]} seller={firm}"
            " | 1 copper 100 KGM 9.00"
            for n, firm in enumerate(firms)
        )
        assert len(told(text).found("round_trip")) == found


def test_absent_documents_are_counted_by_kind():
    proof = told(f"""
        {BILL.format(n=1, day="03", order=1)}
        invoice R2 2026-03-03 buyer=Mill seller=Farm order=B7,B8 receipt=W9
        invoice R3 2026-03-03 buyer=Mill seller=Farm order=B7,B1
        order B1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 1 KGM 2.00
        order B7 2026-03-01 buyer=Bakery seller=Farm | 1 wheat 1 KGM 2.00""")
    assert proof.found("dangling_reference") == [
        "1 references in a file name 1 receipt not in the book, as W9",
        "3 references in a file name 2 orders not in the book, as B7",
    ]


def test_a_file_under_two_names_is_named():
    trade = Trade("")
    proof_tables = trade.tables()
    from trade_text import ON, SCHEMAS, Told, rules

    row = {"source_id": "s" * 64, "format": "ubl", "size": 1, "documents": 1, "faults": 0}
    proof_tables["source"] = SCHEMAS["source"].rows(
        [{**row, "name": "a.xml"}, {**row, "name": "b.xml"}]
    )
    assert Told(proof_tables, ON, rules()).found("same_bytes") == [
        "a.xml came in under 2 names with the same bytes; it counts once"
    ]
