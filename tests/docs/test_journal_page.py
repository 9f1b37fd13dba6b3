"""The example in docs/journal.md runs as printed and agrees with the book."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tailrace.base.journal import Draft, Head
from tailrace.stores.sqlite import open_store

PAGE = Path(__file__).resolve().parents[2] / "docs" / "journal.md"


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.db"
    store = open_store(str(path))
    for n in range(1, 5):
        page = Draft(
            kind="späť", rule="yard.load", version=n, upto=n - 1, key=f"é/{n}", body=b"x" * n * 5000
        )
        store.append([page], after=store.head())
    head = store.head()
    store.close()
    return path, head


def run(path: Path) -> subprocess.CompletedProcess[str]:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    command = [sys.executable, "-c", example, str(path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent)


def test_the_example_follows_the_chain_to_the_same_head(book):
    path, head = book
    assert head != Head()
    done = run(path)
    assert (done.returncode, done.stdout.split()) == (0, ["4", head.digest.hex()]), done.stderr


def test_the_example_names_the_first_page_that_is_wrong(book):
    path, _ = book
    with sqlite3.connect(path) as db:
        db.execute("update page set body = zeroblob(15000) where position = 3")
    db.close()
    done = run(path)
    assert (done.returncode, done.stderr.strip()) == (1, "page 3 is wrong")
