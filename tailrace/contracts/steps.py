"""The steps of contracts, in order."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.steps import array_step
from tailrace.contracts import engine
from tailrace.contracts.tables import EVENT_TABLE

__all__ = ["STEPS", "project"]


@array_step(reads=("contract",), writes="contract_event", version=1)
def project(contract: pa.Table) -> pa.Table:
    """Project every contract in force to its end.

    contract -> contract_event, in order of contract, day and ACTUS sequence.
    """
    if contract.num_rows == 0:
        return EVENT_TABLE.empty()
    return engine.project(contract, to=pc.max(contract["maturity_on"]).as_py())


STEPS = (project,)
