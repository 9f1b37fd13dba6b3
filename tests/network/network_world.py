"""A small world of claims for the network's steps, as rows a reader can add up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tailrace.base.ids import digest_id
from tailrace.contracts.tables import CONTRACT
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.money.working import PAID_ONCE
from tailrace.evidence.tables import CLAIM, FINDING, VERDICT
from tailrace.network import tables
from tailrace.network.rules import NetworkRules
from tailrace.network.steps import STEPS
from tailrace.settlement.tables import INSTRUCTION

ON = date(2026, 3, 31)
SEEN = (CLAIM, VERDICT, FINDING, PAID_ONCE, CONTRACT, INSTRUCTION)
SCHEMAS = {s.kind: s for s in (*tables.TABLES, *SEEN)}
RULES = {"on": ON, "network": NetworkRules(minimum_minor=1)}


def obligation_of(claim: str) -> str:
    """Return the id of a claim's obligation."""
    return digest_id("obligation", claim)


def claim(name: str, debtor: str, creditor: str, amount: int, **other: Any) -> dict[str, Any]:
    """Return a row of kind `claim`; what is not said is nothing, and it is due on ON."""
    return {
        "claim_id": name,
        "document_id": f"doc-{name}",
        "number": name,
        "debtor_id": debtor,
        "creditor_id": creditor,
        "currency": "EUR",
        "amount_minor": amount,
        "credited_minor": 0,
        "paid_minor": 0,
        "issued_on": date(2026, 3, 1),
        "due_on": ON,
    } | other


def verdict(row: Mapping[str, Any], proven: int | None = None) -> dict[str, Any]:
    """Return the verdict on a claim: proven in full, less its credit, unless said."""
    rest = row["amount_minor"] - row["credited_minor"]
    proven = rest if proven is None else proven
    return {
        "claim_id": row["claim_id"],
        "verdict": "proven" if proven == rest else "partly",
        "currency": row["currency"],
        "net_minor": rest,
        "proven_net_minor": proven,
        "open_net_minor": rest - proven,
        "proven_minor": proven,
        "open_minor": rest - proven,
        "rule": "test",
    }


def finding(name: str, claim_id: str | None, *, grave: bool) -> dict[str, Any]:
    """Return a finding on a claim."""
    return {
        "finding_id": name,
        "test": "no_goods",
        "grave": grave,
        "claim_id": claim_id,
        "what": name,
    }


def contract(claim_id: str, buyer: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a contract by which the buyer bought a claim's obligation."""
    return {
        "contract_id": f"contract-{claim_id}",
        "contract_type": "PAM",
        "contract_role": "RPA",
        "product": "early_payment",
        "obligation_id": obligation_of(claim_id),
        "claim_id": claim_id,
        "seller_id": row["creditor_id"],
        "buyer_id": buyer,
        "debtor_id": row["debtor_id"],
        "currency": "EUR",
        "notional_minor": row["amount_minor"],
        "price_at_purchase_minor": row["amount_minor"],
        "status_on": ON,
        "initial_exchange_on": ON,
        "purchase_on": ON,
        "maturity_on": ON,
        "nominal_interest_rate": 0.0,
        "day_count": "A360",
        "rate_pa": 0.0,
    }


def instruction(claim_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an instruction to pay a claim's obligation."""
    return {
        "instruction_id": f"pay-{claim_id}",
        "end_to_end_ref": f"pay-{claim_id}",
        "reason": "obligation",
        "obligation_id": obligation_of(claim_id),
        "claim_id": claim_id,
        "payer_id": row["debtor_id"],
        "payee_id": row["creditor_id"],
        "currency": "EUR",
        "amount_minor": row["amount_minor"],
        "execute_on": ON,
        "remittance_text": claim_id,
    }


def engine_with(claims: list[dict[str, Any]], **rows: list[dict[str, Any]]) -> DuckDBEngine:
    """Return an engine that holds these claims, proven in full unless `verdict` is given."""
    engine = DuckDBEngine(SCHEMAS, threads=1)
    for kind, schema in SCHEMAS.items():
        engine.put(kind, schema.rows(rows.get(kind, ())))
    engine.put("claim", CLAIM.rows(claims))
    if "verdict" not in rows:
        engine.put("verdict", VERDICT.rows(verdict(row) for row in claims))
    return engine


def run(engine: DuckDBEngine) -> dict[str, Any]:
    """Run the network's steps in order; return the tables that were adopted."""
    made: dict[str, Any] = {}
    for step in STEPS:
        made |= engine.run(step, **RULES)
    return made


def amounts(engine: DuckDBEngine, kind: str, column: str) -> dict[str, int]:
    """Return a column of a kind by claim, or by firm for notices."""
    by = "firm_id" if kind == "notice" else "claim_id"
    return {row[by]: row[column] for row in engine.get(kind).to_pylist()}
