"""A journal in one SQLite file: the default store, `sqlite:///book.db` or a plain path.

    page   position, kind, rule, version, upto, key, prev, digest, body; positions from 1
    meta   name, value: `format` and `needs` (the tailrace that reads it), `head` (position digest)

Write-ahead log, full synchronisation: what `append` has answered survives a power cut. Each reader
has a connection and a snapshot of its own, so readers and the writer never wait for each other. A
path after three slashes is relative, after four absolute. Nothing is made before the first append.
Source: SQLite's documents on WAL, `PRAGMA synchronous` and result codes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from tailrace.base.errors import BadTerms, Damaged, TailraceError, Unreachable
from tailrace.base.journal import Draft, Head, Page, admit, broken

FORMAT = 1  # rises when an older tailrace could not read the file
NEEDS = "0.1.0"  # the first tailrace that reads this format
PATIENCE_S = 30.0  # how long an append waits for another process's append
LOG_MAX = 64_000_000  # bytes the write-ahead log keeps between appends
FIELDS = "position, kind, rule, version, upto, key, prev, digest, body"
_TYPES = [int, str, str, int, int, str, bytes, bytes, bytes]

TABLES = f"""
create table page (
    position integer primary key,
    kind text not null,
    rule text not null,
    version integer not null,
    upto integer not null,
    key text not null unique,
    prev blob not null,
    digest blob not null,
    body blob not null
) strict;
create index page_kind on page (kind, position);
create table meta (name text primary key, value text not null) strict;
insert into meta values ('format', '{FORMAT}'), ('needs', '{NEEDS}'), ('head', '0');
"""


class SQLiteStore:
    """Pages in a file. Threads may share one; each process opens its own."""

    def __init__(self, path: Path) -> None:
        self.path, self.url = path, f"sqlite:///{path}"
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        if not path.parent.is_dir():
            mend = (
                "make the folder first; an absolute path takes four slashes: sqlite:////data/b.db"
            )
            raise Unreachable("there is no such folder", where=str(path.parent), mend=mend)
        if path.is_dir():
            mend = "name a file in it, as sqlite:///folder/book.db"
            raise BadTerms("a folder, not a file", where=str(path), mend=mend)
        with self._reading():
            pass  # refuses what is no book before anybody relies on it

    def head(self) -> Head:
        with self._reading() as db:
            return _head(db) if db else Head()

    def append(self, drafts: Sequence[Draft], *, after: Head) -> Head:
        with self._lock, self._writing() as db:
            head = _head(db)
            fresh = admit(
                drafts, after=after, head=head, find=lambda key: _find(db, key), where=self.url
            )
            if fresh:
                db.executemany(
                    f"insert into page ({FIELDS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (_row(page) for page in fresh),
                )
                head = Head(fresh[-1].position, fresh[-1].digest)
                spelled = f"{head.position} {head.digest.hex()}"
                db.execute("update meta set value = ? where name = 'head'", (spelled,))
            return head

    def pages(
        self, *, kind: str | None = None, after: int = 0, upto: int | None = None
    ) -> Iterator[Page]:
        seen = after
        with self._reading() as db:
            if db is None:
                return
            last = _head(db).position if upto is None else upto
            where = "position > ? and position <= ?"
            values: tuple[str | int, ...] = (after, last)
            if kind is not None:
                where, values = f"kind = ? and {where}", (kind, *values)
            query = f"select {FIELDS} from page where {where} order by position"
            try:
                for row in db.execute(query, values):
                    if [type(value) for value in row] != _TYPES:
                        raise broken("a page is unreadable", seen + 1, where=self.url)
                    seen = row[0]
                    yield Page(**dict(zip(Page.__struct_fields__, row, strict=True)))
            except sqlite3.DatabaseError as why:
                if not _corrupt(why):
                    raise
                what = f"a page after page {seen} is unreadable ({why})"
                raise broken(what, seen + 1, where=self.url) from why

    def close(self) -> None:
        with self._lock:
            if self._writer:
                self._writer.close()
            self._writer = None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Give a connection with a snapshot of its own, or None for a book not yet begun."""
        with _told(self.url):
            if not self.path.exists() or self.path.stat().st_size == 0:
                yield None
                return
            db = self._connect(self._mode())
            try:
                # A file cut short is read as far as it goes, so that `verify` can name the page.
                db.execute("pragma writable_schema = on")
                db.execute("pragma query_only = on")
                db.execute("begin")
                yield db if _begun(db, self.url) else None
            finally:
                db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give the one writing connection inside a transaction; commit, or leave all as it was."""
        with _told(self.url):
            if self._writer is None:
                self._writer = self._open_writer()
            db = self._writer
            db.execute("begin immediate")
            try:
                if not _begun(db, self.url):
                    for statement in TABLES.split(";\n"):
                        db.execute(statement)
                yield db
                db.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("rollback")
                raise

    def _open_writer(self) -> sqlite3.Connection:
        if self.path.exists() and self._mode() != "rwc":
            mend = "make the file and its folder writable, or work on a copy"
            raise Unreachable("the book cannot be written", where=str(self.path), mend=mend)
        db = self._connect("rwc")
        try:
            db.execute("pragma journal_mode = wal").fetchone()
            db.execute("pragma synchronous = full")
            db.execute(f"pragma journal_size_limit = {LOG_MAX}")
        except BaseException:
            db.close()
            raise
        return db

    def _connect(self, mode: str) -> sqlite3.Connection:
        uri = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
        db = sqlite3.connect(
            uri, uri=True, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        db.text_factory = _text
        return db

    def _mode(self) -> str:
        """Return how the file may be opened; one that nobody can write to needs no lock files."""
        if os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK):
            return "rwc"
        log = Path(f"{self.path}-wal")
        return "ro" if log.exists() and log.stat().st_size else "ro&immutable=1"


def open_store(url: str) -> SQLiteStore:
    """Open the book in a file; raise `Unreachable` or `BadTerms` where it cannot be one."""
    path = url.removeprefix("sqlite:///")
    if not path or "://" in path or "\0" in path:
        mend = "use sqlite:///book.db, sqlite:////absolute/book.db or the path of a file"
        raise BadTerms(f"{url!r} names no file", where="open_store", mend=mend)
    return SQLiteStore(Path(path))


def _begun(db: sqlite3.Connection, where: str) -> bool:
    """Whether the file holds a book; raise `BadTerms` where it holds something else or a newer."""
    names = {row[0] for row in db.execute("select name from sqlite_master where type = 'table'")}
    if not names:
        return False
    mend = "name the book's own file; `tailrace run FOLDER` makes one in FOLDER/out"
    if not {"page", "meta"} <= names:
        raise BadTerms("an SQLite file, but no Tailrace book", where=where, mend=mend)
    said = dict(db.execute("select name, value from meta"))
    if not said.get("format", "").isdecimal():
        raise BadTerms("the file does not say its format", where=where, mend=mend)
    if int(said["format"]) > FORMAT:
        mend = f"pip install 'tailrace>={said.get('needs', '')}'"
        what = f"the book has format {said['format']}; this tailrace reads up to {FORMAT}"
        raise BadTerms(what, where=where, mend=mend)
    return True


def _head(db: sqlite3.Connection) -> Head:
    [spelled] = db.execute("select value from meta where name = 'head'").fetchone() or ["0"]
    position, _, digest = spelled.partition(" ")
    return Head(int(position), bytes.fromhex(digest)) if digest else Head()


def _find(db: sqlite3.Connection, key: str) -> Page | None:
    row = db.execute(f"select {FIELDS} from page where key = ?", (key,)).fetchone()
    return Page(**dict(zip(Page.__struct_fields__, row, strict=True))) if row else None


def _row(page: Page) -> tuple[object, ...]:
    return tuple(getattr(page, name) for name in Page.__struct_fields__)


def _text(raw: bytes) -> str:
    """Read text so that a damaged byte shows as a wrong digest and not as a crash."""
    return raw.decode("utf-8", "surrogateescape")


def _corrupt(why: sqlite3.Error) -> bool:
    return getattr(why, "sqlite_errorname", "").startswith("SQLITE_CORRUPT")


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what SQLite says into what is wrong, where, and how to mend it."""
    try:
        yield
    except sqlite3.Error as why:
        raise _translated(why, where) from why


def _translated(why: sqlite3.Error, where: str) -> TailraceError:
    name = getattr(why, "sqlite_errorname", "")
    if name.startswith("SQLITE_CORRUPT"):
        mend = "restore the book from a copy; `tailrace verify` names the first page that is wrong"
        return Damaged(f"the file is damaged ({why})", where=where, mend=mend)
    if name == "SQLITE_NOTADB":
        mend = "name the book's own file; it begins with `SQLite format 3`"
        return BadTerms("not an SQLite file", where=where, mend=mend)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        mend = "let the other process end, then run again; nothing was appended"
        what = f"another process held the book for {PATIENCE_S:g} s"
        return Unreachable(what, where=where, mend=mend)
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR"):
        mend = "free space or mend the disk, then run again; nothing was appended"
        return Unreachable(f"the disk did not take it ({why})", where=where, mend=mend)
    mend = "check that the file can be read and its folder written, and that it is on a local disk"
    return Unreachable(f"SQLite says: {why}", where=where, mend=mend)
