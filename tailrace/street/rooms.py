"""ROOMS and STEPS in order, and the kinds of table they declare. Order is meaning."""

from __future__ import annotations

from tailrace.base.steps import Step
from tailrace.base.tables import DAY, TEXT, Column, Schema
from tailrace.contracts import steps as contracts
from tailrace.contracts import tables as contract_tables
from tailrace.evidence import steps as evidence
from tailrace.evidence import tables as evidence_tables
from tailrace.ledger import steps as ledger
from tailrace.ledger import tables as ledger_tables
from tailrace.network import steps as network
from tailrace.network import tables as network_tables
from tailrace.offers import steps as offers
from tailrace.offers import tables as offer_tables
from tailrace.outlook import steps as outlook
from tailrace.outlook import tables as outlook_tables
from tailrace.records import tables as record_tables
from tailrace.settlement import steps as settlement
from tailrace.settlement import tables as settlement_tables
from tailrace.street.moments import RECORDED_AT

ROOMS = (
    "records",
    "evidence",
    "network",
    "outlook",
    "contracts",
    "offers",
    "ledger",
    "settlement",
)

RUN = Schema(
    "run",
    "One run that decided something: its day and rules, so that it can be read again as it was.",
    (
        Column("run_id", TEXT, "digest of day, rules, acceptance and the sources it saw"),
        Column("on", DAY, "the day the run was made for"),
        Column("accept", TEXT, "none or cheapest"),
        Column("rules", TEXT, "the rules as JSON"),
    ),
    ("run_id",),
)

SCHEMAS: dict[str, Schema] = {
    schema.kind: schema
    for tables in (
        (RUN, RECORDED_AT),
        record_tables.TABLES,
        evidence_tables.TABLES,
        network_tables.TABLES,
        outlook_tables.TABLES,
        contract_tables.TABLES,
        offer_tables.TABLES,
        ledger_tables.TABLES,
        settlement_tables.TABLES,
    )
    for schema in tables
}

# What an offer rests on. It is worked out again after the decisions, so that a second look at the
# book, which decides nothing, sees the very tables that the deciding run saw.
_OFFERING = (
    outlook.cash,
    outlook.surplus,
    outlook.need,
    offers.ask,
    offers.exposure,
    offers.offer,
)

STEPS: tuple[Step, ...] = (
    *evidence.STEPS,
    network.reserve,
    network.obligation,
    network.adopt_clearing,
    network.due,
    outlook.delay,
    outlook.coverage,
    *_OFFERING,
    offers.accept,
    network.due,
    settlement.instruct,
    network.obligation,
    network.due,
    *_OFFERING,
    contracts.project,
    *ledger.STEPS,
    settlement.reconciled,
    network.notice,
)

RECORDED = tuple(
    schema.kind
    for schema in (*record_tables.TABLES, *evidence_tables.DECIDED, *network_tables.DECIDED)
)
ADOPTED = tuple(dict.fromkeys(kind for step in STEPS if step.binds for kind in step.writes))
DERIVED = tuple(dict.fromkeys(kind for step in STEPS if not step.binds for kind in step.writes))
