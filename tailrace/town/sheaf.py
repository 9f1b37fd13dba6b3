"""A sheaf of the town's documents written as files, in whatever process has time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from tailrace.base.tables import from_bytes
from tailrace.formats import camt053, csv, ubl
from tailrace.formats.table_mapping import FileMap, fitting, parse
from tailrace.town.settings import LOCAL, RECEIPTS_MAP

Row = dict[str, Any]
DAMAGES = {
    "cut": "the file ends in the middle",
    "amount": "an amount is no number",
    "day": "the issue day is no day",
    "bytes": "a byte that is not UTF-8",
    "doctype": "a DOCTYPE with an entity",
    "empty": "nothing in it",
    "twice": "the same bytes as another file",
}
PARTIES = ("issuer_id", "seller_id", "buyer_id", "owner_id", "debtor_id", "creditor_id")
OF_ORDERS = ("amount",)  # a document that is read but for one field: a copied invoice would claim
_PAYABLE = re.compile(rb"(<cbc:PayableAmount[^>]*>)[^<]*")
_ISSUED = re.compile(rb"(<cbc:IssueDate>\d{4})[^<]*")


class File(Struct, frozen=True, kw_only=True):
    """A file: where it goes, how many of the sheaf's documents it holds, how a copy is spoilt."""

    path: str
    dialect: str | None
    documents: int
    damage: str | None
    spoilt: str | None


class Sheaf(Struct, frozen=True, kw_only=True):
    """Files, and the rows of their documents in order: tables as Arrow IPC bytes by kind."""

    files: list[File]
    tables: dict[str, bytes]


def write_sheaf(sheaf: Sheaf, named: Mapping[str, bytes], place: Path) -> int:
    """Write the files of a sheaf below `place`; return how many there are.

    `named` holds the party tables of the whole town as Arrow IPC bytes.
    """
    book = _Book(sheaf.tables, _named(named["party"], named["party_identifier"]))
    first = 0
    for file in sheaf.files:
        documents = book.documents[first : first + file.documents]
        first += file.documents
        tables = book.rows(documents)
        content = _content(tables, file.dialect)
        if file.damage == "bad row":
            content += _bad_row(book, documents[-1], file.dialect)
        elif file.damage and file.spoilt:
            copy = documents[0] if file.damage == "twice" else _renamed(documents[0])
            spoilt = _spoilt(_content(book.rows([copy]), None), file.damage)
            (place / file.spoilt).write_bytes(spoilt)
        (place / file.path).write_bytes(content)
    return len(sheaf.files)


Named = tuple[dict[str, Row], dict[str, list[Row]]]


@lru_cache(maxsize=1)
def _named(party: bytes, identifier: bytes) -> Named:
    """Return the parties of the town and their numbers, by party."""
    parties = {row["party_id"]: row for row in from_bytes(party).to_pylist()}
    return parties, _grouped(from_bytes(identifier).to_pylist(), "party_id")


class _Book:
    """The rows of a sheaf, found by document."""

    def __init__(self, tables: Mapping[str, bytes], named: Named) -> None:
        rows = {kind: from_bytes(body).to_pylist() for kind, body in tables.items()}
        self.documents: list[Row] = rows.pop("document")
        self.parties, self.numbers = named
        allocations = _grouped(rows.pop("allocation"), "payment_id")
        self.inside = {kind: _grouped(found, "document_id") for kind, found in rows.items()}
        self.inside["allocation"] = {
            document: [a for p in payments for a in allocations.get(p["payment_id"], ())]
            for document, payments in self.inside["payment"].items()
        }

    def rows(self, documents: Sequence[Row]) -> dict[str, list[Row]]:
        """Return the rows of some documents by table, as a format's `write` takes them."""
        found = {
            kind: [row for d in documents for row in groups.get(d["document_id"], ())]
            for kind, groups in self.inside.items()
        }
        found["document"] = list(documents)
        told = (*documents, *found["payment"], *found["statement_entry"])
        ids = dict.fromkeys(row[name] for row in told for name in PARTIES if row.get(name))
        found["party"] = [self.parties[party] for party in ids]
        found["party_identifier"] = [n for party in ids for n in self.numbers.get(party, ())]
        found["allowance_charge"] = []
        return found


def _content(tables: Mapping[str, Sequence[Row]], dialect: str | None) -> bytes:
    if dialect:
        return csv.write(tables, _mapping(dialect))
    if tables["document"][0]["kind"] == "statement":
        return camt053.write(tables)
    return ubl.write(tables)


@lru_cache
def _mapping(dialect: str) -> FileMap:
    found = fitting(parse(RECEIPTS_MAP, "receipts.map.toml"), f"x-{dialect}-x.csv")
    assert found is not None, "every dialect has a mapping"
    return found


def _bad_row(book: _Book, document: Row, dialect: str | None) -> bytes:
    """Return one more row of a CSV file, under a number of its own, on a day that is none."""
    day = document["issued_on"]
    right, wrong = f"{day:%Y-%m-%d}", f"{day:%Y}-02-30"
    if dialect == LOCAL:
        right, wrong = f"{day:%d.%m.%Y}", f"30.02.{day:%Y}"
    lines = _content(book.rows([_renamed(document)]), dialect).splitlines(keepends=True)
    return lines[1].replace(right.encode(), wrong.encode())


def _renamed(document: Row) -> Row:
    return {**document, "number": f"X-{document['number']}"}


def _spoilt(content: bytes, damage: str) -> bytes:
    if damage == "cut":
        return content[: len(content) * 3 // 5]
    if damage == "amount":
        return _PAYABLE.sub(rb"\g<1>12.3.4", content)
    if damage == "day":
        return _ISSUED.sub(rb"\g<1>-02-30", content, count=1)
    if damage == "bytes":
        return content.replace(b"</cbc:Name>", b" \xe9</cbc:Name>", 1)
    if damage == "doctype":
        head, end, body = content.partition(b"?>")
        return head + end + b'<!DOCTYPE bill [<!ENTITY e "1">]>' + body
    return b"" if damage == "empty" else content


def _grouped(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups
