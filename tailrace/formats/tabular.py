"""Rows of a table file become documents: what CSV and Excel share.

Rows that carry the same document number and issuer are one document. The first of them says what
holds for the whole document; a later one that says otherwise is a Fault. A row that must be refused
is a Fault with its number, and its neighbours stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from tailrace.base.errors import BadTerms, Fault
from tailrace.formats.rows import Rows
from tailrace.formats.table_fields import ISSUER, Field
from tailrace.formats.table_mapping import FileMap
from tailrace.formats.table_parties import Parties, account_scheme
from tailrace.formats.table_values import Values, compact
from tailrace.records import ids

_COUNTED = ("quantity", "item_ref", "item_name", "line_ref")
Cells = Sequence[Any]
Numbered = tuple[int, Cells]


class Layout:
    """Which cell is which field, found once from the header; constants follow the cells."""

    def __init__(self, mapping: FileMap, header: Sequence[str]) -> None:
        self.mapping, self.width = mapping, len(header)
        self.constants = [value for _, value in mapping.constants]
        at = {name: i for i, name in reversed(list(enumerate(header)))}
        placed = [(at[column], f) for column, fields in mapping.columns for f in fields]
        placed += [(len(header) + i, f) for i, (f, _) in enumerate(mapping.constants)]
        self.names = {i: column for column, i in at.items()}
        self.of_table: dict[str, list[tuple[int, Field]]] = {}
        self.parties: dict[str, list[tuple[int, Field]]] = {}
        self.referred: dict[str, list[tuple[int, Field]]] = {}
        for i, f in placed:
            if f.table == "party":
                self.parties.setdefault(f.part or "", []).append((i, f))
            elif f.table == "reference":
                self.referred.setdefault(f.part or "", []).append((i, f))
            else:
                self.of_table.setdefault(f.table, []).append((i, f))
        self.number = next((i for i, f in placed if f.name == "number"), None)
        self.issuer = [
            i
            for role in (ISSUER.get(mapping.kind, ""), "issuer")
            for i, _ in self.parties.get(role, ())
        ]
        shared = self.of_table.get("document", [])
        self.shared = [(i, f) for i, f in shared if f.name != "number"]
        self.shared += [pair for role in self.parties.values() for pair in role]

    def column(self, i: int) -> str:
        """Return the column's name for people."""
        return self.names.get(i, "[file.constants]")


def wrong_header(mapping: FileMap, header: Sequence[str], name: str) -> Fault | None:
    """Return a Fault where the header lacks a mapped column or has it twice."""
    wanted = [column for column, _ in mapping.columns]
    missing = [column for column in wanted if column not in header]
    if missing:
        near = get_close_matches(missing[0], header, n=1)
        hint = f" (nearest: {near[0]!r})" if near else ""
        if len(header) == 1 and (other := odd_delimiter(header[0], mapping.delimiter)):
            hint = f"; the file looks parted by {other!r}: declare delimiter = {other!r}"
        listed = ", ".join(repr(h) for h in header[:30])
        what = f"the header lacks {', '.join(repr(m) for m in missing)}{hint}"
        mend = f"correct {mapping.where}; the file has {listed}"
        return Fault(what=what, where=f"{name}, row 1", mend=mend, position=1)
    twice = [column for column in wanted if list(header).count(column) > 1]
    if twice:
        mend = "give each mapped column a name of its own"
        what = f"column {twice[0]!r} is in the header twice"
        return Fault(what=what, where=f"{name}, row 1", mend=mend, position=1)
    return None


def odd_delimiter(header: str, declared: str) -> str | None:
    """Return the mark that parts a header most, if it is not the declared one."""
    counts = {mark: header.count(mark) for mark in ";\t|," if mark != declared}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else None


class Reader:
    """Reads the rows of one file under one mapping into `rows`."""

    def __init__(self, mapping: FileMap, header: Sequence[str], name: str, source_id: str) -> None:
        self.layout = Layout(mapping, header)
        self.values = Values(mapping)
        self.name, self.source_id = name, source_id
        self.rows = Rows()
        self.parties = Parties(self.rows, source_id)
        self.kind = mapping.kind
        self._party_of: dict[tuple[str, tuple[Any, ...]], str | None] = {}

    def read(self, numbered: Iterable[Numbered | Fault]) -> Rows:
        """Return the record rows of these cells; a Fault among them passes through."""
        if self.kind == "payment":
            from tailrace.formats.table_payments import read_payments

            read_payments(self, self._whole(numbered))
        elif self.kind == "event":
            from tailrace.formats.table_events import read_events

            read_events(self, self._whole(numbered))
        elif self.kind == "reading":
            from tailrace.formats.table_readings import read_readings

            read_readings(self, self._whole(numbered))
        else:
            Documents(self).read(self._whole(numbered))
        return self.rows

    def _whole(self, numbered: Iterable[Numbered | Fault]) -> Iterator[tuple[int, list[Any]]]:
        """Yield rows of the right width with the constants behind; blank rows are no rows."""
        width, constants = self.layout.width, self.layout.constants
        for entry in numbered:
            if isinstance(entry, Fault):
                self.rows.faults.append(entry)
                continue
            row, cells = entry
            if len(cells) != width:
                if not any(cells):
                    continue
                if len(cells) < width or any(cells[width:]):
                    what = f"the row has {len(cells)} cells, the header {width}"
                    mend = "quote cells that hold the delimiter; give every row all its cells"
                    self.fault(row, what, mend)
                    continue
                cells = cells[:width]
            elif not any(cells):
                continue
            yield row, [*cells, *constants]

    def fault(self, row: int, what: str, mend: str) -> None:
        """Note what was wrong with a row."""
        where = f"{self.name}, row {row}"
        self.rows.faults.append(
            Fault(what=what, where=where, mend=mend, source_id=self.source_id, position=row)
        )

    def value(self, row: int, cells: Cells, i: int, f: Field, currency: str | None = None) -> Any:
        """Return a cell's value, or None and a Fault that names the column."""
        try:
            if f.spelled == "amount":
                return self.values.amount(cells[i], currency)
            value = self.values.readers[f.spelled](cells[i])
            if f.key in ("currency", "tax_currency") and value is not None:
                self.values.amount("0", value)  # raises for a code that ISO 4217 does not know
            return value
        except BadTerms as why:
            self.fault(row, f"{self.layout.column(i)} ({f.name}): {why.what}", why.mend)
            return None

    def party(self, role: str, row: int, cells: Cells) -> str | None:
        """Return the id of the party in this role, written at most once."""
        placed = self.layout.parties.get(role)
        if not placed:
            return None
        key = (role, tuple(cells[i] for i, _ in placed))
        if key not in self._party_of:
            said = {f.key: self.value(row, cells, i, f) for i, f in placed}
            self._party_of[key] = self.parties.add(said, row)
        return self._party_of[key]

    def identifier(self, role: str, scheme: str, cells: Cells) -> str | None:
        """Return a number of the party in this role as this row says it."""
        for i, f in self.layout.parties.get(role, ()):
            if f.key == scheme and (value := self.values.text(cells[i])):
                return compact(value)
        return None


class _Open:
    """A document whose rows are still coming."""

    __slots__ = ("currency", "document_id", "first", "lines", "refs", "row", "shared")

    def __init__(self, row: int, document: dict[str, Any], shared: tuple[Any, ...]) -> None:
        self.row, self.document_id, self.shared = row, document["document_id"], shared
        self.currency = document.get("currency")
        self.lines = 0
        self.refs: set[tuple[str, str]] = set()


class Documents:
    """Groups rows into documents, lines and references."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.layout = reader, reader.layout
        self.open: dict[tuple[Any, ...], _Open] = {}
        self.has_lines = "line" in self.layout.of_table

    def read(self, numbered: Iterable[tuple[int, list[Any]]]) -> None:
        issuer, at = self.layout.issuer, self.layout.number
        shared = [i for i, _ in self.layout.shared]
        assert at is not None, "a mapping without a number is refused when it is read"
        for row, cells in numbered:
            number = self.reader.values.text(cells[at])
            key = (number, *[cells[i] for i in issuer])
            said = tuple([cells[i] for i in shared])
            document = self.open.get(key)
            if document is None:
                document = self._document(row, cells, number, said)
                if document is None:
                    continue
                self.open[key] = document
            elif not self._again(document, row, said, number):
                continue
            line_id = self._line(document, row, cells) if self._counts(cells) else None
            self._references(document, row, cells, line_id)

    def _counts(self, cells: Cells) -> bool:
        """Whether a row is a line: an acceptance that counts nothing accepts the whole."""
        if not self.has_lines or self.reader.kind != "acceptance":
            return self.has_lines
        own = self.layout.of_table["line"]
        return any(self.reader.values.text(cells[i]) for i, f in own if f.key in _COUNTED)

    def _document(
        self, row: int, cells: Cells, number: str | None, said: tuple[Any, ...]
    ) -> _Open | None:
        """Write the document its first row opens; None where it must be refused."""
        reader = self.reader
        if number is None:
            reader.fault(row, "the document number is blank", "every row says its document")
            return None
        document_id = ids.document_id(reader.source_id, row)
        document: dict[str, Any] = {"document_id": document_id, "kind": reader.kind}
        document.update(number=number, source_id=reader.source_id, position=row)
        own = self.layout.of_table.get("document", ())
        plain = [(i, f) for i, f in own if f.spelled != "amount" and f.name != "number"]
        document.update({f.key: reader.value(row, cells, i, f) for i, f in plain})
        if document.get("issued_on") is None:
            mend = "every document needs its issue day"
            reader.fault(row, f"document {number!r} refused: issued_on is not said", mend)
            return None
        currency = document.get("currency")
        amounts = [(i, f) for i, f in own if f.spelled == "amount"]
        document.update({f.key: reader.value(row, cells, i, f, currency) for i, f in amounts})
        for role in self.layout.parties:
            document[f"{role}_id"] = reader.party(role, row, cells)
        writer = document.get("issuer_id")  # as a carrier's or a warehouse's receipt says it
        document["issuer_id"] = writer or document.get(f"{ISSUER[reader.kind]}_id")
        self._account(document, row, cells)
        reader.rows.add("document", document)
        return _Open(row, document, said)

    def _account(self, document: dict[str, Any], row: int, cells: Cells) -> None:
        """Join the account to be paid to the party that is to be paid."""
        reader = self.reader
        payee = document.get("payee_id") or document.get("seller_id")
        said = document.get("payee_account")
        if said is None:
            said = reader.identifier("payee", "IBAN", cells)
            said = said or reader.identifier("seller", "IBAN", cells)
        if said is not None and reader.kind in ("invoice", "credit_note"):
            account = document["payee_account"] = compact(said)
            if payee:
                reader.parties.identify(payee, account_scheme(account), account, row)

    def _again(self, document: _Open, row: int, said: tuple[Any, ...], number: str | None) -> bool:
        """Hold a later row of a document against its first; False where it adds nothing."""
        if not self.has_lines:
            what = f"document {number!r} is already in row {document.row}"
            mend = "give each document one row, or map line columns (line.quantity, ...)"
            self.reader.fault(row, what, mend)
            return False
        if said != document.shared:
            for (i, f), now, first in zip(self.layout.shared, said, document.shared, strict=True):
                if now != first and now not in ("", None):
                    column = self.layout.column(i)
                    what = f"{column} ({f.name}) is {now!r} here, {first!r} in row {document.row}"
                    mend = "the first row of a document counts; make its rows agree"
                    self.reader.fault(row, what, mend)
        return True

    def _line(self, document: _Open, row: int, cells: Cells) -> str:
        reader = self.reader
        document.lines += 1
        line_id = ids.line_id(document.document_id, row)
        line: dict[str, Any] = {"line_id": line_id, "document_id": document.document_id}
        for i, f in self.layout.of_table["line"]:
            line[f.key] = reader.value(row, cells, i, f, document.currency)
        for i, f in self.layout.referred.get("order", ()):
            if f.key in ("to_number", "to_line"):
                key = "order_ref" if f.key == "to_number" else "order_line_ref"
                line[key] = line.get(key) or reader.values.text(cells[i])
        if line.get("line_ref") is None:
            line["line_ref"] = str(document.lines)
        line.update(source_id=reader.source_id, position=row)
        reader.rows.add("line", line)
        return line_id

    def _references(self, document: _Open, row: int, cells: Cells, line_id: str | None) -> None:
        """Write what the row refers to: once for the document, once for its line."""
        reader = self.reader
        for part, placed in self.layout.referred.items():
            said = {f.key: reader.value(row, cells, i, f) for i, f in placed}
            number = said.get("to_number")
            if number is None:
                continue
            base = {"document_id": document.document_id, "to_kind": part, **said}
            base.update(source_id=reader.source_id, position=row)
            if (part, number) not in document.refs:
                document.refs.add((part, number))
                whole = {**base, "to_line": None} if line_id else base
                reader.rows.add("reference", whole)
            if line_id is not None:
                reader.rows.add("reference", {**base, "line_id": line_id})
