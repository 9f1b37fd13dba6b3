"""Fingerprints: keyed digests that agree between two books, and near ones that survive a rewrite."""

from __future__ import annotations

import hashlib
import hmac

import duckdb
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from trade_text import told

from tailrace.evidence.fingerprints.compare import matches
from tailrace.evidence.fingerprints.digest import sql_hmac
from tailrace.evidence.fingerprints.kinds import KINDS, VERSION
from tailrace.evidence.fingerprints.rows import given, kept

KEY = b"sixteen bytes or more"
BILL = "invoice R-0071 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00"


def files(text: str, key: bytes = KEY):
    engine = told(text).engine
    return engine.sql(given(key)), engine.sql(kept(key))


def compared(one: str, other: str, key: bytes = KEY):
    db = duckdb.connect()
    db.register("a", files(one)[0])
    db.register("b", files(other, key)[0])
    return [row[0] for row in db.sql(matches("a", "b")).fetchall()]


@settings(max_examples=25, deadline=None)
@drawn(st.binary(min_size=1, max_size=100), st.text(max_size=40).filter(lambda t: "\0" not in t))
def test_the_digest_is_hmac_sha256(key, text):
    made = duckdb.execute(f"select {sql_hmac(key, 't')} from (select ? as t)", [text]).fetchone()
    assert made == (hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),)


def test_the_same_claim_in_another_book_matches_and_another_key_does_not():
    assert compared(BILL, BILL.replace(" | ", " file=2 | ")) == ["same"]
    assert compared(BILL, BILL, key=b"another key of twenty") == []


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (BILL.replace("R-0071", "r71"), "near-same"),
        (BILL.replace("R-0071", "71"), "near-same"),  # amount, month and lines agree
        (BILL.replace("R-0071", "X900").replace("03-05", "03-06"), "near-same"),
        (BILL.replace("2.00", "9.00"), "inflated"),
        (BILL.replace("Mill", "Baker"), None),
        (BILL.replace("R-0071", "X900").replace("2.00", "9.00"), None),
    ],
)
def test_a_rewritten_claim_is_found_as_what_it_is(other, match):
    assert compared(BILL, other) == ([match] if match else [])


def test_the_file_to_give_names_nothing_and_its_order_is_the_digests():
    told_, mine = files(BILL + "\n" + BILL.replace("R-0071", "R-72").replace("wheat", "rye"))
    assert told_.column_names == ["kind", "digest", "row"]
    digests = told_["digest"].to_pylist()
    assert digests == sorted(digests)
    assert set(told_["kind"].to_pylist()) == {*KINDS} - {"digits"}
    assert set(told_["row"].to_pylist()) == set(mine["row"].to_pylist())
    assert sorted(mine["number"].to_pylist()) == ["R-0071", "R-72"]


def test_a_claim_of_a_firm_known_by_name_alone_has_no_fingerprint():
    assert files(BILL.replace("=Mill", "=?Mill"))[0].num_rows == 0


LEI = "5493000IBP32UQZ0KL24"
TWO = f"""
    firm Farm VAT=XA-FARM 0199={LEI}
    invoice RE-2026/007 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00 | 2 rye 10 KGM 3.50
    invoice R.8 2026-03-06 buyer=Mill seller=Farm | 1 wheat 1 KGM 2.00
"""
# The parts of each kind beside seller and buyer, spelled by hand from docs/fingerprints.md.
# 2026-03-05 is day 20517 since 1970: its buckets begin on 20516 and 20517; those of the 6th on 20518, 20517.
WHEAT_AND_RYE = "10.000000 KGM 3500/100.000000 KGM 20000"
SPELLED = {
    "RE-2026/007": [
        ("exact", "RE-2026/007", "23500", "EUR", "2026-03-05"),
        ("number", "RE2026007", "23500", "EUR"),
        ("digits", "2026007", "23500", "EUR"),
        ("month", "23500", "EUR", "2026-03"),
        ("near_day", "23500", "EUR", "20516"),
        ("near_day", "23500", "EUR", "20517"),
        ("lines", WHEAT_AND_RYE, "EUR"),
        ("any_amount", "RE2026007"),
    ],
    "R.8": [
        ("exact", "R.8", "200", "EUR", "2026-03-06"),
        ("number", "R8", "200", "EUR"),
        ("month", "200", "EUR", "2026-03"),
        ("near_day", "200", "EUR", "20517"),
        ("near_day", "200", "EUR", "20518"),
        ("lines", "1.000000 KGM 200", "EUR"),
        ("any_amount", "R8"),
    ],
}


def by_hand(key: bytes, text: str) -> str:
    return hmac.new(key, f"{VERSION}/{text}".encode(), hashlib.sha256).hexdigest()


def spelled(kind: str, *parts: str) -> str:
    return f"{kind}/" + "".join(f"{len(part)}:{part}" for part in parts)


def test_both_files_are_what_the_documented_recipe_makes_by_hand():
    told_, mine = files(TWO)
    rows = {r["number"]: by_hand(KEY, f"row/{r['claim_id']}")[:16] for r in mine.to_pylist()}
    assert {r["number"]: r["row"] for r in mine.to_pylist()} == rows
    firms = ("VAT XAFARM", "VAT XAMILL")
    wanted = [
        (by_hand(KEY, spelled(kind, *firms, *parts)), rows[number], kind)
        for number, kinds in SPELLED.items()
        for kind, *parts in kinds
    ]
    got = [(row["digest"], row["row"], row["kind"]) for row in told_.to_pylist()]
    assert got == sorted(wanted)


def test_digests_stay_what_an_earlier_release_gave():
    pinned = (
        ("exact", "6ceaeb8ad4c7ee123b8d18e023979932ad49fcfab19aa5b52aa8ad2e0a01ede6"),
        ("lines", "5029d861a8776e03d476543dd74a08ad7f0233131a454886d87bbfb5821cbca8"),
        ("near_day", "00586282f6909909464dd6c9f2951393de76c999dc18aa2fd96f1a937eb09a71"),
        ("any_amount", "997f1823ba32de3c13b20559090c7ed50c36c0bde8f3820b02b1ad3b368daa7f"),
    )
    assert set(pinned) <= {(row["kind"], row["digest"]) for row in files(TWO)[0].to_pylist()}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (f"0199={LEI}", f"0199={LEI} CUSTOMER=7"),
        ("0088=4012345000009", "0088=4012345000009 EMAIL=a@b.example"),
        ("0060=150483782", "0060=15-048-3782"),
        ("VAT=DE129273398 country=DE", "VAT=129.273.398 country=DE"),
        ("VAT=DE129273398", "9930=DE129273398"),
        ("VAT=DE129273398", f"VAT=DE129273398 0199={LEI}"),  # the VAT number speaks first
        ("VAT=DE129273399", "VAT=DE_129_273_399"),  # wrong, but one and the same
        ("VAT=DE129273399 0088=4012345000009", "0088=4012345000009"),  # the right number speaks
    ],
)
def test_a_firm_is_one_by_each_kind_of_number_however_it_is_written(here, there):
    assert compared(f"firm Mill {here}\n{BILL}", f"firm Mill {there}\n{BILL}") == ["same"]


def test_a_firm_known_here_by_its_vat_number_and_there_by_its_lei_is_missed():
    there = f"firm Mill 0199={LEI}\n{BILL}"
    assert compared(f"firm Mill VAT=DE129273398\n{BILL}", there) == []
