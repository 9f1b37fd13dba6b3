"""Small worlds as text: a line a document, its goods behind bars, so a reader can add them up.

    firm Mill VAT=DE129273398 IBAN=DE89370400440532013000 address=Millstreet_1
    invoice R1 2026-03-05 buyer=Mill seller=Farm order=B1 | 1 wheat 100 KGM 2.00 order=B1/1
    payment P1 2026-04-01 from=Mill to=Farm amount=200.00 text=R1
    reading M7 2026-03-31 from=2026-03-01 value=120 unit=KWH by=Grid
    decide merge Mill Mühle 2026-04-01 reason=one_company

A goods line is: line number, item, quantity, unit, price, then key=value; `| allowance 5.00` and
`| charge 5.00` belong to the document. Amounts are in EUR; an invoice asks for the sum of its lines
unless `payable` says otherwise. An underscore stands for a blank. Any other column of a document or
line may be given by its name. A firm has the VAT number XA-NAME unless a `firm` line gives it
others; `?Mill` is known by its name alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

import msgspec
import pyarrow as pa

from tailrace.base.ids import digest_id
from tailrace.base.tables import DAY, MINOR, QUANTITY
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.rules import EvidenceRules
from tailrace.evidence.steps import FINDINGS, STEPS
from tailrace.evidence.tables import DECIDED
from tailrace.evidence.tables import TABLES as EVIDENCE
from tailrace.records.tables import DOCUMENT, LINE
from tailrace.records.tables import TABLES as RECORDS
from tailrace.street.rules import packaged

SCHEMAS = {schema.kind: schema for schema in (*RECORDS, *EVIDENCE)}
GIVEN = (*RECORDS, *DECIDED)
ON = date(2026, 6, 30)
BUYERS = ("order", "receipt", "remittance", "timesheet", "acceptance")
NAMED = {
    "order": "order",
    "sales": "sales_order",
    "despatch": "despatch",
    "receipt": "receipt",
    "timesheet": "timesheet",
    "of": "invoice",
    "object": "object",
    "contract": "contract",
}
ASKS = ("invoice", "credit_note")
OF_PARTY = ("name", "legal_name", "country", "address")
Row = dict[str, Any]


@cache
def rules(**changed: Any) -> EvidenceRules:
    return msgspec.structs.replace(packaged().evidence, **changed)


class Trade:
    """Rows of the record model, gathered from text."""

    def __init__(self, text: str = "") -> None:
        self.rows: dict[str, list[Row]] = {schema.kind: [] for schema in GIVEN}
        self.position = 0
        self.known: set[str] = set()
        self.firms: dict[str, Row] = {}
        self.decisions: dict[str, str] = {}
        for entry in filter(None, (entry.strip() for entry in text.splitlines())):
            self.add(entry)

    def add(self, entry: str) -> None:
        head, *goods = (part.strip() for part in entry.split("|"))
        kind, number, *rest = head.split()
        if kind == "account":
            self._account(number, rest[0])
            return
        if kind == "source":
            row = {"source_id": number, "documents": 1, "faults": 0, "size": 1}
            self.rows["source"].append({"format": "ubl", "name": number} | row | _said(rest))
            return
        if kind == "firm":
            self.firms[number] = _said(rest)
            return
        if kind == "decide":
            self._decide(number, rest)
            return
        day, said = date.fromisoformat(rest[0]), _said(rest[1:])
        if kind == "payment":
            self._payment(number, day, said)
        elif kind == "reading":
            self._reading(number, day, said)
        else:
            self._document(kind, number, day, said, goods)

    def party(self, name: str, **numbers: str) -> str:
        """Return the id of a firm's party row: `Mill` has a VAT number, `?Mill` a name only."""
        bare = name.lstrip("?")
        own = self.firms.get(bare, {}) if not numbers else {}
        given = {k: v for k, v in own.items() if k not in OF_PARTY}
        told = numbers or given or ({} if name.startswith("?") else {"VAT": f"XA-{bare.upper()}"})
        parts = (*sorted(told.items()), *sorted(own.items()))
        party = digest_id("party", name, *(part for pair in parts for part in pair))
        if party not in self.known:
            self.known.add(party)
            row = {"name": bare, "country": "XA"} | {k: own[k] for k in OF_PARTY if k in own}
            self._put("party", party_id=party, **row)
            for scheme, value in told.items():
                self._put("party_identifier", party_id=party, scheme=scheme, value=value)
        return party

    def _account(self, firm: str, account: str) -> None:
        """Let a bank say that the account is the firm's."""
        row = {"account": account, "owner_id": self.party(firm), "entry": "opening"}
        row |= {"amount_minor": 0, "currency": "EUR", "reversal": False}
        entry = digest_id("entry", firm, account)
        self._put("statement_entry", statement_entry_id=entry, document_id="statement", **row)

    def _decide(self, what: str, rest: list[str]) -> None:
        """Take down a decision; `name` gives it one for a later `decide undo NAME`."""
        names = [word for word in rest if "=" not in word]
        said = _said(word for word in rest if "=" in word)
        day = date.fromisoformat(names.pop())
        whom = (
            {}
            if what == "undo"
            else dict(zip(("party_id", "other_id"), map(self.party, names), strict=False))
        )
        undoes = self.decisions[names[0]] if what == "undo" else None
        key = digest_id("decision", what, *names, day)
        self.decisions[said.get("name", key)] = key
        self.rows["decision"].append(
            {
                "decision_id": key,
                "what": what,
                "undoes_id": undoes,
                "reason": said.get("reason", "because"),
                "decided_on": day,
                "decided_by": said.get("by"),
                **whom,
            }
        )

    def _put(self, table: str, **row: Any) -> None:
        self.position += 1
        self.rows[table].append({"source_id": "source", "position": self.position, **row})

    def _document(self, kind: str, number: str, day: date, said: Row, goods: list[str]) -> None:
        document = digest_id("document", kind, number, day, *sorted(said.values()), *goods)
        writer = said.get("writer") or said.get("buyer" if kind in BUYERS else "seller")
        net = sum(self._goods(document, text) for text in goods)
        asks = {"payable": f"{Decimal(net) / 100}"} if kind in ASKS else {}
        parties = {
            f"{role}_id": self.party(said[role])
            for role in ("seller", "buyer", "payee", "ship_from", "ship_to")
            if role in said
        }
        self._put(
            "document",
            document_id=document,
            kind=kind,
            number=number,
            issued_on=day,
            issuer_id=self.party(writer) if writer else None,
            **{"currency": "EUR", "due_on": None}
            | _columns(DOCUMENT, asks | said, ref="payment_ref", account="payee_account")
            | parties,
        )
        self._refer(document, None, said)

    def _goods(self, document: str, text: str) -> int:
        """Add a line, or an allowance or charge of the document; return its part of the sum."""
        kind, amount, *rest = text.split()
        if kind not in ("allowance", "charge"):
            return self._line(document, text)
        minor = int(Decimal(amount) * 100)
        self._extra(document, None, kind == "charge", minor, " ".join(rest) or None)
        return minor if kind == "charge" else -minor

    def _line(self, document: str, text: str) -> int:
        line_ref, item, quantity, *rest = text.split()
        said = _said(pair for pair in rest if "=" in pair)
        unit, price = [*(word for word in rest if "=" not in word), None, None][:2]
        amount = None if quantity == "-" else Decimal(quantity)
        line = digest_id("line", document, text)
        base = Decimal(said.get("base", 1))
        net = int(amount * Decimal(price) / base * 100) if price and amount is not None else None
        for sign, key in ((-1, "allow"), (1, "charge")):
            if key in said:
                minor = int(Decimal(said[key]) * 100)
                self._extra(document, line, sign > 0, minor, None)
                net = None if net is None else net + sign * minor
        if "net" in said:
            net = None if said["net"] == "?" else int(Decimal(said["net"]) * 100)
        order, _, order_line = said.get("order", "").partition("/")
        given = {k: v for k, v in said.items() if k not in ("net", "order")}
        self._put(
            "line",
            **{
                "line_id": line,
                "document_id": document,
                "line_ref": line_ref,
                "item_ref": item,
                "item_name": item,
                "quantity": amount,
                "unit": unit,
                "price": Decimal(price) if price else None,
                "net_minor": net,
                "order_ref": order or None,
                "order_line_ref": order_line or None,
            }
            | _columns(
                LINE,
                given,
                base="price_base_quantity",
                buyer_item="buyer_item_ref",
                standard="standard_item_ref",
                rejected="rejected_quantity",
                delivered="delivered_on",
            ),
        )
        self._refer(document, line, {k: v for k, v in said.items() if k != "order"})
        return net or 0

    def _refer(self, document: str, line: str | None, said: Row) -> None:
        for key, to_kind in NAMED.items():
            for to in filter(None, said.get(key, "").split(",")):
                number, _, to_line = to.partition("/")
                row = {"to_kind": to_kind, "to_number": number, "to_line": to_line or None}
                self._put("reference", document_id=document, line_id=line, **row)

    def _extra(
        self, document: str, line: str | None, charge: bool, minor: int, reason: str | None
    ) -> None:
        row = {"charge": charge, "amount_minor": minor, "currency": "EUR", "reason": reason}
        self._put("allowance_charge", document_id=document, line_id=line, **row)

    def _reading(self, meter: str, day: date, said: Row) -> None:
        start = date.fromisoformat(said["from"]) if "from" in said else None
        self._put(
            "reading",
            reading_id=digest_id("reading", meter, day, *sorted(said.values())),
            meter_ref=meter,
            register=said.get("register"),
            from_at=_midnight(start) if start else None,
            to_at=_midnight(day),
            value=Decimal(said["value"]),
            unit=said["unit"],
            quality=said.get("quality", "measured"),
            cumulative=start is None,
            reader_id=self.party(said["by"]) if "by" in said else None,
        )

    def _payment(self, number: str, day: date, said: Row) -> None:
        payment = digest_id("payment", number, day, *sorted(said.values()))
        self._put(
            "payment",
            payment_id=payment,
            document_id=digest_id("statement", said.get("file", number), said.get("side", "")),
            told_by=said.get("by", "bank"),
            direction=said.get("side"),
            reversal="reversal" in said,
            amount_minor=int(Decimal(said["amount"]) * 100),
            currency=said.get("currency", "EUR"),
            debtor_id=self.party(said["from"]) if "from" in said else None,
            creditor_id=self.party(said["to"]) if "to" in said else None,
            debtor_account=said.get("from_account"),
            creditor_account=said.get("to_account"),
            end_to_end_ref=said.get("e2e"),
            uetr=said.get("uetr"),
            structured_ref=said.get("ref"),
            remittance_text=said.get("text"),
            booked_on=day,
        )
        for part in filter(None, said.get("lists", "").split(",")):
            to_number, amount, deduction, reason = [*part.split(":"), "", "", ""][:4]
            minor = int(Decimal(amount) * 100) if amount else None
            kind = "credit_note" if minor is not None and minor < 0 else "invoice"
            row = {"to_kind": kind, "to_number": to_number, "amount_minor": minor}
            row |= {"deduction_minor": int(Decimal(deduction) * 100) if deduction else None}
            self._put("allocation", payment_id=payment, reason=reason or None, **row)

    def tables(self) -> dict[str, pa.Table]:
        return {k: SCHEMAS[k].rows(rows) for k, rows in self.rows.items() if k in ROWED}


ROWED = {schema.kind for schema in GIVEN} - {"fault"}


def _said(pairs: Any) -> dict[str, str]:
    """Return key=value words as a mapping, underscores as blanks."""
    split = (pair.split("=", 1) for pair in pairs)
    return {key: value.replace("_", " ") for key, value in split}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _columns(schema: Any, said: Mapping[str, str], **short: str) -> Row:
    """Return what is said as columns of a table: by name, by short name, or without `_minor`."""
    types = {c.name: c.type for c in schema.columns}
    made: Row = {}
    for key, value in said.items():
        name = short.get(key, key)
        name = f"{name}_minor" if f"{name}_minor" in types else name
        if name not in types:
            continue
        kind = types[name]
        if kind == MINOR:
            made[name] = int(Decimal(value) * 100)
        elif kind == DAY:
            made[name] = date.fromisoformat(value)
        elif kind == QUANTITY:
            made[name] = Decimal(value)
        else:
            made[name] = value
    if "due" in said:
        made["due_on"] = date.fromisoformat(said["due"])
    return made


class Told:
    """What evidence makes of record tables; the findings are looked for when they are asked for."""

    def __init__(self, tables: Mapping[str, pa.Table], on: date, evidence: EvidenceRules) -> None:
        self.engine, self.given = (
            DuckDBEngine(SCHEMAS),
            {"on": on, "evidence": evidence, "logs": packaged().logs},
        )
        for schema in GIVEN:
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
