"""Which formats there are: the modules of this folder that sniff and read, and those of others.

A package elsewhere joins by an entry point in the group `tailrace.formats` that names its module.
The order is by name, so that the same file finds the same format on every machine; `unread`, which
only names what cannot be read yet, comes last.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from msgspec import Struct

import tailrace.formats as folder
from tailrace.base.errors import Fault
from tailrace.formats.rows import Rows
from tailrace.formats.table_mapping import FileMap, fitting
from tailrace.records.rules import RecordRules

UNREAD = "unread"
HEAD = 4096


class Format(Struct, frozen=True, kw_only=True):
    """A document standard and the module that knows it."""

    name: str
    module: Any

    @property
    def mapped(self) -> bool:
        """Whether its reader takes declared mappings."""
        return bool(getattr(self.module, "MAPPED", False))

    @property
    def streamed(self) -> bool:
        """Whether its reader takes a file a part at a time."""
        return bool(getattr(self.module, "STREAMED", False))

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether the format takes the file; one that fails at sniffing does not."""
        try:
            return bool(self.module.sniff(head, name))
        except Exception:  # a guest's slip must not stop the others
            return False


@cache
def formats() -> tuple[Format, ...]:
    """Return every format, by name, `unread` last."""
    listed = pkgutil.iter_modules(folder.__path__, f"{folder.__name__}.")
    modules = [importlib.import_module(info.name) for info in listed]
    modules += [point.load() for point in entry_points(group="tailrace.formats")]
    found = {m.NAME: Format(name=m.NAME, module=m) for m in modules if _is_format(m)}
    return tuple(sorted(found.values(), key=lambda f: (f.name == UNREAD, f.name)))


def _is_format(module: Any) -> bool:
    return all(hasattr(module, name) for name in ("NAME", "sniff", "read"))


def find(head: bytes, name: str, mappings: Sequence[FileMap]) -> Format | None:
    """Return the format of a file by its first bytes and name; a declared mapping decides."""
    takers = [f for f in formats() if f.sniff(head, name)]
    if fitting(mappings, name):
        tables = [f for f in formats() if f.mapped]
        return next((f for f in takers if f.mapped), next(f for f in tables if f.name == "csv"))
    return takers[0] if takers else None


def read_file(
    content: bytes, name: str, limits: RecordRules, mappings: Sequence[FileMap]
) -> tuple[str, Rows]:
    """Return the format that read a file, and what it read; `unread` where none could.

    Whatever a reader raises becomes a Fault of this file alone.
    """
    format_ = find(content[:HEAD], name, mappings)
    if format_ is None:
        what = "no format we read, nor one we know by name"
        mend = "tables need a .csv or .xlsx name and a mapping; other files can be taken out"
        return UNREAD, Rows.of_fault(Fault(what=what, where=name, mend=mend))
    try:
        if not format_.mapped:
            return format_.name, format_.module.read(content, name, limits)
        rows = format_.module.read(content, name, limits, mappings)
        return format_.name if fitting(mappings, name) else UNREAD, rows
    except Exception as why:  # one bad file, or one bad reader, never stops a million
        what = f"the reader of {format_.name} failed: {type(why).__name__}: {why}"
        mend = "the file is left out; please report it with the file"
        return format_.name, Rows.of_fault(Fault(what=what, where=name, mend=mend))
