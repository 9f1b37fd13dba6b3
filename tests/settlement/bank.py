"""A bank for tests: it reads the pain.001 of a payer and answers with the payer's camt.053."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from tailrace.base.money import minor
from tailrace.formats import camt053, pain001

NS = {"p": pain001.NAMESPACE}


def transfers(content: bytes) -> list[dict[str, Any]]:
    """Return what a pain.001 asks for, transfer by transfer."""
    found = []
    for block in etree.fromstring(content).iterfind(".//p:PmtInf", NS):
        for one in block.iterfind("p:CdtTrfTxInf", NS):
            amount = one.find("p:Amt/p:InstdAmt", NS)
            assert amount is not None and amount.text
            found.append({
                "debtor_account": block.findtext("p:DbtrAcct/p:Id/p:IBAN", namespaces=NS),
                "debtor": block.findtext("p:Dbtr/p:Nm", namespaces=NS),
                "creditor_account": one.findtext("p:CdtrAcct/p:Id/p:IBAN", namespaces=NS),
                "creditor": one.findtext("p:Cdtr/p:Nm", namespaces=NS),
                "execute_on": date.fromisoformat(
                    block.findtext("p:ReqdExctnDt/p:Dt", "", namespaces=NS)
                ),
                "end_to_end_ref": one.findtext("p:PmtId/p:EndToEndId", namespaces=NS),
                "currency": amount.get("Ccy"),
                "amount_minor": minor(Decimal(amount.text), amount.get("Ccy", "")),
                "remittance_text": one.findtext("p:RmtInf/p:Ustrd", namespaces=NS),
                "structured_ref": one.findtext(".//p:CdtrRefInf/p:Ref", namespaces=NS),
            })  # fmt: skip
    return found


def statement(content: bytes, *, on: date, opening: int = 1_000_000) -> bytes:
    """Return the statement of the payer's account after everything asked for was paid."""
    asked = transfers(content)
    account, owner = asked[0]["debtor_account"], asked[0]["debtor"]
    currency = asked[0]["currency"]
    closing = opening - sum(one["amount_minor"] for one in asked)
    entries = [_entry(account, currency, "opening", opening, on)]
    payments = []
    for number, one in enumerate(asked):
        entries.append(_entry(account, currency, "entry", -one["amount_minor"], on))
        payments.append({
            "payment_id": str(number), "told_by": "bank", "direction": "debit", "reversal": False,
            "debtor_id": owner, "creditor_id": one["creditor"], "booked_on": on,
            **{k: one[k] for k in (
                "amount_minor", "currency", "debtor_account", "creditor_account",
                "end_to_end_ref", "remittance_text", "structured_ref")},
        })  # fmt: skip
    entries.append(_entry(account, currency, "closing", closing, on))
    names = {owner, *(one["creditor"] for one in asked)}
    return camt053.write({
        "document": [{"kind": "statement", "number": "S-1", "issued_on": on, "currency": currency}],
        "statement_entry": [entry | {"owner_id": owner} for entry in entries],
        "payment": payments,
        "party": [{"party_id": name, "name": name} for name in sorted(names)],
        "party_identifier": [],
    })  # fmt: skip


def _entry(account: str, currency: str, kind: str, amount: int, on: date) -> dict[str, Any]:
    return {
        "account": account, "currency": currency, "entry": kind, "amount_minor": amount,
        "reversal": False, "status": "BOOK" if kind == "entry" else None, "booked_on": on,
    }  # fmt: skip
