"""Small worlds of trade for the evidence room: documents as rows a reader can add up.

A `World` gathers record rows; `prove` runs the evidence steps on them. Every document is between
one buyer and one seller; a line is `line(quantity, ...)`, at 1.00 EUR each unless it says more.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tailrace.base.ids import digest_id
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import STEPS
from tailrace.evidence.tables import DECIDED
from tailrace.records import ids
from tailrace.records.tables import TABLES as RECORDS
from tailrace.street.rooms import SCHEMAS
from tailrace.street.rules import packaged

TABLES = (*RECORDS, *DECIDED)

Row = dict[str, Any]
ON = date(2026, 4, 1)
RULES = packaged()


def day(of_march: int) -> date:
    return date(2026, 3, of_march)


def line(quantity: int | None, ref: str = "1", **said: Any) -> Row:
    """Return a line of bolts of order O1, line 1; each costs 1.00 EUR."""
    net = None if quantity is None else quantity * 100
    plain = {
        "line_ref": ref,
        "item_name": "bolt",
        "item_ref": "B1",
        "quantity": quantity,
        "unit": "EA",
        "net_minor": net,
        "order_ref": "O1",
        "order_line_ref": "1",
    }
    return {**plain, **said}


def ref(kind: str, number: str, of_line: int | None = None, **said: Any) -> Row:
    """Return a reference of a document, or of its n-th line (from 0)."""
    return {"to_kind": kind, "to_number": number, "of_line": of_line, **said}


class World:
    """Record rows by kind. Each document is a file of its own."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {t.kind: [] for t in TABLES}
        self._files = 0

    def firm(self, name: str, **numbers: str) -> str:
        """Return the party of a name, known by VAT, IBAN, ...; by its name alone if by none."""
        party = ids.party_id(numbers.items(), name, "DE")
        where = self._where()
        self.rows["party"].append({"party_id": party, "name": name, "country": "DE", **where})
        for scheme, value in numbers.items():
            row = {"party_id": party, "scheme": scheme, "value": value, **where}
            self.rows["party_identifier"].append(row)
        return party

    def document(
        self,
        kind: str,
        number: str,
        buyer: str | None,
        seller: str | None,
        on: date,
        lines: Sequence[Row] = (),
        refs: Sequence[Row] = (),
        **said: Any,
    ) -> str:
        """Add a document; who writes which kind is as in trade unless `issuer_id` says another."""
        where = self._where()
        document = ids.document_id(where["source_id"], 0)
        head = {
            "document_id": document,
            "kind": kind,
            "number": number,
            "issued_on": on,
            "issuer_id": buyer if kind in ("order", "receipt") else seller,
            "buyer_id": buyer,
            "seller_id": seller,
            "currency": "EUR",
        }
        self.rows["document"].append({**head, **where, **said})
        made = [ids.line_id(document, place) for place in range(len(lines))]
        for name, row in zip(made, lines, strict=True):
            self.rows["line"].append({"line_id": name, "document_id": document, **row, **where})
        for row in refs:
            place = row["of_line"]
            named = {k: v for k, v in row.items() if k != "of_line"}
            whose = {"document_id": document, "line_id": None if place is None else made[place]}
            self.rows["reference"].append({**whose, **named, **where})
        return document

    def order(self, number: str, buyer: str, seller: str, on: date, lines: Any, **said: Any) -> str:
        numbered = [{**row, "order_ref": None, "order_line_ref": None} for row in lines]
        return self.document("order", number, buyer, seller, on, numbered, **said)

    def receipt(self, *args: Any, **said: Any) -> str:
        return self.document("receipt", *args, **said)

    def invoice(
        self, number: str, buyer: str, seller: str, on: date, lines: Any, **said: Any
    ) -> str:
        """Add an invoice of its lines' amounts without tax, unless `payable_minor` says another."""
        payable = sum(row["net_minor"] or 0 for row in lines)
        money = {"payable_minor": payable, **said}
        return self.document("invoice", number, buyer, seller, on, lines, **money)

    def credit_note(
        self, number: str, buyer: str, seller: str, on: date, amount: int, refs: Sequence[Row]
    ) -> str:
        """Add a credit note of one line that names what it credits."""
        lines = [line(1, net_minor=amount, order_ref=None, order_line_ref=None)]
        return self.document(
            "credit_note", number, buyer, seller, on, lines, refs, payable_minor=amount
        )

    def payment(
        self, payer: str | None, payee: str | None, on: date, amount: int, **said: Any
    ) -> str:
        """Add a payment in a statement of the payer's bank; `lists` gives number -> amount."""
        lists: Mapping[str, int | None] = said.pop("lists", {})
        where = self._where()
        name = ids.payment_id(where["source_id"], 0)
        plain = {
            "payment_id": name,
            "document_id": ids.document_id(where["source_id"], 0),
            "told_by": "bank",
            "direction": "debit",
            "reversal": False,
            "amount_minor": amount,
            "currency": "EUR",
            "debtor_id": payer,
            "creditor_id": payee,
            "booked_on": on,
        }
        self.rows["payment"].append({**plain, **where, **said})
        for number, listed in lists.items():
            kind = "credit_note" if listed is not None and listed < 0 else "invoice"
            row = {"payment_id": name, "to_kind": kind, "to_number": number, "amount_minor": listed}
            self.rows["allocation"].append({**row, **where})
        return name

    def remittance(self, payer: str, payee: str, on: date, amount: int, **said: Any) -> str:
        """Add a remittance advice: the debtor's word, not the bank's."""
        said = {"told_by": "debtor", "direction": None, **said}
        return self.payment(payer, payee, on, amount, **said)

    def owns(self, firm: str, account: str, on: date) -> None:
        """Add a bank's statement that says whose an account is."""
        where = self._where()
        row = {
            "statement_entry_id": ids.statement_entry_id(where["source_id"], 0),
            "document_id": ids.document_id(where["source_id"], 0),
            "account": account,
            "owner_id": firm,
            "entry": "closing",
            "amount_minor": 0,
            "currency": "EUR",
            "reversal": False,
            "booked_on": on,
        }
        self.rows["statement_entry"].append({**row, **where})

    def _where(self) -> Row:
        self._files += 1
        return {"source_id": digest_id("file", self._files) * 2, "position": 0}


class Proof:
    """What evidence says of a world. Steps run in order, as far as the kind asked for needs."""

    def __init__(self, world: Mapping[str, Sequence[Row]], on: date, seed: int | None) -> None:
        self._engine = DuckDBEngine(SCHEMAS, threads=1)
        self._rules = RULES.named(on=on, accept="none")
        self._steps = iter(STEPS)
        self._made: set[str] = set()
        self._got: dict[str, list[Row]] = {}
        for table in TABLES:
            rows = list(world.get(table.kind, ()))
            if seed is not None:
                random.Random(seed).shuffle(rows)
            self._engine.put(table.kind, table.rows(rows))

    def get(self, kind: str) -> list[Row]:
        """Return the rows of a kind."""
        while kind not in self._made:
            step = next(self._steps)
            self._engine.run(step, **self._rules)
            self._made.update(step.writes)
        if kind not in self._got:
            self._got[kind] = self._engine.get(kind).to_pylist()
        return self._got[kind]

    def claim(self, number: str) -> Row:
        """Return the one claim of an invoice number, with its verdict."""
        (claim,) = (c for c in self.get("claim") if c["number"] == number)
        (verdict,) = (v for v in self.get("verdict") if v["claim_id"] == claim["claim_id"])
        return {**claim, **verdict}

    def proven(self, *numbers: str) -> list[int]:
        """Return the proven amounts of these invoices."""
        return [self.claim(number)["proven_minor"] for number in numbers]

    def paid(self, *numbers: str) -> list[int]:
        """Return the paid amounts of these invoices."""
        return [self.claim(number)["paid_minor"] for number in numbers]

    def matches(self, number: str, role: str) -> list[Row]:
        """Return what bears on a claim in one role."""
        claim = self.claim(number)["claim_id"]
        return [m for m in self.get("match") if (m["claim_id"], m["role"]) == (claim, role)]

    def findings(self, test: str) -> list[Row]:
        """Return the findings of one test."""
        return [f for f in self.get("finding") if f["test"] == test]

    def tests(self) -> set[str]:
        """Return the names of the tests that found something."""
        return {f["test"] for f in self.get("finding")}


def prove(
    world: World | Mapping[str, Sequence[Row]], on: date = ON, seed: int | None = None
) -> Proof:
    """Return what evidence says of a world as of a day; a seed shuffles its rows first."""
    return Proof(world.rows if isinstance(world, World) else world, on, seed)


def pair(world: World, name: str = "") -> tuple[str, str]:
    """Return a buyer and a seller, known by VAT."""
    buyer = world.firm(f"Buyer{name}", VAT=f"XD10{name}1")
    return buyer, world.firm(f"Seller{name}", VAT=f"XD20{name}2")
