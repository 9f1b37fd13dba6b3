"""The network's steps, in order. See `tables.py` for what each kind means."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from tailrace.base.steps import array_step, step
from tailrace.network.notices import notice_sql
from tailrace.network.obligations import due_sql, obligation_sql
from tailrace.network.rules import NetworkRules

_KINDS = ("clearing", "debt", "set_off", "price", "shadow_price", "circle", "cycle")


@array_step(reads=("round_act", "round_line"), writes="reserved", version=1)
def reserve(round_act: pa.Table, round_line: pa.Table) -> pa.Table:
    """Hold the debts of final runs that await adoption; see `rounds.reserving.reserved`."""
    from tailrace.network.rounds.reserving import reserved

    return reserved(round_act, round_line)


@step(
    reads=(
        *("claim", "verdict", "finding", "set_off", "contract", "instruction", "paid_once"),
        "reserved",
    ),
    writes="obligation",
    version=2,
)
def obligation() -> str:
    """Give each claim's proven and unpaid part as an obligation; see `obligations.obligation_sql`."""
    return obligation_sql()


@array_step(
    reads=("obligation", "set_off", "clearing", "circle"), writes=_KINDS, version=3, binds=True
)
def adopt_clearing(
    obligation: pa.Table,
    set_off: pa.Table,
    clearing: pa.Table,
    circle: pa.Table,
    on: date,
    network: NetworkRules,
) -> dict[str, pa.Table]:
    """Clear what is open and not held, currency by currency; see `adopt.adopted`.

    Cleared again with nothing new it returns no rows: what is left has no cycle that the rules let
    through.
    """
    from tailrace.network.adopt import adopted

    return adopted(obligation, set_off, clearing, circle, on, network)


@step(
    reads=("obligation", "set_off", "contract", "instruction", "reserved"), writes="due", version=2
)
def due() -> str:
    """Give what is still to be paid in money, and to whom; see `obligations.due_sql`."""
    return due_sql()


@step(reads=("clearing", "debt", "set_off", "cycle"), writes="notice", version=2)
def notice() -> str:
    """Give each party of each clearing its notice; see `notices.notice_sql`."""
    return notice_sql()


STEPS = (reserve, obligation, adopt_clearing, due, notice)
