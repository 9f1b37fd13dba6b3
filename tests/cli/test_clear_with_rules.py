"""`tailrace clear` under the rules of a circle: every form of its answer knows the credit lines."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from tailrace.cli.clear import command

DEBTS = """obligation_id,debtor,creditor,currency,amount_minor,due_on
a,A,B,EUR,1000,2026-01-01
b,B,C,EUR,800,2026-01-02
c,C,A,EUR,500,2026-01-03
d,C,D,EUR,400,2026-01-03
"""
RULES = """[network]
credit = [
    {firm = "A", long_minor = 400, short_minor = 400},
    {firm = "D", long_minor = 400, short_minor = 400},
]
"""


@pytest.mark.parametrize(
    "more", [[], ["--plot", "seen.svg"], ["--allocation", "pro-rata"], ["--to", "out"]]
)
def test_a_clearing_with_credit_lines_is_told_in_every_form(tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "debts.csv").write_text(DEBTS)
    (tmp_path / "rules.toml").write_text(RULES)
    asked = ["debts.csv", "--rules", "rules.toml", *more]
    told = CliRunner().invoke(command, [*asked, "--json"], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    said = json.loads(told.output)
    # B can pass on 8.00: A and B set off 8.00 each, C 4.00 to A and 4.00 to D. A got 4.00 for its
    # 8.00 and owes the circle the rest, which D is owed.
    assert said["totals"][0]["cleared_minor"] == 2400
    assert {row["firm"]: row["amount_minor"] for row in said["circle"]} == {"A": 400, "D": -400}
    assert sum(row["set_off_minor"] for row in said["deciles"]) == 2400
    # before, B is owed 2.00 net and D 4.00; after, B alone: the circle stands between A and D
    totals = said["totals"][0]
    assert (totals["net_debt_before_minor"], totals["net_debt_after_minor"]) == (600, 200)
    assert totals["circle_minor"] == 400
    printed = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert printed.exit_code == 0
    assert re.search(r"net debt before +6\.00 EUR", printed.output)
    assert re.search(r"net debt after, by credit lines +2\.00 EUR", printed.output)
