"""`tailrace drill`: rows, the exit code, variants, misses told, and a pack written to a folder."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from tailrace.cli.drill import command


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def test_a_pack_is_counted_as_json_with_its_intervals() -> None:
    done = run("carousel", "--seed", "2", "--firms", "20", "--json")
    said = json.loads(done.stdout)
    assert [row["kind"] for row in said["rows"]] == ["round_trip", "any grave"]
    assert said["rows"][0]["planted"] == 12
    assert said["rows"][0]["recall_95"][0] < 0.95
    assert said["rows"][0]["sure"] is False
    assert [row["pack"] for row in said["pooled"]] == ["all packs", "all packs"]
    assert done.exit_code == (0 if said["passed"] else 1)


def test_a_table_says_where_an_interval_reaches_over_its_bar() -> None:
    done = run("carousel", "--firms", "20", "--set", "count=1")
    assert "round_trip" in done.stdout
    assert "more --seeds narrow it" in done.stdout


def test_a_missed_fraud_is_told_with_its_claim_what_was_planted_and_why(tmp_path: Path) -> None:
    place = tmp_path / "pack"
    assert run("carousel", "--firms", "20", "--write", str(place)).exit_code == 0
    truth = place / "truth" / "frauds.csv"
    truth.write_text("kind,number,creditor,what\ndiverted,NONE-1,XA1,a bill of ours\n", "utf-8")
    done = run(str(place), "--misses")
    assert done.exit_code == 1
    assert "missed diverted (pack): NONE-1 of XA1" in done.stdout
    assert "planted: a bill of ours" in done.stdout
    assert "verdict: no claim" in done.stdout
    assert "stranger_paid says nothing of it" in done.stdout
    assert "1 missed; --misses says which" in run(str(place)).stdout


def test_packs_are_listed_with_their_parameters() -> None:
    packs = json.loads(run("--list", "--json").stdout)["packs"]
    assert packs["stenn"] == {"count": "12", "shells": "3"}
    assert len(packs) >= 12
    assert "shells=3" in run("stenn", "--list").stdout


def test_misuse_is_told() -> None:
    assert run("--write", "somewhere").exit_code == 2
    done = run("stenn", "--set", "count")
    assert done.exit_code == 2
    assert "NAME=VALUE" in done.output
