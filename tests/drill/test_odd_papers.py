"""Honest oddities are proven and not suspected; odd papers are told; wrong goods prove nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tailrace.drill import oddities
from tailrace.drill.frauds import sold_twice, wrong_goods
from tailrace.drill.judging import Found, judged
from tailrace.drill.kinds import KINDS
from tailrace.drill.measure import Count, count
from tailrace.drill.running import drill
from tailrace.drill.sales import deal
from tailrace.drill.scene import Planted, Scene, account_number
from tailrace.street.rules import load

FEW = 3


def world(s: Scene) -> Found:
    return judged(s.tables(), on=s.on, rules=load(s.rules, where="small"))


def unproven(s: Scene, found: Found) -> list[str]:
    """Return the sound sales of a scene that evidence does not prove in full."""
    by_key = {(vat, c["number"]): c for c in found["claim"] for vat in c["vats"]}
    claims = {t.number: by_key.get((t.creditor, t.number)) for t in s.sound}
    return [n for n, claim in claims.items() if claim is None or claim["verdict"] != "proven"]


def counted(s: Scene) -> Count:
    return count("small", s.truth, world(s))


def test_honest_oddities_are_proven_and_raise_nothing_grave() -> None:
    s = Scene("small", 5, 20)
    for lay in oddities.SORTS:
        for at, (seller, buyer) in enumerate(s.pairs(FEW)):
            lay(s, seller, buyer, at)
    found = world(s)
    assert len(s.sound) >= FEW * len(oddities.SORTS)
    assert unproven(s, found) == []
    assert [f["what"] for f in found["finding"] if f["grave"]] == []


def test_without_the_packs_own_rules_its_packs_are_not_pieces() -> None:
    s = Scene("small", 5, 20)
    for at, (seller, buyer) in enumerate(s.pairs(FEW)):
        oddities.packed(s, seller, buyer, at)
    assert unproven(s, world(s)) == []
    s.rules.clear()
    assert len(unproven(s, world(s))) == FEW


@pytest.mark.parametrize("pack", ["paperwork", "series", "slips"])
def test_an_odd_paper_is_told_by_its_own_test(pack: str) -> None:
    own = {"count": "2"} | ({"issuers": "1"} if pack == "series" else {})
    made = drill(pack, seed=5, firms=20, parameters=own)
    rows = [row for row in made.rows if row.planted]
    assert made.misses == []
    assert [row.by_test for row in rows] == [row.planted for row in rows]
    assert len(rows) == len({row.kind for row in rows}) >= 7


def test_goods_of_another_number_or_a_share_of_them_leave_the_rest_open() -> None:
    for share, kind in ((0, "other_goods"), (1, "short_goods")):
        s = Scene("small", 5, 20)
        wrong_goods(s, FEW, share=Decimal(share) / 50)
        row = counted(s).rows[0]
        assert (row.kind, row.found, row.by_test) == (kind, FEW, FEW)


def test_the_copy_is_held_and_the_real_sale_is_not() -> None:
    s = Scene("small", 5, 20)
    sold_twice(s, 6, lenders=2, disguise="renumbered")
    copies = {(t.creditor, t.number) for t in s.truth if t.kind == "sold_twice"}
    held = {f["claim_id"] for f in world(s)["finding"] if f["test"] == "sold_twice"}
    claims = {c["claim_id"]: c for c in world(s)["claim"]}
    assert {(vat, claims[h]["number"]) for h in held for vat in claims[h]["vats"]} == copies


def test_a_finding_in_words_counts_only_where_it_names_what_was_planted() -> None:
    claim = {"amount_minor": 9, "currency": "EUR", "vats": ["XA1"], "verdict": "proven"}
    claims = [{**claim, "claim_id": "P", "number": "P", "proven_minor": 9}]
    told = {"test": "sudden_change", "grave": False, "claim_id": None, "number": None, "vat": None}
    truth = [Planted(kind="sudden_change", number="P", creditor="XA1", words="Mill invoiced ")]
    for what, found in (("Mill invoiced 9", 1), ("Farm invoiced 9", 0)):
        made = count("small", truth, {"claim": claims, "finding": [{**told, "what": what}]})
        assert made.rows[0].found == found
        assert made.elsewhere == ({} if found else {"sudden_change": 1})


def test_the_drills_account_numbers_have_right_check_digits() -> None:
    number = account_number(7)
    digits = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
    assert int(digits) % 97 == 1


def test_a_gln_has_its_check_digit_or_a_wrong_one() -> None:
    assert oddities.gln(0) == "4099000000000"
    assert oddities.gln(0, right=False) == "4099000000001"


def test_an_order_may_be_laid_after_its_invoice() -> None:
    s = Scene("small", 5, 20)
    seller, buyer = s.pairs(1)[0]
    sale = deal(s, seller, buyer, s.goods(), s.day(), ahead=-2)
    order = next(d for d in s.laid["document"] if d["number"] == sale.order)
    assert (order["issued_on"] - sale.day).days == 2


def test_prices_told_of_honest_claims_do_differ_from_their_orders() -> None:
    """What `price_conflict` tells counts as no alarm because it is so: checked without evidence."""
    s = Scene("small", 5, 20)
    number = {d["document_id"]: d["number"] for d in s.honest["document"].to_pylist()}
    kind = {d["document_id"]: d["kind"] for d in s.honest["document"].to_pylist()}
    lines = s.honest["line"].to_pylist()
    ordered: dict[Any, set[Any]] = {}
    for row in lines:
        if kind[row["document_id"]] == "order":
            key = (number[row["document_id"]], row["line_ref"])
            ordered.setdefault(key, set()).add(row["price"])
    dearer = {
        number[row["document_id"]]
        for row in lines
        if kind[row["document_id"]] == "invoice"
        and row["price"] not in ordered.get((row["order_ref"], row["order_line_ref"]), ())
    }
    told = [f for f in world(s)["finding"] if f["test"] == "price_conflict"]
    assert told
    assert {f["number"] for f in told} <= dearer


def test_what_is_told_and_not_grave_is_named_so() -> None:
    told: Any = [k for k, kind in KINDS.items() if not kind.grave]
    assert {"split", "phantom_debtor", "number_anomaly"} <= set(told)
    assert not {"invented", "sold_twice", "round_trip"} & set(told)
