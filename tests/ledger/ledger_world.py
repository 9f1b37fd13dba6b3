"""A small world for the ledger: rows with the few fields a test cares for, the rest filled in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from tailrace.base.ids import digest_id
from tailrace.base.tables import DAY as DAY_TYPE
from tailrace.base.tables import FLAG, QUANTITY, TEXT, Schema
from tailrace.contracts import tables as contract_tables
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence import tables as evidence_tables
from tailrace.ledger import tables as ledger_tables
from tailrace.ledger.steps import FACTS, STEPS
from tailrace.network import tables as network_tables
from tailrace.records import tables as record_tables
from tailrace.settlement import tables as settlement_tables

SCHEMAS: dict[str, Schema] = {
    schema.kind: schema
    for tables in (
        record_tables.TABLES,
        evidence_tables.TABLES,
        network_tables.TABLES,
        contract_tables.TABLES,
        ledger_tables.TABLES,
        settlement_tables.TABLES,
    )
    for schema in tables
}
DAY = date(2026, 3, 1)


def _blank(schema: Schema) -> dict[str, Any]:
    values: dict[Any, Any] = {TEXT: "", DAY_TYPE: DAY, FLAG: False, QUANTITY: Decimal(0)}
    return {c.name: None if c.null else values.get(c.type, 0) for c in schema.columns}


def obligation_unit(claim: str) -> str:
    return f"obligation:{digest_id('obligation', claim)}"


class World:
    """Rows of each kind, and a book of transfers that grows with each posting."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.engine = DuckDBEngine(SCHEMAS, threads=1)
        for kind in ("transfer", "refusal"):
            self.engine.put(kind, SCHEMAS[kind].empty())

    def add(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Add a row; return it, so that a test may change it later."""
        row = _blank(SCHEMAS[kind]) | fields
        self.rows[kind].append(row)
        return row

    def firms(self, *names: str) -> None:
        for name in names:
            self.add("firm", party_id=name, firm_id=name, name=name, reason="alone")

    def claim(self, claim: str, creditor: str, debtor: str, amount: int, **fields: Any) -> Any:
        """An invoice, all of it proven unless `proven` says less."""
        proven = fields.pop("proven", amount)
        verdict = self.add("verdict", claim_id=claim, currency="EUR", proven_minor=proven)
        row = {"creditor_id": creditor, "debtor_id": debtor, "amount_minor": amount}
        claim_row = self.add("claim", claim_id=claim, **{"currency": "EUR"} | row | fields)
        return claim_row, verdict

    def paid(self, claim: str, payment: str, amount: int, on: date = DAY, **fields: Any) -> Any:
        """A payment by bank, and the match that says which claim it is for."""
        row = {"told_by": "bank", "amount_minor": amount, "currency": "EUR", "booked_on": on}
        self.add("paid_once", payment_id=payment, **row | fields)
        ids = {"match_id": f"{claim}/{payment}", "claim_id": claim, "with_payment_id": payment}
        return self.add("match", role="paid", amount_minor=amount, **ids)

    def receipt(self, number: str, buyer: str, seller: str, quantity: str, **fields: Any) -> Any:
        """A receipt of one line as evidence hands it on: what was refused is already taken off."""
        line = {"line_id": f"{number}/1", "document_id": number}
        who = {"buyer_id": buyer, "seller_id": seller}
        self.add("paper", document_id=number, kind="receipt", writer_id=buyer, **who)
        self.add("line", line_ref="1", **{"item_ref": "bolt", "unit": "EA"} | line | fields)
        return self.add("goods", role="received", quantity=Decimal(quantity), **line, **who)

    def set_off(
        self,
        name: str,
        claim: str | None,
        debtor: str,
        creditor: str,
        amount: int,
        obligation_id: str | None = None,
    ) -> None:
        if not any(row["clearing_id"] == "k" for row in self.rows["clearing"]):
            self.add("clearing", clearing_id="k", on=DAY, currency="EUR")
        ids = {"set_off_id": name, "clearing_id": "k", "claim_id": claim}
        ids["obligation_id"] = obligation_id or f"of {claim}"
        who = {"debtor_id": debtor, "creditor_id": creditor}
        self.add("set_off", currency="EUR", amount_minor=amount, **ids, **who)

    def sale(
        self, name: str, claim: str, seller: str, buyer: str, debtor: str, **fields: Any
    ) -> Any:
        who = {"seller_id": seller, "buyer_id": buyer, "debtor_id": debtor}
        return self.add(
            "contract", contract_id=name, claim_id=claim, currency="EUR", **who, **fields
        )

    def post(self, on: date = date(2026, 3, 31)) -> dict[str, pa.Table]:
        """Run the ledger's steps; return what this posting added."""
        for kind in FACTS:
            self.engine.put(kind, SCHEMAS[kind].rows(self.rows[kind]))
        made: dict[str, pa.Table] = {}
        for step in STEPS:
            made |= self.engine.run(step, on=on)
        return made

    def balances(self, unit: str) -> dict[str, int]:
        """Return account -> balance of a unit, zeros left out."""
        rows = self.engine.get("balance").to_pylist()
        return {r["account"]: r["balance"] for r in rows if r["unit"] == unit and r["balance"]}

    def refusals(self) -> list[tuple[str, str]]:
        rows = self.engine.get("refusal").to_pylist()
        return [(row["cause_id"], row["status"]) for row in rows]
