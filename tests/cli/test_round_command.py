"""`tailrace round` walks a scheme through a month, and refuses by name what has no place."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tailrace.base.errors import BadTerms, NotFound
from tailrace.cli import round as round_verb
from tailrace.cli import verify

DEBTS = """obligation_id,debtor,creditor,currency,amount_minor,due_on
1,A,B,EUR,500,2026-03-20
2,B,C,EUR,700,2026-03-20
3,C,A,EUR,600,2026-03-20
4,D,A,EUR,90,2026-05-20
"""
RULEBOOK = """[rounds]
eligibility = "declared"
correction_days = 2
"""


@pytest.fixture
def scheme(tmp_path):
    (tmp_path / "rules.toml").write_text(RULEBOOK)
    (tmp_path / "debts.csv").write_text(DEBTS)
    ran(tmp_path, "open", "--rules", str(tmp_path / "rules.toml"))
    ran(tmp_path, "declare", str(tmp_path / "debts.csv"), "--by", "office")
    return tmp_path


def ran(folder, *words: str, day: str = "2026-03-31", code: int = 0) -> str:
    on = () if words[0] == "show" else ("--on", day)
    done = CliRunner().invoke(round_verb.command, [str(folder / "book.db"), *words, *on])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def told(folder, *words: str, day: str = "2026-03-31", code: int = 0):
    return json.loads(ran(folder, *words, "--json", day=day, code=code))


def test_a_month_on_the_command_line(scheme):
    assert "15.00 EUR set off of 18.90 EUR (4 debts of 4 firms)" in ran(scheme, "preliminary")
    ran(scheme, "correct", "change", "1", "--firm", "B", "--amount", "400", day="2026-04-01")
    ran(scheme, "correct", "withdraw", "4", day="2026-04-01")
    final = told(scheme, "final", day="2026-04-02")
    assert final["totals"][0]["cleared_minor"] == 1200
    assert final["left_out"] == [
        {"left_out": "withdrawn", "currency": "EUR", "debts": 1, "amount_minor": 90}
    ]
    assert "yet to accept: 3 parties" in ran(scheme, "show")
    for firm in "ABC":
        ran(scheme, "accept", firm, day="2026-04-02")
    head = told(scheme, "show")["round"]
    assert "not recorded: a dry run" in ran(scheme, "adopt", "--dry-run", day="2026-04-02")
    assert told(scheme, "show")["round"] == head
    assert told(scheme, "adopt", day="2026-04-02")["round"]["stage"] == "adopted"
    [debt] = [r for r in told(scheme, "show", "A")["debts"] if r["debtor_id"] == "A"]
    assert (debt["amount_minor"], debt["set_off_minor"]) == (400, 400)
    checked = CliRunner().invoke(verify.command, [str(scheme / "book.db"), "--json"])
    assert list(json.loads(checked.stdout)["cleared"].values()) == [1200]
    with pytest.raises(BadTerms, match="the round is adopted"):
        ran(scheme, "adopt", day="2026-04-02")


def test_a_refusal_prints_what_the_others_lose(scheme):
    ran(scheme, "preliminary")
    ran(scheme, "final", day="2026-04-02")
    shown = ran(scheme, "refuse", "C", "--reason", "in liquidation", day="2026-04-02")
    assert "what it changes, by firm" in shown
    assert "a party refused" in shown
    acts = told(scheme, "show", "--acts")["acts"]
    assert [row["what"] for row in acts[-2:]] == ["refuse", "final"]
    assert acts[-2]["reason"] == "in liquidation"
    back = told(scheme, "undo", acts[-2]["round_act_id"][:12], day="2026-04-02")
    assert [row["lost_minor"] for row in back["changes"]] == [-500] * 3


def test_bad_rows_of_a_file_are_named_and_the_exit_code_is_one(scheme):
    (scheme / "more.csv").write_text(DEBTS.replace(",600,", ",-600,"))
    shown = ran(scheme, "declare", str(scheme / "more.csv"), code=1)
    assert "3 debts declared, 1 rows left out" in shown
    assert f"{scheme / 'more.csv'}, line 4: the amount is below zero: -600" in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("marry",), "'marry' is no verb of a round"),
        (("correct", "adopt", "1"), "'adopt' corrects nothing"),
        (("accept",), "round BOOK accept FIRM"),
        (("final", "--known-at", "2026-03-31"), "only `show` does"),
    ],
)
def test_words_that_are_no_act_are_misuse(scheme, words, says):
    done = CliRunner().invoke(round_verb.command, [str(scheme / "book.db"), *words])
    assert done.exit_code == 2
    assert says in done.output


def test_files_that_are_not_there_are_named(scheme):
    with pytest.raises(NotFound, match="there is no such file"):
        ran(scheme, "declare", "none.csv")
    with pytest.raises(BadTerms, match="not a file of obligations"):
        ran(scheme, "declare", "none.txt")
    with pytest.raises(NotFound, match="there is no such file"):
        ran(scheme, "open", "--rules", "none.toml")
    (scheme / "bad.toml").write_text("[rounds]\neligibility = 'guessed'\n")
    with pytest.raises(BadTerms, match="guessed"):
        ran(scheme, "open", "--rules", str(scheme / "bad.toml"))
    assert "open" in ran(scheme, "show")
