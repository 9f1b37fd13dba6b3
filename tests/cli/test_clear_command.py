"""`tailrace clear FILE`: totals, the files beside their proof, and what is said of bad input."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from tailrace.base.errors import BadTerms, NotFound
from tailrace.cli.clear import command

DEBTS = """\
obligation_id,debtor,creditor,currency,amount_minor,due_on,note
01,007,008,EUR,500,2026-03-31,x
02,008,009,EUR,700,2026-03-31,y
03,009,007,EUR,600,,z
"""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "clearing.md"


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def debts(tmp_path: Path) -> Path:
    path = tmp_path / "debts.csv"
    path.write_text(DEBTS, "utf-8")
    return path


def test_totals_are_printed_for_people(debts):
    done = run(debts)
    assert done.exit_code == 0, done.output
    assert "EUR: 3 obligations of 3 firms" in done.output
    assert re.search(r"cleared without money +15\.00 EUR +83\.3 %", done.output)
    assert re.search(r"net debt, before and after +2\.00 EUR", done.output)


def test_totals_are_printed_for_programs(debts):
    said = json.loads(run(debts, "--json").stdout)
    assert said["proven"] is True
    assert said["totals"] == [
        {
            "currency": "EUR",
            "obligations": 3,
            "firms": 3,
            "debt_minor": 1800,
            "cleared_minor": 1500,
            "bilateral_minor": 0,
            "net_debt_before_minor": 200,
            "net_debt_after_minor": 200,
        }
    ]


def test_a_parquet_file_clears_alike_and_small_debts_are_left_out_when_asked(tmp_path):
    path = tmp_path / "debts.parquet"
    table = {"obligation_id": [1, 2], "debtor": [1, 2], "creditor": [2, 1], "amount_minor": [5, 4]}
    parquet.write_table(pa.table({**table, "currency": ["EUR"] * 2}), path)
    assert json.loads(run(path, "--json").stdout)["totals"][0]["cleared_minor"] == 8
    assert json.loads(run(path, "--json", "--minimum", 5).stdout)["totals"][0]["cleared_minor"] == 0
    assert run(path, "--to", tmp_path / "out").exit_code == 0
    assert parquet.read_table(tmp_path / "out" / "cycle.parquet")["length"].to_pylist() == [2, 2]


def test_a_bad_row_is_named_and_its_neighbours_clear(debts):
    debts.write_text(DEBTS + "04,007,008,EUR,12.50,,\n", "utf-8")
    done = run(debts)
    assert done.exit_code == 1
    assert "line 5: the amount is not said in whole minor units: 12.50" in done.output
    assert "15.00 EUR" in done.output


@pytest.mark.parametrize(
    ("name", "content", "kind", "what"),
    [
        ("debts.xml", b"", BadTerms, "not a file of obligations"),
        ("absent.csv", None, NotFound, "there is no such file"),
        ("debts.parquet", b"PAR", BadTerms, "not Parquet"),
        ("debts.csv", b"", BadTerms, "the file is empty"),
        (
            "debts.csv",
            b"obligation_id,debtor\n1,2\n",
            BadTerms,
            "columns 'creditor', 'currency', 'amount_minor' are missing; found are "
            "obligation_id, debtor",
        ),
    ],
)
def test_what_is_no_file_of_debts_is_refused(tmp_path, name, content, kind, what):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run(tmp_path / name)
    assert isinstance(done.exception, kind)
    assert what in done.exception.what


def test_the_ten_lines_of_the_manual_check_a_clearing_and_refuse_a_bent_one(
    debts, tmp_path, monkeypatch
):
    run(debts, "--to", tmp_path / "out")
    check = next(
        b for b in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S) if "out/" in b
    )
    assert len(check.strip().splitlines()) <= 11  # ten and a blank one
    monkeypatch.chdir(tmp_path)
    exec(check, {})
    written = tmp_path / "out" / "set_off.csv"
    rows = written.read_text("utf-8").splitlines()
    written.write_text("\n".join([rows[0], *(row[:-3] + "499" for row in rows[1:])]), "utf-8")
    with pytest.raises(AssertionError, match="not the most"):
        exec(check, {})


def test_the_first_example_of_the_manual_prints_what_it_says(capsys):
    example = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)[0]
    exec(example, {})
    said = re.findall(r"# (.*)", example)
    assert capsys.readouterr().out.splitlines() == said


def test_a_day_that_is_none_and_a_line_of_too_few_fields_are_named_and_the_rest_clears(debts):
    text = DEBTS + "04,007,008,EUR,100,soon,\n" + "05,007\n"
    debts.write_text(text, "utf-8")
    done = run(debts)
    assert done.exit_code == 1
    assert "line 5: the due day is no day as 2026-03-31: soon" in done.output
    assert "line 6: 2 fields, and the header has 7" in done.output
    assert "15.00 EUR" in done.output


def test_ways_to_settle_and_tenths_of_firms_are_told(debts):
    said = json.loads(run(debts, "--json").stdout)
    ways = {row["way"]: (row["cleared_minor"], row["payments"]) for row in said["ways"]}
    assert ways["cyclic set-off"] == (1500, 2)
    assert ways["full novation"] == (1600, 3)
    assert sum(row["set_off_minor"] for row in said["deciles"]) == 1500
    printed = run(debts).output
    assert re.search(r"full novation +16\.00 EUR +88\.9 % +2\.00 EUR +3", printed)
    assert "tenth 3" in printed


def test_pictures_and_notices_are_written_where_asked(debts, tmp_path):
    done = run(debts, "--plot", tmp_path / "a.svg", "--notices", tmp_path / "told")
    assert done.exit_code == 0, done.output
    svg = (tmp_path / "a.svg").read_text("utf-8")
    assert "5.00 EUR off each: 007 → 008 → 009 → 007" in svg
    assert "var(" not in svg
    names = sorted(path.name for path in (tmp_path / "told").iterdir())
    assert names[:2] == ["00000-007-eur.html", "00000-007-eur.xml"]
    assert names[-1] == "notices.csv"
    assert run(debts, "--plot", tmp_path / "a.html").exit_code == 0
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    refused = run(debts, "--plot", tmp_path / "a.gif")
    assert "not a form of picture" in refused.exception.what


def test_notices_call_debts_by_their_invoices_and_name_who_sends_them(debts, tmp_path):
    head, *rows = DEBTS.splitlines()
    numbers = ("0007", "", "A-9")
    text = [head + ",invoice", *(f"{r},{n}" for r, n in zip(rows, numbers, strict=True)), ""]
    debts.write_text("\n".join(text), "utf-8")
    told = tmp_path / "told"
    assert run(debts, "--notices", told, "--sender", "Valley Circle").exit_code == 0
    with (told / "notices.csv").open(encoding="utf-8", newline="") as file:
        lines = {(r["party"], r["side"]): r["invoice"] for r in csv.DictReader(file)}
    assert (lines["007", "owed"], lines["008", "owed"], lines["009", "owed"]) == (
        "0007",
        "02",
        "A-9",
    )
    assert "From Valley Circle" in (told / "00000-007-eur.html").read_text("utf-8")
    assert "<cbc:Name>Valley Circle<" in (told / "00000-007-eur.xml").read_text("utf-8")


def test_pro_rata_shares_a_set_off_among_invoices(tmp_path):
    path = tmp_path / "debts.csv"
    rows = ["1,b,a,EUR,100", "2,a,b,EUR,60", "3,a,b,EUR,60", "4,a,b,EUR,60"]
    head = "obligation_id,debtor,creditor,currency,amount_minor"
    path.write_text("\n".join([head, *rows, ""]), "utf-8")
    assert run(path, "--allocation", "pro-rata", "--to", tmp_path / "out").exit_code == 0
    written = (tmp_path / "out" / "set_off.csv").read_text("utf-8").splitlines()[1:]
    assert [int(row.split(",")[-1]) for row in written] == [100, 34, 33, 33]
