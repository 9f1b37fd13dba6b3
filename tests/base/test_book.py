"""A book: tables in, the same tables out, and no page read that is not what was written."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tailrace import BadTerms, Book, Damaged
from tailrace.base.journal import Head
from tailrace.base.tables import COUNT, TEXT, Column, Schema
from tailrace.stores.memory import MemoryStore

LOAD = Schema(
    "load", "A load.", (Column("load_id", TEXT, "id"), Column("pallets", COUNT, "n")), ("load_id",)
)


@pytest.fixture
def book():
    with Book(MemoryStore(), {"load": LOAD}) as opened:
        head = opened.head
        for n in (1, 2, 3):
            table = LOAD.rows([{"load_id": f"{n}", "pallets": n}])
            page = opened.draft(table, kind="load", rule="yard.load", version=1, key=f"load/{n}")
            head = opened.append([page], after=head)
        yield opened


def test_rows_come_back_in_the_order_of_their_pages(book):
    assert book.table("load")["pallets"].to_pylist() == [1, 2, 3]
    assert book.table("load", upto=2)["pallets"].to_pylist() == [1, 2]
    assert book.kinds() == {"load": 3}


def test_a_page_says_what_it_rested_on(book):
    assert [page.upto for page in book.pages()] == [0, 1, 2]


def test_a_kind_nobody_declares_is_refused_with_those_there_are(book):
    with pytest.raises(BadTerms, match="kinds are load"):
        book.table("lod")


def test_an_older_page_without_a_newer_column_reads_as_not_said(book):
    newer = Schema("load", "A load.", (*LOAD.columns, Column("yard", TEXT, "from", null=True)), ())
    later = Book(book.store, {"load": newer})
    assert later.table("load")["yard"].to_pylist() == [None, None, None]


def test_an_altered_page_is_not_read(book):
    pages = book.store._pages
    pages[1] = replace(pages[1], body=pages[0].body)
    with pytest.raises(Damaged, match=r"page 2 \(load, key 'load/2'\) was altered"):
        book.table("load")


def test_verify_shows_each_page_and_returns_the_head(book):
    seen = []
    assert book.verify(lambda page: seen.append(page.position)) == book.head
    assert seen == [1, 2, 3]


def test_a_last_page_that_is_gone_or_was_replaced_is_found(book):
    pages = book.store._pages
    last = pages.pop()
    with pytest.raises(Damaged, match="page 3 is missing"):
        book.verify()
    pages.append(last)
    book.store._head = Head(3, bytes(32))
    with pytest.raises(Damaged, match="page 3 is not the head the book last wrote"):
        book.verify()
