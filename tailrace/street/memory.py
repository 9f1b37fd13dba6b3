"""What the last run proved, kept beside the book so that the next proves only what has changed.

A memory is never trusted over the journal: it is a copy that may be deleted at will. It is used only
if the rules, the steps' versions and every file's digest are what they were; anything else, and the
proof starts anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec
import pyarrow as pa
from msgspec import Struct

from tailrace.base.ids import digest_id
from tailrace.base.ports import Engine
from tailrace.base.tables import Schema, from_bytes, to_bytes
from tailrace.evidence.steps import STEPS
from tailrace.street.again import KEPT

NAME = "memory.json"


class Kept(Struct, frozen=True, kw_only=True):
    """What a memory says of itself: what it was made under, and the digest of each file."""

    under: str
    files: dict[str, str]


class Memory:
    """A folder that holds the tables of the last proof."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def recall(self, under: str, schemas: Mapping[str, Schema]) -> dict[str, pa.Table] | None:
        """Return the KEPT tables, or None where there are none made under the same rules."""
        try:
            kept = msgspec.json.decode((self.folder / NAME).read_bytes(), type=Kept)
            if kept.under != under or set(kept.files) != set(KEPT):
                return None
            found = {}
            for kind, digest in kept.files.items():
                body = (self.folder / f"{kind}.arrow").read_bytes()
                if sha256(body).hexdigest() != digest:
                    return None
                found[kind] = schemas[kind].cast(from_bytes(body))
            return found
        except (OSError, ValueError, msgspec.DecodeError, pa.ArrowException):
            return None

    def keep(self, under: str, engine: Engine) -> None:
        """Write the KEPT tables of an engine; the note that makes them count is written last.

        A folder that cannot be written keeps nothing: the next proof starts anew.
        """
        try:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            files = {}
            for kind in KEPT:
                body = to_bytes(engine.get(kind))
                (self.folder / f"{kind}.arrow").write_bytes(body)
                files[kind] = sha256(body).hexdigest()
            note = msgspec.json.encode(Kept(under=under, files=files))
            half = self.folder / f"{NAME}.half"
            half.write_bytes(note)
            half.replace(self.folder / NAME)
        except OSError:
            shutil.rmtree(self.folder, ignore_errors=True)


def made_under(rules: str, schemas: Mapping[str, Schema]) -> str:
    """Return a digest of all that a proof depends on beside the records: rules, steps, columns."""
    steps = (f"{step.rule} {step.version}" for step in STEPS)
    columns = (f"{kind} {schemas[kind].names}" for kind in KEPT)
    return digest_id("memory", rules, *steps, *columns)
