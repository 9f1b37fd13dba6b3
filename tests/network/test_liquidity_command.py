"""`tailrace liquidity FILE`: what is printed, drawn and written, and what is said of bad input."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from pyarrow import csv

from tailrace.base.errors import BadTerms, NotFound
from tailrace.cli.liquidity import command
from tailrace.report.picture import BROWSERS

DEBTS = """\
obligation_id,debtor,creditor,currency,amount_minor,due_on
1,adler,brandt,EUR,50000,2026-03-31
2,brandt,carl,EUR,40000,2026-03-31
3,carl,adler,EUR,20000,2026-03-31
4,carl,dorn,EUR,30000,2026-03-31
5,dorn,ernst,EUR,60000,2026-03-31
6,brandt,ernst,EUR,10000,2026-03-31
"""
LENDERS = """\
lender,source,currency,firm,limit_minor,price
,own,EUR,dorn,5000,
circle,inside,EUR,,10000,20
bank,outside,EUR,adler,30000,150
bank,outside,EUR,dorn,,100
"""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "liquidity.md"


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def debts(tmp_path: Path) -> Path:
    path = tmp_path / "debts.csv"
    path.write_text(DEBTS, "utf-8")
    return path


@pytest.fixture
def said(tmp_path: Path) -> Path:
    path = tmp_path / "lenders.csv"
    path.write_text(LENDERS, "utf-8")
    return path


def test_the_curve_is_printed_for_people(debts):
    done = run(debts)
    assert done.exit_code == 0, done.output
    assert re.search(r"settled without money 600\.00 EUR +28\.6 %", done.output)
    assert re.search(r"200\.00 EUR +4 +1,400\.00 EUR +66\.7 %", done.output)
    assert "lent" not in done.output


def test_a_budget_is_placed_and_told(debts):
    done = run(debts, "--budget", "100.00")
    assert "settles 400.00 EUR more, 4.00 a unit" in done.output
    assert "100.00 EUR      4  adler -> brandt -> carl -> dorn -> ernst" in done.output
    assert re.search(r"adler +any lender +outside +100\.00 EUR", done.output)
    assert re.search(r"ernst +100\.00 EUR", done.output)


def test_what_a_budget_holds_beyond_all_debt_is_said_to_stay_idle(debts):
    assert "300.00 EUR stay idle: 700.00 EUR settle all debt" in run(debts, "--budget", 1000).output


def test_lenders_are_read_and_all_is_printed_for_programs(debts, said):
    answer = json.loads(run(debts, "--budget", 300, "--lenders", said, "--json").stdout)
    (row,) = answer["currencies"]
    assert [(b["source"], b["slope"], b["price"]) for b in row["curve"]] == [
        ("own", 1, 0),
        ("inside", 4, 20),
        ("outside", 4, 150),
        ("outside", 2, 150),
        ("outside", 1, 100),
    ]
    placement = row["placement"]
    assert placement["settled_minor"] == 60_000 + 5_000 + 4 * 20_000 + 2 * 10_000
    assert (placement["lent_minor"], placement["own_minor"]) == (30_000, 5_000)
    assert int(placement["cost"]) == 10_000 * 20 + 20_000 * 150
    assert row["proven"] is True
    assert answer["faults"] == []


def test_what_settles_for_a_price_is_told_when_asked(debts, said):
    answer = json.loads(run(debts, "--lenders", said, "--by-cost", "--json").stdout)
    told = [tuple(row.values()) for row in answer["currencies"][0]["by_cost"]]
    # 100 of the circle at 20 settle 4 each and cost 0.20; then 100 of the bank at 150 settle as much;
    # at d its 150 settle 1 for 100, where at a they settle 2 for 150
    assert told == [
        (0, 0, 65_000),
        (200_000, 10_000, 105_000),
        (1_700_000, 20_000, 145_000),
        (4_700_000, 40_000, 185_000),
        (7_200_000, 65_000, 210_000),
    ]
    printed = run(debts, "--lenders", said, "--by-cost").output
    assert re.search(r"0\.20 EUR +100\.00 EUR +1,050\.00 EUR +267", printed)
    refused = run(debts, "--by-cost").exception
    assert isinstance(refused, BadTerms)
    assert "no lenders, no prices" in refused.what


def test_a_bad_lender_row_is_named_and_the_others_lend(debts, said):
    said.write_text(LENDERS + "bank,outside,EUR,nobody,5,\n", "utf-8")
    done = run(debts, "--lenders", said)
    assert done.exit_code == 1
    assert f"{said}, line 6: firm 'nobody' owes nothing and is owed nothing in EUR" in done.output
    assert "350.00" not in done.output
    assert "bank" in done.output


@pytest.mark.parametrize(
    ("words", "kind", "what"),
    [
        (["--budget", "-1"], BadTerms, "a budget of -100 minor units"),
        (["--budget", "1.005"], BadTerms, "not a whole number of minor units"),
        (["--budget", "much"], BadTerms, "'much' is no amount"),
        (["--currency", "USD"], BadTerms, "nothing is owed in USD"),
        (["--plot", "curve.gif"], BadTerms, "not a form of picture"),
        (["--lenders", "absent.csv"], NotFound, "there is no such file"),
    ],
)
def test_what_cannot_be_asked_is_refused(debts, words, kind, what):
    done = run(debts, *words)
    assert isinstance(done.exception, kind)
    assert what in done.exception.what


def test_a_file_of_lenders_with_a_broken_limit_is_refused(debts, said):
    said.write_text(
        "lender,source,currency,firm,limit_minor,price\nx,inside,EUR,,12.50,\n", "utf-8"
    )
    refused = run(debts, "--lenders", said).exception
    assert isinstance(refused, BadTerms)
    assert refused.what == "the limit is '12.50'"
    assert refused.where == f"{said}, line 2"


RULES = """\
[network]
due_until = 2026-03-31
hold = [{firm = "ernst", reason = "insolvent"}, {obligation_id = "3", reason = "disputed"}]
"""


def test_rules_hold_debts_out_of_the_curve_and_the_placement_and_say_why(debts, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES, "utf-8")
    debts.write_text(DEBTS + "7,adler,dorn,EUR,5000,2026-05-01\n", "utf-8")
    answer = json.loads(run(debts, "--rules", rules, "--budget", 100, "--json").stdout)
    assert answer["held_out"] == {"insolvent": 2, "disputed": 1, "due after 2026-03-31": 1}
    (row,) = answer["currencies"]
    # left are 500 adler -> brandt, 400 brandt -> carl, 300 carl -> dorn: no ring, three in a row
    assert (row["debt_minor"], row["alone_minor"]) == (120_000, 0)
    assert [(b["to_minor"], b["slope"]) for b in row["curve"]] == [
        (30_000, 3),
        (40_000, 2),
        (50_000, 1),
    ]
    assert row["placement"]["settled_minor"] == 30_000
    assert row["proven"] is True
    printed = run(debts, "--rules", rules).output
    assert "held out, insolvent: 2" in printed
    assert run(debts, "--minimum", 60_000, "--json").exit_code == 0
    (small,) = json.loads(run(debts, "--rules", rules, "--minimum", 40_000, "--json").stdout)[
        "currencies"
    ]
    assert small["debt_minor"] == 90_000


def test_rules_that_money_lent_would_move_are_refused(debts, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[network]\nfirm = [{firm = "adler", cap_minor = 5}]\n', "utf-8")
    refused = run(debts, "--rules", rules).exception
    assert isinstance(refused, BadTerms)
    assert "do not bind money lent" in refused.what
    assert "keep minimum_minor, hold, due_from and due_until" in refused.mend


def test_a_row_that_is_no_debt_is_named_by_its_line(debts):
    debts.write_text(DEBTS + "7,adler,brandt,EUR,-5,\n", "utf-8")
    done = run(debts)
    assert done.exit_code == 1
    assert f"{debts}, line 8: the amount is below zero: -5" in done.output


@pytest.mark.skipif(
    not any(shutil.which(name) for name in BROWSERS), reason="no browser to draw a PNG"
)
def test_a_picture_is_drawn_as_png_and_html_too(debts, tmp_path):
    for form, start in (("png", b"\x89PNG"), ("html", b"<!doctype html>")):
        path = tmp_path / f"curve.{form}"
        assert run(debts, "--budget", 300, "--plot", path).exit_code == 0
        assert path.read_bytes().startswith(start)


def test_a_budget_for_debts_in_several_currencies_needs_to_say_which(debts):
    debts.write_text(DEBTS + "7,adler,brandt,JPY,900,\n", "utf-8")
    assert run(debts).exit_code == 0
    refused = run(debts, "--budget", 5).exception
    assert isinstance(refused, BadTerms)
    assert "add --currency with one of EUR, JPY" in refused.mend
    done = run(debts, "--budget", 5, "--currency", "JPY")
    assert "5 JPY put in: 0 JPY their own, 5 JPY lent" in done.output


def test_the_picture_is_well_formed_and_has_the_slopes_and_the_names(debts, said, tmp_path):
    path = tmp_path / "curve.svg"
    debts.write_text(DEBTS.replace("ernst", "<ernst & co>"), "utf-8")
    assert run(debts, "--budget", 300, "--lenders", said, "--plot", path).exit_code == 0
    texts = [text for text in ElementTree.parse(path).getroot().itertext() if text.strip()]
    assert [text for text in texts if text.startswith("×")] != []
    assert {"×4", "×2", "×1"} <= set(texts)
    assert {"adler", "dorn", "<ernst & co>"} <= set(texts)
    assert "300.00 EUR lent: 1,650.00 EUR settled" in texts


def test_tables_are_written_beside_what_is_settled_of_each_row(debts, tmp_path):
    assert run(debts, "--budget", 100, "--to", tmp_path / "out").exit_code == 0
    settled = csv.read_csv(tmp_path / "out" / "EUR" / "settled.csv")
    assert sum(settled["settled_minor"].to_pylist()) == 100_000
    names = sorted(path.name for path in (tmp_path / "out" / "EUR").iterdir())
    assert names == ["chain.csv", "curve.csv", "firm.csv", "loan.csv", "settled.csv"]


def test_the_example_of_the_manual_prints_what_it_says(capsys):
    example = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)[0]
    exec(example, {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"# (.*)", example)
