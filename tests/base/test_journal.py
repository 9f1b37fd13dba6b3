"""The journal: what an append admits, how pages are chained, and how the chain is followed."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tailrace import BadTerms, Damaged, Moved
from tailrace.base.journal import (
    BODY_MAX,
    GENESIS,
    Draft,
    Head,
    Page,
    admit,
    chained,
    checked,
    digest_of,
)

names = st.text("abcdefgh/-.é中", min_size=1, max_size=8)
drafts = st.builds(
    Draft,
    kind=names,
    rule=names,
    version=st.integers(1, 9),
    upto=st.integers(0, 99),
    key=names,
    body=st.binary(max_size=40),
)
batches = st.lists(st.lists(drafts, max_size=5, unique_by=lambda d: d.key), max_size=5)


def write(pages: list[Page], batch: list[Draft], after: Head | None = None) -> Head:
    """Append to a list of pages as a store does."""
    head = Head(pages[-1].position, pages[-1].digest) if pages else Head()
    keys = {page.key: page for page in pages}
    fresh = admit(batch, after=after or head, head=head, find=keys.get, where="here")
    pages += fresh
    return Head(pages[-1].position, pages[-1].digest) if pages else Head()


def draft(key: str = "a", body: bytes = b"1", **other) -> Draft:
    said = {"kind": "load", "rule": "yard.load", "version": 1, "upto": 0, **other}
    return Draft(key=key, body=body, **said)


@given(batches)
def test_what_is_admitted_is_a_whole_chain_that_holds_each_key_once(written):
    pages: list[Page] = []
    for batch in written:
        before = list(pages)
        try:
            head = write(pages, batch)
        except BadTerms:
            assert pages == before
            continue
        assert checked(pages, Head(), where="here") == head
        for one in batch:
            [page] = [page for page in pages if page.key == one.key]
            assert one.same(page)
        assert write(list(pages), batch) == head
    assert [page.position for page in pages] == list(range(1, len(pages) + 1))


changes = st.sampled_from(
    [
        ("kind", "other"),
        ("rule", "other.rule"),
        ("version", 77),
        ("upto", 777),
        ("key", "other key"),
        ("body", b"other body"),
        ("prev", bytes(31) + b"\1"),
        ("digest", bytes(31) + b"\1"),
        ("position", 7777),
    ]
)


@given(st.lists(drafts, min_size=1, max_size=6, unique_by=lambda d: d.key), st.data())
def test_any_change_to_any_field_of_any_page_is_found_at_that_page(batch, data):
    pages = chained(batch, Head())
    at = data.draw(st.integers(0, len(pages) - 1))
    name, value = data.draw(changes)
    pages[at] = replace(pages[at], **{name: value})
    with pytest.raises(Damaged) as found:
        checked(pages, Head(), where="book.db")
    assert found.value.page == at + 1
    assert found.value.where == f"book.db, page {at + 1}"
    assert f"pages up to {at} are whole" in found.value.mend


@given(st.lists(drafts, min_size=2, max_size=6, unique_by=lambda d: d.key), st.data())
def test_a_page_taken_out_or_swapped_is_found(batch, data):
    pages = chained(batch, Head())
    at = data.draw(st.integers(0, len(pages) - 2))
    with pytest.raises(Damaged, match=f"page {at + 1} is missing"):
        checked(pages[:at] + pages[at + 1 :], Head(), where="here")
    swapped = [*pages[:at], pages[at + 1], pages[at], *pages[at + 2 :]]
    with pytest.raises(Damaged, match=f"page {at + 1} is missing: page {at + 2} follows"):
        checked(swapped, Head(), where="here")


def test_a_digest_is_what_anyone_can_recompute():
    [page] = chained([draft(key="k", body=b"body")], Head())
    fields = b"".join(
        len(field).to_bytes(4, "big") + field
        for field in (b"1", b"load", b"yard.load", b"1", b"0", b"k")
    )
    assert page.digest == hashlib.sha256(GENESIS + fields + b"body").digest() == digest_of(page)


def test_a_moved_head_is_refused_and_says_to_read_again():
    pages: list[Page] = []
    first = write(pages, [draft("a")])
    write(pages, [draft("b")])
    with pytest.raises(Moved) as refused:
        write(pages, [draft("c")], after=first)
    assert refused.value.what == "the book is at page 2, not 1"
    assert refused.value.mend == "read again, step again, append again"
    assert len(pages) == 2


def test_a_head_of_the_right_position_but_another_digest_is_refused():
    pages: list[Page] = []
    write(pages, [draft("a")])
    with pytest.raises(Moved):
        write(pages, [draft("b")], after=Head(1, bytes(32)))


def test_who_lost_the_answer_asks_again_and_nothing_is_written_twice():
    pages: list[Page] = []
    batch = [draft("a"), draft("b")]
    head = write(pages, batch)
    assert write(pages, batch, after=Head()) == head
    assert write(pages, [replace(one, upto=9) for one in batch], after=Head()) == head
    assert len(pages) == 2


def test_a_key_with_other_content_is_refused_with_all_that_came_with_it():
    pages: list[Page] = []
    write(pages, [draft("a")])
    for other in (
        draft("a", b"2"),
        draft("a", kind="x"),
        draft("a", version=2),
        draft("a", rule="x"),
    ):
        with pytest.raises(BadTerms, match="page 'a' exists with other content"):
            write(pages, [draft("b"), other])
    with pytest.raises(BadTerms, match="append the correction under a key of its own"):
        write(pages, [draft("c"), draft("c", b"2")])
    assert len(pages) == 1


def test_the_same_page_twice_in_one_append_is_one_page():
    pages: list[Page] = []
    assert write(pages, [draft("a"), draft("a")]).position == 1


@pytest.mark.parametrize("name", ["", "a\0b", "a\nb", "\ud800"])
@pytest.mark.parametrize("field", ["key", "kind", "rule"])
def test_a_name_that_some_store_could_not_keep_is_refused(field, name):
    with pytest.raises(BadTerms, match="cannot name a page"):
        write([], [draft(**{field: name})])


def test_a_page_too_large_for_a_store_is_refused_by_all_of_them():
    with pytest.raises(BadTerms) as refused:
        write([], [draft("big", bytes(BODY_MAX + 1))])
    assert refused.value.what == "page 'big' has 900,000,001 bytes"
    assert "cut the table into several pages" in refused.value.mend
