"""`tailrace log` on small logs: CSV with its cases, Parquet, XES, a folder that was run, bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from tailrace.base.errors import BadTerms, NotFound
from tailrace.cli import log, run

EVENTS = """item_id,seq,ts,activity,net_worth_eur
P1,0,2018-01-02T10:00:00.000+01:00,Record Goods Receipt,100.5
P1,1,2018-01-03T10:00:00.000+01:00,Record Invoice Receipt,100.5
P1,2,2018-01-13T10:00:00.000+01:00,Clear Invoice,100.5
P2,0,2018-01-03T10:00:00.000+01:00,Record Invoice Receipt,7
P2,1,2018-01-04T10:00:00.000+01:00,Record Goods Receipt,7
"""
ITEMS = """item_id,vendor,item_category
P1,V1,"3-way match, invoice after GR"
P2,V2,"3-way match, invoice after GR"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "items.csv").write_text(ITEMS)
    return tmp_path


def ask(*words: object) -> Result:
    return CliRunner().invoke(log.command, [str(w) for w in words])


def told(*words: object) -> dict:
    done = ask(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_csv_log_with_its_cases_is_counted_and_written(folder: Path):
    to = folder / "o.parquet"
    said = told(folder / "events.csv", "--cases", folder / "items.csv", "--to", to)
    assert (said["on"], said["cases"]["cases"], said["cases"]["partners"]) == ("2018-01-13", 2, 2)
    figures = ("standing", "proven", "unproven", "cleared")
    assert [said["obligations"][name] for name in figures] == [2, 1, 1, 1]
    (category,) = said["categories"]
    assert category == "3-way match, invoice after GR"
    rows = pq.read_table(to).to_pylist()
    assert [
        (r["partner"], r["verdict"], r["amount_minor"], r["currency"], r["days"]) for r in rows
    ] == [
        ("V1", "proven", 10_050, "EUR", 10),
        ("V2", "unproven", 700, "EUR", None),
    ]


def test_people_are_told_shares(folder: Path):
    done = ask(folder / "events.csv", "--cases", folder / "items.csv")
    assert "5 events, 2 cases, 2 partners; as of 2018-01-13" in done.output
    assert "          1   50.0%  proven" in done.output
    assert "median 10 days" in done.output


def test_as_of_a_day_later_events_are_not_seen(folder: Path):
    said = told(folder / "events.csv", "--on", "2018-01-03")
    assert said["obligations"]["cleared"] == 0
    assert said["cases"]["events"] == 3


def test_a_parquet_log_says_what_the_csv_says(folder: Path):
    table = pcsv.read_csv(folder / "events.csv")
    pq.write_table(table, folder / "log.parquet", row_group_size=2)
    one, other = told(folder / "events.csv"), told(folder / "log.parquet")
    assert one == other
    amounts = table["net_worth_eur"].cast(pa.float64())
    assert amounts[0].as_py() == 100.5  # a binary number is read as the shortest text it has


def test_event_rows_in_parquet_make_cases_as_in_a_book(folder: Path):
    from tailrace.formats import xes
    from tailrace.records.tables import EVENT
    from tailrace.street.rules import packaged

    trace = "".join(
        f'<event><string key="concept:name" value="{what}"/>'
        f'<date key="time:timestamp" value="{at}"/></event>'
        for _, _, at, what, _ in (line.split(",") for line in EVENTS.splitlines()[1:4])
    )
    text = f'<log><trace><string key="concept:name" value="P1"/>{trace}</trace></log>'
    (folder / "a.xes").write_text(text)
    made = xes.read(text.encode(), "a.xes", packaged().records)
    pq.write_table(EVENT.rows(made.tables["event"]), folder / "event.parquet")
    for name in ("a.xes", "event.parquet"):
        said = told(folder / name)
        assert (said["cases"]["cases"], said["obligations"]["proven"]) == (1, 1)


def test_a_folder_that_was_run_is_counted_from_its_book(folder: Path):
    (folder / "items.csv").unlink()
    (folder / "log.map.toml").write_text(
        '[[file]]\npattern = "events.csv"\nkind = "event"\n[file.constants]\ncurrency = "EUR"\n'
        '[file.columns]\nitem_id = "object_ref"\nts = "happened_at"\nactivity = "activity"\n'
        'net_worth_eur = "amount"\n'
    )
    done = CliRunner().invoke(run.command, [str(folder), "--on", "2018-01-31"])
    assert done.exit_code == 0, done.output
    said = told(folder)
    assert (said["on"], said["obligations"]["proven"]) == ("2018-01-31", 2)  # no category: `before`


def test_rows_that_cannot_be_read_are_told_and_the_rest_is_counted(folder: Path):
    (folder / "events.csv").write_text(EVENTS.replace("2018-01-13T10:00:00.000+01:00", "soon"))
    done = ask(folder / "events.csv")
    assert done.exit_code == 1
    assert "1 rows are left out" in done.output
    assert "events.csv, row 3" in done.output


@pytest.mark.parametrize(
    ("name", "text", "error", "what"),
    [
        ("none.csv", None, NotFound, "there is no such file"),
        ("odd.csv", "a,b\n1,2\n", BadTerms, "no column of the log is its case_ref"),
        ("torn.csv", 'case,activity,at\n"1,2\n', BadTerms, "cannot be read as CSV"),
        ("empty.xes", "<log></log>", BadTerms, "the log has no events"),
        ("doctype.xes", "<!DOCTYPE log><log><trace/></log>", BadTerms, "the file has a DOCTYPE"),
    ],
)
def test_what_is_no_log_is_said(
    tmp_path: Path, name: str, text: str | None, error: type, what: str
):
    if text is not None:
        (tmp_path / name).write_text(text)
    done = ask(tmp_path / name)
    assert isinstance(done.exception, error)
    assert what in str(done.exception)
