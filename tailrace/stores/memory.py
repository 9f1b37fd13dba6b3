"""A journal in memory, for tests and for one-off runs: `memory://`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from tailrace.base.journal import Draft, Head, Page, admit


class MemoryStore:
    """A list of pages behind the `Store` port; gone when the process ends."""

    def __init__(self, url: str = "memory://") -> None:
        self.url = url
        self._pages: list[Page] = []
        self._keys: dict[str, Page] = {}
        self._head = Head()
        self._lock = threading.Lock()

    def head(self) -> Head:
        return self._head

    def append(self, drafts: Sequence[Draft], *, after: Head) -> Head:
        with self._lock:
            fresh = admit(drafts, after=after, head=self._head, find=self._keys.get, where=self.url)
            self._pages.extend(fresh)
            self._keys.update((page.key, page) for page in fresh)
            if fresh:
                self._head = Head(fresh[-1].position, fresh[-1].digest)
            return self._head

    def pages(
        self, *, kind: str | None = None, after: int = 0, upto: int | None = None
    ) -> Iterator[Page]:
        last = self._head.position if upto is None else upto
        for page in self._pages[:]:
            if after < page.position <= last and kind in (None, page.kind):
                yield page

    def close(self) -> None:
        pass


def open_store(url: str) -> MemoryStore:
    """Open a fresh journal in memory."""
    return MemoryStore(url)
