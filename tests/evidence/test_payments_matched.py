"""Which claims payments by bank pay, and who is who."""

from __future__ import annotations

from evidence_world import World, day, line, pair, prove, ref

OURS, THEIRS = "DE89370400440532013000", "FR1420041010050500013M02606"
ACCOUNTS = {"debtor_account": OURS, "creditor_account": THEIRS}


def _invoices(world, buyer, seller, *numbers):
    """Add invoices of 10.00 EUR, received in full, one day after the other."""
    for place, number in enumerate(numbers, start=1):
        goods = [line(10, order_ref=number)]
        world.invoice(number, buyer, seller, day(place), goods)
        world.receipt(f"R-{number}", buyer, seller, day(place), goods)


def test_one_payment_pays_many_invoices_as_listed_and_oldest_first_where_only_named():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "L1", "L2", "T1", "T2")
    world.payment(buyer, seller, day(9), 1600, lists={"L1": 600, "L2": 1000})
    world.payment(buyer, seller, day(9), 1500, remittance_text="invoices T1, T2")
    proof = prove(world)
    assert proof.paid("L1", "L2", "T1", "T2") == [600, 1000, 1000, 500]
    assert [m["rule"] for m in proof.matches("L1", "paid")] == ["listed"]
    assert [m["rule"] for m in proof.matches("T2", "paid")] == ["remittance text"]


def test_two_payments_for_overlapping_invoices_pay_none_of_them_twice():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1", "I2", "I3")
    world.payment(buyer, seller, day(8), 1500, remittance_text="I1 I2")
    world.payment(buyer, seller, day(9), 1500, remittance_text="I2 I3")
    proof = prove(world)
    assert proof.paid("I1", "I2", "I3") == [1000, 1000, 1000]
    assert proof.findings("overpaid") == []


def test_a_short_payment_leaves_the_rest_open_and_settles_with_the_last():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1")
    world.payment(buyer, seller, day(5), 700, remittance_text="I1")
    world.payment(buyer, seller, day(8), 300, remittance_text="I1")
    early, late = prove(world, day(6)).claim("I1"), prove(world).claim("I1")
    assert (early["paid_minor"], early["settled_on"]) == (700, None)
    assert (late["paid_minor"], late["first_paid_on"], late["settled_on"]) == (1000, day(5), day(8))


def test_paying_more_than_is_owed_after_credit_is_found():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1")
    world.credit_note("C1", buyer, seller, day(3), 400, [ref("invoice", "I1")])
    world.payment(buyer, seller, day(9), 1000, remittance_text="I1")
    (found,) = prove(world).findings("overpaid")
    assert (found["amount_minor"], found["grave"]) == (400, False)
    assert found["what"] == "invoice I1 was paid 10.00 EUR; 6.00 EUR was owed"


def test_a_reversal_takes_the_payment_back_from_its_day_on():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1")
    said = {"end_to_end_ref": "E1", "remittance_text": "I1"}
    world.payment(buyer, seller, day(5), 1000, **said)
    world.payment(buyer, seller, day(7), 1000, reversal=True, **said)
    assert [prove(world, day(n)).paid("I1") for n in (6, 7)] == [[1000], [0]]


def test_a_reversal_takes_back_a_payment_before_it_and_never_one_after_it():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1")
    said = {"end_to_end_ref": "E1", "remittance_text": "I1"}
    world.payment(buyer, seller, day(5), 1000, **said)
    world.payment(buyer, seller, day(7), 1000, reversal=True, **said)
    world.payment(buyer, seller, day(9), 1000, **said)
    claim = prove(world).claim("I1")
    assert (claim["paid_minor"], claim["settled_on"]) == (1000, day(9))


def test_a_payment_told_in_two_statements_counts_once():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1", "I2")
    for side in ("debit", "credit"):
        told = {"direction": side, **ACCOUNTS}
        world.payment(
            buyer, seller, day(9), 1000, end_to_end_ref="E1", remittance_text="I1", **told
        )
        world.payment(buyer, seller, day(9), 1000, remittance_text="I2", **told)
    proof = prove(world)
    assert proof.paid("I1", "I2") == [1000, 1000]
    assert not proof.tests() & {"overpaid", "repeated_payment"}


def test_a_payment_counts_once_where_only_one_bank_passes_its_reference_on():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1")
    said = {"remittance_text": "I1", **ACCOUNTS}
    world.payment(buyer, seller, day(9), 1000, end_to_end_ref="E1", **said)
    world.payment(buyer, seller, day(9), 1000, direction="credit", **said)
    assert prove(world).paid("I1") == [1000]


def test_a_remittance_alone_pays_nothing_and_says_what_the_banks_payment_means():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1", "I2")
    world.remittance(buyer, seller, day(8), 1500, lists={"I1": 500, "I2": 1000})
    assert prove(world).paid("I1", "I2") == [0, 0]
    world.payment(buyer, seller, day(9), 1500)
    proof = prove(world)
    assert proof.paid("I1", "I2") == [500, 1000]
    assert proof.findings("unmatched_payment") == []


def test_a_payment_without_words_pays_the_one_claim_of_its_amount_and_parties():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1", "I2")
    world.invoice("I3", buyer, seller, day(3), [line(7, order_ref="I3")])
    world.payment(buyer, seller, day(9), 1000)
    world.payment(buyer, seller, day(9), 700)
    proof = prove(world)
    assert proof.paid("I1", "I2", "I3") == [0, 0, 700]  # two are of 10.00: neither is guessed
    assert [m["rule"] for m in proof.matches("I3", "paid")] == ["parties and amount"]
    assert [f["amount_minor"] for f in proof.findings("unmatched_payment")] == [1000]


def test_payments_alike_in_amount_and_day_between_other_parties_are_two():
    world = World()
    for name in "ab":
        buyer, seller = pair(world, name)
        _invoices(world, buyer, seller, f"{name}1")
        world.payment(buyer, seller, day(9), 1000, remittance_text=f"{name}1")
    assert prove(world).paid("a1", "b1") == [1000, 1000]


def test_names_never_join_firms_and_vat_does():
    world = World()
    one = world.firm("Miller", VAT="XD 111")
    other = world.firm("Miller", VAT="XD222")
    same = world.firm("Miller Ltd.", VAT="XD111")
    nameless = world.firm("Miller")
    firms = {row["party_id"]: row for row in prove(world).get("firm")}
    assert firms[one]["firm_id"] == firms[same]["firm_id"]
    assert firms[same]["reason"] == "VAT XD111"
    assert len({firms[party]["firm_id"] for party in (one, other, nameless)}) == 3
    assert firms[nameless]["reason"] == "alone"


def test_the_account_a_bank_gives_its_owner_joins_a_party_that_has_nothing_else():
    world = World()
    owner, payer = world.firm("Miller", VAT="XD111"), world.firm("MILLER GMBH", IBAN=OURS)
    claimant = world.firm("Fraud", VAT="XD666", IBAN=OURS)
    world.owns(owner, OURS, day(1))
    firms = {row["party_id"]: row["firm_id"] for row in prove(world).get("firm")}
    assert firms[payer] == firms[owner] != firms[claimant]


def test_payments_by_a_party_known_by_its_account_pay_the_owners_invoices():
    world = World()
    buyer, seller = pair(world)
    _invoices(world, buyer, seller, "I1")
    world.owns(buyer, OURS, day(1))
    payer = world.firm("BUYER SA", IBAN=OURS)
    world.payment(payer, seller, day(9), 1000, debtor_account=OURS, remittance_text="I1")
    proof = prove(world)
    assert proof.paid("I1") == [1000]
    assert proof.tests() == set()
