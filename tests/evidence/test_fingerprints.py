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
from tailrace.evidence.fingerprints.kinds import KINDS, fingerprints
from tailrace.evidence.fingerprints.rows import given, kept

KEY = b"sixteen bytes or more"
BILL = "invoice R-0071 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00"


def files(text: str, key: bytes = KEY):
    engine, made = told(text).engine, f"({fingerprints(key)})"
    return engine.sql(given(key, made)), engine.sql(kept(key, made))


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
