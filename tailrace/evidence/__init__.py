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

__all__ = ["prove"]


def prove(
    tables: Mapping[str, pa.Table], *, on: date, rules: EvidenceRules, engine: Engine
) -> dict[str, pa.Table]:
    """Return firm, claim, match, verdict and finding of these record tables as of a day.

    `tables` are record tables by kind; those not given are empty. The engine must know the kinds of
    records and evidence; it is left open, with every working table in it. Raises `BadTerms` where a
    table does not fit its declared schema.
    """
    from tailrace.evidence.steps import STEPS
    from tailrace.evidence.tables import DECIDED
    from tailrace.records.tables import TABLES

    for schema in (*TABLES, *DECIDED):
        given = tables.get(schema.kind)
        engine.put(schema.kind, schema.empty() if given is None else schema.cast(given))
    for step in STEPS:
        engine.run(step, on=on, evidence=rules)
    return {kind: engine.get(kind) for kind in ("firm", "claim", "match", "verdict", "finding")}
