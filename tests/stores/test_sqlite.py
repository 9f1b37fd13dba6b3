"""What only a file can suffer: cuts, locks, full disks, other programs' files, newer formats."""

from __future__ import annotations

import os
import resource
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tailrace import BadTerms, Book, Damaged, Unreachable
from tailrace.base.journal import Draft, Head
from tailrace.stores import sqlite
from tailrace.stores.sqlite import open_store

NOBODY = 65534


def draft(key: str, body: bytes = b"body") -> Draft:
    return Draft(kind="load", rule="yard.load", version=1, upto=0, key=key, body=body)


def made(path: Path, pages: int = 20) -> Path:
    """Write a book of pages of 30 kB each and close it."""
    store = open_store(str(path))
    store.append([draft(f"k{n}", os.urandom(30_000)) for n in range(pages)], after=Head())
    store.close()
    return path


def verified(path: Path) -> Head:
    return Book(open_store(str(path)), {}).verify()


def test_a_path_may_be_plain_relative_or_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for url in ("a.db", "sqlite:///b.db", f"sqlite:///{tmp_path}/c d?#%20.db"):
        store = open_store(url)
        store.append([draft("a")], after=Head())
        store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "b.db", "c d?#%20.db"]


def test_nothing_is_made_before_the_first_append(tmp_path):
    store = open_store(str(tmp_path / "book.db"))
    assert store.head() == Head()
    assert list(store.pages()) == list(tmp_path.iterdir()) == []


def test_a_closed_book_is_one_file_with_full_synchronisation(tmp_path):
    path = tmp_path / "book.db"
    store = open_store(str(path))
    store.append([draft("a")], after=Head())
    assert store._writer.execute("pragma journal_mode").fetchone() == ("wal",)
    assert store._writer.execute("pragma synchronous").fetchone() == (2,)
    store.close()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("url", ["", "sqlite:///", "sqlite://host/book.db", "a\0b"])
def test_a_url_that_names_no_file_is_refused(url):
    with pytest.raises(BadTerms, match="names no file"):
        open_store(url)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unreachable) as refused:
        open_store(f"{tmp_path}/no/book.db")
    assert refused.value.where == f"{tmp_path}/no"
    assert "make the folder first" in refused.value.mend


def test_a_folder_is_no_book(tmp_path):
    with pytest.raises(BadTerms, match="a folder, not a file"):
        open_store(str(tmp_path))


def test_a_file_of_another_kind_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "book.db"
    path.write_text("order,line,quantity\n" * 100)
    with pytest.raises(BadTerms, match="not an SQLite file"):
        open_store(str(path))
    assert path.read_text() == "order,line,quantity\n" * 100


def test_another_programs_database_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "erp.db"
    with sqlite3.connect(path) as db:
        db.execute("create table invoice (number text)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(BadTerms, match="no Tailrace book"):
        open_store(str(path))
    assert path.read_bytes() == before


def test_a_newer_book_is_refused_with_the_version_to_install(tmp_path):
    path = made(tmp_path / "book.db", 1)
    with sqlite3.connect(path) as db:
        db.execute("update meta set value = '7' where name = 'format'")
        db.execute("update meta set value = '3.1.4' where name = 'needs'")
    db.close()
    with pytest.raises(BadTerms) as refused:
        open_store(str(path))
    assert refused.value.what == "the book has format 7; this tailrace reads up to 1"
    assert refused.value.mend == "pip install 'tailrace>=3.1.4'"


def test_a_book_that_does_not_say_its_format_is_refused(tmp_path):
    path = made(tmp_path / "book.db", 1)
    with sqlite3.connect(path) as db:
        db.execute("delete from meta where name = 'format'")
    db.close()
    with pytest.raises(BadTerms, match="does not say its format"):
        open_store(str(path))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_damaged_at_the_first_page_that_is_gone(tmp_path, share):
    path = made(tmp_path / "book.db")
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(Damaged) as found:
        verified(path)
    assert found.value.page is not None
    assert 1 <= found.value.page <= 20 * share + 2
    whole = list(open_store(str(path)).pages(upto=found.value.page - 1))
    assert [page.position for page in whole] == list(range(1, found.value.page))
    assert f"pages up to {found.value.page - 1} are whole" in found.value.mend


def test_nothing_is_appended_to_a_file_cut_short(tmp_path):
    path = made(tmp_path / "book.db")
    os.truncate(path, path.stat().st_size // 2)
    before = path.read_bytes()
    store = open_store(str(path))
    with pytest.raises(Damaged, match="`tailrace verify` names the first page that is wrong"):
        store.append([draft("more")], after=store.head())
    store.close()
    assert path.read_bytes() == before


def test_a_file_cut_inside_its_first_block_is_damaged(tmp_path):
    path = made(tmp_path / "book.db")
    os.truncate(path, 60)
    with pytest.raises(Damaged, match="the file is damaged"):
        verified(path)


@pytest.mark.parametrize("seed", range(30))
def test_a_flipped_byte_anywhere_is_found_or_changes_nothing(tmp_path, seed):
    import random

    path = made(tmp_path / "book.db")
    head, pages = verified(path), list(open_store(str(path)).pages())
    content = bytearray(path.read_bytes())
    chance = random.Random(seed)
    # The first bytes hold SQLite's own header and schema; the rest is nearly all pages.
    at = chance.randrange(100) if seed < 8 else chance.randrange(len(content))
    content[at] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    try:
        assert verified(path) == head
    except (Damaged, BadTerms, Unreachable) as found:
        assert found.mend
    else:
        assert list(open_store(str(path)).pages()) == pages


def test_damaged_text_is_a_wrong_page_and_no_crash(tmp_path):
    path = made(tmp_path / "book.db", 3)
    with sqlite3.connect(path) as db:
        db.execute("update page set kind = cast(x'ff8041' as text) where position = 2")
    db.close()
    with pytest.raises(Damaged) as found:
        verified(path)
    assert found.value.page == 2


def test_a_locked_book_is_waited_for_and_then_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "PATIENCE_S", 0.2)
    path = made(tmp_path / "book.db", 1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin immediate")
    store = open_store(str(path))
    with pytest.raises(Unreachable, match=r"another process held the book for 0\.2 s") as refused:
        store.append([draft("more")], after=store.head())
    assert "nothing was appended" in refused.value.mend
    assert len(list(store.pages())) == 1  # readers are never held up
    holder.close()
    assert store.append([draft("more")], after=store.head()).position == 2
    store.close()


def test_a_full_disk_leaves_the_book_as_it_was(tmp_path):
    path = made(tmp_path / "book.db", 2)
    store = open_store(str(path))
    head = store.append([draft("room")], after=store.head())
    [size] = store._writer.execute("pragma page_count").fetchone()
    store._writer.execute(f"pragma max_page_count = {size + 10}")
    with pytest.raises(Unreachable, match="the disk did not take it") as refused:
        store.append([draft("big", bytes(1_000_000))], after=head)
    assert refused.value.mend.startswith("free space")
    assert store.head() == head == verified(path)
    store._writer.execute(f"pragma max_page_count = {size + 1000}")
    assert store.append([draft("big", bytes(1_000_000))], after=head).position == 4
    store.close()


def in_child(work) -> int:
    """Run a function in a fork, which may give up rights; return its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_disk_that_refuses_to_write_leaves_the_book_as_it_was(tmp_path):
    path = made(tmp_path / "book.db", 2)
    head = verified(path)

    def work() -> int:
        limit = path.stat().st_size + 50_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        store = open_store(str(path))
        try:
            store.append([draft("big", bytes(3_000_000))], after=head)
        except Unreachable as refused:
            return 0 if "disk did not take it" in refused.what and store.head() == head else 2
        return 3

    assert in_child(work) == 0
    assert verified(path) == head


def test_a_book_nobody_may_write_to_can_be_read_and_verified():
    # The folder is made where the ordinary user that the child becomes can reach it.
    with TemporaryDirectory() as made_here:
        folder = Path(made_here)
        path = made(folder / "book.db", 3)
        head = verified(path)
        path.chmod(0o444)
        folder.chmod(0o555)

        def work() -> int:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            store = open_store(str(path))
            if Book(store, {}).verify() != head:
                return 2
            try:
                store.append([draft("more")], after=head)
            except Unreachable as refused:
                return 0 if "cannot be written" in refused.what else 4
            return 3

        assert in_child(work) == 0
        folder.chmod(0o755)


def test_a_book_left_open_by_a_killed_process_is_read_with_what_it_acknowledged(tmp_path):
    path = tmp_path / "book.db"

    def work() -> int:
        store = open_store(str(path))
        store.append([draft("a", bytes(100_000))], after=Head())
        os._exit(0)  # no close: the page is in the write-ahead log alone

    assert in_child(work) == 0
    assert Path(f"{path}-wal").stat().st_size > 0
    assert verified(path).position == 1
