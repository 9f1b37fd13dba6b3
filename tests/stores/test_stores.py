"""The one suite every store passes: memory, SQLite, PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from appender import append, batch
from kills import killed, python, python_env
from msgspec.structs import replace

from tailrace import BadTerms, Book, Damaged, Moved
from tailrace.base.journal import Draft, Head, checked

HERE = Path(__file__).parent
KILLS = 20


def draft(key: str, body: bytes = b"body", kind: str = "load") -> Draft:
    return Draft(kind=kind, rule="yard.load", version=1, upto=0, key=key, body=body)


def whole(store) -> Head:
    """Return the head after following the whole chain; it must be the one the store tells."""
    return Book(store, {}).verify()


def five_pages(kit):
    store = kit.open()
    store.append([draft(f"k{n}", b"x" * n * 3000) for n in range(1, 6)], after=Head())
    return store


def test_a_book_is_empty_until_the_first_append(kit):
    store = kit.open()
    assert store.head() == Head() == whole(store)
    assert list(store.pages()) == []


def test_what_was_appended_is_read_back_in_order_to_the_last_byte(kit):
    store = kit.open()
    bodies = [b"", b"\0\xff" * 9, "ÄÖ 中".encode(), bytes(range(256)) * 5000]
    first = store.append([draft(f"a{n}", body) for n, body in enumerate(bodies)], after=Head())
    last = store.append([draft("é/中/🚚", b"z", kind="späť")], after=first)
    again = kit.open()
    pages = list(again.pages())
    assert [page.body for page in pages] == [*bodies, b"z"]
    assert [page.position for page in pages] == [1, 2, 3, 4, 5]
    assert (pages[4].key, pages[4].kind, pages[4].rule) == ("é/中/🚚", "späť", "yard.load")
    assert again.head() == last == whole(again)


def test_pages_are_read_by_kind_and_between_positions(kit):
    store = kit.open()
    drafts = [draft(f"k{n}", kind="even" if n % 2 == 0 else "odd") for n in range(1, 8)]
    store.append(drafts, after=Head())
    read = lambda **asked: [page.position for page in store.pages(**asked)]  # noqa: E731
    assert read(kind="even") == [2, 4, 6]
    assert read(after=3) == [4, 5, 6, 7]
    assert read(after=2, upto=5) == [3, 4, 5]
    assert read(kind="odd", after=1, upto=6) == [3, 5]
    assert read(kind="none") == read(after=7) == read(upto=0) == []


def test_many_small_pages_and_a_large_one_are_all_read(kit):
    store = kit.open()
    drafts = [draft(f"k{n}", b"s" * 10) for n in range(1500)]
    head = store.append([*drafts, draft("large", b"L" * 9_000_000)], after=Head())
    head = store.append([draft("after", b"t" * 10)], after=head)
    assert whole(store) == head == Head(1502, head.digest)


def test_a_reader_sees_the_book_as_it_was_when_it_began(kit):
    store = five_pages(kit)
    reading = store.pages()
    first = next(reading)
    kit.open().append([draft("later")], after=store.head())
    assert [first.position, *(page.position for page in reading)] == [1, 2, 3, 4, 5]
    assert store.head().position == 6


def test_of_two_appends_after_the_same_head_the_second_is_refused(kit):
    one, other = kit.open(), kit.open()
    head = one.append([draft("a")], after=Head())
    one.append([draft("b")], after=head)
    with pytest.raises(Moved, match="the book is at page 2, not 1"):
        other.append([draft("c"), draft("d")], after=head)
    assert [page.key for page in other.pages()] == ["a", "b"]
    assert other.append([draft("c")], after=other.head()).position == 3


def test_the_same_key_and_bytes_twice_is_one_page(kit):
    store = kit.open()
    head = store.append([draft("a"), draft("b")], after=Head())
    assert store.append([draft("a")], after=head) == head
    assert kit.open().append([draft("b"), draft("a")], after=head) == head
    mixed = store.append([draft("b"), draft("c")], after=head)
    assert [page.key for page in store.pages()] == ["a", "b", "c"]
    assert whole(store) == mixed


def test_the_same_key_with_other_bytes_is_an_error_and_nothing_is_written(kit):
    store = kit.open()
    head = store.append([draft("a")], after=Head())
    with pytest.raises(BadTerms, match="page 'a' exists with other content"):
        store.append([draft("b"), draft("a", b"other")], after=head)
    assert store.head() == head == whole(store)


def test_who_lost_the_answer_asks_again_and_gets_it(kit):
    batch = [draft("a"), draft("b")]
    head = kit.open().append(batch, after=Head())
    assert kit.open().append(batch, after=Head()) == head
    assert whole(kit.open()) == head


def test_an_append_of_nothing_changes_nothing(kit):
    store = five_pages(kit)
    assert store.append([], after=Head()) == store.head()


def test_an_append_is_all_or_nothing(kit):
    store = five_pages(kit)
    head = store.head()
    unkeepable = [draft("a"), replace(draft("b"), key="b\0")]
    with pytest.raises(BadTerms, match="cannot name a page"):
        store.append(unkeepable, after=head)
    assert store.head() == head == whole(kit.open())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", b"x" * 8999 + b"y"),
        ("digest", bytes(32)),
        ("prev", bytes(32)),
        ("key", "k3 "),
        ("kind", "lead"),
        ("rule", "yard.lead"),
        ("version", 2),
        ("upto", 1),
    ],
)
def test_one_changed_field_is_found_at_its_page(kit, field, value):
    five_pages(kit)
    kit.alter(3, field, value)
    with pytest.raises(Damaged) as found:
        whole(kit.open())
    assert found.value.page == 3
    assert found.value.where.endswith("page 3")


def test_a_position_that_was_moved_leaves_a_gap_that_is_found(kit):
    five_pages(kit)
    kit.alter(5, "position", 9)
    kit.alter(3, "position", 5)
    with pytest.raises(Damaged, match=r"page 3 is missing: page [45] follows"):
        whole(kit.open())


@pytest.mark.parametrize("position", [1, 3, 5])
def test_a_page_that_is_gone_is_found_even_if_it_was_the_last(kit, position):
    five_pages(kit)
    kit.drop(position)
    with pytest.raises(Damaged, match=f"page {position} is missing") as found:
        whole(kit.open())
    assert found.value.page == position
    assert f"pages up to {position - 1} are whole" in found.value.mend


def test_writers_in_threads_never_interleave(kit):
    shared = kit.open()
    stores = [shared, shared, kit.open(), kit.open()]

    def work(number: int) -> None:
        for at in range(10):
            append(stores[number], batch(f"w{number}", at, 3))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert_batches_are_together(shared, 4 * 10, 3)


def test_writers_in_processes_never_interleave(shared_kit):
    command = python(str(HERE / "appender.py"), shared_kit.url)
    running = [
        subprocess.Popen(
            [*command, f"w{n}", "8", "3"],
            env=python_env(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for n in range(3)
    ]
    for process in running:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    assert_batches_are_together(shared_kit.open(), 3 * 8, 3)


def assert_batches_are_together(store, batches: int, pages: int) -> None:
    keys = [page.key for page in store.pages()]
    starts = keys[::pages]
    assert len(keys) == batches * pages == len(set(keys))
    assert keys == [f"{start[:-1]}{at}" for start in starts for at in range(pages)]
    assert whole(store).position == len(keys)


def test_a_killed_writer_loses_nothing_it_acknowledged_and_tears_no_batch(shared_kit):
    command = python(str(HERE / "appender.py"), shared_kit.url, "w", "100000", "3", "on")
    acknowledged, heads = 0, [0]
    for kill in killed(
        command, times=KILLS, seed=7, within=0.15, starts=b"ready", env=python_env()
    ):
        answers = kill.out.splitlines()[1:]
        positions = [int(line.split()[1]) for line in answers if line.count(b" ") == 1]
        acknowledged = max([acknowledged, *positions])
        store = shared_kit.open()
        head = whole(store)
        keys = [page.key for page in store.pages()]
        assert keys == [f"w/{at // 3}/{at % 3}" for at in range(head.position)]
        assert head.position % 3 == 0
        assert head.position >= acknowledged
        assert kill.killed
        heads.append(head.position)
        store.close()
    assert sum(before < after for before, after in pairwise(heads)) > KILLS / 3


def test_a_chain_can_be_followed_on_from_a_head_that_is_known(kit):
    store = five_pages(kit)
    known = store.head()
    store.append([draft("more")], after=known)
    assert checked(store.pages(after=known.position), known, where="here") == store.head()


def test_stores_are_read_without_what_makes_tables():
    code = "import sys, tailrace.stores.{}; sys.exit('pyarrow' in sys.modules)"
    for name in ("memory", "sqlite", "postgres"):
        command = [sys.executable, "-c", code.format(name)]
        subprocess.run(command, env=python_env(), check=True)
