"""Every error says what, where and how to mend it, and travels between processes."""

from __future__ import annotations

import pickle

import pytest

import tailrace
from tailrace.base import errors

KINDS = [
    errors.BadTerms,
    errors.Overdrawn,
    errors.Moved,
    errors.NotFound,
    errors.Damaged,
    errors.Unreachable,
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_reads_what_where_and_how_to_mend_it(kind):
    error = kind("no such order", where="orders.csv, row 7", mend="name one that is there")
    assert isinstance(error, tailrace.TailraceError)
    assert str(error).splitlines() == [
        "no such order",
        "  where: orders.csv, row 7",
        "  mend:  name one that is there",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_raised_in_a_worker_arrives_whole(kind):
    error = kind("no such order", where="row 7", mend="name one")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), str(again)) == (kind, vars(error), str(error))


def test_damage_arrives_with_its_page():
    error = errors.Damaged("altered", where="book.db", mend="restore", page=7)
    assert pickle.loads(pickle.dumps(error)).page == 7


def test_the_front_door_has_every_error_and_nothing_more():
    assert {kind.__name__ for kind in KINDS} < set(tailrace.__all__)
    for name in tailrace.__all__:
        assert getattr(tailrace, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'ledger_magic'"):
        tailrace.ledger_magic
