"""EPCIS 2.0 in JSON and JSON-LD: what was seen of goods, when, where, and for which documents.

Each event gives one `event` row for each thing it touches: instances (EPCs), quantities of a class,
the parent of an aggregation, and the business transactions it names (an order, a despatch advice).
An event that a later one declares an error is left out, and both are told as a fault.
Source: GS1 EPCIS 2.0 section 7.4 and 9 (JSON), CBV 2.0 section 7 (steps) and 8.5 (transactions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from tailrace.base import dates, quantity
from tailrace.base.errors import BadTerms
from tailrace.base.ids import source_id
from tailrace.formats.rows import Rows
from tailrace.formats.trouble import Trouble
from tailrace.records import ids
from tailrace.records.rules import RecordRules

NAME = "epcis"
_BOM = b"\xef\xbb\xbf"
_TYPE = re.compile(rb'"(?:@?type|isA)"\s*:\s*"(?:epcis:)?EPCIS(?:Query)?Document"')
_EVENTS = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "AssociationEvent")
_KIND_OF = {"po": "order", "desadv": "despatch", "recadv": "receipt", "inv": "invoice"}
# Steps at which the goods pass into the hands of the destination: it is the one who speaks.
_TAKING = ("receiving", "accepting", "arriving", "unloading", "storing")
_HELD_BY = ("possessing_party", "owning_party")


class _Place(Struct):
    id: str


class _Count(Struct):
    epc_class: str = field(name="epcClass")
    quantity: Decimal | None = None
    uom: str | None = None


class _Transaction(Struct):
    number: str = field(name="bizTransaction")
    type: str | None = None


class _Source(Struct):
    type: str
    source: str


class _Destination(Struct):
    type: str
    destination: str


class _Event(Struct, rename="camel"):
    type: str
    event_time: str
    event_id: str | None = field(name="eventID", default=None)
    action: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    epc_list: list[str] = field(default_factory=list)
    child_epcs: list[str] = field(name="childEPCs", default_factory=list)
    parent_id: str | None = field(name="parentID", default=None)
    quantity_list: list[_Count] = field(default_factory=list)
    child_quantity_list: list[_Count] = field(default_factory=list)
    biz_transaction_list: list[_Transaction] = field(default_factory=list)
    source_list: list[_Source] = field(default_factory=list)
    destination_list: list[_Destination] = field(default_factory=list)
    read_point: _Place | None = None
    biz_location: _Place | None = None
    error_declaration: Any = None


class _List(Struct, rename="camel"):
    event_list: list[Raw] = field(default_factory=list)


class _Result(Struct, rename="camel"):
    results_body: _List = field(default_factory=_List)


class _Body(_List, rename="camel"):
    query_results: _Result | None = None


class _Whole(Struct, rename="camel"):
    epcis_body: _Body = field(default_factory=_Body)


class _Kind(Struct):
    type: str = ""


_EVENT = msgspec.json.Decoder(_Event, float_hook=Decimal)


def sniff(head: bytes, name: str) -> bool:
    """Whether this is an EPCIS document in JSON."""
    bare = head.removeprefix(_BOM).lstrip()
    return bare.startswith(b"{") and _TYPE.search(head) is not None


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return event rows; positions are byte offsets of the events.

    A file that is not JSON is one fault; so is each event that cannot be read, and the others stay.
    Transformations, which make new things of others, are faults: no row holds them.
    """
    digest = source_id(content)
    trouble = Trouble(name, digest)
    try:
        body = msgspec.json.decode(content.removeprefix(_BOM), type=_Whole).epcis_body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        mend = "export it again as EPCIS 2.0 JSON: an epcisBody with an eventList"
        return Rows.of_fault(trouble.fault(f"not EPCIS 2.0 JSON: {why}", mend, 0))
    queried = body.query_results.results_body.event_list if body.query_results else []
    found = list(_found(content, body.event_list or queried, trouble))
    wrong = {event.event_id for _, event in found if event.error_declaration is not None}
    rows = Rows()
    for position, event in found:
        if event.event_id is not None and event.event_id in wrong:
            what = f"event {event.event_id} is declared an error and left out"
            trouble.note(what, "send what is right as an event of its own", position)
            continue
        try:
            rows.extend("event", _rows(event, position, digest))
        except BadTerms as why:
            trouble.note(f"event refused: {why.what}", why.mend, position)
    rows.faults = trouble.all()
    return rows


def _found(content: bytes, raws: list[Raw], trouble: Trouble) -> Iterator[tuple[int, _Event]]:
    """Yield the events that can be read with the byte each begins at."""
    at = content.find(bytes(raws[0])) if raws else 0
    for raw in raws:
        element = bytes(raw)
        at = content.find(element, at)
        start, at = at, at + len(element)
        try:
            kind = msgspec.json.decode(element, type=_Kind).type
            if kind not in _EVENTS:
                mend = f"events read are {', '.join(_EVENTS)}"
                trouble.note(f"a {kind or 'nameless event'} is not read", mend, start)
                continue
            yield start, _EVENT.decode(element)
        except msgspec.DecodeError as why:
            mend = "an event has type, eventTime as 2026-03-31T12:00:00Z, and lists of what it saw"
            trouble.note(f"event refused: {why}", mend, start)


def _rows(event: _Event, position: int, digest: str) -> Iterator[dict[str, Any]]:
    step = _code(event.biz_step)
    ref = event.event_id or str(position)
    place = event.biz_location or event.read_point
    common = {
        "event_id": ids.event_id(digest, ref),
        "event_ref": ref,
        "activity": step or event.type,
        "happened_at": dates.moment(event.event_time),
        "place": place.id if place else None,
        "actor": _actor(event, step),
        "known": True,
        "source_id": digest,
        "position": position,
    }
    seen = set()
    for said in _touched(event):
        key = (said["object_ref"], said["qualifier"])
        if key not in seen:
            seen.add(key)
            yield {**common, **said}


def _touched(event: _Event) -> Iterator[dict[str, Any]]:
    """Yield each thing an event touches; one that touches nothing has one row."""
    part = _code(event.disposition) or event.action
    anything = False
    for epc in (*event.epc_list, *event.child_epcs):
        anything = True
        yield {"object_kind": "item", "object_ref": epc, "qualifier": part}
    for count in (*event.quantity_list, *event.child_quantity_list):
        anything = True
        many = None if count.quantity is None else quantity.fit(count.quantity)
        yield {
            "object_kind": "item",
            "object_ref": count.epc_class,
            "qualifier": part,
            "quantity": many,
            "unit": count.uom,
        }
    if event.parent_id:
        anything = True
        yield {"object_kind": "parent", "object_ref": event.parent_id, "qualifier": "parent"}
    for named in event.biz_transaction_list:
        anything = True
        type_ = _code(named.type)
        kind = _KIND_OF.get(type_ or "", type_ or "document")
        yield {"object_kind": kind, "object_ref": named.number, "qualifier": type_}
    if not anything:
        yield {"object_kind": None, "object_ref": None, "qualifier": part}


def _actor(event: _Event, step: str | None) -> str | None:
    """Return who had the goods: the destination where they are taken in, else the source."""
    if step in _TAKING:
        held = {_code(d.type): d.destination for d in event.destination_list}
    else:
        held = {_code(s.type): s.source for s in event.source_list}
    return next((held[role] for role in _HELD_BY if role in held), None)


def _code(spelled: str | None) -> str | None:
    """Return a CBV code without the vocabulary it is of.

    >>> _code("https://ref.gs1.org/cbv/BizStep-receiving"), _code("urn:epcglobal:cbv:btt:po")
    ('receiving', 'po')
    """
    return re.split(r"[:/#-]", spelled)[-1] if spelled else None
