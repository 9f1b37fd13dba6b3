"""`tailrace stress`: who falls and who loses, before a clearing and after it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tailrace.base.errors import BadTerms, NotFound
from tailrace.cli.stress import command

DEBTS = """\
obligation_id,debtor,creditor,currency,amount_minor
1,a,b,EUR,10000
2,b,c,EUR,10000
3,c,a,EUR,10000
4,c,d,EUR,5000
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def debts(tmp_path: Path) -> Path:
    path = tmp_path / "debts.csv"
    path.write_text(DEBTS, "utf-8")
    return path


def test_the_rounds_and_losses_are_told_before_and_after(debts):
    said = json.loads(run(debts, "--default", "a", "--json").stdout)
    assert [(h["firm"], h["round"]) for h in said["before"]["hits"]] == [
        ("a", 0),
        ("b", 1),
        ("c", 2),
        ("d", None),
    ]
    assert (said["before"]["loss_minor"], said["after"]["loss_minor"]) == (30000, 0)
    printed = run(debts, "--default", "a").output
    assert "300.00 EUR of 350.00 EUR is lost; 3 firms in default" in printed
    assert "the clearing spares creditors 300.00 EUR" in printed


def test_cash_is_read_by_firm_and_a_wrong_row_is_named(debts, tmp_path):
    cash = tmp_path / "cash.csv"
    cash.write_text("firm,cash_minor\nb,10000\nc,5000\n", "utf-8")
    said = json.loads(run(debts, "--default", "a", "--cash", cash, "--json").stdout)
    assert [h["firm"] for h in said["before"]["hits"] if h["round"] is not None] == ["a"]
    for row, what in (
        ("b,5", "'b' stands twice"),
        ("c,5.5", "'c' has '5.5'"),
        (f"c,{2**62 + 1}", f"'c' has '{2**62 + 1}'"),
        ("c,-1", "'c' has '-1'"),
        ("c", "1 fields, and the header has 2"),
    ):
        cash.write_text(f"firm,cash_minor\nb,10000\n\n{row}\n", "utf-8")
        refused = run(debts, "--default", "a", "--cash", cash).exception
        assert isinstance(refused, BadTerms)
        assert (refused.what, refused.where) == (what, f"{cash}, line 4")


def test_a_row_that_is_no_debt_is_named_by_its_line_and_the_exit_code_is_one(debts):
    debts.write_text(DEBTS + "5,a,,EUR,100\n", "utf-8")
    done = run(debts, "--default", "a")
    assert done.exit_code == 1
    assert f"{debts}, line 6: the creditor is not said" in done.output
    assert "the clearing spares creditors 300.00 EUR" in done.output
    told = run(debts, "--default", "a", "--json")
    assert (told.exit_code, json.loads(told.stdout)["faults"][0]["position"]) == (1, 6)


def test_a_firm_nobody_knows_is_refused(debts):
    assert isinstance(run(debts, "--default", "z").exception, NotFound)
