"""Decisions of who is who that stand on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from tailrace.base.steps import array_step
from tailrace.evidence.who.working import IN_FORCE


@array_step(reads=("decision",), writes="in_force", version=1)
def in_force(decision: pa.Table, on: date) -> pa.Table:
    """Keep the decisions made by the day and not taken back by then; an undo may be undone too.

    decision -> in_force: merges, splits and affiliates. People make them one by one: they are few.
    """
    made = {row["decision_id"]: row for row in decision.to_pylist() if row["decided_on"] <= on}
    undone = undos(made.values())
    rows = [
        {name: row[name] for name in IN_FORCE.names}
        for key, row in sorted(made.items())
        if row["what"] != "undo" and row["party_id"] and row["other_id"] and stands(key, undone)
    ]
    return IN_FORCE.rows(rows)


def undos(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return by decision the undos that take it back."""
    undone: dict[str, list[str]] = {}
    for row in rows:
        if row["what"] == "undo" and row["undoes_id"]:
            undone.setdefault(row["undoes_id"], []).append(row["decision_id"])
    return undone


def stands(decision: str, undone: Mapping[str, list[str]]) -> bool:
    """Say whether no undo that stands takes a decision back. An undo is made after what it undoes.

    A ring of undos, which no person can make, stands for nothing.
    """
    path, standing = [(decision, iter(undone.get(decision, ())))], {decision: True}
    while path:
        current, undos = path[-1]
        for undo in undos:
            if undo not in standing:
                standing[undo] = True
                path.append((undo, iter(undone.get(undo, ()))))
                break
        else:
            path.pop()
            standing[current] = not any(standing[undo] for undo in undone.get(current, ()))
    return standing[decision]
