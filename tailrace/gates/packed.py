"""Unpacking with a limit: a packed file may not grow without bound.

A file up to a quarter of `bytes_max` may expand as it likes, since it can do no harm; beyond that
it may hold at most `expansion_max` bytes for each packed byte, and never more than `bytes_max`.
Source: RFC 1952 (gzip), RFC 1951 (deflate reaches 1,032 to 1).
"""

from __future__ import annotations

import zlib

from tailrace.base.errors import Fault
from tailrace.base.ids import source_id

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
_CHUNK = 1 << 20


def allowed(packed: int, bytes_max: int, expansion_max: int) -> int:
    """Return how many bytes a run of this many packed bytes may unpack to."""
    return min(bytes_max, max(packed * expansion_max, bytes_max // 4))


def too_large(name: str, *, size: int, bytes_max: int, packed: bytes | None = None) -> Fault:
    """Return the Fault of a file beyond `bytes_max`."""
    return Fault(
        what=f"the file holds {size:,} bytes; the limit is {bytes_max:,}",
        where=name,
        mend="split it, or raise bytes_max under [records]",
        source_id=source_id(packed) if packed is not None else None,
    )


def expands(name: str, *, packed: int, most: int, digest: str | None) -> Fault:
    """Return the Fault of a file that unpacks to more than it may."""
    return Fault(
        what=f"{packed:,} packed bytes expand to more than the {most:,} allowed",
        where=name,
        mend="unpack it yourself if you trust it, or raise expansion_max under [records]",
        source_id=digest,
    )


def gunzip(content: bytes, name: str, *, bytes_max: int, expansion_max: int) -> bytes | Fault:
    """Return what a gzip file holds (all its members), or the Fault that refuses it."""
    most = allowed(len(content), bytes_max, expansion_max)
    parts: list[bytes] = []
    size, rest = 0, content
    while rest.startswith(GZIP):
        unpack = zlib.decompressobj(wbits=31)
        while not unpack.eof:
            try:
                part = unpack.decompress(rest, min(_CHUNK, most - size + 1))
            except zlib.error as why:
                return _broken(content, name, str(why))
            size += len(part)
            if size > most:
                digest = source_id(content)
                return expands(name, packed=len(content), most=most, digest=digest)
            parts.append(part)
            rest = unpack.unconsumed_tail
            if not part and not rest and not unpack.eof:
                return _broken(content, name, "it ends too early")
        rest = unpack.unused_data
    if not parts:
        return _broken(content, name, "it is not gzip")
    return b"".join(parts)


def _broken(content: bytes, name: str, why: str) -> Fault:
    mend = "fetch the file again; it is damaged"
    what = f"the gzip file cannot be unpacked: {why}"
    return Fault(what=what, where=name, mend=mend, source_id=source_id(content))
