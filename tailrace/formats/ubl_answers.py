"""What one firm answers to another's document: UBL ApplicationResponse, Peppol Invoice Response.

A buyer's AP (approved) or PD (paid) is an `acceptance`; every other answer is a `response`: RE
rejects, CA accepts on conditions, AB, IP and UQ leave it open. A message level response says that a
message could be read, never that its bill is right, so its AP is a `response` too.
Source: OASIS UBL 2.1 section 2.3; UNTDID 4343; Peppol BIS Invoice Response 3, Message Level Response 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.formats.mapping import Record

YES = ("AP", "PD")
_SPELLED = {"BusinessAccept": "AP", "BusinessReject": "RE"}  # OIOUBL, as UNTDID 4343 has them
READABLE = "urn:fdc:peppol.eu:poacc:trns:mlr:3"  # a message level response
_READABLE = ":mlr:"
# UNTDID 1001 and the words of OIOUBL, by the kind of document they name.
_KIND_OF = {
    **dict.fromkeys(("380", "384", "386", "389", "326", "383", "invoice"), "invoice"),
    **dict.fromkeys(("381", "396", "creditnote"), "credit_note"),
    **dict.fromkeys(("220", "221", "226", "order"), "order"),
    **dict.fromkeys(("351", "despatchadvice"), "despatch"),
    **dict.fromkeys(("632", "receiptadvice"), "receipt"),
}
_CODE_OF = {"invoice": "380", "credit_note": "381", "order": "220", "despatch": "351"}
_CODE_OF["receipt"] = "632"
_BILLS = ("invoice", "credit_note")


def target_kind(target: Record) -> str | None:
    """Return the kind of the document answered; an answer that does not say means an invoice."""
    said = target.get("type")
    return _KIND_OF.get(str(said).lower()) if said else "invoice"


def status(raw: Record) -> str | None:
    """Return the one code an answer gives; several unlike ones are an acceptance on conditions."""
    codes = {a.get("code") for a in raw.get("answers", ())}
    codes |= {code for a in raw.get("answers", ()) for code in a.get("line_codes", ())}
    if len(codes) == 1:
        code = codes.pop()
        return _SPELLED.get(code or "", code)
    return "CA" if codes else None


def kind_of(raw: Record) -> str:
    """Return `acceptance` where the answer accepts all it speaks of, else `response`."""
    readable = _READABLE in (raw.get("customization") or "")
    return "acceptance" if status(raw) in YES and not readable else "response"


def roles(reader: Any, row: dict[str, Any]) -> None:
    """Set who answers whom: the sender wrote it; who sold and bought follows from what it answers."""
    raw = reader.raw
    answers = raw.get("answers", ())
    sender, addressee = reader.party(raw.get("sender")), reader.party(raw.get("addressee"))
    row["issuer_id"] = sender
    row["status_code"] = status(raw)
    row["note"] = row["note"] or next(
        (a.get("reason") or a.get("status_reason") for a in answers), None
    )
    targets = [target_kind(t) for a in answers for t in a.get("targets", ())]
    seller, buyer = (
        next((found for a in answers if (found := reader.party(a.get(role)))), None)
        for role in ("seller", "buyer")
    )
    if not targets or any(kind in _BILLS for kind in targets):
        row["seller_id"], row["buyer_id"] = seller or addressee, buyer or sender
    elif "order" in targets:
        row["seller_id"], row["buyer_id"] = sender, addressee


def record(book: Any, said: Record, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Say an answer as UBL has it. Raises `BadTerms` for one with lines: UBL counts nothing there."""
    if tables.get("line"):
        mend = "write it as CSV by a mapping: an ApplicationResponse has no quantities"
        raise BadTerms("an acceptance with lines", where="ubl.write", mend=mend)
    document = book.document
    code, answers = said.pop("status_code"), document["kind"] == "response"
    if answers and code in YES:
        said["customization"] = READABLE
    sender = document.get("issuer_id")
    seller, buyer = document.get("seller_id"), document.get("buyer_id")
    other = seller if sender != seller else buyer
    said["sender"], said["addressee"] = book.receiver(sender), book.receiver(other)
    answer: Record = {"code": code} if code else {}
    if buyer and buyer not in (sender, other):
        answer["buyer"] = book.receiver(buyer)
    targets = [
        {"number": r["to_number"], "type": _CODE_OF[r["to_kind"]]}
        | ({"issued_on": r["to_issued_on"]} if r.get("to_issued_on") else {})
        | ({"uuid": r["to_uuid"]} if r.get("to_uuid") else {})
        for r in book.references.get(None, ())
        if r["to_kind"] in _CODE_OF
    ]
    said["answers"] = [answer | ({"targets": targets} if targets else {})]
