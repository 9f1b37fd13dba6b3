"""Derived ids: 32 hex digits of a SHA-256 over a rule and its causes.

The same row has the same id on every machine, in Python and in SQL. Each part is spelled behind its
length, so that no text, whatever is in it, reads as two parts; a missing part is spelled `-`, so
that it differs from "". Parts are text, whole numbers and days: only those are spelled alike in
Python and in SQL.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = "-"
LENGTH = 32


def digest_id(*parts: object) -> str:
    """Return the id of these parts.

    >>> digest_id("claim", "A00095678") == digest_id("claim", "A00095678")
    True
    """
    spelled = "".join([_one(p) for p in parts])
    return hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def digest_ids(*parts: Any) -> pa.Array:
    """Return the id of each row: parts are columns of text or lists of it, or the same for every row.

    Equal to `digest_id` row by row, the texts of a list one after another; the rows are spelled at
    once. At least one part is a column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    spelled = [_column(p) if isinstance(p, pa.Array | pa.ChunkedArray) else _one(p) for p in parts]
    whole = pc.binary_join_element_wise(*spelled, "")
    digests = [hashlib.sha256(row).hexdigest()[:LENGTH] for row in _bytes(whole)]
    return pa.array(digests, pa.string())


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


def _one(part: object) -> str:
    return MISSING if part is None else _spelled(str(part))


def _column(texts: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(texts.type):
        lists = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        spelled = pa.ListArray.from_arrays(lists.offsets, _column(lists.values))
        return pc.binary_join(spelled, "")
    sizes = pc.cast(pc.utf8_length(texts), pa.string())
    return pc.fill_null(pc.binary_join_element_wise(sizes, texts, ":"), MISSING)


def _bytes(texts: pa.ChunkedArray | pa.Array) -> list[bytes]:
    import pyarrow as pa

    return texts.cast(pa.binary()).to_pylist()
