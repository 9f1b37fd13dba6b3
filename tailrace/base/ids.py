"""Derived ids: 32 hex digits of a SHA-256 over a rule and its causes.

The same row has the same id on every machine, in Python and in SQL. Each part is spelled behind its
length, so that no text, whatever is in it, reads as two parts; a missing part is spelled `-`, so
that it differs from "". Parts are text, whole numbers and days: only those are spelled alike in
Python and in SQL.
"""

from __future__ import annotations

import hashlib

MISSING = "-"
LENGTH = 32


def digest_id(*parts: object) -> str:
    """Return the id of these parts.

    >>> digest_id("claim", "A00095678") == digest_id("claim", "A00095678")
    True
    """
    spelled = "".join([MISSING if p is None else _spelled(str(p)) for p in parts])
    return hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def sql_id(*parts: str) -> str:
    """Return the SQL expression (DuckDB) whose value is `digest_id` of the same parts.

    Each part is an SQL expression of text; literals are quoted by the caller.
    """
    texts = (f"cast({p} as varchar)" for p in parts)
    spelled = ", ".join(f"coalesce(length({t}) || ':' || {t}, '{MISSING}')" for t in texts)
    return f"left(sha256(concat({spelled})), {LENGTH})"


def source_id(content: bytes) -> str:
    """Return the id of a file's bytes: its whole SHA-256, so that anyone can check it."""
    return hashlib.sha256(content).hexdigest()


def _spelled(text: str) -> str:
    return f"{len(text)}:{text}"
