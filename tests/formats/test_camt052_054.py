"""The report within the day and the notification tell the payments a statement tells."""

from __future__ import annotations

import pytest
from intake_world import GOLDEN, LIMITS

from tailrace.formats import camt053

STATEMENT = (GOLDEN / "camt053" / "statement_08.xml").read_bytes()
NAMES = {
    "052": (b"BkToCstmrAcctRpt", b"Rpt"),
    "054": (b"BkToCstmrDbtCdtNtfctn", b"Ntfctn"),
}
SAID = ("amount_minor", "currency", "direction", "reversal", "end_to_end_ref", "booked_on")


def told_as(message: str) -> bytes:
    whole, part = NAMES[message]
    made = STATEMENT.replace(b"camt.053.", f"camt.{message}.".encode())
    made = made.replace(b"BkToCstmrStmt", whole)
    return made.replace(b"<Stmt>", b"<" + part + b">").replace(b"</Stmt>", b"</" + part + b">")


@pytest.mark.parametrize("message", sorted(NAMES))
def test_the_payments_are_those_of_the_statement_and_the_account_is_left_to_it(message):
    content = told_as(message)
    assert camt053.sniff(content[:4096], "m.xml")
    statement = camt053.read(STATEMENT, "s.xml", LIMITS)
    report = camt053.read(content, "m.xml", LIMITS)
    paid = [
        [tuple(row[c] for c in SAID) for row in rows.tables["payment"]]
        for rows in (statement, report)
    ]
    assert paid[0] == paid[1] != []
    assert "statement_entry" not in report.tables
    assert [row["kind"] for row in report.tables["document"]] == [
        row["kind"] for row in statement.tables["document"]
    ]


def test_a_message_of_another_number_is_not_read():
    content = STATEMENT.replace(b"camt.053.", b"camt.055.")
    assert not camt053.sniff(content[:4096], "m.xml")
