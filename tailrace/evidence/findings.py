"""Findings: every test is a named query that returns its rows; here they are put together."""

from __future__ import annotations

from collections.abc import Iterable

from tailrace.base.ids import sql_id
from tailrace.base.steps import step

COLUMNS = (
    "test",
    "cause",
    "grave",
    "claim_id",
    "document_id",
    "line_id",
    "payment_id",
    "other_id",
    "amount_minor",
    "currency",
    "count",
    "what",
)
GRAVE = frozenset({"duplicate_invoice", "no_goods", "round_trip", "stranger_paid"})
_NULL = {
    "amount_minor": "cast(null as bigint)",
    "count": "cast(null as bigint)",
}


def test_of(name: str, query: str, **columns: str) -> str:
    """Return the SQL of one test: a query's rows as findings.

    `columns` gives the expression of each finding column over the query; those not given are null.
    `cause` and `what` must be given.
    """
    said = {"test": f"'{name}'", "grave": str(name in GRAVE).lower(), **columns}
    chosen = (
        f"{said.get(c, _NULL.get(c, 'cast(null as varchar)'))} as {_quoted(c)}" for c in COLUMNS
    )
    return f"select {', '.join(chosen)} from ({query})"


def together(tests: Iterable[str]) -> str:
    """Return the SQL of several tests as one query."""
    return " union all ".join(f"select * from ({query})" for query in tests)


@step(
    reads=("found_goods", "found_papers", "found_payments", "found_circles"),
    writes="finding",
    version=1,
)
def finding() -> str:
    """Put what the tests found together, each with an id of its own."""
    kinds = ("found_goods", "found_papers", "found_payments", "found_circles")
    rows = " union all ".join(f"select * from {kind}" for kind in kinds)
    names = ", ".join(_quoted(c) for c in COLUMNS if c != "cause")
    return f"select {sql_id('test', 'cause')} as finding_id, {names} from ({rows})"


def _quoted(name: str) -> str:
    return f'"{name}"'
