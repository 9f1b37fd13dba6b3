"""What a walk over an XML file gives, and how places in it are called."""

from __future__ import annotations

from tailrace.formats.mapping import Form, Record
from tailrace.formats.trouble import Trouble


class Walked:
    """What a walk gives: the root's name, its record where the mapping knows it, and trouble."""

    __slots__ = ("broken", "form", "record", "tag", "trouble")

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self.tag = ""
        self.form: Form | None = None
        self.record: Record = {}
        self.broken = False  # something that must be said is not, or is wrong


def doctype_at(content: bytes, met: int) -> int:
    """Return the byte where the DOCTYPE begins that was met at `met`."""
    for mark in (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be")):
        found = content.rfind(mark, 0, met + len(mark))
        if found >= 0:
            return found
    return met


def local(path: str) -> str:
    """Return the last element of a path, without prefix: what a person calls it."""
    return path.rpartition("/")[2].rpartition(":")[2]
