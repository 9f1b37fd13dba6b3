"""The town as files and as Parquet: the same bytes, and readers that give the same rows."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tailrace.base.errors import BadTerms
from tailrace.cli.town import command
from tailrace.formats import camt053, ubl
from tailrace.formats import csv as csv_format
from tailrace.formats import parquet as parquet_format
from tailrace.formats.table_mapping import parse
from tailrace.records.rules import RecordRules
from tailrace.town import write
from tailrace.town.records import records

LIMITS = RecordRules(
    skip=(), bytes_max=10**9, depth_max=100, attributes_max=100, text_max=10**6, expansion_max=100,
    files_a_page=1000,
)  # fmt: skip
ORDINARY = ("number", "kind", "issued_on", "due_on", "currency", "payable_minor", "payment_ref",
            "payee_account", "tax_total_minor", "status_code", "type_code")  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lay(e, folder: Path, form: str = "files", *, workers: int = 1, faults: int = 8) -> Path:
    write(e, folder, form=form, faults=faults, workers=workers, progress=lambda _: None)
    return folder


@pytest.fixture(scope="module")
def hamlet(make):
    return make(seed=5, firms=40, months=3)


@pytest.fixture(scope="module")
def laid(hamlet, tmp_path_factory):
    return lay(hamlet, tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def back(laid):
    """Return every row the readers find in the files, by table, and the faults."""
    found: dict[str, list] = {}
    faults = []
    place = laid / "records"
    mappings = parse((place / "receipts.map.toml").read_text("utf-8"), "receipts.map.toml")
    seen = set()
    for path in sorted(place.rglob("*.*")):
        name, content = str(path.relative_to(place)), path.read_bytes()
        if path.name.endswith(".map.toml") or content in seen:
            continue
        seen.add(content)
        if path.suffix == ".csv":
            rows = csv_format.read(content, name, LIMITS, mappings)
        else:
            rows = (camt053 if name.startswith("statement") else ubl).read(content, name, LIMITS)
        for kind, more in rows.tables.items():
            found.setdefault(kind, []).extend(more)
        faults += rows.faults
    return found, faults


def test_the_same_town_gives_the_same_files_with_any_number_of_workers(hamlet, laid, tmp_path):
    assert digests(lay(hamlet, tmp_path, workers=2)) == digests(laid)


def test_the_same_town_gives_the_same_parquet(hamlet, tmp_path):
    first = digests(lay(hamlet, tmp_path / "a", "parquet"))
    assert first == digests(lay(hamlet, tmp_path / "b", "parquet"))
    assert "records/document.parquet" in first


def test_documents_read_back_as_they_were_written(hamlet, back):
    rows, _ = back

    def told(documents) -> Counter:
        said = [row for row in documents if not row["number"].startswith("X-")]  # spoilt copies
        return Counter(tuple(row.get(name) for name in ORDINARY) for row in said)

    written = records(hamlet)["document"].to_pylist()
    assert told(rows["document"]) - told(written) == Counter()
    assert told(written) - told(rows["document"]) == Counter()


def test_lines_payments_and_entries_read_back_as_they_were_written(hamlet, back):
    rows, _ = back
    wanted = {
        "line": ("item_ref", "quantity", "unit", "price", "net_minor", "order_line_ref",
                 "short_quantity", "backorder_quantity", "tax_rate", "delivered_on"),
        "payment": ("told_by", "direction", "amount_minor", "currency", "end_to_end_ref",
                    "structured_ref", "remittance_text", "booked_on"),
        "allocation": ("to_kind", "to_number", "amount_minor", "deduction_minor"),
        "statement_entry": ("account", "entry", "amount_minor", "currency", "booked_on"),
        "tax_subtotal": ("category", "rate", "taxable_minor", "tax_minor"),
    }  # fmt: skip
    tables = records(hamlet)
    spoilt = {d["document_id"] for d in rows["document"] if d["number"].startswith("X-")}

    def honest(rows, kind):
        return [row for row in rows[kind] if row.get("document_id") not in spoilt]

    for kind, names in wanted.items():
        written = Counter(tuple(row[name] for name in names) for row in tables[kind].to_pylist())
        read = Counter(tuple(row.get(name) for name in names) for row in honest(rows, kind))
        assert read == written, kind


def test_what_refers_to_what_reads_back_as_it_was_written(hamlet, back):
    rows, _ = back
    tables = records(hamlet)

    def edges(reference, document, line) -> set:
        number = {row["document_id"]: (row["kind"], row["number"]) for row in document}
        place = {row["line_id"]: row["line_ref"] for row in line}
        return {
            (*number[r["document_id"]], place.get(r.get("line_id")), r["to_kind"], r["to_number"],
             r.get("to_line"))
            for r in reference
        }  # fmt: skip

    kinds = ("reference", "document", "line")
    written = edges(*(tables[kind].to_pylist() for kind in kinds))
    read = edges(*(rows[kind] for kind in kinds))
    # A CSV row says its order beside its despatch: the document as a whole then names no order.
    assert {edge for edge in read ^ written if edge[0] != "receipt"} == set()


def test_every_spoilt_file_is_a_fault_and_no_neighbour_is_lost(laid, back):
    _, faults = back
    with (laid / "truth" / "faults.csv").open(newline="") as file:
        planted = [row["file"].removeprefix("records/") for row in csv.DictReader(file)]
    assert len(planted) == 8
    named = {fault.where.split(",")[0] for fault in faults}
    twice = {name for name in planted if "twice" in name or name not in named}
    assert named <= set(planted)
    for name in twice:  # the same bytes as another file: no fault of the reader
        content = (laid / "records" / name).read_bytes()
        honest = laid / "records" / name.replace("/X-", "/")
        assert content == honest.read_bytes()
    assert len(twice) == 1


def test_truth_tells_every_claim_once_with_figures_that_fit(hamlet, laid):
    with (laid / "truth" / "claims.csv").open(newline="") as file:
        claims = list(csv.DictReader(file))
    assert len(claims) == len(hamlet.invoices)
    assert len({(c["number"], c["creditor_vat"]) for c in claims}) == len(claims)
    summary = json.loads((laid / "truth" / "summary.json").read_text())
    euro = summary["currencies"]["EUR"]
    ours = [c for c in claims if c["currency"] == "EUR"]
    assert euro["invoiced_minor"] == sum(int(c["amount_minor"]) for c in ours)
    assert euro["verdicts"] == {
        name: sum(c["verdict"] == name for c in ours) for name in ("proven", "partly", "unproven")
    }
    assert summary["documents"]["invoice"] == len(claims)
    frauds = [c for c in claims if c["honest"] == "no"]
    with (laid / "truth" / "frauds.csv").open(newline="") as file:
        named = list(csv.DictReader(file))
    assert {(f["number"], f["creditor_vat"]) for f in named} == {
        (c["number"], c["creditor_vat"]) for c in frauds
    }


def test_parquet_is_read_as_it_was_written(hamlet, tmp_path):
    lay(hamlet, tmp_path, "parquet")
    for path in sorted((tmp_path / "records").glob("*.parquet")):
        rows = parquet_format.read(path.read_bytes(), path.name, LIMITS)
        assert rows.faults == []
        assert len(rows.tables[path.stem]) == pq.ParquetFile(path).metadata.num_rows


def test_rules_beside_the_records_name_the_day_and_funders_of_each_currency(laid):
    rules = tomllib.loads((laid / "tailrace.toml").read_text())
    assert rules["run"]["on"] == "2026-03-31"
    assert {f["currency"] for f in rules["offers"]["funder"]} == {"EUR"}


def test_records_are_never_written_over_and_unfinished_ones_are_made_anew(hamlet, tmp_path):
    (tmp_path / "truth" / "unfinished").mkdir(parents=True)
    (tmp_path / "truth" / "unfinished" / "half.xml").write_text("<half/>")
    lay(hamlet, tmp_path, "parquet")
    assert not list(tmp_path.rglob("half.xml"))
    with pytest.raises(BadTerms, match="records here already"):
        lay(hamlet, tmp_path, "parquet")


def test_the_command_writes_a_town_and_says_what_is_in_it(tmp_path):
    words = [str(tmp_path / "t"), "--firms", "12", "--months", "1", "--on", "2025-05-31"]
    done = CliRunner().invoke(command, [*words, "--as", "parquet"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "documents of 12 firms" in done.output
    issued = pq.read_table(tmp_path / "t" / "records" / "document.parquet")["issued_on"]
    assert max(issued.to_pylist()) <= date(2025, 5, 31)
    done = CliRunner().invoke(command, [str(tmp_path / "u"), "--firms", "3"])
    assert done.exit_code == 2
