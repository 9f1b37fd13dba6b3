"""A file that came in under several names: its rows count once."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.finding import test_of


@step(reads=("source",), writes="found_same_bytes", version=1)
def same_bytes() -> str:
    """A file that came in under several names: its rows count once."""
    query = """
        select source_id, min(name) as name, count(distinct name) as names
        from source group by 1 having count(distinct name) > 1"""
    return test_of(
        "same_bytes",
        query,
        cause="source_id",
        count="names",
        what="""name || ' came in under ' || names || ' names with the same bytes; it counts once'""",
    )
