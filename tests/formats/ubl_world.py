"""What the tests of UBL share: the golden files, reading one, and what is reported of it."""

from __future__ import annotations

from intake_world import GOLDEN, LIMITS

from tailrace.base.tables import Schema
from tailrace.formats import ubl
from tailrace.formats.rows import Rows
from tailrace.records.tables import RECORDS

SCHEMAS: dict[str, Schema] = {schema.kind: schema for schema in RECORDS}
FILES = sorted(path.stem for path in (GOLDEN / "ubl").glob("*.xml"))


def golden(name: str) -> bytes:
    return (GOLDEN / "ubl" / f"{name}.xml").read_bytes()


def read(content: bytes) -> Rows:
    return ubl.read(content, "r.xml", LIMITS)


def whats(content: bytes) -> list[str]:
    return [fault.what for fault in read(content).faults]
