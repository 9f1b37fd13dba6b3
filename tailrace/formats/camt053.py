"""ISO 20022 camt.053, the bank's statement of an account: read in versions 001.02 to .13, written
as 001.08, by the mapping table of `camt053_paths`. camt.052 (within the day) and camt.054 (single
entries) are read for their payments alone: the statement's entries and balances are the account.

Each `Stmt` is a document; balances and entries become `statement_entry` rows, each `TxDtls` of a
booked entry (or the entry itself, where it has none) a `payment` row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.formats.camt053_paths import WRITTEN, form_of
from tailrace.formats.camt053_records import record_of
from tailrace.formats.camt053_rows import rows_of
from tailrace.formats.rows import Rows
from tailrace.formats.trouble import Refused
from tailrace.formats.writing import written
from tailrace.formats.xml import walk
from tailrace.formats.xml_root import root_of
from tailrace.records.rules import RecordRules

NAME = "camt053"


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes of a file are a camt.052, .053 or .054 of a version read here."""
    root = root_of(head)
    return root is not None and form_of(f"{root[0]} {root[1]}") is not None


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return the rows of every statement in a file; a refused file gives none, only its fault."""
    try:
        walked = walk(content, name, limits, form_of)
    except Refused as refused:
        return Rows.of_fault(refused.fault)
    trouble = walked.trouble
    if walked.form is None:
        mend = "camt.052, .053 and .054 are read, 001.02 to .13"
        return Rows.of_fault(trouble.fault(f"{walked.tag} is not read yet", mend, 0))
    if walked.broken:
        return Rows({}, trouble.all())
    try:
        rows = rows_of(walked)
    except BadTerms as why:
        return Rows({}, [*trouble.all(), trouble.fault(why.what, why.mend, 0)])
    rows.faults = trouble.all()
    return rows


def write(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Return the camt.053.001.08 that says one statement's rows, in UTF-8.

    tables: exactly one `document` row of kind statement, its statement_entry rows in the order of
    the statement, its payment rows in the order of the entries they belong to, allocation, party
    and party_identifier rows. Raises `BadTerms` where a payment fits no entry.
    """
    documents = tables.get("document", ())
    if len(documents) != 1 or documents[0]["kind"] != "statement":
        mend = "write one statement at a time"
        raise BadTerms("not exactly one statement", where="camt053.write", mend=mend)
    form = form_of(f"{WRITTEN} Document")
    assert form is not None, "the version that is written is among those read"
    return written(form, record_of(documents[0], tables))
