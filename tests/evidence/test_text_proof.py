"""What receipts prove of invoices, in worlds of text that can be added up by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trade_text import ON, SCHEMAS, Told, Trade, rules, told

from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence import MADE, prove

ORDER = "order B1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00"
INVOICE = "invoice R1 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00 order=B1/1"
BARE = INVOICE.replace(" order=B1/1", "")


def receipt(quantity: str, number: str = "W1", line: str = "order=B1/1", head: str = "") -> str:
    return (
        f"receipt {number} 2026-03-04 buyer=Mill seller=Farm {head} | 1 wheat {quantity} KGM {line}"
    )


def proven(*entries: str, number: str = "R1") -> tuple[str, int, int]:
    return told("\n".join(entries)).proven(number)


def test_the_verdict_says_what_is_missing_and_what_would_prove_it():
    proof = told("\n".join([ORDER, INVOICE, receipt("90")]), name="strict-7")
    assert proof.proven("R1") == ("partly", 18000, 2000)
    assert proof.verdicts["R1"]["missing"] == (
        "no receipt for 10 KGM of line 1; a receipt advice from Mill for order B1 line 1 would prove "
        "20.00 EUR"
    )
    assert proof.verdicts["R1"]["rule"] == "strict-7 evidence.verdict 3"
    assert [m["rule"] for m in proof.matches("R1", "received")] == ["order line"]


def test_orders_despatches_and_the_sellers_own_receipts_prove_nothing():
    despatch = "despatch L1 2026-03-02 buyer=Mill seller=Farm | 1 wheat 100 KGM order=B1/1"
    own = receipt("100", head="writer=Farm")
    proof = told("\n".join([ORDER, despatch, INVOICE, own]))
    assert proof.proven("R1") == ("unproven", 0, 20000)
    assert [m["amount_minor"] for m in proof.matches("R1", "ordered")] == [20000]
    assert [m["amount_minor"] for m in proof.matches("R1", "despatched")] == [20000]
    assert "written by Farm, not by the buyer" in proof.found("own_receipt")[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (receipt("150"), ("proven", 20000, 0)),
        (receipt("100", line="order=B1/1 rejected=25"), ("partly", 15000, 5000)),
        (receipt("100", line="order=B1/2"), ("unproven", 0, 20000)),
        (receipt("100", line="order=B9/1"), ("unproven", 0, 20000)),
        (receipt("100").replace("Mill", "Bakery"), ("unproven", 0, 20000)),
        (receipt("100").replace("Farm", "Field"), ("unproven", 0, 20000)),
    ],
)
def test_a_receipt_proves_what_it_is_a_receipt_of_and_no_more(given, expected):
    assert proven(ORDER, INVOICE, given) == expected


def test_a_receipt_taken_back_unproves_from_its_day_on():
    back = "receipt X1 2026-03-20 buyer=Mill seller=Farm {} | 1 wheat -{} KGM {}"
    named = back.format("receipt=W1", 40, "order=B1/1")
    assert proven(INVOICE, receipt("100"), named) == ("partly", 12000, 8000)
    before = told("\n".join([INVOICE, receipt("100"), named]), on=date(2026, 3, 19))
    assert before.proven("R1") == ("proven", 20000, 0)
    loose = back.format("", 40, "")
    assert proven(INVOICE, receipt("100"), loose) == ("partly", 12000, 8000)
    beyond = back.format("receipt=W1", 400, "order=B1/1")
    assert proven(INVOICE, receipt("100"), beyond) == ("unproven", 0, 20000)


def test_a_receipt_proves_once_the_older_invoice_first():
    later = INVOICE.replace("R1 2026-03-05", "R2 2026-03-06")
    proof = told("\n".join([later, INVOICE, receipt("70"), receipt("80", "W2")]))
    assert proof.proven("R1") == ("proven", 20000, 0)
    assert proof.proven("R2") == ("partly", 10000, 10000)
    assert len(proof.matches("R1", "received")) == 2


def test_receipts_of_a_despatch_go_to_the_invoice_of_that_despatch():
    proof = told("""
        invoice R1 2026-03-05 buyer=Mill seller=Farm despatch=L1 | 1 wheat 50 KGM 2.00 order=B1/1
        invoice R2 2026-03-06 buyer=Mill seller=Farm despatch=L2 | 1 wheat 50 KGM 2.00 order=B1/1
        receipt W1 2026-03-04 buyer=Mill seller=Farm despatch=L1 | 1 wheat 30 KGM order=B1/1
        receipt W2 2026-03-05 buyer=Mill seller=Farm despatch=L2 | 1 wheat 60 KGM order=B1/1""")
    assert proof.proven("R1") == ("partly", 6000, 4000)
    assert proof.proven("R2") == ("proven", 10000, 0)


@pytest.mark.parametrize(
    ("entries", "rule", "amount"),
    [
        ([INVOICE, receipt("90", line="", head="order=B1")], "order and item", 18000),
        ([ORDER, INVOICE, receipt("90", line="", head="order=B1")], "order line", 18000),
        (
            [
                ORDER,
                "despatch L1 2026-03-02 buyer=Mill seller=Farm | 7 wheat 90 KGM order=B1/1",
                INVOICE,
                receipt("90", line="", head="despatch=L1"),
            ],
            "order line",
            18000,
        ),
        (
            [BARE.replace("Farm |", "Farm receipt=W1 |"), receipt("20", line="")],
            "receipt and item",
            4000,
        ),
        ([BARE, receipt("60", line="")], "parties and item", 12000),
        ([BARE, receipt("60")], "parties and item", 12000),
    ],
)
def test_the_rule_that_joined_two_lines_is_named(entries, rule, amount):
    (match,) = told("\n".join(entries)).matches("R1", "received")
    assert (match["rule"], match["amount_minor"]) == (rule, amount)


def test_two_numbers_of_one_item_meet_where_a_line_gives_both():
    given = receipt("100", line="buyer_item=4711").replace("wheat", "4711")
    assert proven(BARE, given)[0] == "unproven"
    assert proven(ORDER + " buyer_item=4711", BARE, given) == ("proven", 20000, 0)


def test_units_are_not_converted_and_the_conflict_is_named():
    proof = told("\n".join([ORDER, INVOICE, receipt("100").replace("KGM", "TNE")]))
    assert proof.proven("R1")[0] == "unproven"
    assert "counts in KGM; receipt W1 counts in TNE" in proof.found("unit_conflict")[0]


def test_a_receipt_without_a_seller_takes_the_one_seller_of_its_order():
    bare = receipt("100").replace("seller=Farm", "")
    assert proven(ORDER, INVOICE, bare) == ("proven", 20000, 0)
    assert proven(INVOICE, bare) == ("proven", 20000, 0)
    rival = INVOICE.replace("R1", "R9").replace("Farm", "Field")
    assert proven(INVOICE, rival, bare)[0] == "unproven"


def test_a_firm_cannot_receive_from_itself():
    own = "\n".join([INVOICE, receipt("100")]).replace("Mill", "Farm")
    assert told(own).proven("R1")[0] == "unproven"


def test_tax_and_allowances_follow_the_lines_and_all_lines_give_all():
    invoice = INVOICE.replace("seller=Farm", "seller=Farm payable=215.01")
    assert proven(invoice, receipt("90")) == ("partly", 19350, 2151)
    assert proven(invoice, receipt("100")) == ("proven", 21501, 0)


def test_products_beyond_int64_are_exact():
    whole = 900_000_000_000_001
    invoice = (
        "invoice R1 2026-03-05 buyer=Mill seller=Farm payable=9000000000000.01"
        " | 1 wheat 3000 KGM net=9000000000000.01"
    )
    net = whole * 1001 // 3000
    gross = whole * net // whole
    assert proven(invoice, receipt("1001", line="")) == ("partly", gross, whole - gross)


def test_a_line_without_quantity_is_one_lot():
    invoice = "invoice R1 2026-03-05 buyer=Mill seller=Farm | 1 repair - net=500.00 order=B1/1"
    lot = "receipt W1 2026-03-04 buyer=Mill seller=Farm | 1 repair - order=B1/1"
    assert proven(invoice) == ("unproven", 0, 50000)
    assert proven(invoice, lot) == ("proven", 50000, 0)


def test_an_amount_that_is_not_said_is_quantity_times_price():
    invoice = INVOICE.replace("seller=Farm", "seller=Farm payable=333.33")
    invoice = invoice.replace("100 KGM 2.00", "100 KGM 3.33335 net=?")
    proof = told("\n".join([invoice, receipt("30")]))
    assert proof.verdicts["R1"]["net_minor"] == 33334  # 333.335 rounds half up
    assert proof.verdicts["R1"]["proven_net_minor"] == 33334 * 30 // 100


def test_discounts_and_free_goods_want_no_proof():
    invoice = f"{INVOICE} | 2 bonus 1 EA net=-20.00 | 3 sample 5 EA net=0"
    assert proven(invoice, receipt("100")) == ("proven", 18000, 0)
    verdict = told("\n".join([invoice, receipt("50")])).verdicts["R1"]
    assert (verdict["net_minor"], verdict["proven_net_minor"]) == (18000, 8000)


def test_an_invoice_without_lines_is_unproven_and_says_why():
    proof = told("invoice R1 2026-03-05 buyer=Mill seller=Farm payable=50.00")
    assert proof.proven("R1") == ("unproven", 0, 5000)
    assert proof.verdicts["R1"]["missing"].startswith("the invoice has no lines")


def test_three_open_lines_are_told_in_order_and_the_others_counted():
    lines = " | ".join(f"{n} item{n} 1 EA 1.00" for n in (10, 2, 1, 3, 4))
    proof = told(f"invoice R1 2026-03-05 buyer=Mill seller=Farm | {lines}")
    missing = proof.verdicts["R1"]["missing"]
    places = [missing.index(f"of line {n};") for n in (1, 2, 3)]
    assert places == sorted(places)
    assert missing.endswith("and 2 more lines")


def test_a_receipt_told_in_two_files_proves_once():
    again = receipt("60", head="file=copy")
    proof = told("\n".join([INVOICE, receipt("60"), again]))
    assert proof.proven("R1") == ("partly", 12000, 8000)
    assert proof.found("number_reused") == []
    other = receipt("40", head="file=copy")
    assert len(told("\n".join([INVOICE, receipt("60"), other])).found("number_reused")) == 1


def test_credit_notes_take_away_first_what_is_not_proven():
    note = "credit_note G1 2026-03-20 buyer=Mill seller=Farm of=R1 | 1 wheat {} KGM 2.00"
    assert proven(INVOICE, receipt("90"), note.format(10)) == ("proven", 18000, 0)
    assert proven(INVOICE, receipt("90"), note.format(60)) == ("proven", 8000, 0)
    proof = told("\n".join([INVOICE, receipt("90"), note.format(100)]))
    assert proof.claims["R1"]["credited_minor"] == 20000
    assert proof.proven("R1") == ("proven", 0, 0)
    assert [m["quantity"] for m in proof.matches("R1", "credited")] == [Decimal(100)]
    assert (
        "take 240.00 EUR off invoice R1"
        in told("\n".join([INVOICE, note.format(120)])).found("over_credited")[0]
    )


def test_a_credit_note_for_many_invoices_fills_the_oldest_first():
    later = INVOICE.replace("R1 2026-03-05", "R2 2026-03-06")
    note = "credit_note G1 2026-03-20 buyer=Mill seller=Farm of=R2,R1 payable=250.00"
    proof = told("\n".join([INVOICE, later, note]))
    assert [proof.claims[n]["credited_minor"] for n in ("R1", "R2")] == [20000, 5000]


def test_a_credit_note_that_names_nothing_here_is_a_finding():
    note = "credit_note G1 2026-03-20 buyer=Mill seller=Farm of=R9 | 1 wheat 10 KGM 2.00"
    proof = told("\n".join([INVOICE, note]))
    assert proof.claims["R1"]["credited_minor"] == 0
    assert "credit note G1 over 20.00 EUR" in proof.found("unmatched_credit")[0]


Quantities = st.lists(st.integers(1, 90), min_size=1, max_size=4)


@settings(max_examples=6, deadline=None)
@given(invoiced=Quantities, received=Quantities, more=st.integers(1, 90), data=st.data())
def test_no_receipt_proves_twice_and_another_never_lowers_what_is_proven(
    invoiced, received, more, data
):
    entries = [
        f"invoice R{n} 2026-03-{10 + n} buyer=Mill seller=Farm | 1 wheat {q} KGM 1.07"
        + data.draw(st.sampled_from(["", " order=B1/1"]))
        for n, q in enumerate(invoiced)
    ]
    entries += [
        receipt(str(q), f"W{n}", data.draw(st.sampled_from(["", "order=B1/1"])))
        for n, q in enumerate(received)
    ]
    before = told("\n".join(entries))
    used: dict[str, Decimal] = {}
    for match in before.rows("match"):
        used[match["with_line_id"]] = (
            used.get(match["with_line_id"], Decimal(0)) + match["quantity"]
        )
    had = {row["line_id"]: row["quantity"] for row in before.rows("supply")}
    assert all(quantity <= had[line] for line, quantity in used.items())
    for verdict in before.verdicts.values():
        assert verdict["proven_net_minor"] + verdict["open_net_minor"] == verdict["net_minor"]
    assert sum(used.values()) == min(sum(invoiced), sum(received))
    after = told("\n".join([*entries, receipt(str(more), "W9", "")]))
    for number, verdict in before.verdicts.items():
        assert after.verdicts[number]["proven_minor"] >= verdict["proven_minor"]


@settings(max_examples=3, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random):
    text = f"""{ORDER}
        despatch L1 2026-03-02 buyer=Mill seller=Farm | 1 wheat 60 KGM order=B1/1
        {INVOICE}
        invoice R2 2026-03-05 buyer=Mill seller=Farm due=2026-05-01 | 1 wheat 30 KGM 2.00
        {receipt("40")}
        {receipt("40", "W2", "", "despatch=L1")}
        receipt W3 2026-03-04 buyer=Mill seller=Farm | 1 wheat 15 KGM
        credit_note G1 2026-03-20 buyer=Mill seller=Farm of=R1 | 1 wheat 5 KGM 2.00
        payment P1 2026-04-01 from=Mill to=Farm amount=70.00 text=R1_R2
        payment P2 2026-04-01 from=Mill to=Farm amount=70.00 text=R2_R1"""
    tables = Trade(text).tables()
    mixed = {
        kind: table.take(pa.array(random.sample(range(table.num_rows), table.num_rows), pa.int64()))
        for kind, table in tables.items()
    }
    one, other = Told(tables, ON, rules()), Told(mixed, ON, rules())
    assert one.findings == other.findings
    for kind in ("firm", "claim", "match", "verdict"):
        assert one.rows(kind) == other.rows(kind)


def test_the_room_s_front_door_proves_tables_and_returns_what_it_made():
    text = "\n".join([ORDER, INVOICE, receipt("90")])
    made = prove(Trade(text).tables(), on=ON, rules=rules(), engine=DuckDBEngine(SCHEMAS))
    assert tuple(made) == MADE
    (verdict,) = made["verdict"].to_pylist()
    assert (verdict["verdict"], verdict["proven_minor"]) == ("partly", 18000)
    assert made["finding"]["test"].to_pylist() == ["over_quantity"]
