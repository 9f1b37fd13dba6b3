"""The whole street on a town: the figures are the truth's, and a second run changes nothing."""

from __future__ import annotations

import csv
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from town_world import ON, build_town, counts, run_town, seen, truth

from tailrace.street.opening import open_book


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    folder = build_town(tmp_path_factory.mktemp("town"), firms=40, seed=7)
    rules = folder / "tailrace.toml"
    text = rules.read_text("utf-8")
    assert "[run]\n" in text
    rules.write_text(text.replace("[run]\n", '[run]\nsender = "Town & Circle"\n'), "utf-8")
    run_town(folder)
    return folder


@pytest.fixture(scope="module")
def engine(town):
    return seen(town)


def by_number(engine):
    """Each claim with its verdict, by its creditor's VAT number and its own number."""
    rows = engine.sql("""
        with vat as (
            select distinct f.firm_id, p.value
            from party_identifier p join firm f using (party_id) where scheme = 'VAT')
        select c.*, v.verdict, v.proven_minor, v.missing, vat.value as vat
        from claim c join verdict v using (claim_id) join vat on vat.firm_id = c.creditor_id""")
    return {(row["vat"], row["number"]): row for row in rows.to_pylist()}


def test_every_claim_is_proven_credited_and_paid_as_the_truth_says(town, engine):
    found = by_number(engine)
    expected = truth(town, "claims")
    assert len(found) == len(expected) > 300
    for t in expected:
        row = found[t["creditor_vat"], t["number"]]
        told = (row["verdict"], row["proven_minor"], row["credited_minor"], row["paid_minor"])
        known = (t["provable_minor"], t["credited_minor"], t["paid_minor"])
        assert told == (t["verdict"], *map(int, known)), t["number"]


def test_every_planted_fraud_is_found_by_its_own_test(town, engine):
    rows = engine.sql("""
        select f.test, c.number, d.number as document from finding f
        left join claim c using (claim_id)
        left join document d on d.document_id = f.document_id""").to_pylist()
    found = {(r["test"], number) for r in rows for number in (r["number"], r["document"])}
    planted = truth(town, "frauds")
    assert len({p["name"] for p in planted}) == 5
    assert [p for p in planted if (p["name"], p["number"]) not in found] == []


def test_no_honest_claim_is_under_a_grave_finding(town, engine):
    honest = {
        (t["creditor_vat"], t["number"]) for t in truth(town, "claims") if t["honest"] == "yes"
    }
    claims = {r["claim_id"]: key for key, r in by_number(engine).items()}
    grave = engine.sql("select test, claim_id from finding where grave").to_pylist()
    assert [r for r in grave if claims.get(r["claim_id"]) in honest] == []


def test_no_honest_claim_is_unproven_without_a_missing_record_named(town, engine):
    for t in truth(town, "claims"):
        row = by_number(engine)[t["creditor_vat"], t["number"]]
        if t["honest"] == "yes" and row["verdict"] != "proven":
            assert row["missing"], t["number"]


def test_the_summary_tells_the_truths_sums(town):
    summary = run_town(town).summary
    for c in summary.currencies:
        t = counts(town)["currencies"][c.currency]
        assert (c.claims, c.unpaid, c.debt_minor) == (t["claims"], t["unpaid"], t["debt_minor"])
        told = {v.name: (v.count, v.amount_minor) for v in c.verdicts}
        known = {
            name: (v["count"], v["amount_minor"])
            for name, v in t["unpaid_verdicts"].items()
            if v["count"]
        }
        assert told == known
        assert c.held_out_minor == t["held_out_minor"]
        assert c.proven_minor == t["proven_open_minor"] - c.held_out_minor


def test_planted_faults_are_faults_and_their_neighbours_are_read(town, engine):
    broken = {t["file"] for t in truth(town, "faults") if "same bytes" not in t["what"]}
    told = " ".join(row["where"] for row in engine.get("fault").to_pylist())
    assert [name for name in broken if name not in told] == []


def test_clearing_moves_nobodys_net_position_and_settles_debt(engine):
    rows = engine.get("set_off").to_pylist()
    net: Counter[tuple[str, str]] = Counter()
    for row in rows:
        net[row["debtor_id"], row["currency"]] += row["amount_minor"]
        net[row["creditor_id"], row["currency"]] -= row["amount_minor"]
    assert rows
    assert set(net.values()) == {0}


def test_a_second_run_changes_nothing(town):
    before = pages(town)
    first = run_town(town)
    assert pages(town) == before
    assert run_town(town).summary == first.summary


def test_the_report_of_a_second_run_is_the_first_to_the_byte(tmp_path):
    folder = build_town(tmp_path / "town", firms=14, seed=3)
    first = run_town(folder)
    page = first.report.read_bytes()
    assert run_town(folder).report.read_bytes() == page


def test_files_that_come_later_continue_the_book(tmp_path):
    folder = build_town(tmp_path / "town", firms=14, seed=3)
    later = sorted((folder / "records" / "receipt").rglob("*2026-03*/*"))[:20]
    texts = {path: path.read_bytes() for path in later}
    for path in later:
        path.unlink()
    partly = run_town(folder)
    old = pages(folder)
    for path, text in texts.items():
        path.write_bytes(text)
    whole = run_town(folder)
    assert pages(folder)[: len(old)] == old
    assert whole.files == len(later) > 0
    proven = [sum(c.proven_minor for c in done.summary.currencies) for done in (partly, whole)]
    assert proven[0] < proven[1]


def test_offers_that_are_accepted_meet_needs_and_sell_nothing_twice(tmp_path):
    folder = build_town(tmp_path / "town", firms=40, seed=7)
    done = run_town(folder, accept="cheapest")
    engine = seen(folder)
    sold = [row["obligation_id"] for row in engine.get("contract").to_pylist()]
    assert len(sold) == len(set(sold)) > 0
    for c in done.summary.currencies:
        assert c.need_left_minor <= c.need_cleared_minor <= c.need_before_minor
    assert engine.get("refusal").num_rows == 0
    assert run_town(folder, accept="cheapest").summary == done.summary


def test_a_dry_run_writes_nothing(tmp_path):
    folder = build_town(tmp_path / "town", firms=12, seed=2)
    before = sorted(folder.rglob("*"))
    assert run_town(folder, dry_run=True).report is None
    assert sorted(folder.rglob("*")) == before


def test_the_files_for_others_are_laid_out(town):
    out = town / "out"
    assert list((out / "instructions").glob("*.xml"))
    assert list((out / "remittances").glob("*.xml"))
    page = (out / "report.html").read_text("utf-8")
    assert "http" not in page.replace("http://www.w3.org", "")
    for title in ("Who owes whom, before", "What money would settle", "by tenths of firms"):
        assert title in page


def test_notices_name_invoices_by_their_numbers_and_who_sends_them(town, engine):
    folder = town / "out" / "notices"
    with (folder / "notices.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = {r["claim_id"]: r["number"] for r in engine.get("claim").to_pylist()}
    assert rows
    assert [row["invoice"] for row in rows] == [numbers[row["claim_id"]] for row in rows]
    set_off = next(path for path in folder.glob("*.txt") if "invoice " in path.read_text("utf-8"))
    assert "From: Town & Circle\n" in set_off.read_text("utf-8")
    assert "From Town &amp; Circle" in set_off.with_suffix(".html").read_text("utf-8")
    assert "<cbc:Name>Town &amp; Circle<" in set_off.with_suffix(".xml").read_text("utf-8")


@pytest.mark.parametrize(("program", "file"), [("bean-check", "books.beancount")])
def test_the_books_of_a_run_are_accepted(town, program, file):
    import shutil
    import sys

    found = shutil.which(program, path=str(Path(sys.executable).parent)) or shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed")
    subprocess.run([found, str(town / "out" / "books" / file)], check=True, capture_output=True)


def pages(folder: Path) -> list[tuple[str, bytes]]:
    with open_book(str(folder / "out" / "book.db")) as book:
        return [(page.key, page.digest) for page in book.pages()]


def test_the_book_of_a_run_verifies(town):
    with open_book(str(town / "out" / "book.db")) as book:
        assert book.verify() == book.head
        assert book.table("run")["on"].to_pylist() == [ON]
