"""A keyed digest in SQL: HMAC-SHA256 (RFC 2104, FIPS 198-1) over text."""

from __future__ import annotations

import hashlib

BLOCK = 64  # bytes of a SHA-256 block
KEY_MIN = 16  # bytes; shorter keys are guessed


def pads(key: bytes) -> tuple[str, str]:
    """Return the inner and outer pad of a key, as hex. Keys above a block are hashed first."""
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    padded = key.ljust(BLOCK, b"\0")
    return bytes(b ^ 0x36 for b in padded).hex(), bytes(b ^ 0x5C for b in padded).hex()


def sql_hmac(key: bytes, text: str) -> str:
    """Return the SQL expression (DuckDB) of the HMAC-SHA256 of a text, 64 hex digits."""
    inner, outer = pads(key)
    return f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode({text}))))"
