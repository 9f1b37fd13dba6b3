"""Append to a book from a process of its own: `appender.py URL NAME BATCHES PAGES [on]`.

Reads the head, appends a batch, starts over when somebody else was first; prints `ready`, then a
line for each answer: the batch and the position it ended at. What is printed was acknowledged.
With `on` it goes on where the one writer before it stopped.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tailrace.base.errors import Moved
from tailrace.base.journal import Draft
from tailrace.stores import postgres, sqlite

if TYPE_CHECKING:
    from tailrace.base.ports import Store


def opened(url: str) -> Store:
    return (postgres if url.startswith("postgres") else sqlite).open_store(url)


def batch(name: str, number: int, pages: int) -> list[Draft]:
    """Return the pages of a batch; bodies of several sizes, some over many disk blocks."""
    return [
        Draft(
            kind="load",
            rule="tests.appender",
            version=1,
            upto=0,
            key=f"{name}/{number}/{at}",
            body=f"{name} {number} {at} ".encode() * (1 + 700 * at),
        )
        for at in range(pages)
    ]


def append(store: Store, drafts: list[Draft]) -> int:
    """Append a batch after whatever head there is; return the position it ended at."""
    while True:
        try:
            return store.append(drafts, after=store.head()).position
        except Moved:
            continue


def main(url: str, name: str, batches: int, pages: int, *, on: bool) -> None:
    store = opened(url)
    done = store.head().position // pages if on else 0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for number in range(done, done + batches):
        position = append(store, batch(name, number, pages))
        sys.stdout.write(f"{number} {position}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), on="on" in sys.argv[5:])
