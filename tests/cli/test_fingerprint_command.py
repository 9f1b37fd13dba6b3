"""`tailrace fingerprint` writes two files and compares what was given."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from trade_text import Trade

from tailrace.base.errors import BadTerms
from tailrace.cli import fingerprint
from tailrace.street import open_book

BILL = "invoice R-71 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00"


def book(folder, name: str, text: str) -> str:
    made = folder / name
    with open_book(str(made)) as opened:
        for kind, table in Trade(text).tables().items():
            if table.num_rows:
                page = opened.draft(table, kind=kind, rule="formats.intake", version=1, key=kind)
                opened.append([page], after=opened.head)
    return str(made)


def ran(*words: str):
    done = CliRunner().invoke(fingerprint.command, [*words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.mark.parametrize("end", ["csv", "parquet"])
def test_two_books_are_compared_and_a_match_is_exit_code_one(tmp_path, end):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef0123456789abcdef\n")
    texts = {"a": BILL, "b": BILL.replace("2.00", "3.00"), "c": BILL.replace("Mill", "Baker")}
    for name, text in texts.items():
        out = str(tmp_path / f"{name}.{end}")
        own = str(tmp_path / f"{name}.map.{end}")
        where = book(tmp_path, f"{name}.db", text)
        given = ("--key-file", str(key), "--out", out, "--map", own, "--on", "2026-06-30")
        assert "of 1 claims" in ran(where, *given).stdout
    a, b, c = (str(tmp_path / f"{name}.{end}") for name in texts)
    found = ran("compare", a, b, "--map", str(tmp_path / f"a.map.{end}"), "--json")
    assert found.exit_code == 1
    (match,) = json.loads(found.stdout)["matches"]
    assert (match["match"], match["number"]) == ("inflated", "R-71")
    none = ran("compare", a, c)
    assert (none.exit_code, none.stdout) == (0, "no claim is in both files\n")


def test_a_short_key_is_refused(tmp_path):
    key = tmp_path / "key"
    key.write_text("secret")
    with pytest.raises(BadTerms, match="needs 16 bytes, this has 6"):
        ran("book.db", "--key-file", str(key), "--out", "a.csv")


def test_a_book_without_a_key_is_misuse():
    assert ran("book.db").exit_code == 2
