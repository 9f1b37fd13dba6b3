"""What is given to the other lender, and what is kept: which claim a row stands for."""

from __future__ import annotations

from tailrace.evidence.fingerprints.kinds import fingerprints, rows


def given(key: bytes) -> str:
    """Return the SQL of the file to give: kind, digest, row; sorted by digest alone."""
    return f"select kind, digest, row from ({fingerprints(key)}) order by digest, row, kind"


def kept(key: bytes) -> str:
    """Return the SQL of the file to keep: row, claim and its number."""
    return f"from ({rows(key)}) order by row, claim_id"
