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
    cash.write_text("firm,cash_minor\nb,10000\nb,5.5\n", "utf-8")
    refused = run(debts, "--default", "a", "--cash", cash).exception
    assert isinstance(refused, BadTerms)
    assert refused.where.endswith("row 1")


def test_a_firm_nobody_knows_is_refused(debts):
    assert isinstance(run(debts, "--default", "z").exception, NotFound)
