"""A receipt that came late changes today's verdict and not what was said yesterday."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from tailrace.base.errors import BadTerms
from tailrace.cli.main import verbs
from tailrace.job import Job, run
from tailrace.street.moments import as_known, moments, stamp
from tailrace.street.opening import open_book

MAP = """
[[file]]
pattern = "invoices*.csv"
kind = "invoice"
[file.constants]
currency = "EUR"
[file.columns]
"Number" = "number"
"Day" = "issued_on"
"Seller" = "seller.VAT"
"Buyer" = "buyer.VAT"
"Order" = "order.number"
"Item" = "line.item_ref"
"Quantity" = "line.quantity"
"Unit" = "line.unit"
"Net" = ["line.net", "payable"]

[[file]]
pattern = "receipts*.csv"
kind = "receipt"
[file.columns]
"Number" = "number"
"Day" = ["issued_on", "delivered_on"]
"Seller" = "seller.VAT"
"Buyer" = "buyer.VAT"
"Order" = "order.number"
"Item" = "line.item_ref"
"Quantity" = "line.quantity"
"Unit" = "line.unit"
"""
INVOICE = "Number,Day,Seller,Buyer,Order,Item,Quantity,Unit,Net\nR1,2026-03-03,XA1,XB1,B1,wheat,100,KGM,200.00\n"
RECEIPT = (
    "Number,Day,Seller,Buyer,Order,Item,Quantity,Unit\nW1,2026-03-04,XA1,XB1,B1,wheat,90,KGM\n"
)
FIRST = datetime(2026, 3, 5, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 20, 12, tzinfo=UTC)
ON = date(2026, 3, 5)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own.map.toml").write_text(MAP, "utf-8")
    (tmp_path / "invoices.csv").write_text(INVOICE, "utf-8")
    run(Job(where=str(tmp_path), on=ON, at=FIRST, workers=1))
    (tmp_path / "receipts.csv").write_text(RECEIPT, "utf-8")
    run(Job(where=str(tmp_path), on=ON, at=LATER, workers=1))
    return tmp_path


def proven(folder, *asked: str) -> tuple[str, int]:
    made = CliRunner().invoke(verbs, ["prove", str(folder), "--json", *asked])
    assert made.exit_code == 0, made.output
    (claim,) = json.loads(made.output)["claims"]
    return claim["verdict"], claim["proven_minor"]


def test_a_late_receipt_changes_todays_verdict_and_not_yesterdays(folder):
    assert proven(folder) == ("partly", 18000)
    assert proven(folder, "--on", "2026-03-05") == ("partly", 18000)
    assert proven(folder, "--known-at", "2026-03-05") == ("unproven", 0)
    assert proven(folder, "--known-at", "2026-03-20T11:59Z") == ("unproven", 0)
    assert proven(folder, "--known-at", "2026-03-20T12:00Z") == ("partly", 18000)


def test_before_anything_was_known_there_is_nothing(folder):
    made = CliRunner().invoke(verbs, ["prove", str(folder), "--json", "--known-at", "2026-03-04"])
    assert json.loads(made.output)["claims"] == []


def test_why_and_view_look_from_the_same_moment(folder):
    early = ["--known-at", "2026-03-05"]
    seen = CliRunner().invoke(verbs, ["view", str(folder), "document", "--json", *early])
    assert '"R1"' in seen.output and '"W1"' not in seen.output
    told = CliRunner().invoke(verbs, ["why", str(folder), "R1", *early])
    assert "R1" in told.output and "W1" not in told.output
    assert "W1" in CliRunner().invoke(verbs, ["why", str(folder), "R1"]).output


def test_the_past_is_read_and_not_written(folder):
    with open_book(str(folder / "out" / "book.db")) as book:
        past = as_known(book, FIRST)
        assert past.head.position < book.head.position
        with pytest.raises(BadTerms, match="as far as page"):
            past.append([stamp(book, LATER)], after=past.head)


def test_a_clock_turned_back_does_not_turn_the_book_back(folder):
    (folder / "receipts-2.csv").write_text(RECEIPT.replace("W1", "W2"), "utf-8")
    run(Job(where=str(folder), on=ON, at=FIRST, workers=1))
    with open_book(str(folder / "out" / "book.db")) as book:
        told = [moment for _, moment in moments(book)]
    assert told == sorted(told)
    assert told[-1] == LATER


def test_a_moment_needs_its_time_zone(folder):
    with (
        open_book(str(folder / "out" / "book.db")) as book,
        pytest.raises(BadTerms, match="is no moment"),
    ):
        stamp(book, datetime(2026, 3, 5))
