"""`tailrace clear` of a Parquet file: only the columns it looks at, ids coded, processes."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from tailrace.base.errors import BadTerms
from tailrace.cli.clear import command
from tailrace.cli.reading.debts import CLEARED, read
from tailrace.network.solver import routing

DEBTS = {
    "obligation_id": ["1", "2", "3", "4", "5"],
    "debtor": ["a", "b", "c", "x", "y"],
    "creditor": ["b", "c", "a", "y", "x"],
    "currency": ["EUR", "EUR", "EUR", "USD", "USD"],
    "amount_minor": [500, 700, 600, 40, 30],
    "memo": ["long"] * 5,
}


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def debts(tmp_path: Path) -> Path:
    path = tmp_path / "debts.parquet"
    parquet.write_table(pa.table(DEBTS), path)
    return path


def test_only_the_columns_a_clearing_looks_at_are_read_and_ids_are_coded(debts):
    table = read(str(debts), CLEARED).table
    assert table.column_names == ["obligation_id", "debtor", "creditor", "currency", "amount_minor"]
    assert pa.types.is_dictionary(table.schema.field("debtor").type)
    assert read(str(debts)).table.column_names == [*DEBTS]


def test_processes_change_nothing_but_the_time(debts, monkeypatch):
    monkeypatch.setattr(routing, "WORTH_PLAIN", 0)
    said = [json.loads(run(debts, "--json", "--processes", n).stdout) for n in (1, 2)]
    for answer in said:
        del answer["seconds"]
    assert said[0] == said[1]
    assert [row["cleared_minor"] for row in said[0]["totals"]] == [1500, 60]


def test_what_is_written_beside_the_proof_keeps_every_column(debts, tmp_path):
    run(debts, "--to", tmp_path / "out")
    written = parquet.read_table(tmp_path / "out" / "set_off.parquet")
    assert written["memo"].to_pylist() == DEBTS["memo"]
    assert written["set_off_minor"].to_pylist() == [500, 500, 500, 30, 30]


def test_a_missing_column_is_named_beside_those_found(tmp_path):
    path = tmp_path / "debts.parquet"
    parquet.write_table(pa.table(DEBTS).drop_columns(["creditor"]), path)
    with pytest.raises(BadTerms, match=r"'creditor' is missing; found are .*memo"):
        read(str(path), CLEARED)


def test_a_bad_row_of_coded_ids_is_named(debts):
    table = pa.table(DEBTS).set_column(1, "debtor", [["a", None, "c", "x", "y"]])
    parquet.write_table(table, debts)
    done = run(debts, "--json")
    assert done.exit_code == 1
    (fault,) = json.loads(done.stdout)["faults"]
    assert "row 2" in fault["where"] and "debtor" in fault["what"]
