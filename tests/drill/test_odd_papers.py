"""Honest oddities are proven and not suspected; odd papers are told; wrong goods prove nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tailrace.drill import oddities, paperwork
from tailrace.drill.frauds import wrong_goods
from tailrace.drill.kinds import KINDS
from tailrace.drill.measure import Count, count, judged
from tailrace.drill.running import drill, write
from tailrace.drill.scene import Planted, Scene, account_number
from tailrace.street.rules import packaged

FEW = 3


def world(s: Scene) -> Mapping[str, list[dict[str, Any]]]:
    return judged(s.tables(), on=s.on, rules=packaged())


def unproven(s: Scene, found: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Return the sound sales of a scene that evidence does not prove in full, with why."""
    by_key = {(vat, c["number"]): c for c in found["claim"] for vat in c["vats"]}
    claims = {t.number: by_key.get((t.creditor, t.number)) for t in s.sound}
    return [n for n, claim in claims.items() if claim is None or claim["verdict"] != "proven"]


def counted(s: Scene) -> Count:
    return count("small", s.truth, world(s))


@pytest.mark.parametrize("lay", oddities.SORTS, ids=lambda lay: lay.__name__)
def test_an_honest_oddity_is_proven_and_raises_nothing_grave(lay: Any) -> None:
    s = Scene("small", 5, 20)
    for at, (seller, buyer) in enumerate(s.pairs(FEW)):
        lay(s, seller, buyer, at)
    found = world(s)
    assert len(s.sound) >= FEW
    assert unproven(s, found) == []
    assert [f["what"] for f in found["finding"] if f["grave"]] == []


PLANTS = {
    "phantom_debtor": lambda s: paperwork.phantom_debtor(s, FEW),
    "twin_format": lambda s: paperwork.twin_format(s, FEW),
    "credit_and_rebill": lambda s: paperwork.credit_and_rebill(s, FEW, later=6),
    "number_anomaly": lambda s: paperwork.number_anomaly(s, FEW),
    "sudden_change": lambda s: paperwork.sudden_change(s, FEW, times=10),
    "affiliate_receipt": lambda s: paperwork.affiliate_receipt(s, FEW),
    "bad_identifier": lambda s: paperwork.bad_identifier(s, FEW),
}


@pytest.mark.parametrize("kind", PLANTS)
def test_an_odd_paper_is_told_by_its_own_test(kind: str) -> None:
    s = Scene("small", 5, 20)
    PLANTS[kind](s)
    row = counted(s).rows[0]
    assert (row.kind, row.planted, row.found, row.by_test) == (kind, FEW, FEW, FEW)
    assert not KINDS[kind].grave


def test_goods_of_another_number_or_a_share_of_them_leave_the_rest_open() -> None:
    for share in (0, 1):
        s = Scene("small", 5, 20)
        wrong_goods(s, FEW, share=Decimal(share) / 50)
        found = world(s)
        assert count("small", s.truth, found).rows[0].found == FEW
        told = {f["test"] for f in found["finding"] if f["number"] in {t.number for t in s.truth}}
        assert ("item_conflict" in {f["test"] for f in found["finding"]}) == (share == 0), told


def test_a_finding_in_words_counts_only_where_it_names_what_was_planted() -> None:
    claim = {"amount_minor": 9, "currency": "EUR", "vats": ["XA1"], "verdict": "proven"}
    claims = [{**claim, "claim_id": "P", "number": "P", "proven_minor": 9}]
    told = {"test": "sudden_change", "grave": False, "claim_id": None, "number": None, "vat": None}
    truth = [Planted(kind="sudden_change", number="P", creditor="XA1", words="Mill invoiced ")]
    for what, found in (("Mill invoiced 9", 1), ("Farm invoiced 9", 0)):
        made = count("small", truth, {"claim": claims, "finding": [{**told, "what": what}]})
        assert made.rows[0].found == found


def test_what_a_finding_must_say_outlives_the_folder(tmp_path: Any) -> None:
    write("paperwork", tmp_path, seed=5, firms=20)
    rows = {row.kind: row for row in drill(str(tmp_path), seed=0, firms=20).rows}
    assert rows["sudden_change"].found == rows["sudden_change"].planted
    assert rows["bad_identifier"].found == rows["bad_identifier"].planted


def test_the_drills_account_numbers_have_right_check_digits() -> None:
    number = account_number(7)
    digits = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
    assert int(digits) % 97 == 1


def test_a_gln_has_its_check_digit_or_a_wrong_one() -> None:
    assert oddities.gln(0) == "4099000000000"
    assert oddities.gln(0, right=False) == "4099000000001"
