"""Ids as numbers in the order of the ids, whatever their type and however they are coded."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.network.numbering import numbered, repeated

IDS = st.lists(st.none() | st.text("abc", max_size=2), max_size=12)


@given(IDS, IDS, st.booleans(), st.booleans())
def test_numbers_stand_in_the_order_of_ids_coded_or_plain(left, right, code_left, code_right):
    sides = [pa.array(left, pa.string()), pa.array(right, pa.string())]
    coded = [
        side.dictionary_encode() if code else side
        for side, code in zip(sides, (code_left, code_right), strict=True)
    ]
    firms, places = numbered(*coded)
    ids = sorted({value for value in left + right if value is not None})
    assert firms.to_pylist() == ids
    for side, at in zip((left, right), places, strict=True):
        assert at.tolist() == [-1 if value is None else ids.index(value) for value in side]


def test_a_code_that_no_row_uses_and_a_null_among_the_codes_are_no_ids():
    codes = pa.DictionaryArray.from_arrays(
        pa.array([2, 1, None, 3], pa.int8()), pa.array(["b", "a", "z", None])
    )
    firms, (at,) = numbered(codes)
    assert (firms.to_pylist(), at.tolist()) == (["a", "z"], [1, 0, -1, -1])


def test_whole_numbers_are_ids_and_two_types_are_refused():
    firms, (debtor, creditor) = numbered(pa.array([10, 9]), pa.array([9, 2]))
    assert (firms.to_pylist(), debtor.tolist(), creditor.tolist()) == ([2, 9, 10], [2, 1], [1, 0])
    with pytest.raises(BadTerms, match="debtor is int64, creditor is string"):
        numbered(pa.array([1]), pa.array(["1"]))


@given(st.lists(st.none() | st.integers(0, 9), max_size=12), st.booleans())
def test_an_id_stands_twice_where_another_row_has_it(ids, rising):
    if rising:
        ids = sorted({value for value in ids if value is not None})
    twice = [value is not None and ids.count(value) > 1 for value in ids]
    assert repeated(pa.array(ids, pa.int64())).tolist() == twice
    texts = pa.array(ids, pa.int64()).cast(pa.string())
    assert repeated(texts).tolist() == twice
