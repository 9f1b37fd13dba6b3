"""Small worlds as text: a line a document, its goods behind bars, so a reader can add them up.

    invoice R1 2026-03-05 buyer=Mill seller=Farm order=B1 | 1 wheat 100 KGM 2.00 order=B1/1
    payment P1 2026-04-01 from=Mill to=Farm amount=200.00 text=R1

A goods line is: line number, item, quantity, unit, price, then key=value. Amounts are in EUR; an
invoice asks for the sum of its lines unless `payable` says otherwise. Firms are known by VAT number.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

import msgspec
import pyarrow as pa

from tailrace.base.ids import digest_id
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.rules import EvidenceRules
from tailrace.evidence.steps import FINDINGS, STEPS
from tailrace.evidence.tables import TABLES as EVIDENCE
from tailrace.records.tables import TABLES as RECORDS
from tailrace.street.rules import packaged

SCHEMAS = {schema.kind: schema for schema in (*RECORDS, *EVIDENCE)}
ON = date(2026, 6, 30)
BUYERS = ("order", "receipt", "remittance")
NAMED = {"order": "order", "despatch": "despatch", "receipt": "receipt", "of": "invoice"}
Row = dict[str, Any]


@cache
def rules(**changed: Any) -> EvidenceRules:
    return msgspec.structs.replace(packaged().evidence, **changed)


class Trade:
    """Rows of the record model, gathered from text."""

    def __init__(self, text: str = "") -> None:
        self.rows: dict[str, list[Row]] = {schema.kind: [] for schema in RECORDS}
        self.position = 0
        self.known: set[str] = set()
        for entry in filter(None, (entry.strip() for entry in text.splitlines())):
            self.add(entry)

    def add(self, entry: str) -> None:
        head, *goods = (part.strip() for part in entry.split("|"))
        kind, number, *rest = head.split()
        if kind == "account":
            self._account(number, rest[0])
            return
        day, said = date.fromisoformat(rest[0]), dict(pair.split("=", 1) for pair in rest[1:])
        if kind == "payment":
            self._payment(number, day, said)
        else:
            self._document(kind, number, day, said, goods)

    def party(self, name: str, **numbers: str) -> str:
        """Return the id of a firm's party row: `Mill` has a VAT number, `?Mill` a name only."""
        bare = name.lstrip("?")
        told = numbers or ({} if name.startswith("?") else {"VAT": f"XA-{bare.upper()}"})
        party = digest_id("party", name, *(part for pair in sorted(told.items()) for part in pair))
        if party not in self.known:
            self.known.add(party)
            self._put("party", party_id=party, name=bare, country="XA")
            for scheme, value in told.items():
                self._put("party_identifier", party_id=party, scheme=scheme, value=value)
        return party

    def _account(self, firm: str, account: str) -> None:
        """Let a bank say that the account is the firm's."""
        row = {"account": account, "owner_id": self.party(firm), "entry": "opening"}
        row |= {"amount_minor": 0, "currency": "EUR", "reversal": False}
        entry = digest_id("entry", firm, account)
        self._put("statement_entry", statement_entry_id=entry, document_id="statement", **row)

    def _put(self, table: str, **row: Any) -> None:
        self.position += 1
        self.rows[table].append({"source_id": "source", "position": self.position, **row})

    def _document(self, kind: str, number: str, day: date, said: Row, goods: list[str]) -> None:
        document = digest_id("document", kind, number, day, *sorted(said.values()), *goods)
        writer = said.get("writer") or said.get("buyer" if kind in BUYERS else "seller")
        net = sum(self._line(document, text) for text in goods)
        payable = int(Decimal(said["payable"]) * 100) if "payable" in said else net
        parties = {
            f"{role}_id": self.party(said[role])
            for role in ("seller", "buyer", "payee")
            if role in said
        }
        self._put(
            "document",
            document_id=document,
            kind=kind,
            number=number,
            issued_on=day,
            issuer_id=self.party(writer) if writer else None,
            currency=said.get("currency", "EUR"),
            due_on=date.fromisoformat(said["due"]) if "due" in said else None,
            payment_ref=said.get("ref"),
            payee_account=said.get("account"),
            payable_minor=payable if kind in ("invoice", "credit_note") else None,
            **parties,
        )
        for key, to_kind in NAMED.items():
            for to_number in filter(None, said.get(key, "").split(",")):
                self._put("reference", document_id=document, to_kind=to_kind, to_number=to_number)

    def _line(self, document: str, text: str) -> int:
        line_ref, item, quantity, *rest = text.split()
        said = dict(pair.split("=", 1) for pair in rest if "=" in pair)
        unit, price = [*(word for word in rest if "=" not in word), None, None][:2]
        amount = None if quantity == "-" else Decimal(quantity)
        net = int(amount * Decimal(price) * 100) if price and amount is not None else None
        if "net" in said:
            net = None if said["net"] == "?" else int(Decimal(said["net"]) * 100)
        order, _, order_line = said.get("order", "").partition("/")
        self._put(
            "line",
            line_id=digest_id("line", document, text),
            document_id=document,
            line_ref=line_ref,
            item_ref=item,
            buyer_item_ref=said.get("buyer_item"),
            item_name=item,
            quantity=amount,
            unit=unit,
            price=Decimal(price) if price else None,
            net_minor=net,
            rejected_quantity=Decimal(said["rejected"]) if "rejected" in said else None,
            order_ref=order or None,
            order_line_ref=order_line or None,
        )
        return net or 0

    def _payment(self, number: str, day: date, said: Row) -> None:
        payment = digest_id("payment", number, day, *sorted(said.values()))
        self._put(
            "payment",
            payment_id=payment,
            document_id=digest_id("statement", said.get("file", number), said.get("side", "")),
            told_by=said.get("by", "bank"),
            direction=said.get("side", "debit"),
            reversal="reversal" in said,
            amount_minor=int(Decimal(said["amount"]) * 100),
            currency="EUR",
            debtor_id=self.party(said["from"]) if "from" in said else None,
            creditor_id=self.party(said["to"]) if "to" in said else None,
            debtor_account=said.get("from_account"),
            creditor_account=said.get("to_account"),
            end_to_end_ref=said.get("e2e"),
            structured_ref=said.get("ref"),
            remittance_text=said.get("text", "").replace("_", " ") or None,
            booked_on=day,
        )
        for part in filter(None, said.get("lists", "").split(",")):
            to_number, _, amount = part.partition(":")
            minor = int(Decimal(amount) * 100) if amount else None
            kind = "credit_note" if minor is not None and minor < 0 else "invoice"
            row = {"to_kind": kind, "to_number": to_number, "amount_minor": minor}
            self._put("allocation", payment_id=payment, **row)

    def tables(self) -> dict[str, pa.Table]:
        return {k: SCHEMAS[k].rows(rows) for k, rows in self.rows.items() if k in ROWED}


ROWED = {schema.kind for schema in RECORDS} - {"source", "fault"}


class Told:
    """What evidence makes of record tables; the findings are looked for when they are asked for."""

    def __init__(self, tables: Mapping[str, pa.Table], on: date, evidence: EvidenceRules) -> None:
        self.engine, self.given = DuckDBEngine(SCHEMAS), {"on": on, "evidence": evidence}
        for schema in RECORDS:
            self.engine.put(schema.kind, tables.get(schema.kind, schema.empty()))
        for step in STEPS:
            if step not in FINDINGS:
                self.engine.run(step, **self.given)

    def rows(self, kind: str) -> list[Row]:
        return self.engine.get(kind).to_pylist()

    @cached_property
    def claims(self) -> dict[str, Row]:
        return {row["number"]: row for row in self.rows("claim")}

    @cached_property
    def verdicts(self) -> dict[str, Row]:
        by_claim = {row["claim_id"]: row for row in self.rows("verdict")}
        return {number: by_claim[row["claim_id"]] for number, row in self.claims.items()}

    @cached_property
    def findings(self) -> list[Row]:
        for step in FINDINGS:
            self.engine.run(step, **self.given)
        return self.rows("finding")

    def found(self, test: str) -> list[str]:
        return sorted(row["what"] for row in self.findings if row["test"] == test)

    def held(self) -> set[str]:
        """Return the numbers of the claims under a grave finding."""
        grave = {row["claim_id"] for row in self.findings if row["grave"]}
        return {number for number, row in self.claims.items() if row["claim_id"] in grave}

    def proven(self, number: str) -> tuple[str, int, int]:
        verdict = self.verdicts[number]
        return verdict["verdict"], verdict["proven_minor"], verdict["open_minor"]

    def paid(self, number: str) -> int:
        return self.claims[number]["paid_minor"]

    def matches(self, number: str, role: str) -> list[Row]:
        claim = self.claims[number]["claim_id"]
        return [r for r in self.rows("match") if (r["claim_id"], r["role"]) == (claim, role)]


def told(text: str | Trade, *, on: date = ON, **changed: Any) -> Told:
    """Return what evidence makes of a world on a day, under the packaged rules with some changed."""
    trade = Trade(text) if isinstance(text, str) else text
    return Told(trade.tables(), on, rules(**changed))
