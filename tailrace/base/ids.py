"""Derived ids: 32 hex digits of a SHA-256 over a rule and its causes.

The same row has the same id on every machine, in Python and in SQL. Parts are joined by the ASCII
unit separator; a missing part is spelled by the ASCII null-symbol so that it differs from "".
"""

from __future__ import annotations

import hashlib

SEPARATOR = "\x1f"
MISSING = "\x00"
LENGTH = 32


def digest_id(*parts: object) -> str:
    """Return the id of these parts.

    >>> digest_id("claim", "A00095678") == digest_id("claim", "A00095678")
    True
    """
    spelled = SEPARATOR.join(MISSING if p is None else str(p) for p in parts)
    return hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def sql_id(*parts: str) -> str:
    """Return the SQL expression (DuckDB) whose value is `digest_id` of the same parts.

    Each part is an SQL expression of text; literals are quoted by the caller.
    """
    spelled = ", ".join(f"coalesce(cast({p} as varchar), chr(0))" for p in parts)
    return f"left(sha256(concat_ws(chr(31), {spelled})), {LENGTH})"


def source_id(content: bytes) -> str:
    """Return the id of a file's bytes: its whole SHA-256, so that anyone can check it."""
    return hashlib.sha256(content).hexdigest()
