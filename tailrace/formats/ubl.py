"""UBL 2.0 to 2.3: Order, OrderResponse, OrderResponseSimple, DespatchAdvice, ReceiptAdvice,
Invoice, CreditNote and RemittanceAdvice, read and written by the mapping tables of `ubl_paths`.

Source: OASIS Universal Business Language, versions 2.0 to 2.3; EN 16931-3-2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.formats.mapping import Form
from tailrace.formats.rows import Rows
from tailrace.formats.trouble import Refused
from tailrace.formats.ubl_paths import BY_KIND, BY_TAG, ROOTS, URN
from tailrace.formats.ubl_records import record_of
from tailrace.formats.ubl_rows import rows_of
from tailrace.formats.writing import written
from tailrace.formats.xml import Walked, walk
from tailrace.formats.xml_root import root_of
from tailrace.records.rules import RecordRules

NAME = "ubl"
_SPELLED = re.compile(rb"<(?:[\w.-]+:)?(?:" + "|".join(ROOTS).encode() + rb")[\s>/]")


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes of a file are a UBL document of a kind that is read here."""
    root = root_of(head)
    if root is not None:
        uri, local = root
        return local in ROOTS and uri in (f"{URN}{local}-2", "")
    return URN.encode() in head and _SPELLED.search(head) is not None


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return the rows of one UBL document and its faults; a refused document gives no rows."""
    try:
        walked = walk(content, name, limits, _form)
    except Refused as refused:
        return Rows.of_fault(refused.fault)
    trouble = walked.trouble
    if walked.form is None:
        local = walked.tag.rpartition(" ")[2]
        mend = f"read are {', '.join(ROOTS)} of UBL 2"
        return Rows.of_fault(trouble.fault(f"{local} is not read yet", mend, 0))
    if walked.broken:
        return Rows({}, trouble.all())
    try:
        rows = rows_of(walked, BY_TAG[walked.tag][1])
    except BadTerms as why:
        return Rows({}, [*trouble.all(), trouble.fault(why.what, why.mend, _start(walked))])
    rows.faults = trouble.all()
    return rows


def _form(tag: str) -> Form | None:
    found = BY_TAG.get(tag)
    return found[0] if found else None


def _start(walked: Walked) -> int:
    return int(walked.record.get("@", 0))


def write(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Return the UBL document that says one document's rows, in UTF-8.

    tables: exactly one `document` row, with its line, reference, party, party_identifier,
    tax_subtotal and allowance_charge rows; a remittance with its payment and allocation rows.
    Reading it again gives the same business values. Raises `BadTerms` for a kind UBL has no
    document for, or a row that lacks what must be said.
    """
    documents = tables.get("document", ())
    if len(documents) != 1:
        mend = "write one document at a time"
        raise BadTerms(f"{len(documents)} document rows", where="ubl.write", mend=mend)
    kind = documents[0]["kind"]
    form = BY_KIND.get(kind)
    if form is None:
        mend = f"kinds are {', '.join(BY_KIND)}"
        raise BadTerms(f"UBL has no {kind} here", where="ubl.write", mend=mend)
    return written(form, record_of(documents[0], tables, form.root.covers))
