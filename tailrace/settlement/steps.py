"""The steps of settlement: what is to be paid, and what the banks say of it."""

from __future__ import annotations

from datetime import date

from tailrace.base.steps import step
from tailrace.settlement.instruct import instruction_sql
from tailrace.settlement.reconcile import reconciled_sql
from tailrace.settlement.rules import SettlementRules


@step(
    reads=("due", "contract", "claim", "firm", "party_identifier", "instruction", "paid_once"),
    writes="instruction",
    version=2,
    binds=True,
)
def instruct(on: date, settlement: SettlementRules) -> str:
    """Write an instruction for each payment that is to be made and was not instructed yet.

    due, contract -> instruction: obligations due within the days of the rules, paid to whoever
    holds them, unless a round keeps them; prices of accepted offers. The id is a digest of the cause, so asking again writes
    nothing twice. A firm whose account nobody named gets an instruction without it.
    """
    return instruction_sql(on, settlement)


@step(reads=("instruction", "paid_once"), writes="reconciled", version=1)
def reconciled() -> str:
    """Say of each instruction whether the bank told of it: paid, short, over or unheard."""
    return reconciled_sql()


STEPS = (instruct, reconciled)
