"""A small world for settlement: rows with the few fields a test cares for, the rest filled in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from tailrace.base.tables import DAY as DAY_TYPE
from tailrace.base.tables import FLAG, QUANTITY, TEXT, Schema
from tailrace.contracts import tables as contract_tables
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence import tables as evidence_tables
from tailrace.network import tables as network_tables
from tailrace.records import tables as record_tables
from tailrace.settlement import tables as settlement_tables
from tailrace.settlement.rules import SettlementRules
from tailrace.settlement.steps import instruct, reconciled

SCHEMAS: dict[str, Schema] = {
    schema.kind: schema
    for tables in (
        record_tables.TABLES,
        evidence_tables.TABLES,
        network_tables.TABLES,
        contract_tables.TABLES,
        settlement_tables.TABLES,
    )
    for schema in tables
}
DAY = date(2026, 3, 31)
RULES = SettlementRules(pay_within_days=7, remittance_max=140)
# IBANs of a made-up bank; the check digits are right
IBANS = {
    "A": "DE02120300000000202051",
    "B": "DE02500105170137075030",
    "C": "DE02100500000054540402",
}


class World:
    """Rows of each kind, and the instructions adopted so far."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.engine = DuckDBEngine(SCHEMAS, threads=1)
        self.engine.put("instruction", SCHEMAS["instruction"].empty())
        for name, iban in IBANS.items():
            self.add("firm", party_id=name, firm_id=name, name=f"Firm {name}", reason="alone")
            self.add("party_identifier", party_id=name, scheme="IBAN", value=iban)

    def add(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        values: dict[Any, Any] = {TEXT: "", DAY_TYPE: DAY, FLAG: False, QUANTITY: Decimal(0)}
        blank = {c.name: None if c.null else values.get(c.type, 0) for c in SCHEMAS[kind].columns}
        row = blank | fields
        self.rows[kind].append(row)
        return row

    def due(
        self, name: str, debtor: str, creditor: str, amount: int, on: date = DAY, **claim: Any
    ) -> Any:
        """What B owes A for invoice INV-<name>, due on a day; holder: the creditor."""
        self.add("claim", claim_id=f"c-{name}", **{"number": f"INV-{name}"} | claim)
        ids = {"obligation_id": f"o-{name}", "claim_id": f"c-{name}"}
        who = {"debtor_id": debtor, "creditor_id": creditor, "holder_id": creditor}
        return self.add("due", currency="EUR", due_minor=amount, due_on=on, **ids, **who)

    def contract(
        self, name: str, seller: str, buyer: str, debtor: str, price: int, on: date
    ) -> Any:
        ids = {"contract_id": f"k-{name}", "obligation_id": f"o-{name}", "claim_id": f"c-{name}"}
        who = {"seller_id": seller, "buyer_id": buyer, "debtor_id": debtor}
        money = {"currency": "EUR", "price_at_purchase_minor": price}
        return self.add("contract", purchase_on=on, **ids, **who, **money)

    def heard(self, end_to_end_ref: str, amount: int, **fields: Any) -> Any:
        """A payment as evidence knows it: once, from the bank."""
        name = f"p{len(self.rows['paid_once'])}"
        row = {"told_by": "bank", "currency": "EUR", "amount_minor": amount, "booked_on": DAY}
        return self.add("paid_once", payment_id=name, end_to_end_ref=end_to_end_ref, **row | fields)

    def instruct(self, on: date = DAY, rules: SettlementRules = RULES) -> list[dict[str, Any]]:
        """Run the step; return the instructions it added."""
        self._put()
        made: pa.Table = self.engine.run(instruct, on=on, settlement=rules)["instruction"]
        return made.to_pylist()

    def reconciled(self) -> dict[str, tuple[str, int]]:
        """Return end-to-end reference -> status and the amount heard."""
        self._put()
        self.engine.run(reconciled)
        refs = {r["instruction_id"]: r["end_to_end_ref"] for r in self.instructions()}
        rows = self.engine.get("reconciled").to_pylist()
        return {refs[row["instruction_id"]]: (row["status"], row["paid_minor"]) for row in rows}

    def instructions(self) -> list[dict[str, Any]]:
        return self.engine.get("instruction").to_pylist()

    def _put(self) -> None:
        for kind in ("due", "contract", "claim", "firm", "party_identifier", "paid_once"):
            self.engine.put(kind, SCHEMAS[kind].rows(self.rows[kind]))
