"""`tailrace who` lists firms, shows one, and takes decisions down."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from trade_text import Trade

from tailrace.base.errors import BadTerms
from tailrace.cli import who
from tailrace.street import open_book

GLN = "4012345000009"
WORLD = f"""
    firm Mill VAT=XA-MILL
    firm Shop VAT=XA-MILL 0088={GLN} address=1_Mill_Lane
    firm Store EMAIL=a@b.example name=Mill_Ltd address=1_Mill_Lane
    receipt W1 2026-03-04 buyer=Mill seller=Farm | 1 wheat 100 KGM
    despatch D1 2026-03-02 buyer=Shop seller=Store | 1 wheat 100 KGM
"""
DAY = ("--on", "2026-06-30")


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "book.db"
    with open_book(str(made)) as book:
        for kind, table in Trade(WORLD).tables().items():
            if table.num_rows:
                page = book.draft(table, kind=kind, rule="formats.intake", version=1, key=kind)
                book.append([page], after=book.head)
    return made


def ran(path, *words: str):
    done = CliRunner().invoke(who.command, [str(path), *words, *DAY])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def told(path, *words: str):
    return json.loads(ran(path, *words, "--json").stdout)


def test_firms_are_listed_with_numbers_and_what_joined_them(path):
    rows = {row["name"]: row for row in told(path)["firms"]}
    assert {name: row["parties"] for name, row in rows.items()} == {
        "Mill": 2,
        "Farm": 1,
        "Mill Ltd": 1,
    }
    assert rows["Mill"]["numbers"] == f"VAT XAMILL, GLN {GLN}"
    assert (rows["Mill"]["joined_by"], rows["Farm"]["joined_by"]) == ("VAT XAMILL", "alone")
    assert "VAT XAMILL" in ran(path).stdout


def test_one_firm_is_shown_with_the_parties_each_number_joins(path):
    made = told(path, GLN)
    assert [len(number["parties"]) for number in made["numbers"]] == [2, 1]
    shown = ran(path, "XA-MILL").stdout.splitlines()
    assert shown[0].startswith("Mill  ")
    assert sum("joined by VAT XAMILL" in line for line in shown) == 2
    assert any(line.startswith("  VAT XAMILL: ") and " - " in line for line in shown)


def test_candidates_are_listed_with_reasons_until_a_person_merges_them(path):
    [pair] = told(path, "--likely")["likely"]
    assert {pair["firm"], pair["other"]} == {"Mill", "Mill Ltd"}
    assert pair["reasons"] == "same name 50, same address 35, same country 5"
    done = ran(path, "merge", "Mill", "Mill Ltd", "--reason", "same firm", "--by", "Jo")
    assert "merge " in done.stdout and "decided: same firm" in done.stdout
    assert told(path, "--likely")["likely"] == []
    [row] = told(path, "--decisions")["decisions"]
    assert (row["what"], row["decided_by"], row["stands"]) == ("merge", "Jo", True)
    assert "same firm" in ran(path, "--decisions").stdout


def test_a_dry_run_appends_nothing(path):
    words = ("affiliate", "Mill", "Farm", "--reason", "one owner", "--dry-run")
    assert "nothing was appended" in ran(path, *words).stdout
    assert told(path, *words)["appended"] is False
    assert told(path, "--decisions")["decisions"] == []


def test_affiliates_are_listed_and_an_undo_takes_them_back(path):
    made = told(path, "affiliate", "Mill", "Farm", "--reason", "one owner")
    reasons = {pair["reasons"] for pair in told(path, "--affiliates")["affiliate"]}
    place = "one address and name: mill, 1 mill lane"  # of Mill and Mill Ltd
    assert reasons == {"decided 2026-06-30: one owner", place}
    assert "one owner" in ran(path, "--affiliates").stdout
    assert "affiliate Farm" in ran(path, "Mill").stdout
    ran(path, "undo", made["decision_id"][:10], "--reason", "sold")
    assert [p["reasons"] for p in told(path, "--affiliates")["affiliate"]] == [place]
    assert [row["stands"] for row in told(path, "--decisions")["decisions"]].count(False) == 1


def test_a_decision_without_a_reason_or_of_an_unknown_word_is_refused(path):
    with pytest.raises(BadTerms, match="a decision without a reason"):
        ran(path, "merge", "Mill", "Farm")
    assert ran(path, "marry", "Mill", "Farm").exit_code == 2
    assert ran(path, "Mill", "--likely").exit_code == 2
