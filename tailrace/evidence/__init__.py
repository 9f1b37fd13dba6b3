"""Evidence: lines are matched, and each claim is proven, partly proven or unproven.

In: the record tables. Out: who is who (`firm`), what is said to be owed (`claim`), which lines
prove or undo it (`match`), the verdict with the amount (`verdict`) and what is odd (`finding`).
The network relies on the proven, unpaid amounts; `why` relies on `match`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.ports import Engine
    from tailrace.evidence.rules import EvidenceRules

__all__ = ["MADE", "prove"]
MADE = ("firm", "affiliate", "claim", "match", "verdict", "finding", "contradiction")


def prove(
    tables: Mapping[str, pa.Table], *, on: date, rules: EvidenceRules, engine: Engine
) -> dict[str, pa.Table]:
    """Return the kinds of MADE of these record tables as of a day.

    `tables` are record tables by kind, decisions of who is who among them; those not given are empty.
    Event logs have a rule set of their own: `tailrace.street.logs` reads them. The engine must know the kinds of
    records and evidence; it is left open, with every working table in it. Raises `BadTerms` where a
    table does not fit its declared schema.
    """
    from tailrace.evidence.steps import LOGS, STEPS
    from tailrace.evidence.tables import DECIDED
    from tailrace.records.tables import TABLES

    for schema in (*TABLES, *DECIDED):
        given = tables.get(schema.kind)
        engine.put(schema.kind, schema.empty() if given is None else schema.cast(given))
    for step in STEPS:
        if step not in LOGS:
            engine.run(step, on=on, evidence=rules)
    return {kind: engine.get(kind) for kind in MADE}
