"""`tailrace verify` and `tailrace view` on a book of a few hand-made rows."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tailrace.base.errors import BadTerms, Damaged, NotFound
from tailrace.base.ids import digest_id
from tailrace.cli import verify, view
from tailrace.street import open_book

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "0" * 64
NAMES = ["Nord AB", "=2+5", "-3", "", None, "+49 30", "@sum", "\tx", 'a "b", c', "ÄÖ 中"]
ESCAPED = ["Nord AB", "'=2+5", "'-3", "", "", "'+49 30", "'@sum", "'\tx", 'a "b", c', "ÄÖ 中"]


def party(n: int, name: str | None) -> dict:
    where = {"source_id": SOURCE, "position": n}
    return {"party_id": digest_id("party", n), "name": name, **where}


def invoice(n: int) -> dict:
    return {
        "document_id": digest_id("document", n),
        "kind": "invoice",
        "number": f"A{n}",
        "issued_on": date(2026, 3, n),
        "currency": "EUR",
        "payable_minor": -(10**17) + n,
        "source_id": SOURCE,
        "position": n,
    }


@pytest.fixture
def made(tmp_path):
    """A folder with a book of three pages: parties, and invoices twice."""
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "book.db"
    with open_book(str(path)) as book:
        parties = book.schemas["party"].rows(party(n, name) for n, name in enumerate(NAMES))
        pages = [("party", parties, "p")]
        for key, days in (("i1", (3, 1)), ("i2", (2,))):
            pages.append(("document", book.schemas["document"].rows(map(invoice, days)), key))
        head = book.head
        for kind, table, key in pages:
            page = book.draft(table, kind=kind, rule="formats.intake", version=1, key=key)
            head = book.append([page], after=head)
    return tmp_path, path, head


def ran(command, *words: str | Path):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_a_whole_book_is_told_with_its_kinds_and_head(made):
    folder, path, head = made
    for where in (folder, path, f"sqlite:///{path}"):
        done = ran(verify.command, where)
        assert done.exit_code == 0, done.output
        lines = done.stdout.splitlines()
        assert lines[0].startswith("whole: 3 pages of 2 kinds, ")
        assert lines[1] == f"head:  {head.digest.hex()}"
        assert [line.split()[:2] for line in lines[4:]] == [["document", "2"], ["party", "1"]]


def test_a_whole_book_is_told_as_json(made):
    folder, _, head = made
    told = json.loads(ran(verify.command, folder, "--json").stdout)
    assert told["whole"] is True
    assert told["head"] == {"position": 3, "digest": head.digest.hex()}
    assert [(row["kind"], row["pages"]) for row in told["kinds"]] == [("document", 2), ("party", 1)]


def spoil(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("update page set body = zeroblob(length(body)) where position = 2")
    db.close()


def test_the_first_page_that_is_wrong_is_named_with_exit_1(made):
    folder, path, _ = made
    spoil(path)
    done = ran(verify.command, folder)
    assert isinstance(done.exception, Damaged)
    assert done.exception.what == "page 2 (document, key 'i1') was altered"
    assert done.exception.mend == "restore the book from a copy; pages up to 1 are whole"
    told = ran(verify.command, folder, "--json")
    assert told.exit_code == 1
    assert (json.loads(told.stdout)["whole"], json.loads(told.stdout)["page"]) == (False, 2)


def test_the_command_line_prints_damage_and_exits_1(made):
    folder, path, _ = made
    spoil(path)
    code = "from tailrace.cli.main import main; main()"
    command = [sys.executable, "-c", code, "verify", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "tailrace: page 2 (document, key 'i1') was altered"
    assert "Traceback" not in done.stderr


def test_a_head_noted_before_is_found_in_a_book_that_grew_and_not_in_another(made):
    folder, path, _ = made
    with open_book(str(path)) as book:
        noted = [page.digest.hex() for page in book.pages()]
    for digest in (noted[0], noted[1].upper(), noted[2][:8]):
        assert ran(verify.command, folder, "--head", digest).exit_code == 0
    done = ran(verify.command, folder, "--head", "12345678")
    assert isinstance(done.exception, Damaged)
    assert "this is not the book it was noted from" in done.exception.what
    assert ran(verify.command, folder, "--head", "xyz").exit_code == 2


def test_where_there_is_no_book_the_way_to_make_one_is_told(tmp_path):
    for command in (verify.command, view.command):
        done = ran(command, tmp_path)
        assert isinstance(done.exception, NotFound)
        assert "tailrace run" in done.exception.mend


def test_without_a_kind_the_kinds_and_rows_are_listed(made):
    folder, *_ = made
    rows = {row["kind"]: row for row in json.loads(ran(view.command, folder, "--json").stdout)}
    assert (rows["document"]["rows"], rows["document"]["from"]) == (3, "book")
    assert (rows["party"]["rows"], rows["party"]["from"]) == (10, "book")
    assert (rows["firm"]["rows"], rows["firm"]["from"]) == (None, "derived")
    shown = ran(view.command, folder).stdout
    assert shown.splitlines()[1].split()[:3] == ["document", "3", "book"]


def test_derived_kinds_are_counted_when_asked(made):
    folder, *_ = made
    rows = {
        row["kind"]: row for row in json.loads(ran(view.command, folder, "--all", "--json").stdout)
    }
    assert rows["firm"]["rows"] == 10
    assert rows["claim"]["rows"] is not None


def test_rows_come_in_key_order_as_json_and_arrow(made):
    folder, *_ = made
    rows = json.loads(ran(view.command, folder, "document", "--json").stdout)
    ids = sorted(digest_id("document", n) for n in (1, 2, 3))
    assert [row["document_id"] for row in rows] == ids
    assert {row["number"]: row["payable_minor"] for row in rows}["A3"] == -(10**17) + 3
    raw = ran(view.command, folder, "document", "--arrow").stdout_bytes
    with pa.ipc.open_stream(raw) as reader:
        assert reader.read_all()["document_id"].to_pylist() == ids
    empty = ran(view.command, folder, "payment", "--json")
    assert (empty.exit_code, json.loads(empty.stdout)) == (0, [])


def test_a_derived_kind_is_worked_out(made):
    folder, *_ = made
    rows = json.loads(ran(view.command, folder, "firm", "--json", "--on", "2026-03-31").stdout)
    assert {row["party_id"] for row in rows} == {digest_id("party", n) for n in range(10)}


def test_rows_are_shown_for_people_and_the_rest_is_counted(made):
    folder, *_ = made
    shown = ran(view.command, folder, "party", "--limit", "4").stdout.splitlines()
    assert shown[0].split()[0] == "party_id"
    assert shown[-1] == "... and 6 more"


def named(rows: list[dict]) -> dict:
    return {row["party_id"]: row["name"] for row in rows}


def test_parquet_holds_every_value_exactly(made):
    folder, path, _ = made
    target = folder / "party.parquet"
    done = ran(view.command, folder, "party", "--to", target)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{target}: party, 10 rows\n"
    with open_book(str(path)) as book:
        written = book.table("party").sort_by("party_id")
    assert pq.read_table(target).equals(written)


def test_no_text_in_csv_is_a_formula_and_numbers_stay_numbers(made):
    folder, *_ = made
    target = folder / "party.csv"
    ran(view.command, folder, "party", "--to", target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert named(rows) == {digest_id("party", n): name for n, name in enumerate(ESCAPED)}
    ran(view.command, folder, "document", "--to", folder / "document.csv")
    with (folder / "document.csv").open(encoding="utf-8", newline="") as file:
        amounts = {row["number"]: row["payable_minor"] for row in csv.DictReader(file)}
    assert amounts["A3"] == str(-(10**17) + 3)


def test_an_empty_text_in_csv_is_not_one_that_was_not_said(made):
    folder, *_ = made
    ran(view.command, folder, "party", "--to", folder / "party.csv")
    with duckdb.connect() as db:
        path = str(folder / "party.csv")
        query = (
            "select party_id, name from read_csv(?, all_varchar = true, allow_quoted_nulls = false)"
        )
        found = dict(db.execute(query, [path]).fetchall())
    assert found[digest_id("party", 3)] == ""
    assert found[digest_id("party", 4)] is None


def test_a_duckdb_file_holds_types_meanings_and_what_was_there_before(made):
    folder, path, _ = made
    target = folder / "trade.duckdb"
    with duckdb.connect(str(target)) as db:
        db.execute("create table mine as select 1 as n; create table party as select 2 as n")
    for _ in range(2):
        assert ran(view.command, folder, "party", "--to", target).exit_code == 0
    with open_book(str(path)) as book:
        written = book.table("party").sort_by("party_id")
    with duckdb.connect(str(target)) as db:
        assert db.execute("select n from mine").fetchall() == [(1,)]
        found = db.execute("from party order by party_id").to_arrow_table()
        assert book.schemas["party"].cast(found).equals(written)
        [(doc,)] = db.execute(
            "select comment from duckdb_tables() where table_name = 'party'"
        ).fetchall()
        assert doc == book.schemas["party"].doc


def test_all_kinds_go_into_one_duckdb_file(made):
    folder, *_ = made
    target = folder / "all.duckdb"
    done = ran(view.command, folder, "--to", target)
    assert done.exit_code == 0, done.output
    with duckdb.connect(str(target)) as db:
        tables = {
            name for (name,) in db.execute("select table_name from duckdb_tables()").fetchall()
        }
        assert {"party", "document", "payment", "firm", "claim", "obligation", "run"} <= tables
        assert db.execute("select count(*) from document").fetchone() == (3,)


@pytest.mark.parametrize("name", ["party.xlsx", "party", "no/party.csv"])
def test_a_file_that_cannot_be_made_is_refused_before_the_work(made, name):
    folder, *_ = made
    done = ran(view.command, folder, "party", "--to", folder / name)
    assert isinstance(done.exception, BadTerms)
    assert done.exception.mend


def test_a_file_duckdb_did_not_make_is_refused_and_left(made):
    folder, *_ = made
    target = folder / "notes.duckdb"
    target.write_text("my notes\n" * 2000)
    done = ran(view.command, folder, "party", "--to", target)
    assert isinstance(done.exception, BadTerms)
    assert target.read_text() == "my notes\n" * 2000


def test_what_cannot_be_asked_together_is_misuse(made):
    folder, *_ = made
    for words in (
        ("party", "--json", "--arrow"),
        ("party", "--json", "--to", "x.csv"),
        ("--arrow",),
        ("--to", "all.parquet"),
        ("party", "--limit", "0"),
    ):
        assert ran(view.command, folder, *words).exit_code == 2


def test_a_kind_that_is_not_there_is_refused_with_those_that_are(made):
    folder, *_ = made
    done = ran(view.command, folder, "partie")
    assert isinstance(done.exception, NotFound)
    assert "kinds are " in done.exception.mend
