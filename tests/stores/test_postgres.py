"""What only a server can do: conflicts between transactions, lost connections, wrong rights."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from appender import append, batch

from tailrace import BadTerms, Book, Unreachable
from tailrace.base.journal import Draft, Head
from tailrace.stores import postgres
from tailrace.stores.postgres import open_store


def draft(key: str, body: bytes = b"body") -> Draft:
    return Draft(kind="load", rule="yard.load", version=1, upto=0, key=key, body=body)


@pytest.fixture
def url(postgres_server):
    return f"{postgres_server}&book={uuid4().hex}"


@pytest.fixture
def store(url, monkeypatch):
    monkeypatch.setattr(postgres, "WAIT_S", 0.01)
    opened = open_store(url)
    yield opened
    opened.close()


def test_one_database_holds_many_books(postgres_server):
    one, other = (open_store(f"{postgres_server}&book={uuid4().hex}") for _ in range(2))
    one.append([draft("a"), draft("b")], after=Head())
    other.append([draft("a", b"another page of the same key")], after=Head())
    assert [len(list(store.pages())) for store in (one, other)] == [2, 1]
    for store in (one, other):
        Book(store, {}).verify()
        store.close()


def test_looking_at_a_book_that_is_not_there_makes_nothing(postgres_server):
    import psycopg

    name = uuid4().hex
    store = open_store(f"{postgres_server}&book={name}")
    assert (store.head(), list(store.pages())) == (Head(), [])
    store.close()
    with psycopg.connect(postgres_server) as db:
        if db.execute("select to_regclass('tailrace.book')").fetchone()[0]:
            query = "select count(*) from tailrace.book where book = %s"
            assert db.execute(query, (name,)).fetchone() == (0,)


def test_the_url_is_shown_with_the_book_and_without_the_password():
    shown = postgres._shown("postgresql://ann:s3cret@db:5432/trade?sslmode=require", "north")
    assert shown == "postgresql://ann@db:5432/trade?sslmode=require&book=north"
    assert "s3cret" not in postgres._shown("postgresql:///x?user=ann&password=s3cret", "main")


def test_a_server_that_is_away_is_told_at_once_without_the_password():
    with pytest.raises(Unreachable) as refused:
        open_store("postgres://ann:s3cret@127.0.0.1:1/trade?book=north")
    assert "s3cret" not in str(refused.value)
    assert "127.0.0.1" in refused.value.where
    assert refused.value.mend.startswith("check host, database, user")


@pytest.mark.parametrize("book", ["", "%00", "a%0Ab"])
def test_a_name_that_cannot_name_a_book_is_refused(book):
    with pytest.raises(BadTerms, match=r"postgres://host/database\?book=name"):
        open_store(f"postgres://h/d?book={book}")


def test_a_missing_driver_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unreachable) as refused:
        open_store("postgres://h/d")
    assert refused.value.mend == "pip install 'tailrace[postgres]'"


def test_a_newer_book_is_refused_with_the_version_to_install(store, url):
    store.append([draft("a")], after=Head())
    with store._connect() as db:
        db.execute(
            "update tailrace.book set format = 7, needs = '3.1.4' where book = %s", (store.book,)
        )
    with pytest.raises(BadTerms) as refused:
        open_store(url)
    assert refused.value.what == "the book has format 7; this tailrace reads up to 1"
    assert refused.value.mend == "pip install 'tailrace>=3.1.4'"
    with pytest.raises(BadTerms, match="format 7"):
        store.append([draft("b")], after=Head())


class Faulty:
    """A connection that fails: `times` times, before or after the transaction is committed."""

    def __init__(self, db, error, times, *, after_commit=False):
        self.db, self.error, self.times, self.after_commit = db, error, times, after_commit

    def __getattr__(self, name):
        return getattr(self.db, name)

    def execute(self, query, *values, **options):
        if not self.after_commit and query.startswith("update tailrace.book") and self.times:
            self.times -= 1
            raise self.error
        return self.db.execute(query, *values, **options)

    def transaction(self):
        return Transaction(self)


class Transaction:
    def __init__(self, faulty):
        self.faulty, self.inner = faulty, faulty.db.transaction()

    def __enter__(self):
        return self.inner.__enter__()

    def __exit__(self, *why):
        done = self.inner.__exit__(*why)
        if self.faulty.after_commit and why[0] is None and self.faulty.times:
            self.faulty.times -= 1
            self.faulty.db.close()
            raise self.faulty.error
        return done


@pytest.mark.parametrize("times", [1, 3, postgres.TRIES - 1])
def test_a_conflict_of_transactions_is_tried_again(store, times):
    import psycopg

    store.append([draft("a")], after=Head())
    error = psycopg.errors.SerializationFailure("restart transaction")
    store._writer._db = Faulty(store._writer._db, error, times)
    assert store.append([draft("b")], after=store.head()).position == 2
    assert Book(store, {}).verify().position == 2


def test_a_conflict_that_does_not_end_is_told_and_nothing_was_appended(store):
    import psycopg

    head = store.append([draft("a")], after=Head())
    error = psycopg.errors.SerializationFailure("restart transaction")
    store._writer._db = Faulty(store._writer._db, error, 1000)
    with pytest.raises(Unreachable, match="others kept writing: restart transaction"):
        store.append([draft("b")], after=head)
    assert store.head() == head


def test_an_answer_lost_after_the_commit_is_asked_for_again_and_is_one_page(store):
    import psycopg

    head = store.append([draft("a")], after=Head())
    error = psycopg.OperationalError("the connection is lost")
    store._writer._db = Faulty(store._writer._db, error, 1, after_commit=True)
    assert store.append([draft("b")], after=head).position == 2
    assert [page.key for page in store.pages()] == ["a", "b"]


def test_a_connection_the_server_ended_is_opened_again(store, postgres_server):
    import psycopg

    head = store.append([draft("a")], after=Head())
    with psycopg.connect(postgres_server, autocommit=True) as db:
        for line in (store._reader, store._writer):
            db.execute("select pg_terminate_backend(%s)", (line._db.info.backend_pid,))
    assert [page.key for page in store.pages()] == ["a"]
    assert store.append([draft("b")], after=head).position == 2


def test_writers_under_serializable_isolation_never_interleave(url):
    strict = f"{url}&options=-c%20default_transaction_isolation%3Dserializable"
    stores = [open_store(strict) for _ in range(3)]

    def work(number: int) -> None:
        for at in range(6):
            append(stores[number], batch(f"w{number}", at, 2))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    keys = [page.key for page in stores[0].pages()]
    assert keys == [f"{start[:-1]}{at}" for start in keys[::2] for at in range(2)]
    assert Book(stores[0], {}).verify().position == 36
    for store in stores:
        store.close()


def test_a_server_set_to_answer_early_is_told_to_write_first(url):
    hasty = open_store(f"{url}&options=-c%20synchronous_commit%3Doff")
    hasty.append([draft("a")], after=Head())
    assert hasty._writer._db.execute("show synchronous_commit").fetchone() == ("on",)
    hasty.close()


def test_someone_without_rights_reads_the_servers_words(store, postgres_server):
    import psycopg

    store.append([draft("a")], after=Head())
    name = f"guest_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as db:
        db.execute(f"create role {name} login")
    with pytest.raises(Unreachable, match="permission denied"):
        open_store(postgres_server.replace("user=tailrace", f"user={name}"))
