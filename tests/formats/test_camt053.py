"""Bank statements, read in every version and written as 001.08. The golden files are ours."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_world import GOLDEN, LIMITS, business, expected
from xml_world import days, maybe, numbered, parties, told, words

from tailrace.base.errors import BadTerms
from tailrace.base.tables import Schema
from tailrace.formats import camt053
from tailrace.formats.camt053_records import wrapped
from tailrace.formats.rows import Rows
from tailrace.records.ids import party_id
from tailrace.records.tables import RECORDS

SCHEMAS: dict[str, Schema] = {schema.kind: schema for schema in RECORDS}
FILES = ["statement_08", "statements_02"]


def golden(name: str) -> bytes:
    return (GOLDEN / "camt053" / f"{name}.xml").read_bytes()


def read(content: bytes) -> Rows:
    return camt053.read(content, "s.xml", LIMITS)


def whats(content: bytes) -> list[str]:
    return [fault.what for fault in read(content).faults]


@pytest.mark.parametrize("name", FILES)
def test_a_golden_statement_becomes_these_rows(name):
    assert camt053.sniff(golden(name)[:4096], f"{name}.xml")
    rows = camt053.read(golden(name), f"{name}.xml", LIMITS)
    assert business(rows) == expected(f"camt053/{name}.json")
    for kind, some in rows.tables.items():
        assert SCHEMAS[kind].rows(some).num_rows == len(some)


def of(rows: Rows, number: str) -> Rows:
    """Return the rows of one statement of a file, with all of its parties."""
    (document,) = [d for d in rows.tables["document"] if d["number"] == number]
    mine = {"document": [document]}
    for kind in ("statement_entry", "payment"):
        found = rows.tables.get(kind, ())
        mine[kind] = [row for row in found if row["document_id"] == document["document_id"]]
    paid = {row["payment_id"] for row in mine["payment"]}
    mine["allocation"] = [a for a in rows.tables.get("allocation", ()) if a["payment_id"] in paid]
    said = {row[c] for rows in mine.values() for row in rows for c in row if c.endswith("_id")}
    for kind in ("party", "party_identifier"):
        mine[kind] = [row for row in rows.tables[kind] if row["party_id"] in said]
    return Rows(mine)


@pytest.mark.parametrize(
    ("name", "number"),
    [("statement_08", "S-71"), ("statements_02", "A-1"), ("statements_02", "A-2")],
)
def test_a_statement_written_and_read_again_says_the_same(name, number):
    before = of(read(golden(name)), number)
    content = camt053.write(before.tables)
    assert b"camt.053.001.08" in content
    assert told(read(content)) == told(before)


def test_several_statements_of_a_file_are_several_documents():
    documents = read(golden("statements_02")).tables["document"]
    assert [(d["number"], d["issued_on"]) for d in documents] == [
        ("A-1", date(2026, 4, 12)), ("A-2", date(2026, 4, 12)),
    ]  # fmt: skip


@pytest.mark.parametrize("version", [f"{n:02}" for n in range(2, 14)])
def test_every_version_is_known_by_its_namespace(version):
    content = golden("statement_08").replace(b"camt.053.001.08", f"camt.053.001.{version}".encode())
    assert camt053.sniff(content[:4096], "s.xml")
    assert told(read(content)) == told(read(golden("statement_08")))


def test_a_version_that_is_not_known_is_named():
    content = golden("statement_08").replace(b"camt.053.001.08", b"camt.053.001.99")
    assert not camt053.sniff(content[:4096], "s.xml")
    assert whats(content)[0].endswith("camt.053.001.99 Document is not read yet")


def test_opening_and_booked_entries_make_the_closing_balance_or_a_fault_says_so():
    assert whats(golden("statement_08")) == []
    content = golden("statement_08").replace(b">1425.78<", b">1425.79<")
    assert read(content).documents == 1
    assert whats(content) == ["opening 1000.00 and entries 425.78 are not closing 1425.79 EUR"]


def test_an_announced_entry_is_no_payment_and_moves_no_balance():
    rows = read(golden("statement_08"))
    (pending,) = [e for e in rows.tables["statement_entry"] if e.get("status") == "PDNG"]
    assert pending["amount_minor"] == 700
    assert all(p["amount_minor"] != 700 for p in rows.tables["payment"])


def test_in_a_reversal_the_money_goes_back_to_the_debtor():
    rows = read(golden("statement_08"))
    (back,) = [p for p in rows.tables["payment"] if p["reversal"]]
    names = {p["party_id"]: p["name"] for p in rows.tables["party"]}
    assert (back["direction"], back["booked_on"]) == ("debit", date(2026, 4, 11))
    assert names[back["creditor_id"]] == "Kettenwerk Aue GmbH"
    assert names[back["debtor_id"]] == "Rad & Tat"
    assert (back["debtor_account"], back["creditor_account"]) == (
        "445566", "DE89370400440532013000",
    )  # fmt: skip


def test_an_entry_without_transactions_is_one_payment_of_the_owner():
    rows = read(golden("statement_08"))
    (fee,) = [p for p in rows.tables["payment"] if p["amount_minor"] == 10000]
    (document,) = rows.tables["document"]
    owner = rows.tables["statement_entry"][0]["owner_id"]
    assert (fee["debtor_id"], fee["creditor_id"], fee["direction"]) == (owner, None, "debit")
    assert fee["document_id"] == document["document_id"]


def test_a_transaction_against_its_only_entry_follows_the_entry():
    content = golden("statement_08").replace(
        b"<CdtDbtInd>CRDT</CdtDbtInd>\n            <RltdPties>",
        b"<CdtDbtInd>DBIT</CdtDbtInd>\n            <RltdPties>",
    )
    assert read(content).tables["payment"][0]["direction"] == "credit"
    assert whats(content) == ["the only transaction of an entry is DBIT, the entry CRDT"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b'<Amt Ccy="EUR">100.00</Amt>', b"", "Ntry does not say its amount"),
        (b'<Amt Ccy="EUR">100.00</Amt>', b"<Amt>100.00</Amt>", "an amount without Ccy"),
        (
            b'<Amt Ccy="EUR">100.00</Amt>',
            b'<Amt Ccy="EUR">100.005</Amt>',
            "Amt: 100.005 EUR is not",
        ),
        (b'<Amt Ccy="EUR">100.00</Amt>', b'<Amt Ccy="XQX">100.00</Amt>', "Amt: unknown currency"),
        (b'<Amt Ccy="EUR">100.00</Amt>', b'<Amt Ccy="EUR">-1.00</Amt>', "an amount below zero"),
        (b"<IBAN>DE89370400440532013000</IBAN>", b"", "a statement without account"),
        (b"<CdtDbtInd>DBIT<", b"<CdtDbtInd>LEFT<", "CdtDbtInd 'LEFT' is neither"),
        (b"<Id>S-71</Id>", b"", "Stmt does not say its number"),
    ],
)
def test_a_statement_that_cannot_be_booked_is_refused_whole(old, new, what):
    content = golden("statement_08").replace(old, new)
    assert read(content).tables == {}
    assert any(said.startswith(what) for said in whats(content))


def test_an_amount_with_zeros_beyond_the_cent_is_exact():
    content = golden("statement_08").replace(
        b'<Amt Ccy="EUR">100.00<', b'<Amt Ccy="EUR">100.00000<'
    )
    assert told(read(content)) == told(read(golden("statement_08")))
    assert whats(content) == ["Amt has more decimals than EUR allows; its value is taken"]


def test_a_balance_said_twice_is_not_taken():
    content = golden("statement_08").replace(b"<Cd>CLAV</Cd>", b"<Cd>CLBD</Cd>")
    entries = {entry["entry"] for entry in read(content).tables["statement_entry"]}
    assert entries == {"opening", "entry"}
    assert whats(content) == ["balance CLBD is said 2 times"]


def test_balances_in_another_currency_than_the_entries_are_reported():
    content = golden("statement_08").replace(b'<Amt Ccy="EUR">1425.78<', b'<Amt Ccy="CHF">1425.78<')
    assert whats(content) == ["balances and entries are in CHF, EUR"]


def test_a_file_without_a_statement_says_so():
    content = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"/>'
    assert whats(content) == ["the file has no statement"]


def test_a_payment_that_fits_no_entry_is_not_written():
    tables = of(read(golden("statement_08")), "S-71").tables
    tables["statement_entry"] = [
        e for e in tables["statement_entry"] if e["amount_minor"] != -10000
    ]
    with pytest.raises(BadTerms, match="fits no entry"):
        camt053.write(tables)
    with pytest.raises(BadTerms, match="not exactly one statement"):
        camt053.write({})


@given(st.lists(st.text("abc", min_size=1, max_size=30), min_size=1), st.integers(5, 40))
def test_wrapped_text_joins_to_what_it_was(parts, width):
    text = " ".join(parts)
    pieces = wrapped(text, width, " ")
    assert " ".join(pieces) == text
    assert all(len(piece) <= width or " " not in piece for piece in pieces)


OWN = "DE89370400440532013000"
OTHER = "DE02120300000000202051"


@st.composite
def statements(draw: Any) -> dict[str, list[dict[str, Any]]]:
    """One statement that adds up, as reading would make its rows."""
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    owner = _owner(draw, tables)
    document = {"document_id": "d", "kind": "statement", "number": draw(words), "currency": "EUR"}
    document |= {"issued_on": draw(days), "note": draw(maybe(words))}
    tables["document"].append(document)
    balance = draw(st.integers(-(10**12), 10**12))
    common = {"document_id": "d", "account": OWN, "owner_id": owner, "currency": "EUR"}
    common["sequence"] = draw(maybe(words))
    ends = {"reversal": False, "booked_on": draw(days)}
    opening = {**common, **ends, "entry": "opening", "amount_minor": balance}
    for number in range(draw(st.integers(0, 4))):
        credit, amount = draw(st.booleans()), draw(st.integers(1, 10**12))
        entry = {**common, "entry": "entry", "amount_minor": amount if credit else -amount}
        entry |= {
            "reversal": draw(st.booleans()),
            "status": draw(st.sampled_from(["BOOK", "PDNG"])),
        }
        entry |= {"booked_on": draw(maybe(days)), "value_on": draw(maybe(days))}
        entry |= {"bank_code": draw(st.sampled_from(["PMNT/RCDT/ESCT", "808", None]))}
        entry |= {"entry_ref": draw(maybe(words)), "text": draw(maybe(words))}
        tables["statement_entry"].append(entry)
        if entry["status"] == "BOOK":
            balance += entry["amount_minor"]
            _payment(draw, tables, entry, owner, number)
    closing = {**common, **ends, "entry": "closing", "amount_minor": balance}
    tables["statement_entry"] = [opening, *tables["statement_entry"], closing]
    return tables


def _owner(draw: Any, tables: dict[str, list[dict[str, Any]]]) -> str:
    row, numbers = draw(parties(["VAT", "REG", "0199", "BIC", "0088", "0060", "CUSTOMER", "ID"]))
    return _known(tables, row, numbers, OWN)


def _known(tables: Any, row: dict[str, Any], numbers: list[dict[str, Any]], account: str) -> str:
    """Add a party known by its account too; its id changes where it has no strong number."""
    pairs = [(n["scheme"], n["value"]) for n in numbers] + [("IBAN", account)]
    identity = party_id(
        [pair for pair in pairs if pair[0] not in ("CUSTOMER", "ID")],
        row["name"],
        row["country"],
        row["address"],
    )
    if all(identity != other["party_id"] for other in tables["party"]):
        tables["party"].append({**row, "party_id": identity})
    for scheme, value in pairs:
        number = {"party_id": identity, "scheme": scheme, "value": value}
        if number not in tables["party_identifier"]:
            tables["party_identifier"].append(number)
    return identity


def _payment(draw: Any, tables: Any, entry: dict[str, Any], owner: str, number: int) -> None:
    credit = entry["amount_minor"] > 0
    own, other = ("creditor", "debtor") if credit != entry["reversal"] else ("debtor", "creditor")
    row, numbers = draw(parties(["VAT", "0199"]))
    counterparty = _known(tables, row, numbers, f"DE{number:02}{OTHER[4:]}")
    identity = numbered("payment", number)
    tables["payment"].append({
        "payment_id": identity,
        "document_id": "d",
        "told_by": "bank",
        "direction": "credit" if credit else "debit",
        "reversal": entry["reversal"],
        "amount_minor": abs(entry["amount_minor"]),
        "currency": "EUR",
        f"{own}_id": owner,
        f"{own}_account": OWN,
        f"{other}_id": counterparty,
        f"{other}_account": f"DE{number:02}{OTHER[4:]}",
        "end_to_end_ref": draw(maybe(words)),
        "structured_ref": draw(maybe(words)),
        "remittance_text": draw(maybe(words)),
        "booked_on": entry["booked_on"],
        "value_on": entry["value_on"],
    })  # fmt: skip
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["invoice", "credit_note"]))
        amount = draw(maybe(st.integers(0, 10**9)))
        signed = -amount if amount is not None and kind == "credit_note" else amount
        tables["allocation"].append({
            "payment_id": identity,
            "to_kind": kind,
            "to_number": draw(words),
            "to_issued_on": draw(maybe(days)),
            "amount_minor": signed,
            "deduction_minor": draw(maybe(st.integers(-(10**6), 10**6))),
        })  # fmt: skip


@given(statements())
@settings(max_examples=80, deadline=None)
def test_what_is_written_reads_back_as_it_was_and_adds_up(tables):
    content = camt053.write(tables)
    again = read(content)
    assert again.faults == []
    assert told(again) == told(Rows(tables))


def test_real_statements_read_and_write_back_what_they_say(shared):
    read_back = 0
    for path in sorted(shared("records/iso20022").rglob("*.xml")):
        content = path.read_bytes()
        if not camt053.sniff(content[:4096], path.name):
            continue
        rows = read(content)
        assert rows.documents or rows.faults
        if b":camt.053." not in content[:4096]:
            continue  # reports and notifications are read and never written
        for document in rows.tables.get("document", ()):
            before = of(rows, document["number"])
            assert told(read(camt053.write(before.tables))) == told(before), path
            read_back += 1
    assert read_back
