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
    return book(tmp_path, WORLD)


def book(folder, world: str):
    made = folder / "book.db"
    with open_book(str(made)) as opened:
        for kind, table in Trade(world).tables().items():
            if table.num_rows:
                page = opened.draft(table, kind=kind, rule="formats.intake", version=1, key=kind)
                opened.append([page], after=opened.head)
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
    assert shown[1] == "2 descriptions made one firm"
    assert "    buyer in 1 receipt" in shown
    assert shown.count("    joined by VAT XAMILL") == 2
    [vat] = [line for line in shown if line.startswith("VAT XAMILL")]
    assert "documents" in vat and " - " in vat
    [gln] = [line for line in shown if line.startswith("GLN ")]
    assert gln.endswith("alone carries it")


HOSTILE = """
    firm Mill VAT=DE129273398 0088=4012345000009
    firm Kiln VAT=DE136695976 0088=4012345000009
    firm Shop VAT=DE129273399
    order B1 2026-03-01 buyer=Mill seller=Shop | 1 wheat 100 KGM 2.00
    order B2 2026-03-01 buyer=Kiln seller=Shop | 1 wheat 100 KGM 2.00
"""


def test_a_firm_says_which_of_its_numbers_join_nobody_and_why(tmp_path):
    path = book(tmp_path, HOSTILE)
    mill = ran(path, "Mill").stdout
    assert (
        "GLN 4012345000009 joins nobody: stronger numbers keep apart who carries it; it is carried "
        "too by Kiln (VAT DE136695976)"
    ) in mill
    shop = ran(path, "Shop").stdout
    assert "VAT DE129273399 joins nobody: its check digits are wrong" in shop
    assert "stands alone: no number of it counts" in shop
    assert "seller in 2 orders" in shop


def test_a_firm_shows_its_decisions_and_that_one_was_taken_back(path):
    made = told(path, "merge", "Mill", "Mill Ltd", "--reason", "renamed", "--by", "Jo")
    shown = ran(path, "Mill").stdout
    key = made["decision_id"][:12]
    assert "decided 2026-06-30 by Jo: merge " in shown and f", renamed (undo {key})" in shown
    ran(path, "undo", key, "--reason", "not so")
    assert ", renamed; taken back" in ran(path, "Mill").stdout


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
