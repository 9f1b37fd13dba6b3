"""A small world for the outlook: firms, claims, obligations and bank balances, by a word or two."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from tailrace.base.tables import Schema
from tailrace.contracts.tables import CONTRACT
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.tables import CLAIM, FIRM
from tailrace.network.tables import DUE, OBLIGATION, SET_OFF
from tailrace.outlook import steps
from tailrace.outlook.rules import OutlookRules
from tailrace.outlook.tables import TABLES
from tailrace.records.tables import DOCUMENT, PARTY_IDENTIFIER, STATEMENT_ENTRY

ON = date(2026, 3, 31)
RULES = OutlookRules(horizon_days=60, own_past_min=3, interval=(0.1, 0.9), need_minor_min=1)
PUT = (CLAIM, FIRM, OBLIGATION, SET_OFF, DUE, CONTRACT, DOCUMENT, STATEMENT_ENTRY, PARTY_IDENTIFIER)
SCHEMAS: dict[str, Schema] = {s.kind: s for s in (*PUT, *TABLES)}


def day(offset: int) -> date:
    """The day so many days after ON."""
    return ON + timedelta(days=offset)


def firm(name: str) -> dict[str, Any]:
    return {"party_id": f"p-{name}", "firm_id": name, "name": name.title(), "reason": "alone"}


def closing(name: str, amount: int, *, on: date = ON, **more: Any) -> dict[str, Any]:
    return {
        "statement_entry_id": f"s-{name}-{on}-{amount}",
        "document_id": "statement",
        "account": f"acc-{name}",
        "owner_id": f"p-{name}",
        "entry": "closing",
        "amount_minor": amount,
        "currency": "EUR",
        "reversal": False,
        "booked_on": on,
        "source_id": "s",
        "position": 0,
    } | more


def settled(debtor: str, number: int, days: int, *, issued_on: date, terms: int = 30) -> dict:
    """A claim issued and paid: so many days after its due day."""
    due_on = issued_on + timedelta(days=terms)
    return claim(debtor, number, issued_on, due_on) | {"settled_on": due_on + timedelta(days=days)}


def claim(debtor: str, number: int, issued_on: date, due_on: date) -> dict[str, Any]:
    return {
        "claim_id": f"c-{debtor}-{number}",
        "document_id": f"d-{debtor}-{number}",
        "number": str(number),
        "debtor_id": debtor,
        "creditor_id": "seller",
        "currency": "EUR",
        "amount_minor": 100,
        "credited_minor": 0,
        "paid_minor": 0,
        "issued_on": issued_on,
        "due_on": due_on,
    }


def owes(debtor: str, creditor: str, amount: int, due: int, *, ref: str = "") -> dict[str, Any]:
    """An obligation due so many days from ON."""
    key = ref or f"{debtor}-{creditor}-{due}-{amount}"
    return {
        "obligation_id": f"o-{key}",
        "claim_id": f"c-{key}",
        "debtor_id": debtor,
        "creditor_id": creditor,
        "holder_id": creditor,
        "currency": "EUR",
        "amount_minor": amount,
        "set_off_minor": 0,
        "open_minor": amount,
        "due_on": day(due),
        "held": False,
    }


def due_of(obligations: list[dict[str, Any]], less: dict[str, int]) -> list[dict[str, Any]]:
    """What is due after set-offs, by obligation."""
    rows = []
    for o in obligations:
        amount = o["amount_minor"] - less.get(o["obligation_id"], 0)
        if amount:
            rows.append({k: o[k] for k in DUE.names if k in o} | {"due_minor": amount})
    return rows


def set_off(obligation: dict[str, Any], amount: int) -> dict[str, Any]:
    names = ("obligation_id", "claim_id", "debtor_id", "creditor_id", "currency")
    return {n: obligation[n] for n in names} | {
        "set_off_id": f"x-{obligation['obligation_id']}",
        "clearing_id": "x",
        "amount_minor": amount,
    }


def outlook(
    *,
    firms: str,
    closings: list[dict[str, Any]],
    obligations: list[dict[str, Any]],
    claims: list[dict[str, Any]] | None = None,
    set_offs: list[dict[str, Any]] | None = None,
    due: list[dict[str, Any]] | None = None,
    contracts: list[dict[str, Any]] | None = None,
    accounts: list[dict[str, Any]] | None = None,
    rules: OutlookRules = RULES,
) -> dict[str, list[dict[str, Any]]]:
    """Run the outlook; return the rows of each kind it writes, in key order."""
    engine = DuckDBEngine(SCHEMAS)
    if due is None:
        less = {x["obligation_id"]: x["amount_minor"] for x in set_offs or []}
        due = due_of(obligations, less)
    given = {
        "firm": [firm(name) for name in firms.split()],
        "statement_entry": closings,
        "obligation": obligations,
        "claim": claims or [],
        "set_off": set_offs or [],
        "due": due,
        "contract": contracts or [],
        "party_identifier": accounts or [],
        "document": [],
    }
    for kind, rows in given.items():
        engine.put(kind, SCHEMAS[kind].rows(rows))
    for step in steps.STEPS:
        engine.run(step, on=ON, outlook=rules)
    return {schema.kind: engine.get(schema.kind).to_pylist() for schema in TABLES}


def run_delays(claims: list[dict[str, Any]], rules: OutlookRules = RULES) -> dict[str, pa.Table]:
    """Run only what reads claims."""
    engine = DuckDBEngine(SCHEMAS)
    engine.put("claim", CLAIM.rows(claims))
    for step in (steps.delay, steps.coverage):
        engine.run(step, on=ON, outlook=rules)
    return {kind: engine.get(kind) for kind in ("delay", "coverage")}
