"""The stores under test, and a way to reach behind each of them as a bad disk or hand would."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace
from postgres_running import NoServerError, running

from tailrace.base.ports import Store
from tailrace.stores import memory, postgres, sqlite


class Kit:
    """One book of one store: opened as often as a test likes, and altered behind its back."""

    url: str
    shared = True  # whether another process can open it

    def __init__(self) -> None:
        self.opened: list[Store] = []

    def open(self) -> Store:
        store = self._open()
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.close()

    def _open(self) -> Store:
        raise NotImplementedError

    def alter(self, position: int, field: str, value: Any) -> None:
        """Change one field of a stored page."""
        raise NotImplementedError

    def drop(self, position: int) -> None:
        """Take a stored page out."""
        raise NotImplementedError


class MemoryKit(Kit):
    shared = False

    def __init__(self) -> None:
        super().__init__()
        self.url = "memory://"
        self.store = memory.open_store(self.url)

    def _open(self) -> Store:
        return self.store

    def alter(self, position: int, field: str, value: Any) -> None:
        pages = self.store._pages
        [at] = [at for at, page in enumerate(pages) if page.position == position]
        pages[at] = replace(pages[at], **{field: value})

    def drop(self, position: int) -> None:
        self.store._pages = [page for page in self.store._pages if page.position != position]


class SQLiteKit(Kit):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "book.db"
        self.url = f"sqlite:///{self.path}"

    def _open(self) -> Store:
        return sqlite.open_store(self.url)

    def sql(self, query: str, *values: Any) -> None:
        db = sqlite3.connect(self.path)
        with db:
            assert db.execute(query, values).rowcount == 1
        db.close()

    def alter(self, position: int, field: str, value: Any) -> None:
        self.sql(f"update page set {field} = ? where position = ?", value, position)

    def drop(self, position: int) -> None:
        self.sql("delete from page where position = ?", position)


class PostgresKit(Kit):
    def __init__(self, server: str) -> None:
        super().__init__()
        self.book = f"book {uuid4().hex}"
        self.server = server
        self.url = f"{server}&book={self.book}"

    def _open(self) -> Store:
        return postgres.open_store(self.url)

    def sql(self, query: str, *values: Any) -> None:
        import psycopg

        with psycopg.connect(self.server) as db:
            assert db.execute(query, values).rowcount == 1

    def alter(self, position: int, field: str, value: Any) -> None:
        where = "where book = %s and position = %s"
        self.sql(f"update tailrace.page set {field} = %s {where}", value, self.book, position)

    def drop(self, position: int) -> None:
        self.sql("delete from tailrace.page where book = %s and position = %s", self.book, position)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a server that this test process started; skip where none can be had."""
    pytest.importorskip("psycopg", reason="the PostgreSQL driver psycopg is not installed")
    try:
        with running() as url:
            yield url
    except NoServerError as why:
        pytest.skip(f"no PostgreSQL server: {why}")


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    made: Kit
    if request.param == "memory":
        made = MemoryKit()
    elif request.param == "sqlite":
        made = SQLiteKit(tmp_path)
    else:
        made = PostgresKit(request.getfixturevalue("postgres_server"))
    yield made
    made.close()


@pytest.fixture
def shared_kit(kit: Kit) -> Kit:
    """A store that several processes can open."""
    if not kit.shared:
        pytest.skip("a journal in memory belongs to one process")
    return kit
