"""OCEL 2.0 logs in JSON: events and objects of a procure-to-pay process.

Each event gives one `event` row for each object it touches. Orders, receipts, invoices and payments
among the objects give documents (`ocel_documents.py`). Nothing is left out in silence: an object no
row can hold is a Fault, and a relation to an object that is not in the log stays as a reference.
Source: OCEL 2.0 specification (2023), section 7, JSON format.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from tailrace.base import dates
from tailrace.base.errors import BadTerms, Fault
from tailrace.base.ids import source_id
from tailrace.formats.ocel_documents import write_documents
from tailrace.formats.ocel_log import Event, Log, Object
from tailrace.formats.ocel_tables import ACTORS, KIND_OF, bare
from tailrace.formats.rows import Rows
from tailrace.records import ids
from tailrace.records.rules import RecordRules

NAME = "ocel"
_MARKS = (b'"objectTypes"', b'"eventTypes"', b'"objectId"')
_BOM = b"\xef\xbb\xbf"
_ACTORS = frozenset(bare(name) for name in ACTORS)


class _Whole(Struct):
    objects: list[Raw] = field(default_factory=list)
    events: list[Raw] = field(default_factory=list)


class _Attribute(Struct):
    name: str
    value: Any = None
    time: str | None = None


class _Relation(Struct):
    object_id: str = field(name="objectId")
    qualifier: str | None = None


class _Object(Struct):
    id: str
    type: str
    attributes: list[_Attribute] = field(default_factory=list)
    relationships: list[_Relation] = field(default_factory=list)


class _Event(Struct):
    id: str
    type: str
    time: str
    attributes: list[_Attribute] = field(default_factory=list)
    relationships: list[_Relation] = field(default_factory=list)


_OBJECT = msgspec.json.Decoder(_Object, float_hook=Decimal)
_EVENT = msgspec.json.Decoder(_Event, float_hook=Decimal)


def sniff(head: bytes, name: str) -> bool:
    """Whether this is an OCEL 2.0 log in JSON."""
    if name.lower().removesuffix(".gz").endswith(".jsonocel"):
        return True
    bare_head = head.removeprefix(_BOM).lstrip()
    return bare_head.startswith(b"{") and any(mark in head for mark in _MARKS)


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return event rows, and the documents, lines, references and payments the objects are.

    A file that is not JSON is one Fault; so is each object or event that cannot be read, and the
    others stay. Positions are byte offsets of the object's or event's element.
    """
    digest = source_id(content)
    try:
        whole = msgspec.json.decode(content.removeprefix(_BOM), type=_Whole)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        what = f"the log is not OCEL 2.0 JSON: {why}"
        mend = "export it again as OCEL 2.0 JSON: an object with objects and events"
        return Rows.of_fault(Fault(what=what, where=name, mend=mend, source_id=digest))
    rows = Rows()
    log = Log(name=name, source_id=digest)
    start = len(_BOM) if content.startswith(_BOM) else 0
    for position, element in _elements(content, whole.objects, start):
        _object(log, rows, position, element)
    for position, element in _elements(content, whole.events, start):
        _event(log, rows, position, element)
    _event_rows(log, rows)
    write_documents(log, rows)
    return rows


def _elements(content: bytes, elements: list[Raw], start: int) -> Iterator[tuple[int, Raw]]:
    """Yield each element with its byte offset: only blanks and commas lie between two of them."""
    raws = [bytes(element) for element in elements]
    at = content.find(raws[0], start) if raws else 0
    for raw, element in zip(raws, elements, strict=True):
        at = content.find(raw, at)
        yield at, element
        at += len(raw)


def _object(log: Log, rows: Rows, position: int, element: Raw) -> None:
    try:
        raw = _OBJECT.decode(element)
    except msgspec.DecodeError as why:
        mend = "an object has id, type, attributes and relationships"
        rows.faults.append(log.fault(position, f"object refused: {why}", mend))
        return
    if raw.id in log.objects:
        mend = "give every object an id of its own"
        rows.faults.append(log.fault(position, f"object {raw.id!r} is there twice", mend))
        return
    attributes: dict[str, Any] = {}
    for a in sorted(raw.attributes, key=lambda a: a.time or ""):  # the latest value counts
        attributes[a.name] = a.value
    log.objects[raw.id] = Object(
        id=raw.id,
        type=raw.type,
        kind=KIND_OF.get(bare(raw.type)),
        attributes=attributes,
        relations=[(r.object_id, r.qualifier) for r in raw.relationships],
        position=position,
    )


def _event(log: Log, rows: Rows, position: int, element: Raw) -> None:
    try:
        raw = _EVENT.decode(element)
        happened_at = dates.moment(raw.time)
    except (msgspec.DecodeError, BadTerms) as why:
        what = why.what if isinstance(why, BadTerms) else str(why)
        mend = "an event has id, type, time as 2026-03-31T12:00:00Z, and relationships"
        rows.faults.append(log.fault(position, f"event refused: {what}", mend))
        return
    actors = [str(a.value) for a in raw.attributes if bare(a.name) in _ACTORS]
    log.events.append(
        Event(
            id=raw.id,
            activity=raw.type,
            happened_at=happened_at,
            actor=actors[0] if actors else None,
            touched=[(r.object_id, r.qualifier) for r in raw.relationships],
            position=position,
        )
    )


def _event_rows(log: Log, rows: Rows) -> None:
    """Write a row for each object an event touches; one without objects has one row."""
    for event in log.events:
        row = {
            "event_id": ids.event_id(log.source_id, event.id),
            "event_ref": event.id,
            "activity": event.activity,
            "happened_at": event.happened_at,
            "actor": event.actor,
            "source_id": log.source_id,
            "position": event.position,
        }
        touched: list[tuple[str | None, str | None]] = list(event.touched) or [(None, None)]
        for object_id, qualifier in touched:
            found = log.objects.get(object_id) if object_id is not None else None
            kind = (found.kind or found.type) if found else None
            said = {"object_kind": kind, "object_ref": object_id, "qualifier": qualifier}
            rows.add("event", {**row, **said, "known": found is not None or object_id is None})
