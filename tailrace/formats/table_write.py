"""Record rows as a table file, by the mapping that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tailrace.base import money
from tailrace.base.errors import BadTerms
from tailrace.formats.table_fields import Field
from tailrace.formats.table_mapping import FileMap
from tailrace.formats.table_values import escape_formula

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


def table_of(tables: Tables, mapping: FileMap | None) -> tuple[list[str], Iterator[list[str]]]:
    """Return the header and the rows: one for each line, or for each document without lines.

    Raises `BadTerms` where no mapping is given: a table has no meaning of its own.
    """
    if mapping is None:
        mend = "pass the mapping the file will be read by"
        raise BadTerms("a table is written by its mapping", where="csv", mend=mend)
    header = [column for column, _ in mapping.columns]
    rows = _Rows(tables, mapping)
    if mapping.kind == "event":
        return header, rows.events()
    if mapping.kind == "reading":
        return header, rows.readings()
    return header, rows.payments() if mapping.kind == "payment" else rows.documents()


class _Rows:
    """Finds what stands in each column of each row."""

    def __init__(self, tables: Tables, mapping: FileMap) -> None:
        self.tables, self.mapping = tables, mapping
        self.fields = [fields for _, fields in mapping.columns]
        self.party = {row["party_id"]: row for row in tables.get("party", ())}
        self.numbers: dict[tuple[str, str], str] = {}
        for row in tables.get("party_identifier", ()):
            self.numbers.setdefault((row["party_id"], row["scheme"]), row["value"])
        self.lines = _grouped(tables.get("line", ()), "document_id")
        self.references = _grouped(tables.get("reference", ()), "document_id")
        self.allocations = _grouped(tables.get("allocation", ()), "payment_id")
        self.document = {row["document_id"]: row for row in tables.get("document", ())}

    def documents(self) -> Iterator[list[str]]:
        for document in self.tables.get("document", ()):
            if document["kind"] != self.mapping.kind:
                continue
            refs = self.references.get(document["document_id"], [])
            for line in self.lines.get(document["document_id"]) or [{}]:
                own = [r for r in refs if r.get("line_id") in (None, line.get("line_id"))]
                own.sort(key=lambda r: r.get("line_id") is None)  # the line's own come first
                found = {"document": document, "line": line}
                yield [self._cell(fields, found, own) for fields in self.fields]

    def events(self) -> Iterator[list[str]]:
        for event in self.tables.get("event", ()):
            found = {"document": {"currency": event.get("currency")}, "event": event}
            yield [self._cell(fields, found, []) for fields in self.fields]

    def readings(self) -> Iterator[list[str]]:
        for reading in self.tables.get("reading", ()):
            found = {"document": {"reader_id": reading.get("reader_id")}, "reading": reading}
            yield [self._cell(fields, found, []) for fields in self.fields]

    def payments(self) -> Iterator[list[str]]:
        for payment in self.tables.get("payment", ()):
            document = self.document.get(payment.get("document_id"), {})
            found = {"document": {**document, **payment}, "payment": payment}
            own = self.allocations.get(payment["payment_id"], [])
            yield [self._cell(fields, found, own) for fields in self.fields]

    def _cell(
        self,
        fields: tuple[Field, ...],
        found: Mapping[str, Mapping[str, Any]],
        refs: Sequence[Mapping[str, Any]],
    ) -> str:
        """Return the text of a cell that stands for these fields: the first that is said."""
        currency = found["document"].get("currency")
        for f in fields:
            if f.table == "party":
                value = self._of_party(found["document"].get(f"{f.part}_id"), f.key)
            elif f.table == "reference":
                value = next(
                    (r[f.key] for r in refs if r["to_kind"] == f.part and r.get(f.key)), None
                )
            else:
                value = found[f.table].get(f.key)
            if value is not None:
                return self._spelled(value, f, currency)
        return ""

    def _of_party(self, party_id: str | None, key: str) -> str | None:
        if party_id is None:
            return None
        return self.party.get(party_id, {}).get(key) or self.numbers.get((party_id, key))

    def _spelled(self, value: Any, f: Field, currency: str | None) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if isinstance(value, date):
            return value.strftime(self.mapping.date)
        if f.spelled == "amount" and currency is not None:
            spelled = format(money.decimal(value, currency), "f")  # every minor unit is shown
            return spelled.replace(".", self.mapping.decimal)
        if isinstance(value, Decimal):
            return _plain(value).replace(".", self.mapping.decimal)
        return escape_formula(str(value))


def _plain(value: Decimal) -> str:
    """Return the number without an exponent and without trailing zeros of its scale."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _grouped(rows: Sequence[Mapping[str, Any]], key: str) -> dict[Any, list[Mapping[str, Any]]]:
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups
