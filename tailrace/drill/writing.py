"""A pack written as a folder: every document a file in its standard, the truth and rules beside."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from tailrace.base.errors import BadTerms
from tailrace.drill.folder import COLUMNS, OTHER_DIR, RECORD_DIR, TRUTH
from tailrace.drill.papers import CAMT, CSV, READINGS, SUFFIX, UBL, Row, plain
from tailrace.drill.scene import Scene
from tailrace.formats import camt053, ubl
from tailrace.formats import csv as tables_csv
from tailrace.formats.table_mapping import FileMap, fitting, parse
from tailrace.records.tables import RECORDS
from tailrace.street.rules import packaged

MAP = "drill.map.toml"
_INSIDE = ("line", "reference", "tax_subtotal", "allowance_charge", "payment", "statement_entry")
_PARTIES = (
    "issuer_id",
    "seller_id",
    "buyer_id",
    "payee_id",
    "owner_id",
    "debtor_id",
    "creditor_id",
)
_ROLES = ("issuer", "seller", "buyer", "payee")
_SAID = [
    "number",
    "issued_on",
    "type_code",
    "currency",
    "due_on",
    "delivered_on",
    "status_code",
    "payment_ref",
    "payee_account",
    "line_total",
    "tax_exclusive",
    "tax_total",
    "tax_inclusive",
    "prepaid",
    "payable",
    "order.number",
    "order.line",
    "despatch.number",
    "invoice.number",
    "contract.number",
    "object.number",
    "line.line_ref",
    "line.item_ref",
    "line.item_name",
    "line.quantity",
    "line.unit",
    "line.price",
    "line.price_base_quantity",
    "line.net",
    "line.tax_category",
    "line.delivered_on",
]
_READ = [
    "meter_ref",
    "to_at",
    "value",
    "unit",
    "quality",
    "cumulative",
    "reader.name",
    "reader.VAT",
]
_TABLES = ("receipt", "timesheet", "acceptance", "invoice")  # kinds that may come as a table


def write(made: Scene, place: Path) -> int:
    """Write a scene below `place`; return how many record files that is.

    Raises `BadTerms` where records stand there already: nothing is written over.
    """
    records, truth = place / RECORD_DIR, place / TRUTH
    for taken in (records, place / OTHER_DIR):
        if taken.exists():
            mend = "name a folder of its own for the pack, or remove the old one"
            raise BadTerms("there are records here already", where=str(taken), mend=mend)
    files = _write_all(made.tables(), records)
    if made.other is not None:
        files += _write_all(made.other.tables(), place / OTHER_DIR)
    truth.parent.mkdir(parents=True, exist_ok=True)
    with truth.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows([getattr(t, name) for name in COLUMNS] for t in made.truth)
    rules = {"run": {"on": made.on.isoformat()}, **made.rules}
    if made.other is not None:  # `tailrace run` on the folder reads one lender's book
        rules["records"] = {"skip": [*packaged().records.skip, OTHER_DIR]}
    (place / "tailrace.toml").write_text(_toml(rules), "utf-8")
    return files


def _write_all(tables: Mapping[str, pa.Table], place: Path) -> int:
    count = 0
    place.mkdir(parents=True)
    (place / MAP).write_text(_map_text(), "utf-8")
    for name, content in _files(tables):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        count += 1
    return count


def _files(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file; a file handed in twice comes under both names."""
    rows = {schema.kind: tables[schema.kind].to_pylist() for schema in RECORDS}
    told = _grouped(tables["source"].to_pylist(), "source_id")
    book = _Book(rows)
    for n, document in enumerate(rows["document"]):
        kind = document["kind"]
        form = CAMT if kind == "statement" else UBL
        name = f"{kind}/{n:05}-{plain(document['number'])}.{SUFFIX[form]}"
        sources = told.get(document["source_id"]) or [{"name": name, "format": form}]
        content = _content(book.of(document), kind, sources[0]["format"])
        for source in sources:
            yield source["name"], content
    if rows["reading"]:
        readers = {
            "reading": rows["reading"],
            **book.parties(r["reader_id"] for r in rows["reading"]),
        }
        yield READINGS, tables_csv.write(readers, _mapping(READINGS))


def _content(tables: Mapping[str, Sequence[Row]], kind: str, form: str) -> bytes:
    if form == CAMT:
        return camt053.write(tables)
    if form == CSV:
        return tables_csv.write(tables, _mapping(f"{kind}/x.csv"))
    return ubl.write(tables)


class _Book:
    """The rows beside documents, found by document."""

    def __init__(self, rows: Mapping[str, list[Row]]) -> None:
        self.inside = {kind: _grouped(rows[kind], "document_id") for kind in _INSIDE}
        self.allocations = _grouped(rows["allocation"], "payment_id")
        self.named = {row["party_id"]: row for row in rows["party"]}
        self.numbers = _grouped(rows["party_identifier"], "party_id")

    def of(self, document: Row) -> dict[str, list[Row]]:
        """Return a document's rows by table, as a format's `write` takes them."""
        found = {k: groups.get(document["document_id"], []) for k, groups in self.inside.items()}
        told = [document, *found["payment"], *found["statement_entry"]]
        allocated = [a for p in found["payment"] for a in self.allocations.get(p["payment_id"], ())]
        ids = [row[name] for row in told for name in _PARTIES if row.get(name)]
        return {"document": [document], "allocation": allocated, **found, **self.parties(ids)}

    def parties(self, ids: Any) -> dict[str, list[Row]]:
        """Return parties and their numbers, each once."""
        once = dict.fromkeys(ids)
        return {
            "party": [self.named[party] for party in once],
            "party_identifier": [n for party in once for n in self.numbers.get(party, ())],
        }


@lru_cache
def _mapping(name: str) -> FileMap:
    found = fitting(parse(_map_text(), MAP), name)
    assert found is not None, "every kind that comes as a table has a mapping"
    return found


def _map_text() -> str:
    """Return how the tables among the records are read: one mapping for each kind."""
    numbers = [f"{role}.{key}" for role in _ROLES for key in ("name", "VAT", "0088")]
    kinds = {kind: [*_SAID, *numbers] for kind in _TABLES} | {"reading": list(_READ)}
    lines = ["# How the tables among these records are read: column = field.", ""]
    for kind, fields in kinds.items():
        lines += ["[[file]]", f'pattern = "{kind}/*.csv"', f'kind = "{kind}"', "[file.columns]"]
        lines += [f'"{name}" = "{name}"' for name in fields]
        lines.append("")
    return "\n".join(lines)


def _toml(rules: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["# The day of this pack, and the rules it asks for."]
    for room, values in rules.items():
        lines += ["", f"[{room}]", *(f"{key} = {_value(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _grouped(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups
