"""XES event logs: traces of events become `event` rows, one for each event.

A trace is a case: what it says (vendor, matching category) stands beside each of its events. Read
in one pass with constant memory for the tree; a DOCTYPE is refused where it begins, no entity is
ever resolved, and size, depth, attributes and text are bounded by the `RecordRules`.
Source: IEEE 1849-2016 (XES), sections 4 and 5; attribute names beyond it as in BPI Challenge 2019.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate, errors

from tailrace.base import dates, money, quantity
from tailrace.base.errors import BadTerms
from tailrace.base.ids import source_id
from tailrace.formats.rows import Rows
from tailrace.formats.trouble import Refused, Trouble
from tailrace.formats.xml import CHUNK, checked_encoding, doctype_at
from tailrace.formats.xml_root import root_of
from tailrace.records import ids
from tailrace.records.rules import RecordRules

NAME = "xes"
_NAMESPACE = "http://www.xes-standard.org"
_OBJECT = "order item"
# What an attribute's key means, of an event or of its trace.
_ACTIVITY, _MOMENT = "concept:name", "time:timestamp"
_ACTOR = ("org:resource", "User")
_PARTNER = ("Vendor", "vendor", "supplier")
_CATEGORY = ("Item Category", "item_category")
_WORTH = {"Cumulative net worth (EUR)": "EUR"}  # key -> currency
_VALUES = ("string", "date", "float", "int", "boolean", "id")
_SHOWN = 60  # characters of a value repeated in a fault


def sniff(head: bytes, name: str) -> bool:
    """Whether this is an XES log: by its root element, else by its name."""
    root = root_of(head)
    if root is None:
        return False
    if root[1] != "log":
        return False
    bare = name.lower().removesuffix(".gz")
    return root[0].startswith(_NAMESPACE) or bare.endswith(".xes") or b"<trace" in head


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return an event row for each event of the log, in order.

    A file that is not well-formed, breaks a limit or has a DOCTYPE is one Fault; so is each event
    without activity or moment and each trace without a name, and the others stay. The position of
    an event is its number in the log, from 1.
    """
    trouble = Trouble(name, source_id(content))
    rows = Rows()
    try:
        if len(content) > limits.bytes_max:
            mend = f"at most {limits.bytes_max} bytes are read; raise records.bytes_max if meant"
            raise Refused(trouble.fault(f"{len(content)} bytes are too many", mend, 0))
        checked_encoding(content, trouble)
        _checked_prolog(content, trouble)
        log = _Log(trouble)
        for case, said, events in _traces(content, limits, trouble):
            log.trace(rows, case, said, events)
    except Refused as refused:
        return Rows.of_fault(refused.fault)
    rows.faults += trouble.all()
    return rows


_Said = dict[str, str]


def _traces(
    content: bytes, limits: RecordRules, trouble: Trouble
) -> Iterator[tuple[int, _Said, list[_Said]]]:
    """Yield each trace: its number, what it says of itself, and what each of its events says."""
    from lxml import etree

    parser = etree.iterparse(
        BytesIO(content),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,  # our own limits hold instead of the parser's
    )
    depth = number = 0
    try:
        for event, element in parser:
            if event == "start":
                depth += 1
                _bounded(element, depth, limits, trouble)
                continue
            depth -= 1
            if not isinstance(element.tag, str):
                continue
            if depth == 1:
                if _local(element) == "trace":
                    number += 1
                    yield (
                        number,
                        _said(element),
                        [_said(e) for e in element if _local(e) == "event"],
                    )
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as why:
        mend = "send the file whole and well-formed; nothing of it was taken"
        line = why.lineno or 0
        what = f"not well-formed XML: {str(why.msg)[:200]} (line {line})"
        raise Refused(trouble.fault(what, mend, 0)) from None


class _Seen(Exception):
    """The root element has been met: what may stand before it is over."""


def _checked_prolog(content: bytes, trouble: Trouble) -> None:
    """Refuse a DOCTYPE where it begins, before a parser that would heed it sees the file."""
    parser = ParserCreate()

    def doctype(*_: object) -> None:
        mend = "take the DOCTYPE out; a log needs none and it can do harm"
        met = parser.CurrentByteIndex
        raise Refused(trouble.fault("the file has a DOCTYPE", mend, doctype_at(content, met)))

    def root(*_: object) -> None:
        raise _Seen

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = root
    try:
        for begin in range(0, len(content), CHUNK):
            parser.Parse(content[begin : begin + CHUNK], False)
        parser.Parse(b"", True)
    except _Seen:
        return
    except ExpatError as why:
        mend = "send the file whole and well-formed; nothing of it was taken"
        what = f"not well-formed XML: {errors.messages[why.code]}"
        raise Refused(trouble.fault(what, mend, max(parser.ErrorByteIndex, 0))) from None


def _bounded(element: Any, depth: int, limits: RecordRules, trouble: Trouble) -> None:
    """Refuse what is nested too deep, has too many attributes or too long a value."""
    if depth > limits.depth_max:
        mend = f"at most {limits.depth_max} elements inside one another"
        raise Refused(trouble.fault("elements are nested too deep", mend, 0))
    if len(element.attrib) > limits.attributes_max:
        mend = f"at most {limits.attributes_max} on one element"
        raise Refused(trouble.fault("an element has too many attributes", mend, 0))
    if any(len(value) > limits.text_max for value in element.attrib.values()):
        mend = f"at most {limits.text_max} characters in one value"
        raise Refused(trouble.fault("the text of an element is too long", mend, 0))


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _said(element: Any) -> _Said:
    """Return key -> value of an element's own attributes; nested ones say something of those."""
    found: _Said = {}
    for child in element:
        if _local(child) in _VALUES:
            key, value = child.get("key"), child.get("value")
            if key is not None and value is not None:
                found.setdefault(key, value)
    return found


class _Log:
    """Turns traces into rows; counts events over the whole log."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble, self.number = trouble, 0

    def trace(self, rows: Rows, number: int, said: _Said, events: list[_Said]) -> None:
        case = said.get(_ACTIVITY)
        if not case:
            self.number += len(events)
            mend = "give every trace a concept:name"
            self.trouble.note(f"trace {number} has no name; its events are left out", mend, 0)
            return
        shared = {"partner": _first(said, _PARTNER), "category": _first(said, _CATEGORY)}
        for place, event in enumerate(events, start=1):
            self.number += 1
            row = self._row(case, place, event)
            if row is not None:
                rows.add("event", {**row, **shared})

    def _row(self, case: str, place: int, said: _Said) -> dict[str, Any] | None:
        activity, moment = said.get(_ACTIVITY), said.get(_MOMENT)
        where = f"event {place} of trace {case[:_SHOWN]!r}"
        mend = "an event has concept:name and time:timestamp"
        if not activity or not moment:
            self.trouble.note(f"{where} has no activity or no moment", mend, self.number)
            return None
        try:
            happened_at = dates.moment(moment)
        except BadTerms as why:
            self.trouble.note(f"{where}: {why.what}", why.mend, self.number)
            return None
        ref = f"{case}/{place}"
        amount, currency = self._worth(said, where)
        return {
            "event_id": ids.event_id(self.trouble.source, ref),
            "event_ref": ref,
            "activity": activity,
            "happened_at": happened_at,
            "object_kind": _OBJECT,
            "object_ref": case,
            "known": True,
            "actor": _first(said, _ACTOR),
            "amount_minor": amount,
            "currency": currency,
            "source_id": self.trouble.source,
            "position": self.number,
        }

    def _worth(self, said: _Said, where: str) -> tuple[int | None, str | None]:
        """Return the net worth an event tells, exactly in minor units, else a fault and nothing."""
        for key, currency in _WORTH.items():
            if key in said:
                try:
                    return money.minor(quantity.xs_decimal(_plain(said[key])), currency), currency
                except BadTerms as why:
                    self.trouble.note(f"{where}: {why.what}", why.mend, self.number)
        return None, None


def _plain(text: str) -> str:
    """Return a float's text without an exponent: XES writes 26787987.0 as 2.6787987E7."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < 30 else text


def _first(said: _Said, keys: tuple[str, ...]) -> str | None:
    return next((said[key] for key in keys if said.get(key)), None)
