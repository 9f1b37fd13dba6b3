"""`tailrace changes` on a small town whose largest seller gives thirty days more from December on."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from datetime import date
from html import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from tailrace.base.errors import BadTerms, NotFound
from tailrace.cli import changes, run, why
from tailrace.report.changes import SHOWN_MAX
from tailrace.town import build
from tailrace.town.records import records

ON, SINCE = date(2026, 3, 31), date(2025, 12, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("village")
    tables = records(build(7, 24, months=12, on=ON, fraud_share=0.0, csv_share=0.0))
    document = tables["document"]
    invoices = document.filter(pc.equal(document["kind"], "invoice"))
    counts = pc.value_counts(invoices["seller_id"]).to_pylist()
    seller = max(counts, key=lambda c: (c["counts"], c["values"]))["values"]
    mine = pc.and_(pc.equal(document["seller_id"], seller), pc.equal(document["kind"], "invoice"))
    mine = pc.fill_null(pc.and_(mine, pc.greater_equal(document["issued_on"], SINCE)), False)
    due = document["due_on"].cast(pa.int32())
    later = pc.if_else(mine, pc.add(due, pa.scalar(30, pa.int32())), due).cast(pa.date32())
    at = document.column_names.index("due_on")
    tables["document"] = document.set_column(at, document.schema.field("due_on"), later)
    for kind, table in tables.items():
        if table.num_rows:
            pq.write_table(table, place / f"{kind}.parquet", store_schema=False)
    days = ["--on", ON.isoformat(), "--since", SINCE.isoformat()]
    done = CliRunner().invoke(run.command, [str(place), *days])
    assert done.exit_code in (0, 1), done.output
    return place


def ask(*words: object) -> Result:
    return CliRunner().invoke(changes.command, [str(w) for w in words])


def test_what_was_planted_is_told_for_people_with_its_need(folder):
    done = ask(folder, "--since", SINCE)
    assert done.exit_code == 0, done.output
    assert "changes since 2025-12-01, as of 2026-03-31" in done.stdout
    assert "payment terms" in done.stdout
    assert "longer to pay" in done.stdout
    assert "needs: renegotiate the term, or finance" in done.stdout
    assert "little before" in done.stdout  # what could not be judged is said


def test_the_report_of_a_run_since_a_day_tells_what_changed_as_the_command_does(folder):
    told = json.loads(ask(folder, "--since", SINCE, "--json").stdout)["changes"]
    page = (folder / "out" / "report.html").read_text("utf-8")
    section = page[page.index("<h2>What changed</h2>") :].partition("</section>")[0]
    assert f"Since {SINCE}: {len(told):,} changes in" in section
    assert section.count("<li>") == min(len(told), SHOWN_MAX) == section.count('class="broke"')
    assert escape(told[0]["what"]) in section


def test_a_run_looks_for_changes_only_where_somebody_asks(folder, tmp_path):
    book = folder / "out" / "book.db"
    words = [folder, "--on", ON, "--out", tmp_path, "--book", book]
    done = CliRunner().invoke(run.command, [str(w) for w in words])
    assert done.exit_code in (0, 1), done.output
    assert "What changed" not in (tmp_path / "report.html").read_text("utf-8")


def test_programs_get_every_figure_and_why_walks_from_the_first_paper(folder):
    told = json.loads(ask(folder, "--since", SINCE, "--json").stdout)
    assert (told["since"], told["on"]) == ("2025-12-01", "2026-03-31")
    assert told["false_alarm_rate"] == 0.05
    assert told["series"]["payment terms"]["judged"] > 0
    rows = [r for r in told["changes"] if r["measure"] == "payment terms"]
    assert rows
    for row in rows:
        assert row["q"] <= 0.05
        assert abs(row["effect"] - 30) < 1
    needs = [r["amount_minor"] or 0 for r in told["changes"]]
    by_currency = [r["currency"] for r in told["changes"]]
    if len(set(by_currency)) == 1:
        assert needs == sorted(needs, reverse=True)
    walked = CliRunner().invoke(why.command, [str(folder), rows[0]["document_id"]])
    assert walked.exit_code == 0, walked.output


def test_the_picture_is_well_formed_and_draws_every_change(folder, tmp_path):
    path = tmp_path / "changes.svg"
    told = json.loads(ask(folder, "--since", SINCE, "--json", "--plot", path).stdout)
    svg = ET.parse(path).getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    broke = [e for e in svg.iter() if e.get("class") == "broke"]
    assert len(broke) == min(len(told["changes"]), 24) > 0
    figures = [v for e in svg.iter() for k, v in e.items() if k in ("x", "cx", "cy", "x1", "y1")]
    assert all(math.isfinite(float(v)) for v in figures)


def test_a_day_without_history_is_no_error_and_says_what_was_not_judged(folder, tmp_path):
    path = tmp_path / "none.svg"
    done = ask(folder, "--since", "2025-04-02", "--plot", path)
    assert done.exit_code == 0, done.output
    assert "0 changes since 2025-04-02" in done.stdout
    assert "0 judged" in done.stdout
    assert "nothing changed" in path.read_text("utf-8")


def test_misuse_is_told(folder):
    assert ask(folder).exit_code == 2
    assert ask(folder, "--since", "last week").exit_code == 2
    late = ask(folder, "--since", "2026-03-31", "--on", "2026-03-31")
    assert isinstance(late.exception, BadTerms)
    assert "is not before" in str(late.exception)
    days = ["--on", str(ON), "--since", str(ON)]
    assert isinstance(CliRunner().invoke(run.command, [str(folder), *days]).exception, BadTerms)
    assert isinstance(ask(folder / "nowhere.db", "--since", SINCE).exception, NotFound)
