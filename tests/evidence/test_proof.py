"""What goods received prove of an invoice, line by line."""

from __future__ import annotations

from decimal import Decimal

from evidence_world import World, day, line, pair, prove, ref
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.evidence.tables import MATCH


def test_a_short_receipt_proves_only_what_arrived():
    world = World()
    buyer, seller = pair(world)
    world.order("O1", buyer, seller, day(1), [line(10)])
    world.invoice("I1", buyer, seller, day(3), [line(10)], payable_minor=1190)
    world.receipt("R1", buyer, seller, day(2), [line(6)])
    claim = prove(world).claim("I1")
    assert claim["verdict"] == "partly"
    assert (claim["net_minor"], claim["proven_net_minor"], claim["open_net_minor"]) == (
        1000,
        600,
        400,
    )
    assert (claim["proven_minor"], claim["open_minor"]) == (714, 476)  # with 19 % tax
    assert "4 EA of line 1" in claim["missing"]
    assert (
        "a receipt advice from Buyer for order O1 line 1 would prove 4.00 EUR" in claim["missing"]
    )


def test_the_first_invoice_for_an_order_line_takes_the_goods_first():
    world = World()
    buyer, seller = pair(world)
    world.order("O1", buyer, seller, day(1), [line(20)])
    world.invoice("second", buyer, seller, day(5), [line(10)])
    world.invoice("first", buyer, seller, day(4), [line(10)])
    world.receipt("R1", buyer, seller, day(6), [line(13)])
    proof = prove(world)
    assert proof.proven("first", "second") == [1000, 300]
    assert [proof.claim(n)["verdict"] for n in ("first", "second")] == ["proven", "partly"]


def test_several_receipts_add_up_for_one_line_and_each_is_told():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    for number, quantity in (("R1", 3), ("R2", 2), ("R3", 4)):
        world.receipt(number, buyer, seller, day(4), [line(quantity)])
    proof = prove(world)
    received = proof.matches("I1", "received")
    assert sorted(m["quantity"] for m in received) == [2, 3, 4]
    assert sorted(m["amount_minor"] for m in received) == [200, 300, 400]
    assert proof.proven("I1") == [900]


def test_more_received_than_invoiced_proves_no_more_than_invoiced():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(2), [line(15)])
    proof = prove(world)
    assert proof.claim("I1")["verdict"] == "proven"
    assert proof.proven("I1") == [1000]
    assert [m["quantity"] for m in proof.matches("I1", "received")] == [10]


def test_a_receipt_the_seller_wrote_and_a_despatch_prove_nothing():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(2), [line(10)], issuer_id=seller)
    world.document("despatch", "D1", buyer, seller, day(2), [line(10)])
    proof = prove(world)
    assert proof.claim("I1")["verdict"] == "unproven"
    assert proof.proven("I1") == [0]
    assert [m["quantity"] for m in proof.matches("I1", "despatched")] == [10]
    (found,) = proof.findings("own_receipt")
    assert "receipt R1 was written by Seller" in found["what"]


def test_what_was_rejected_did_not_arrive():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(2), [line(10, rejected_quantity=4)])
    assert prove(world).proven("I1") == [600]


def test_a_receipt_below_zero_takes_back_what_it_named():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(2), [line(10)])
    world.receipt("R2", buyer, seller, day(4), [line(-3)], refs=[ref("receipt", "R1")])
    assert prove(world).proven("I1") == [700]


def test_lines_are_matched_by_despatch_then_order_line_then_item_then_parties():
    world = World()
    bare = {"order_ref": None, "order_line_ref": None}
    goods = {  # what the invoice line and the receipt line say, and the rule that joins them
        "a": (line(1, **bare), line(1, **bare), "despatch", "despatch and item"),
        "b": (line(1), line(1, ref="9"), None, "order line"),
        "c": (line(1, order_line_ref=None), line(1, ref="9"), None, "order and item"),
        "d": (line(1, **bare), line(1, ref="9"), None, "parties and item"),
    }
    for name, (asked, came, paper, _) in goods.items():
        buyer, seller = pair(world, name)
        refs = [ref("despatch", "D1")] if paper else []
        world.invoice(f"I{name}", buyer, seller, day(3), [asked], refs=refs)
        world.receipt(f"R{name}", buyer, seller, day(2), [came], refs=refs)
    proof = prove(world)
    rules = {name: proof.matches(f"I{name}", "received")[0]["rule"] for name in goods}
    assert rules == {name: rule for name, (*_, rule) in goods.items()}


def test_lines_that_name_other_orders_items_or_sellers_do_not_meet():
    world = World()
    buyer, seller = pair(world)
    other = world.firm("Other", VAT="XD999")
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, other, day(2), [line(10)])
    world.receipt("R2", buyer, seller, day(2), [line(10, order_line_ref="2", item_ref="X")])
    world.receipt("R3", buyer, seller, day(2), [line(10, order_ref="O2")])
    assert prove(world).proven("I1") == [0]


def test_a_receipt_is_used_once_by_the_strictest_rule_it_meets():
    world = World()
    buyer, seller = pair(world)
    named = [ref("despatch", "D1")]
    world.invoice("early", buyer, seller, day(3), [line(10)])
    world.invoice("named", buyer, seller, day(5), [line(10)], refs=named)
    world.receipt("R1", buyer, seller, day(2), [line(10)], refs=named)
    assert prove(world).proven("early", "named") == [0, 1000]


def test_a_credit_note_undoes_by_document_and_by_line_reference():
    world = World()
    buyer, seller = pair(world)
    for number in ("I1", "I2", "I3"):
        world.invoice(number, buyer, seller, day(3), [line(10, order_ref=number)])
        world.receipt(f"R{number}", buyer, seller, day(2), [line(10, order_ref=number)])
    world.credit_note("C1", buyer, seller, day(4), 400, [ref("invoice", "I1")])
    world.credit_note("C2", buyer, seller, day(4), 1000, [ref("invoice", "I2", of_line=0)])
    proof = prove(world)
    assert proof.proven("I1", "I2", "I3") == [600, 0, 1000]
    assert [proof.claim(n)["credited_minor"] for n in ("I1", "I2", "I3")] == [400, 1000, 0]
    assert [m["amount_minor"] for m in proof.matches("I1", "credited")] == [400]
    assert proof.tests() == set()


def test_a_credit_note_takes_away_first_what_is_not_proven():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(2), [line(6)])
    world.credit_note("C1", buyer, seller, day(4), 400, [ref("invoice", "I1")])
    claim = prove(world).claim("I1")
    assert (claim["verdict"], claim["proven_minor"], claim["open_minor"]) == ("proven", 600, 0)


def test_the_day_hides_later_records():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(10)])
    world.receipt("R1", buyer, seller, day(5), [line(10)])
    world.credit_note("C1", buyer, seller, day(7), 400, [ref("invoice", "I1")])
    world.payment(buyer, seller, day(9), 600, remittance_text="I1")
    assert prove(world, day(2)).get("claim") == []
    seen = []
    for on in (day(4), day(6), day(8), day(10)):
        claim = prove(world, on).claim("I1")
        seen.append((claim["proven_minor"], claim["credited_minor"], claim["paid_minor"]))
    assert seen == [(0, 0, 0), (1000, 0, 0), (600, 400, 0), (600, 400, 600)]


def test_an_invoice_told_twice_alike_is_one_claim():
    world = World()
    buyer, seller = pair(world)
    for _ in range(2):
        world.invoice("I1", buyer, seller, day(3), [line(10)])
        world.receipt("R1", buyer, seller, day(2), [line(6)])
    proof = prove(world)
    assert proof.proven("I1") == [600]
    assert proof.tests() == {"over_quantity"}


@st.composite
def lanes(draw):
    """A street of twenty pairs, each with its own invoices and receipts of one order, in any lane."""
    world = World()
    firms = []
    for n in range(20):
        firms.append(pair(world, str(n)))
        for kind in ("invoice", "receipt"):
            for place in range(draw(st.integers(1, 3))):
                said = draw(st.sampled_from(SAID))
                goods = line(draw(st.integers(1, 9)), **said)
                refs = [ref("despatch", "D1")] if draw(st.booleans()) else []
                made = world.invoice if kind == "invoice" else world.receipt
                number, on = f"{kind}-{n}-{place}", day(draw(st.integers(1, 4)))
                made(number, *firms[-1], on, [goods], refs=refs)
    return world, firms


SAID = (
    {},
    {"order_line_ref": None},
    {"order_ref": None, "order_line_ref": None},
    {"order_line_ref": "2"},
)


def _amounts(proof):
    return {c["number"]: proof.claim(c["number"])["proven_minor"] for c in proof.get("claim")}


@settings(max_examples=3)
@given(lanes())
def test_no_receipt_line_gives_more_than_it_holds_and_proven_and_open_make_the_net(made):
    world, _ = made
    proof = prove(world)
    used: dict[str, Decimal] = {}
    for match in proof.get("match"):
        if match["role"] == "received":
            other = match["with_line_id"]
            used[other] = used.get(other, Decimal(0)) + match["quantity"]
    held = {row["line_id"]: row["quantity"] for row in world.rows["line"]}
    assert all(quantity <= held[name] for name, quantity in used.items())
    for verdict in proof.get("verdict"):
        assert verdict["proven_net_minor"] + verdict["open_net_minor"] == verdict["net_minor"]
        assert 0 <= verdict["proven_net_minor"] <= verdict["net_minor"]
    told = sum(m["amount_minor"] for m in proof.get("match") if m["role"] == "received")
    assert told == sum(v["proven_net_minor"] for v in proof.get("verdict"))


@settings(max_examples=3)
@given(lanes(), st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(made, seed):
    world, _ = made
    plain, turned = prove(world), prove(world, seed=seed)
    for kind in ("firm", "claim", "verdict", "match"):
        assert plain.get(kind) == turned.get(kind)


@settings(max_examples=3)
@given(lanes(), st.integers(1, 9), st.sampled_from(SAID), st.integers(1, 4))
def test_one_more_receipt_never_lowers_what_is_proven(made, quantity, said, on):
    world, firms = made
    before = _amounts(prove(world))
    for n, (buyer, seller) in enumerate(firms):
        world.receipt(f"more-{n}", buyer, seller, day(on), [line(quantity, **said)])
    after = _amounts(prove(world))
    assert all(after[number] >= amount for number, amount in before.items())


def test_matches_have_an_id_each():
    world = World()
    buyer, seller = pair(world)
    world.invoice("I1", buyer, seller, day(3), [line(5), line(5, ref="2")])
    world.receipt("R1", buyer, seller, day(2), [line(7)])
    world.payment(buyer, seller, day(9), 300, remittance_text="I1")
    matches = prove(world).get("match")
    assert len({m["match_id"] for m in matches}) == len(matches) == 3
    assert set(matches[0]) == set(MATCH.names)
