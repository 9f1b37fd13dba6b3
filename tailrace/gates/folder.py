"""A folder, read whole and in name order; ZIP files in it are opened, gzip files unpacked.

Hidden files and the names in `skip` at its top are left out. A link that leads out of the folder
is refused with a Fault and never followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from tailrace.base.errors import Fault, NotFound
from tailrace.base.ports import Item
from tailrace.gates.packed import GZIP, gunzip, too_large
from tailrace.gates.zip import ZipGate


class FileContent(Struct, frozen=True, kw_only=True):
    """The bytes of a file on disk, read when asked for."""

    path: str
    name: str
    bytes_max: int
    expansion_max: int

    def load(self) -> bytes | Fault:
        """Return the file's bytes, unpacked if they are gzip; a Fault beyond the limits."""
        try:
            with self.open() as file:
                content = file.read(self.bytes_max + 1)
                if len(content) > self.bytes_max:
                    size = os.fstat(file.fileno()).st_size
                    return too_large(self.name, size=size, bytes_max=self.bytes_max)
        except OSError as why:
            return unreadable(self.name, why)
        if content.startswith(GZIP):
            limits = {"bytes_max": self.bytes_max, "expansion_max": self.expansion_max}
            return gunzip(content, self.name, **limits)
        return content

    def open(self) -> BinaryIO:
        """Return the file as it lies on disk."""
        return Path(self.path).open("rb")


def unreadable(name: str, why: OSError) -> Fault:
    """Return the Fault of a file the system does not let us read."""
    mend = "check that the file is there and may be read, then run again"
    return Fault(what=f"cannot be read: {why.strerror or why}", where=name, mend=mend)


class FolderGate(Struct, frozen=True, kw_only=True):
    """Every file below a folder, named by its path below it, with `/` between parts."""

    path: Path
    skip: tuple[str, ...]
    bytes_max: int
    expansion_max: int

    def items(self) -> Iterator[Item | Fault]:
        """Yield Items and Faults in name order; raises `NotFound` where the folder is not."""
        if not self.path.is_dir():
            mend = "name a folder, a ZIP file, a file, or - for standard input"
            raise NotFound("no such folder", where=str(self.path), mend=mend)
        found = [(_name(entry), entry) for entry in self._files()]
        yield from (entry for _, entry in sorted(found, key=lambda pair: pair[0]))

    def _files(self) -> Iterator[Item | Fault]:
        root = self.path.resolve()
        for folder, folders, names in os.walk(root):
            here = Path(folder)
            top = here == root
            linked = [name for name in folders if (here / name).is_symlink()]
            folders[:] = [n for n in folders if self._wanted(n, top=top) and n not in linked]
            for name in (*names, *linked):
                if self._wanted(name, top=top):
                    yield from self._file(root, here / name)

    def _wanted(self, name: str, *, top: bool) -> bool:
        return not name.startswith(".") and not (top and name in self.skip)

    def _file(self, root: Path, path: Path) -> Iterator[Item | Fault]:
        name = path.relative_to(root).as_posix()
        try:
            target = path.resolve()
            mode = target.stat().st_mode
        except (OSError, RuntimeError) as why:  # a loop of links is a RuntimeError on 3.11
            yield unreadable(name, why if isinstance(why, OSError) else OSError(str(why)))
            return
        if not target.is_relative_to(root):
            mend = "copy the file into the folder if it belongs to these records"
            yield Fault(what="a link that leads out of the folder", where=name, mend=mend)
        elif stat.S_ISREG(mode):
            yield from _opened(target, name, self.bytes_max, self.expansion_max)
        elif not stat.S_ISDIR(mode):  # a link to a folder inside: its files come by their own names
            mend = "only plain files are read; take it out of the folder"
            yield Fault(what="neither a file nor a folder", where=name, mend=mend)


class FileGate(Struct, frozen=True, kw_only=True):
    """One file by itself, named by its last part."""

    path: Path
    bytes_max: int
    expansion_max: int

    def items(self) -> Iterator[Item | Fault]:
        """Yield the file, or what a ZIP file holds."""
        yield from _opened(self.path, self.path.name, self.bytes_max, self.expansion_max)


def _opened(path: Path, name: str, bytes_max: int, expansion_max: int) -> Iterator[Item | Fault]:
    """Yield a file as one Item, a ZIP file as the Items in it."""
    if name.lower().endswith(".zip"):
        zipped = ZipGate(
            path=path, prefix=name, skip=(), bytes_max=bytes_max, expansion_max=expansion_max
        )
        yield from zipped.items()
        return
    content = FileContent(
        path=str(path), name=name, bytes_max=bytes_max, expansion_max=expansion_max
    )
    yield Item(name=name, content=content)


def _name(entry: Item | Fault) -> str:
    return entry.name if isinstance(entry, Item) else entry.where
