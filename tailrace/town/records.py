"""The town's documents as the tables of the record model, ids and all.

`records(economy)` is what both forms are written from: `files.py` cuts it into documents,
`parquet.py` writes it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tailrace.base.ids import digest_id
from tailrace.records import tables
from tailrace.town import bills, papers, statements
from tailrace.town.columns import nested_ids, pick, row_ids, same, stacked
from tailrace.town.economy import Economy
from tailrace.town.numbers import numbers
from tailrace.town.orders import STRANGER
from tailrace.town.papers import Part
from tailrace.town.parties import Parties, parties

KINDS = (
    papers.orders,
    papers.responses,
    papers.despatches,
    papers.receipts,
    papers.reversals,
    bills.invoices,
    bills.credit_notes,
    bills.remittances,
    statements.statements,
)


def records(e: Economy) -> dict[str, pa.Table]:
    """Return the record tables of an economy by kind, rows of one document together.

    `source_id` is a digest of the town's seed, `position` the row's number in its table.
    """
    named = parties_of(e)
    desk = papers.desk(e, numbers(e), named)
    parts = [kind(desk) for kind in KINDS]
    source = digest_id("town", e.seed, len(e.firms), e.on)
    document = row_ids("document", source, sum(part.count for part in parts))
    line_owner = _owners(parts, document, "lines")
    lines = nested_ids("line", line_owner)
    payment_owner = _owners(parts, document, "payments")
    payments = row_ids("payment", source, len(payment_owner))
    entry_owner = _owners(parts, document, "entries")
    entries = row_ids("statement_entry", source, len(entry_owner))
    flat = _numbered(parts)
    made = {
        "document": ([p.document for p in parts], {"document_id": document}),
        "line": (flat["lines"], {"line_id": lines, "document_id": line_owner}),
        "reference": _references(parts, document, lines),
        "tax_subtotal": (flat["taxes"], {"document_id": _owners(parts, document, "taxes")}),
        "payment": (flat["payments"], {"payment_id": payments, "document_id": payment_owner}),
        "allocation": _allocations(parts, payments),
        "statement_entry": (
            flat["entries"],
            {"statement_entry_id": entries, "document_id": entry_owner},
        ),
        **_party_rows(named),
    }
    return {kind: _table(kind, rows, common, source) for kind, (rows, common) in made.items()}


def parties_of(e: Economy) -> Parties:
    """Return how the firms and strangers of an economy are named."""
    return parties(e.seed, e.firms, int((e.invoices.fraud == STRANGER).sum()))


Rows = tuple[list[dict[str, Any]], dict[str, pa.Array]]


def _table(
    kind: str, rows: list[dict[str, Any]], common: dict[str, pa.Array], source: str
) -> pa.Table:
    schema = next(s for s in tables.RECORDS if s.kind == kind)
    count = sum(len(next(iter(part.values()))) for part in rows)
    where_from = {"source_id": same(source, count), "position": pa.array(np.arange(count))}
    return stacked(schema, rows, {**common, **where_from})


def _owners(parts: Sequence[Part], document: pa.Array, name: str) -> pa.Array:
    """Return the document id of every row of one table."""
    first, places = 0, []
    for part in parts:
        rows = getattr(part, name)
        if rows:
            places.append(first + rows["at"])
        first += part.count
    return pick(document, np.concatenate(places))


def _numbered(parts: Sequence[Part]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows inside documents by table, without their places."""
    names = ("lines", "taxes", "payments", "entries")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for part in parts:
        for name in names:
            rows = {k: v for k, v in getattr(part, name).items() if k != "at"}
            if rows:
                found[name].append(rows)
    return found


def _references(parts: Sequence[Part], document: pa.Array, lines: pa.Array) -> Rows:
    rows, owners, line_places = [], [], []
    first_document = first_line = 0
    for part in parts:
        for reference in part.references:
            owners.append(first_document + reference["at"])
            line = reference["line"]
            line_places.append(np.where(line >= 0, first_line + line, -1))
            rows.append({k: v for k, v in reference.items() if k not in ("at", "line")})
        first_document += part.count
        first_line += len(part.lines["at"]) if part.lines else 0
    common = {
        "document_id": pick(document, np.concatenate(owners)),
        "line_id": pick(lines, np.concatenate(line_places)),
    }
    return rows, common


def _allocations(parts: Sequence[Part], payments: pa.Array) -> Rows:
    rows, places, first = [], [], 0
    for part in parts:
        for allocation in part.allocations:
            places.append(first + allocation["payment"])
            rows.append({k: v for k, v in allocation.items() if k != "payment"})
        first += len(part.payments["at"]) if part.payments else 0
    return rows, {"payment_id": pick(payments, np.concatenate(places))}


def _party_rows(named: Parties) -> dict[str, Rows]:
    def columns(rows: Sequence[Any], names: Sequence[str]) -> dict[str, pa.Array]:
        return {n: pa.array([row.get(n) for row in rows], pa.string()) for n in names}

    party = columns(named.rows, ("party_id", "name", "legal_name", "country", "address"))
    identifier = columns(named.identifiers, ("party_id", "scheme", "value"))
    return {"party": ([party], {}), "party_identifier": ([identifier], {})}
