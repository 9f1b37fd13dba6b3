"""The page on rules: its example prints what it says, its TOML loads, and it names every rule."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from tailrace.base.errors import BadTerms
from tailrace.cli.clear import command
from tailrace.network import rules
from tailrace.network.rules import NetworkRules
from tailrace.street.rules import from_text, load, packaged

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "constraints.md").read_text("utf-8")
DEBTS = """\
obligation_id,debtor,creditor,currency,amount_minor,due_on
01,a,b,EUR,500,2026-03-31
02,b,c,EUR,700,2026-03-31
03,c,a,EUR,600,
04,b,a,EUR,100,2026-03-30
"""
RULES = """\
[[network.firm]]
firm = "b"
cap_minor = 300

[[network.hold]]
obligation_id = "04"
reason = "disputed"
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_prints_what_it_says():
    (code,) = blocks("python")
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(code, "constraints.md", "exec"), {})
    assert said.getvalue().splitlines() == re.findall(r"print\(.*?\) +# (.*)", code)


def test_its_rules_load_and_come_back_from_the_page_of_a_run():
    (toml,) = blocks("toml")
    loaded = load(tomllib.loads(toml), where="page")
    assert loaded.network.hold[0].reason == "insolvent"
    assert loaded.network.priority[1].firm_debt_max_minor == 1_000_000
    assert from_text(loaded.text()).network == loaded.network


def test_it_names_every_rule_and_every_part_of_one():
    tables = (
        NetworkRules,
        *(rules.Hold, rules.FirmLimit, rules.PairLimit),
        *(rules.SectorLimit, rules.CreditLine, rules.Priority),
    )
    names = {name for table in tables for name in table.__struct_fields__} - {"name"}
    assert not {name for name in names if f"`{name}`" not in PAGE and f"{name} =" not in PAGE}


def test_the_packaged_rules_bind_nothing_but_the_minimum():
    assert packaged().network.plain


def test_the_command_takes_a_file_of_rules(tmp_path):
    (tmp_path / "debts.csv").write_text(DEBTS, "utf-8")
    (tmp_path / "rules.toml").write_text(RULES, "utf-8")
    words = [str(tmp_path / "debts.csv"), "--rules", str(tmp_path / "rules.toml")]
    said = json.loads(CliRunner().invoke(command, [*words, "--json"]).stdout)
    assert said["totals"][0]["cleared_minor"] == 900
    assert said["held_out"] == {"disputed": 1}
    done = CliRunner().invoke(command, [*words, "--to", str(tmp_path / "out")])
    assert "held out, disputed: 1" in done.output
    assert "kind" in (tmp_path / "out" / "worth.csv").read_text("utf-8").splitlines()[0]
    assert "disputed" in (tmp_path / "out" / "held.csv").read_text("utf-8")


def test_the_command_prints_what_a_rule_after_the_optimum_loses(tmp_path):
    (tmp_path / "debts.csv").write_text(DEBTS, "utf-8")
    (tmp_path / "rules.toml").write_text("[network]\ncycle_firms_max = 2\n", "utf-8")
    words = [str(tmp_path / "debts.csv"), "--rules", str(tmp_path / "rules.toml")]
    done = CliRunner().invoke(command, words)
    assert re.search(r"optimum without the last rule +\S+ EUR", done.output), done.output
    assert re.search(r"lost by the last rule +\S+ EUR", done.output)
    row = json.loads(CliRunner().invoke(command, [*words, "--json"]).stdout)["totals"][0]
    assert (row["cleared_minor"], row["optimum_minor"]) == (200, 1500)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[network]\ncap = 3\n", "unknown field `cap`"),
        ("[network\n", "not TOML"),
        ('[[network.firm]]\nfirm = "zz"\ncap_minor = 3\n', "no debt names the firm zz"),
    ],
)
def test_a_bad_file_of_rules_says_what_and_where(tmp_path, text, what):
    (tmp_path / "debts.csv").write_text(DEBTS, "utf-8")
    (tmp_path / "rules.toml").write_text(text, "utf-8")
    words = [str(tmp_path / "debts.csv"), "--rules", str(tmp_path / "rules.toml")]
    done = CliRunner().invoke(command, words)
    assert isinstance(done.exception, BadTerms)
    assert what in str(done.exception)
    assert done.exception.mend
