"""A ZIP file, member by member in name order.

A member whose path would leave the archive, one that expands too far, one that is encrypted or is
itself a ZIP becomes a Fault; the others are read. Source: PKWARE APPNOTE 6.3, 4.4.17 (names).
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from msgspec import Struct

from tailrace.base.errors import Fault
from tailrace.base.ids import source_id
from tailrace.base.ports import Item
from tailrace.gates.packed import GZIP, ZIP, allowed, expands, gunzip

_OFFICE = (".xlsx", ".xlsm")  # these are ZIP files in form, one document in meaning
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


@lru_cache(maxsize=1)
def _archive(path: str) -> zipfile.ZipFile:
    """Return the open archive; members come in order, so one at a time is enough."""
    return zipfile.ZipFile(path)


class MemberContent(Struct, frozen=True, kw_only=True):
    """The bytes of a member, unpacked when asked for."""

    path: str
    member: str
    name: str
    bytes_max: int
    expansion_max: int

    def load(self) -> bytes | Fault:
        """Return the member's bytes; a Fault where it is damaged or not what it says it is."""
        try:
            archive = _archive(self.path)
            content = unpacked(archive, archive.getinfo(self.member))
        except (*_BROKEN, KeyError) as why:
            return _damaged(self.name, why)
        limits = {"bytes_max": self.bytes_max, "expansion_max": self.expansion_max}
        return checked(content, self.name, **limits)

    def open(self) -> BinaryIO:
        """Return the member as a file in memory; raises `OSError` where it is damaged."""
        content = self.load()
        if isinstance(content, Fault):
            raise OSError(content.what)
        return BytesIO(content)


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes, never more than its entry says (zipfile stops there)."""
    with archive.open(info) as member:
        return member.read()


def checked(content: bytes, name: str, *, bytes_max: int, expansion_max: int) -> bytes | Fault:
    """Return the member, unpacked if it is gzip; a Fault if it is a ZIP inside a ZIP."""
    if content.startswith(ZIP) and not name.lower().endswith(_OFFICE):
        mend = "unpack the inner ZIP and bring its files"
        what = "a ZIP inside a ZIP is not opened"
        return Fault(what=what, where=name, mend=mend, source_id=source_id(content))
    if content.startswith(GZIP):
        return gunzip(content, name, bytes_max=bytes_max, expansion_max=expansion_max)
    return content


class ZipGate(Struct, frozen=True, kw_only=True):
    """The members of a ZIP file, named `prefix/path` (or by their path where prefix is empty)."""

    path: Path
    prefix: str
    skip: tuple[str, ...]
    bytes_max: int
    expansion_max: int

    def items(self) -> Iterator[Item | Fault]:
        """Yield Items and Faults in name order; a file that is no ZIP is one Fault."""
        try:
            archive = zipfile.ZipFile(self.path)
        except _BROKEN as why:
            yield _damaged(self.prefix or self.path.name, why)
            return
        with archive:
            packed = self.path.stat().st_size
            for entry in self.members(archive, packed):
                if isinstance(entry, Fault):
                    yield entry
                    continue
                name = self.named(entry.filename)
                content = MemberContent(
                    path=str(self.path),
                    member=entry.filename,
                    name=name,
                    bytes_max=self.bytes_max,
                    expansion_max=self.expansion_max,
                )
                yield Item(name=name, content=content)

    def named(self, member: str) -> str:
        return f"{self.prefix}/{member}" if self.prefix else member

    def members(self, archive: zipfile.ZipFile, packed: int) -> Iterator[zipfile.ZipInfo | Fault]:
        """Yield the entries that may be read and Faults for the others, in name order."""
        infos = [i for i in archive.infolist() if not i.is_dir() and self._wanted(i.filename)]
        most = packed * self.expansion_max
        whole = sum(info.file_size for info in infos)
        if whole > max(most, self.bytes_max):
            where = self.prefix or self.path.name
            yield expands(where, packed=packed, most=max(most, self.bytes_max), digest=None)
            return
        seen: set[str] = set()
        for info in sorted(infos, key=lambda info: info.filename):
            fault = self._refused(info, seen)
            seen.add(info.filename)
            yield fault or info

    def _wanted(self, member: str) -> bool:
        parts = PurePosixPath(member).parts
        hidden = any(p == "__MACOSX" or (p.startswith(".") and p != "..") for p in parts)
        return not hidden and not (parts and parts[0] in self.skip)

    def _refused(self, info: zipfile.ZipInfo, seen: set[str]) -> Fault | None:
        name = self.named(info.filename)
        if why := _unsafe(info.filename):
            mend = "pack the files again with plain relative paths"
            return Fault(what=f"member path refused: {why}", where=name, mend=mend)
        if info.filename in seen:
            mend = "pack each file once"
            return Fault(what="two members have this name", where=name, mend=mend)
        if info.flag_bits & 1:
            mend = "pack it again without a password"
            return Fault(what="the member is encrypted", where=name, mend=mend)
        if stat.S_ISLNK(info.external_attr >> 16):
            mend = "pack the file itself"
            return Fault(what="the member is a link", where=name, mend=mend)
        if info.filename.lower().endswith(".zip"):
            mend = "unpack the inner ZIP and bring its files"
            return Fault(what="a ZIP inside a ZIP is not opened", where=name, mend=mend)
        most = allowed(info.compress_size, self.bytes_max, self.expansion_max)
        if info.file_size > most:
            return expands(name, packed=info.compress_size, most=most, digest=None)
        return None


def _unsafe(member: str) -> str | None:
    """Return why a path may not be used, or None."""
    if member.startswith(("/", "\\")) or member[1:2] == ":":
        return "it is absolute"
    if ".." in PurePosixPath(member.replace("\\", "/")).parts:
        return "it climbs out by .."
    if "\\" in member or "\x00" in member:
        return "it holds a backslash or NUL"
    return None


def _damaged(name: str, why: BaseException) -> Fault:
    mend = "fetch the ZIP again; it is damaged or not a ZIP"
    return Fault(what=f"cannot be unpacked: {why}", where=name, mend=mend)
