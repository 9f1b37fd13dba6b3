"""`tailrace drill`: rows, the exit code, and a pack written to a folder."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tailrace.cli.drill import command


def test_a_pack_is_counted_as_json_with_its_intervals() -> None:
    done = CliRunner().invoke(command, ["carousel", "--seed", "2", "--firms", "20", "--json"])
    said = json.loads(done.output)
    assert [row["kind"] for row in said["rows"]] == ["round_trip", "any grave"]
    assert said["rows"][0]["planted"] == 12
    assert done.exit_code == (0 if said["passed"] else 1)


def test_a_missed_fraud_is_listed_and_fails(tmp_path: Path) -> None:
    written = ["carousel", "--firms", "20", "--write", str(tmp_path)]
    assert CliRunner().invoke(command, written).exit_code == 0
    truth = tmp_path / "truth" / "frauds.csv"
    truth.write_text("kind,number,creditor,excess_minor\ndiverted,NONE-1,XA1,\n", "utf-8")
    done = CliRunner().invoke(command, [str(tmp_path), "--misses"])
    assert done.exit_code == 1
    assert "NONE-1" in done.output
    assert "no claim" in done.output


def test_writing_takes_one_pack(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["--write", str(tmp_path)]).exit_code == 2
