"""A party's notice of set-off as UBL AttachedDocument: who tells whom, of what, and the lines.

Why this document: a set-off changes no price, so a CreditNote would be wrong and touch the tax; a
Statement tells the account between two parties, and a notice tells one party's debts with many; a
RemittanceAdvice goes out beside it for each debtor and creditor, with a total of zero. An
AttachedDocument carries a file to one party, names the document it belongs to, here the clearing,
and the invoices it speaks of. The file is CSV, one of the kinds EN 16931 lets parties attach.
Elements stand in the order of the schema. Source: OASIS UBL 2.1, UBL-AttachedDocument-2.1; EN
16931-1, BT-125.
"""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tailrace.formats.table_values import escape_formula

_NAMES = (
    'xmlns="urn:oasis:names:specification:ubl:schema:xsd:AttachedDocument-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)


def attached_notice(
    rows: Sequence[Mapping[str, Any]],
    *,
    number: str,
    on: date,
    clearing: str,
    sender: str,
    receiver: tuple[str, str],
    note: str,
) -> bytes:
    """Return the AttachedDocument that brings a party the lines of its notice, in UTF-8.

    rows: the lines as rows for CSV, each with its `invoice`, `party`, `counterparty` and `side`;
    receiver: the party's id and name; clearing: the id the notice belongs to.
    """
    named = dict.fromkeys((str(row["invoice"]), _issuer(row)) for row in rows)
    lines = "".join(
        f"<cac:ParentDocumentLineReference><cbc:LineID>{place}</cbc:LineID><cac:DocumentReference>"
        f"<cbc:ID>{_text(invoice)}</cbc:ID><cac:IssuerParty>{_name(issuer)}</cac:IssuerParty>"
        "</cac:DocumentReference></cac:ParentDocumentLineReference>"
        for place, (invoice, issuer) in enumerate(named, start=1)
    )
    file = b64encode(_csv(rows)).decode()
    body = (
        f"<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>{_text(number)}</cbc:ID>"
        f"<cbc:IssueDate>{on.isoformat()}</cbc:IssueDate>"
        f"<cbc:Note>{_text(note)}</cbc:Note>"
        "<cbc:DocumentType>Notice of set-off</cbc:DocumentType>"
        f"<cbc:ParentDocumentID>{_text(clearing)}</cbc:ParentDocumentID>"
        f"<cac:SenderParty>{_name(sender)}</cac:SenderParty>"
        "<cac:ReceiverParty><cac:PartyIdentification>"
        f"<cbc:ID>{_text(receiver[0])}</cbc:ID></cac:PartyIdentification>{_name(receiver[1])}"
        "</cac:ReceiverParty><cac:Attachment>"
        f'<cbc:EmbeddedDocumentBinaryObject mimeCode="text/csv" filename={_quoted(number + ".csv")}>'
        f"{file}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>{lines}"
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}<AttachedDocument {_NAMES}>{body}</AttachedDocument>\n".encode()


def _issuer(row: Mapping[str, Any]) -> str:
    """Return who wrote a line's invoice: numbers are a creditor's own, and two may use the same."""
    return str(row["counterparty"] if row["side"] == "owed" else row["party"])


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    for row in rows:
        writer.writerow({k: escape_formula(v) if isinstance(v, str) else v for k, v in row.items()})
    return sink.getvalue().encode()


def _name(name: str) -> str:
    return f"<cac:PartyName><cbc:Name>{_text(name)}</cbc:Name></cac:PartyName>"


def _plain(words: str) -> str:
    """Return words without the characters XML has no place for."""
    return "".join(c for c in words if c >= " " or c in "\t\n")


def _text(words: str) -> str:
    return escape(_plain(words))


def _quoted(words: str) -> str:
    return quoteattr(_plain(words))
