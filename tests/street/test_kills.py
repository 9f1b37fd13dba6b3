"""A run killed at any moment leaves a whole book, and the next run ends as an undisturbed one."""

from __future__ import annotations

import shutil
import sys

from kills import killed, python_env
from town_world import AT, build_town, run_town, seen

from tailrace.street.opening import open_book

TIMES = 50
KINDS = ("verdict", "set_off", "cycle", "instruction", "transfer", "need", "notice")


def test_a_run_killed_fifty_times_ends_as_one_that_was_not(tmp_path):
    undisturbed = build_town(tmp_path / "a" / "town", firms=12, seed=5)
    shutil.copytree(undisturbed, tmp_path / "b" / "town")
    disturbed = tmp_path / "b" / "town"
    expected = run_town(undisturbed).summary
    command = [sys.executable, "-m", "tailrace.cli", "run", str(disturbed), "--workers", "1"]
    command += ["--read-at", AT.isoformat()]
    book_file = disturbed / "out" / "book.db"
    deaths = 0
    for kill in killed(command, times=TIMES, seed=11, within=3.0, env=python_env()):
        deaths += kill.killed
        if book_file.exists() and book_file.stat().st_size:
            with open_book(str(book_file)) as book:
                book.verify()
    assert deaths > TIMES // 4
    done = run_town(disturbed)
    assert done.summary.currencies == expected.currencies
    one, other = seen(undisturbed, *KINDS), seen(disturbed, *KINDS)
    for kind in KINDS:
        assert one.get(kind).equals(other.get(kind)), kind
    assert _digests(undisturbed) == _digests(disturbed)


def _digests(folder):
    with open_book(str(folder / "out" / "book.db")) as book:
        return [page.digest for page in book.pages()]
