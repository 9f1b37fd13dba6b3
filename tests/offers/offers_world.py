"""A small market: firms in need, what they are owed, who can spare, what funders declare."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tailrace.contracts.tables import CONTRACT
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.tables import CLAIM
from tailrace.network.tables import DUE
from tailrace.offers import steps
from tailrace.offers.rules import Funder, OfferRules
from tailrace.offers.tables import TABLES
from tailrace.outlook.tables import CASH, DELAY, NEED, SURPLUS

ON = date(2026, 3, 31)
BANK = Funder(
    name="Bank",
    rate_pa=0.09,
    fee_minor=2500,
    limit_minor=10**9,
    debtor_limit_minor=10**9,
    currency="EUR",
)
RULES = OfferRules(
    day_count="A360",
    early_payment_rate_pa=0.04,
    member_rate_pa=0.06,
    rate_pa_max=0.30,
    days_min=5,
    surplus_keep_minor=1000,
    obligations_max=50,
    members_max=2,
    funder=(BANK,),
)
SCHEMAS = {s.kind: s for s in (CLAIM, DUE, CONTRACT, CASH, DELAY, NEED, SURPLUS, *TABLES)}


def day(offset: int) -> date:
    return ON + timedelta(days=offset)


def needs(firm: str, amount: int, on: int, *, deepest: int | None = None, **more: Any) -> dict:
    return {
        "need_id": f"n-{firm}",
        "firm_id": firm,
        "currency": "EUR",
        "on": day(on),
        "until_on": day(60),
        "deepest_on": day(on if deepest is None else deepest),
        "amount_minor": amount,
        "sure": 0.9,
        "stage": "left",
        "why": "",
    } | more


def owes(debtor: str, creditor: str, amount: int, due: int, **more: Any) -> dict[str, Any]:
    key = f"{debtor}-{creditor}-{due}-{amount}"
    return {
        "obligation_id": f"o-{key}",
        "claim_id": f"c-{key}",
        "debtor_id": debtor,
        "creditor_id": creditor,
        "holder_id": creditor,
        "currency": "EUR",
        "due_minor": amount,
        "due_on": day(due),
        "held": False,
    } | more


def claim_of(due: dict[str, Any]) -> dict[str, Any]:
    return {
        "claim_id": due["claim_id"],
        "document_id": "d",
        "number": due["claim_id"],
        "debtor_id": due["debtor_id"],
        "creditor_id": due["creditor_id"],
        "currency": due["currency"],
        "amount_minor": due["due_minor"],
        "credited_minor": 0,
        "paid_minor": 0,
        "issued_on": day(-20),
        "due_on": due["due_on"],
    }


def spares(firm: str, lowest: int, currency: str = "EUR") -> dict[str, Any]:
    return {"firm_id": firm, "currency": currency, "lowest_minor": lowest}


def curve(firm: str, *balances: tuple[int, int]) -> list[dict[str, Any]]:
    """A firm's expected balances in stage left, by day from ON."""
    nothing = {"in_minor": 0, "out_minor": 0, "low_minor": 0, "high_minor": 0}
    place = {"stage": "left", "firm_id": firm, "currency": "EUR"}
    return [place | nothing | {"on": day(on), "balance_minor": held} for on, held in balances]


def late(debtor: str, days: int) -> dict[str, Any]:
    spread = {"days_low": days, "days_mid": days, "days_high": days}
    return {"debtor_id": debtor, "paid": 9, "basis": "own"} | spread


def street(
    *,
    need: list[dict[str, Any]],
    due: list[dict[str, Any]],
    surplus: list[dict[str, Any]] | None = None,
    delay: list[dict[str, Any]] | None = None,
    contract: list[dict[str, Any]] | None = None,
    cash: list[dict[str, Any]] | None = None,
    rules: OfferRules = RULES,
    accept: str = "none",
) -> dict[str, list[dict[str, Any]]]:
    """Run the steps of offers; return the rows of what they write, in key order."""
    given = {
        "need": need,
        "due": due,
        "claim": [claim_of(row) for row in due],
        "surplus": surplus or [],
        "delay": delay or [],
        "contract": contract or [],
        "cash": cash or [],
    }
    engine = DuckDBEngine(SCHEMAS)
    for kind, rows in given.items():
        engine.put(kind, SCHEMAS[kind].rows(rows))
    for step in steps.STEPS:
        engine.run(step, on=ON, offers=rules, accept=accept)
    kinds = ("ask", "exposure", "offer", "acceptance", "contract")
    return {kind: engine.get(kind).to_pylist() for kind in kinds}
