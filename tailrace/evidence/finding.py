"""Findings: every test is a named query that returns its rows; here they are put together."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from tailrace.base.ids import sql_id
from tailrace.base.steps import Step, step
from tailrace.base.tables import COUNT, FLAG, MINOR, TEXT, Column, Schema
from tailrace.evidence import findings

TESTS = tuple(sorted(m.name for m in iter_modules(findings.__path__)))  # the folder is the list


def found_by(test: str) -> Schema:
    """Declare what one test finds, before findings are put together."""
    return Schema(
        f"found_{test}",
        f"What the test {test} finds.",
        (
            Column("test", TEXT, "the test"),
            Column("cause", TEXT, "the rows it rests on, as ids"),
            Column("grave", FLAG, "points to fraud or loss"),
            Column("claim_id", TEXT, "the claim", null=True),
            Column("document_id", TEXT, "the document", null=True),
            Column("line_id", TEXT, "the line", null=True),
            Column("payment_id", TEXT, "the payment", null=True),
            Column("other_id", TEXT, "what it was held against", null=True, points="document"),
            Column("amount_minor", MINOR, "how much is touched", null=True),
            Column("currency", TEXT, "ISO 4217", null=True),
            Column("count", COUNT, "how many rows", null=True),
            Column("what", TEXT, "in words"),
        ),
        ("test", "cause"),
    )


WORKING = tuple(found_by(test) for test in TESTS)
COLUMNS = tuple(WORKING[0].names)
_NULL = {
    "amount_minor": "cast(null as bigint)",
    "count": "cast(null as bigint)",
}


def steps() -> tuple[Step, ...]:
    """Return the step of each test, in the order of their names."""
    made = (import_module(f"tailrace.evidence.findings.{test}") for test in TESTS)
    return tuple(getattr(module, test) for module, test in zip(made, TESTS, strict=True))


def test_of(name: str, query: str, *, grave: bool | str = False, **columns: str) -> str:
    """Return the SQL of one test: a query's rows as findings.

    A `grave` one points to fraud or loss and holds its claim out of obligations; an SQL condition
    in lower case where only some are. `columns` gives the
    expression of each finding column over the query; those not given are null. `cause` (unique in
    the test) and `what` must be given.
    """
    said = {"test": f"'{name}'", "grave": str(grave).lower(), **columns}
    chosen = (
        f"{said.get(c, _NULL.get(c, 'cast(null as varchar)'))} as {_quoted(c)}" for c in COLUMNS
    )
    return f"select {', '.join(chosen)} from ({query})"


def together(tests: Iterable[str]) -> str:
    """Return the SQL of several tests as one query."""
    return " union all ".join(f"select * from ({query})" for query in tests)


@step(reads=tuple(schema.kind for schema in WORKING), writes="finding", version=2)
def finding() -> str:
    """Put what the tests found together, each with an id of its own."""
    rows = " union all ".join(f"select * from {schema.kind}" for schema in WORKING)
    names = ", ".join(_quoted(c) for c in COLUMNS if c != "cause")
    return f"select {sql_id('test', 'cause')} as finding_id, {names} from ({rows})"


def _quoted(name: str) -> str:
    return f'"{name}"'
