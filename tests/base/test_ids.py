"""Ids: the same in Python and in SQL, different for different causes."""

from __future__ import annotations

import hashlib
from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.base.ids import LENGTH, digest_id, digest_ids, source_id, sql_id

words = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
parts = st.lists(
    st.none() | words | st.integers(-(2**63), 2**63 - 1) | st.dates(date(1, 1, 1)),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def db():
    with duckdb.connect() as connection:
        yield connection


@given(parts)
def test_python_and_sql_give_the_same_id(db, causes):
    marks = sql_id(*(f"${n}" for n in range(1, len(causes) + 1)))
    [(found,)] = db.execute(f"select {marks}", causes).fetchall()
    assert found == digest_id(*causes)
    assert len(found) == LENGTH


@given(st.lists(st.tuples(st.none() | words, st.none() | words), max_size=8), st.none() | words)
def test_ids_of_columns_are_those_of_their_rows(rows, same):
    first, second = (pa.array([row[n] for row in rows], pa.string()) for n in (0, 1))
    found = digest_ids("rule", first, same, 7, pa.chunked_array([second]))
    assert found.to_pylist() == [digest_id("rule", a, same, 7, b) for a, b in rows]


@given(st.lists(st.lists(st.none() | words, max_size=4), max_size=6))
def test_the_texts_of_a_list_are_parts_one_after_another(rows):
    found = digest_ids("rule", pa.array(rows, pa.list_(pa.string())))
    assert found.to_pylist() == [digest_id("rule", *row) for row in rows]


@given(st.lists(st.none() | words, max_size=4), st.lists(st.none() | words, max_size=4))
def test_other_causes_have_another_id(some, others):
    assert (digest_id(*some) == digest_id(*others)) == (some == others)


def test_no_text_can_pretend_to_be_two_parts():
    assert digest_id("party", "VAT", "X\x1fREG\x1fY") != digest_id("party", "VAT", "X", "REG", "Y")
    assert digest_id("1:a1:b") != digest_id("a", "b")
    assert digest_id("-") != digest_id(None) != digest_id("")


def test_an_id_is_what_it_was_when_the_first_book_was_written():
    assert digest_id("claim", "A00095678") == hashlib.sha256(b"5:claim9:A00095678").hexdigest()[:32]


def test_a_source_is_named_by_the_digest_that_sha256sum_prints():
    assert source_id(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
