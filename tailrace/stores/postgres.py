"""A journal in PostgreSQL: `postgres://user@host/database?book=name`; one database, many books.

    tailrace.book   book, format, needs, position, digest: one row a book, its head; locked to append
    tailrace.page   book, position, kind, rule, version, upto, key, prev, digest, body

The book's name comes first in every key, and nothing but rows, one row lock and retries on SQLSTATE
40001 is relied on, so that servers which spread tables by key can hold it too. A connection lost
while appending is opened again and the append asked again: keys make that harmless. Everything
after `?` but `book` is left to libpq. Nothing is made before the first append.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from tailrace.base.errors import BadTerms, Damaged, TailraceError, Unreachable
from tailrace.base.journal import Draft, Head, Page, admit

if TYPE_CHECKING:
    import psycopg

FORMAT = 1  # rises when an older tailrace could not read the tables
NEEDS = "0.1.0"  # the first tailrace that reads this format
DEFAULT_BOOK = "main"
TRIES = 8
WAIT_S = 0.05  # before the second try, doubled each time: 6 s in all
RUN_BYTES = 8_000_000  # small pages are fetched together up to this
FIELDS = "position, kind, rule, version, upto, key, prev, digest, body"
AGAIN = ("40001", "40P01", "55P03")  # serialisation, deadlock, lock not available

TABLES = (
    "create schema if not exists tailrace",
    """create table if not exists tailrace.book (
        book text primary key, format integer not null, needs text not null,
        position bigint not null, digest bytea not null)""",
    """create table if not exists tailrace.page (
        book text not null, position bigint not null, kind text not null, rule text not null,
        version bigint not null, upto bigint not null, key text not null,
        prev bytea not null, digest bytea not null, body bytea not null,
        primary key (book, position), unique (book, key))""",
    "alter table tailrace.page alter column body set storage external",
    "create index if not exists page_kind on tailrace.page (book, kind, position)",
)

T = TypeVar("T")


class PostgresStore:
    """Pages in a database. Threads may share one; each process opens its own."""

    def __init__(self, dsn: str, book: str) -> None:
        self.dsn, self.book = dsn, book
        self.url = _shown(dsn, book)
        # Two connections, so that a reader never waits for an append of the same process.
        self._reader, self._writer = _Line(self._connect), _Line(self._connect)
        try:
            self.head()  # refuses a server that is away or a newer format before anyone relies on it
        except BaseException:
            self.close()
            raise

    def head(self) -> Head:
        return self._reader.ask(lambda db: _head(db, self.book, self.url), self.url)

    def append(self, drafts: Sequence[Draft], *, after: Head) -> Head:
        return self._writer.ask(lambda db: self._append(db, drafts, after), self.url)

    def pages(
        self, *, kind: str | None = None, after: int = 0, upto: int | None = None
    ) -> Iterator[Page]:
        last = self.head().position if upto is None else upto
        while after < last:
            # Pages never change, so a book may be read in runs without one long transaction.
            found = self._reader.ask(partial(self._run, kind, after, last), self.url)
            for row in found:
                yield _page(row)
            if not found:
                return
            after = found[-1][0]

    def close(self) -> None:
        self._reader.close()
        self._writer.close()

    def _append(self, db: psycopg.Connection, drafts: Sequence[Draft], after: Head) -> Head:
        _begin_book(db, self.book)
        with db.transaction():
            head = _head(db, self.book, self.url, lock=True)
            fresh = admit(
                drafts, after=after, head=head, find=lambda key: self._find(db, key), where=self.url
            )
            if not fresh:
                return head
            with db.cursor() as cursor:
                for page in fresh:  # one at a time: a batch would hold every body twice
                    cursor.execute(
                        f"insert into tailrace.page (book, {FIELDS})"
                        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        (self.book, *(getattr(page, name) for name in Page.__struct_fields__)),
                        binary=True,
                    )
            head = Head(fresh[-1].position, fresh[-1].digest)
            db.execute(
                "update tailrace.book set position = %s, digest = %s where book = %s",
                (head.position, head.digest, self.book),
            )
        return head

    def _run(
        self, kind: str | None, after: int, last: int, db: psycopg.Connection
    ) -> list[tuple[Any, ...]]:
        """Return the next pages: as many as RUN_BYTES hold, but one at least."""
        where = "book = %s and position > %s and position <= %s"
        values: list[Any] = [self.book, after, last]
        if kind is not None:
            where, values = f"{where} and kind = %s", [*values, kind]
        sizes = db.execute(
            f"select position, octet_length(body) from tailrace.page where {where}"
            " order by position limit 1000",
            values,
        ).fetchall()
        end, held = after, 0
        for position, size in sizes:
            held += size
            if held > RUN_BYTES and end > after:
                break
            end = position
        values[2] = end
        query = f"select {FIELDS} from tailrace.page where {where} order by position"
        return db.execute(query, values, binary=True).fetchall() if sizes else []

    def _find(self, db: psycopg.Connection, key: str) -> Page | None:
        query = f"select {FIELDS} from tailrace.page where book = %s and key = %s"
        row = db.execute(query, (self.book, key), binary=True).fetchone()
        return _page(row) if row else None

    def _connect(self) -> psycopg.Connection:
        import psycopg

        db = psycopg.connect(self.dsn, autocommit=True, connect_timeout=10)
        # A server that answers before it has written would lose pages it has acknowledged.
        db.execute(
            "select set_config('synchronous_commit', 'on', false)"
            " where current_setting('synchronous_commit') = 'off'"
        )
        return db


class _Line:
    """One connection behind a lock: opened when first asked, again when it was lost."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._db: psycopg.Connection | None = None

    def ask(self, question: Callable[[psycopg.Connection], T], where: str) -> T:
        """Return the answer; ask again where the server says so or the connection was lost."""
        with self._lock, _told(where):
            served = False
            for attempt in range(TRIES):
                if attempt:
                    time.sleep(WAIT_S * 2 ** (attempt - 1))
                try:
                    if self._db is None:
                        self._db = self._connect()
                    served = True
                    return question(self._db)
                except Exception as why:
                    lost = self._db is None or self._db.closed
                    if lost:
                        self._drop()
                    if attempt + 1 == TRIES or not _passing(why, served and lost):
                        raise
            raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._db is not None:
            with suppress(Exception):
                self._db.close()
        self._db = None


def open_store(url: str) -> PostgresStore:
    """Open a book in a database; raise `Unreachable` or `BadTerms` where it cannot be read."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    book = query.pop("book", DEFAULT_BOOK)
    if not book or not book.isprintable():
        mend = "name the book as postgres://host/database?book=name"
        raise BadTerms(f"{book!r} cannot name a book", where="open_store", mend=mend)
    bare = parts._replace(scheme="postgresql", query=urlencode(query, quote_via=quote))
    # urlunsplit leaves out an empty host, which libpq wants to see: postgresql:///database
    dsn = f"postgresql://{bare.netloc}{urlunsplit(bare._replace(scheme='', netloc=''))}"
    return PostgresStore(dsn, book)


def _begin_book(db: psycopg.Connection, book: str) -> None:
    """Make the tables and the book's row where they are not there yet."""
    if not _laid(db):
        for statement in TABLES:
            db.execute(statement)
    db.execute(
        "insert into tailrace.book values (%s, %s, %s, 0, %s) on conflict (book) do nothing",
        (book, FORMAT, NEEDS, Head().digest),
    )


def _laid(db: psycopg.Connection) -> bool:
    row = db.execute("select to_regclass('tailrace.page_kind') is not null").fetchone()
    return bool(row and row[0])


def _head(db: psycopg.Connection, book: str, where: str, *, lock: bool = False) -> Head:
    """Return the book's head, holding its row to the end of the transaction if asked."""
    if not _laid(db):
        return Head()
    query = "select format, needs, position, digest from tailrace.book where book = %s"
    row = db.execute(f"{query} for update" if lock else query, (book,)).fetchone()
    if row is None:
        return Head()
    version, needs, position, digest = row
    if version > FORMAT:
        mend = f"pip install 'tailrace>={needs}'"
        what = f"the book has format {version}; this tailrace reads up to {FORMAT}"
        raise BadTerms(what, where=where, mend=mend)
    return Head(position, digest)


def _page(row: Sequence[Any]) -> Page:
    return Page(**dict(zip(Page.__struct_fields__, row, strict=True)))


def _shown(dsn: str, book: str) -> str:
    """Return the URL for people: without a password, and with the book's name."""
    parts = urlsplit(dsn)
    user, at, host = parts.netloc.rpartition("@")
    query = {**dict(parse_qsl(parts.query)), "book": book}
    query.pop("password", None)
    shown = urlencode(query, safe="/", quote_via=quote)
    return f"postgresql://{user.partition(':')[0]}{at}{host}{parts.path}?{shown}"


def _passing(why: Exception, lost: bool) -> bool:
    """Whether asking again may help: a conflict of transactions, or a connection that was lost."""
    import psycopg

    if not isinstance(why, psycopg.Error):
        return False
    # Two who make the same table at once: one of them meets the other's half-made row.
    twins = (
        psycopg.errors.UniqueViolation,
        psycopg.errors.DuplicateTable,
        psycopg.errors.DuplicateSchema,
    )
    return lost or why.sqlstate in AGAIN or isinstance(why, twins)


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what the driver says into what is wrong, where, and how to mend it."""
    try:
        import psycopg
    except ImportError:
        mend = "pip install 'tailrace[postgres]'"
        what = "the PostgreSQL driver psycopg is not installed"
        raise Unreachable(what, where=where, mend=mend) from None
    try:
        yield
    except psycopg.Error as why:
        raise _translated(why, where) from why


def _translated(why: psycopg.Error, where: str) -> TailraceError:
    said = " ".join(str(why).split())
    if (why.sqlstate or "").startswith("XX001"):
        mend = "restore the server's data; `tailrace verify` names the first page that is wrong"
        return Damaged(f"the server's data is damaged ({said})", where=where, mend=mend)
    if why.sqlstate in AGAIN:
        mend = "run again; nothing was appended"
        return Unreachable(f"others kept writing: {said}", where=where, mend=mend)
    mend = "check host, database, user and rights in the URL, and that the server runs"
    return Unreachable(f"PostgreSQL says: {said}", where=where, mend=mend)
