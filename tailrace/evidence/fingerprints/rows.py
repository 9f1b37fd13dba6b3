"""What is given to the other lender, and what is kept: which claim a row stands for."""

from __future__ import annotations

from tailrace.evidence.fingerprints.digest import sql_hmac
from tailrace.evidence.fingerprints.kinds import VERSION


def given(key: bytes, made: str) -> str:
    """Return the SQL of the file to give: kind, digest, row; sorted by digest alone."""
    return f"select kind, digest, {_row(key)} as row from {made} order by digest, row, kind"


def kept(key: bytes, made: str) -> str:
    """Return the SQL of the file to keep: row, claim and its number."""
    return f"""
        select distinct {_row(key)} as row, m.claim_id, c.number
        from {made} m join claim c using (claim_id) order by row"""


def _row(key: bytes) -> str:
    message = f"'{VERSION}/row/' || claim_id"
    return f"left({sql_hmac(key, message)}, 16)"
