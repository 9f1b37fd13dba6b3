"""Standard input: one file, or a ZIP of many. Its name is `-`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from tailrace.base.errors import Fault
from tailrace.base.ids import source_id
from tailrace.base.ports import Item
from tailrace.gates.packed import GZIP, ZIP, gunzip, too_large
from tailrace.gates.zip import ZipGate, checked, unpacked

NAME = "-"


class StdinGate(Struct, frozen=True, kw_only=True):
    """What a stream holds. It cannot be read twice, so all of it is kept in memory."""

    stream: BinaryIO
    skip: tuple[str, ...]
    bytes_max: int
    expansion_max: int

    def items(self) -> Iterator[Item | Fault]:
        """Yield the one file, or the members of the ZIP in name order."""
        content = self.stream.read(self.bytes_max + 1)
        if len(content) > self.bytes_max:
            yield too_large(NAME, size=len(content), bytes_max=self.bytes_max)
            return
        if content.startswith(ZIP):
            yield from self._zipped(content)
            return
        got: bytes | Fault = content
        if content.startswith(GZIP):
            limits = {"bytes_max": self.bytes_max, "expansion_max": self.expansion_max}
            got = gunzip(content, NAME, **limits)
        yield got if isinstance(got, Fault) else Item(name=NAME, content=got)

    def _zipped(self, content: bytes) -> Iterator[Item | Fault]:
        try:
            archive = zipfile.ZipFile(BytesIO(content))
        except zipfile.BadZipFile as why:
            mend = "send the ZIP again; it is damaged"
            what, digest = f"cannot be unpacked: {why}", source_id(content)
            yield Fault(what=what, where=NAME, mend=mend, source_id=digest)
            return
        if "[Content_Types].xml" in archive.namelist():  # a workbook, not an archive
            yield Item(name=f"{NAME}.xlsx", content=content)
            return
        limits = {"bytes_max": self.bytes_max, "expansion_max": self.expansion_max}
        gate = ZipGate(path=Path(NAME), prefix="", skip=self.skip, **limits)
        for entry in gate.members(archive, len(content)):
            if isinstance(entry, Fault):
                yield entry
                continue
            got = self._member(archive, entry, limits)
            yield got if isinstance(got, Fault) else Item(name=entry.filename, content=got)

    def _member(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: dict[str, int]
    ) -> bytes | Fault:
        try:
            return checked(unpacked(archive, entry), entry.filename, **limits)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as why:
            mend = "send the ZIP again; it is damaged"
            return Fault(what=f"cannot be unpacked: {why}", where=entry.filename, mend=mend)
