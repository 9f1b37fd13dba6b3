"""Which documents a UBL document names: the edges of the matching graph, each once.

Source: EN 16931 BT-11 to BT-18, BT-25, BT-26, BT-128, BT-132; UBL `*Reference`.
"""

from __future__ import annotations

from typing import Any

from tailrace.formats.mapping import POSITION, Record
from tailrace.formats.ubl_answers import target_kind
from tailrace.formats.ubl_reader import Reader

NA = "NA"  # Peppol's filler for a number that may not be empty
OBJECT, PROJECT = "130", "50"  # UNTDID 1001 codes of AdditionalDocumentReference
ROLES = {
    "despatches": "despatch",
    "receipts": "receipt",
    "contracts": "contract",
    "projects": "project",
    "tenders": "tender",
}
BILLED = {"invoices": "invoice", "credit_notes": "credit_note"}
LINE_ROLES = {"despatch_lines": "despatch", "receipt_lines": "receipt"}


class _Edges:
    """Reference rows under their key, so that what is said twice is one edge."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.rows: dict[tuple[Any, ...], dict[str, Any]] = {}

    def add(
        self,
        kind: str,
        number: str | None,
        raw: Record,
        *,
        line: str | None = None,
        to_line: str | None = None,
        whole: bool = True,
    ) -> None:
        """Add an edge; `whole` says that the UUID, day and issuer beside it are the target's."""
        if not number or number == NA:
            return
        to_line = None if to_line == NA else to_line
        key = (line, kind, number, to_line)
        if key in self.rows:
            return
        self.rows[key] = {
            "document_id": self.reader.document_id,
            "line_id": line,
            "to_kind": kind,
            "to_number": number,
            "to_line": to_line,
            "to_issuer_id": self.reader.party(raw.get("issuer")) if whole else None,
            "to_uuid": raw.get("uuid") if whole else None,
            "to_issued_on": raw.get("issued_on") if whole else None,
            **self.reader.where(raw[POSITION]),
        }

    def sole(self, kind: str) -> str | None:
        """Return the number of the one document of a kind that the whole document names."""
        found = {key[2] for key in self.rows if key[0] is None and key[1] == kind}
        return found.pop() if len(found) == 1 else None


def references(reader: Reader) -> None:
    """Add the `reference` rows of a document and its lines.

    A line that names a line but no document means the only document of that kind named above.
    """
    raw, edges = reader.raw, _Edges(reader)
    for one in raw.get("orders", ()):
        edges.add("order", one.get("number"), one)
        edges.add("sales_order", one.get("sales"), one, whole=False)
    for role, kind in ROLES.items():
        for one in raw.get(role, ()):
            edges.add(kind, one.get("number"), one)
    for answer in raw.get("answers", ()):
        for one in answer.get("targets", ()):
            answered = target_kind(one)
            if answered:
                edges.add(answered, one.get("number"), one)
    _others(edges, raw, None)
    if reader.kind != "remittance":
        billed = _billed(edges, raw, None)
        if not billed and raw.get("disputed"):
            edges.add("invoice", raw["disputed"], raw, whole=False)
        sole = {kind: edges.sole(kind) for kind in ("order", "sales_order", "despatch", "receipt")}
        for line in raw.get("lines", ()):
            _of_line(edges, line, sole, billed)
    if edges.rows:
        reader.rows.extend("reference", edges.rows.values())


def _others(edges: _Edges, raw: Record, line: str | None) -> None:
    """Add what AdditionalDocumentReference names, where its code says that it is read here."""
    for one in raw.get("others", ()):
        if one.get("type") == OBJECT:
            edges.add("object", one.get("number"), one, line=line)
        elif one.get("type") == PROJECT:
            edges.add("project", one.get("number"), one, line=line)


def _billed(edges: _Edges, raw: Record, line: str | None) -> bool:
    """Add the invoices and credit notes a document or line rests on; say whether there are any."""
    any_said = False
    for billing in raw.get("billing", ()):
        to_line = next((p["to_line"] for p in billing.get("parts", ()) if p.get("to_line")), None)
        for role, kind in BILLED.items():
            for one in billing.get(role, ()):
                any_said = True
                edges.add(kind, one.get("number"), one, line=line, to_line=to_line)
    return any_said


def _of_line(edges: _Edges, raw: Record, sole: dict[str, str | None], billed: bool) -> None:
    line = raw["line_id"]
    for one in raw.get("order_lines", ()):
        number = one.get("number") or sole["order"]
        edges.add("order", number, one, line=line, to_line=one.get("to_line"))
        if one.get("sales_line") or one.get("sales"):
            sales = one.get("sales") or sole["sales_order"]
            edges.add(
                "sales_order", sales, one, line=line, to_line=one.get("sales_line"), whole=False
            )
    for role, kind in LINE_ROLES.items():
        for one in raw.get(role, ()):
            number = one.get("number") or sole[kind]
            edges.add(kind, number, one, line=line, to_line=one.get("to_line"))
    _others(edges, raw, line)
    said = _billed(edges, raw, line)
    if raw.get("disputed") and not said and not billed:
        edges.add("invoice", raw["disputed"], raw, line=line, whole=False)
    for inner in raw.get("lines", ()):
        _of_line(edges, inner, sole, billed)
