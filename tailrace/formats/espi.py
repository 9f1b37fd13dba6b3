"""Green Button (NAESB REQ.21 ESPI) in Atom: what an electricity, gas or water meter counted.

Every interval reading becomes a `reading` row. A meter is known by the title of its usage point,
else by the last part of that point's address; the unit and the power of ten come from the reading
type. The reader is the author of the feed; a feed that names none proves nothing.
Source: NAESB REQ.21 ESPI 1.1, espiDerived.xsd: UsagePoint, MeterReading, ReadingType, IntervalBlock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tailrace.base.errors import BadTerms
from tailrace.base.quantity import fit
from tailrace.formats.mapping import POSITION, Record, compiled, read_table
from tailrace.formats.parties import Parties
from tailrace.formats.rows import Rows
from tailrace.formats.trouble import Refused, Trouble
from tailrace.formats.xml import walk
from tailrace.formats.xml_root import root_of
from tailrace.records.ids import reading_id
from tailrace.records.rules import RecordRules

NAME = "espi"
ATOM, ESPI = "http://www.w3.org/2005/Atom", "http://naesb.org/espi"
# ESPI unit symbols (IEC 61970 UnitSymbol), as a Rec. 20 unit and the power of ten between them.
UNITS = {"72": ("KWH", -3), "42": ("MTQ", 0), "119": ("FTQ", 0), "128": ("GLL", 0), "134": ("LTR", 0),
         "169": ("N72", 0), "132": ("BTU", 0), "73": ("K3", -3)}  # fmt: skip
_UNITS_KNOWN = ", ".join(UNITS)
# ESPI QualityOfReading, in our three words; what is none of them is not said.
QUALITIES = {"0": "measured", "7": "corrected", "8": "estimated", "9": "estimated", "10": "estimated",
             "11": "corrected", "14": "estimated", "17": "measured", "18": "measured"}  # fmt: skip
_FLOWS = {"19": "reverse", "4": "net"}  # FlowDirection: delivered (1) is the plain case
_TEN = Decimal(10)
_START = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MAX = 7_258_118_400  # 2200-01-01

FEED = compiled(
    read_table("""
atom:author/atom:name                                 party    author   text  first
atom:entry                                            reading  entries  row   0..n
atom:entry/atom:link                                  reading  links    row   0..n
atom:entry/atom:link/@rel                             reading  rel      text  0..1
atom:entry/atom:link/@href                            reading  href     text  0..1
atom:entry/atom:title                                 reading  title    text  first
atom:entry/atom:content/espi:UsagePoint               reading  point    row   0..1
atom:entry/atom:content/espi:MeterReading             reading  meter    row   0..1
atom:entry/atom:content/espi:ReadingType              reading  type     row   0..1
atom:entry/atom:content/espi:ReadingType/espi:accumulationBehaviour  reading  behaviour  text  first
atom:entry/atom:content/espi:ReadingType/espi:flowDirection         reading  flow       text  first
atom:entry/atom:content/espi:ReadingType/espi:powerOfTenMultiplier  reading  power      text  first
atom:entry/atom:content/espi:ReadingType/espi:uom                   reading  uom        text  first
atom:entry/atom:content/espi:IntervalBlock            reading  blocks   row   0..n
atom:entry/atom:content/espi:IntervalBlock/espi:IntervalReading  reading  readings  row  0..n
atom:entry/atom:content/espi:IntervalBlock/espi:IntervalReading/espi:timePeriod/espi:duration  reading  duration  text  first
atom:entry/atom:content/espi:IntervalBlock/espi:IntervalReading/espi:timePeriod/espi:start  reading  start  text  first
atom:entry/atom:content/espi:IntervalBlock/espi:IntervalReading/espi:value  reading  value  text  first
atom:entry/atom:content/espi:IntervalBlock/espi:IntervalReading/espi:ReadingQuality/espi:quality  reading  quality  text  first
"""),
    root="feed",
    namespaces={"": ATOM, "atom": ATOM, "espi": ESPI},
    currency="",
    table="reading",
)


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes are an Atom feed of Green Button data."""
    return root_of(head) == (ATOM, "feed") and (ESPI.encode() in head or b"espi" in head)


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return the readings of a feed; what cannot be understood is a fault, the rest stays."""
    try:
        walked = walk(content, name, limits, lambda tag: FEED if tag == FEED.tag else None)
    except Refused as refused:
        return Rows.of_fault(refused.fault)
    if walked.form is None or walked.broken:
        return Rows({}, walked.trouble.all())
    feed = _Feed(walked.record, walked.trouble)
    rows = feed.rows()
    rows.faults = walked.trouble.all()
    return rows


class _Feed:
    """A feed in hand: its entries by their own address, and what they are related to."""

    def __init__(self, raw: Record, trouble: Trouble) -> None:
        self.raw, self.trouble = raw, trouble
        self.parties = Parties(trouble.source)
        self.types: dict[str, Record] = {}
        self.points: dict[str, str] = {}
        self.meters: dict[str, Record] = {}
        for entry in raw.get("entries", ()):
            own = _link(entry, "self")
            if entry.get("type") and own:
                self.types[_tail(own, 2)] = entry["type"]
            if entry.get("point") and own:
                self.points[own] = entry.get("title") or own.rsplit("/", 1)[-1]
            if entry.get("meter") and own:
                self.meters[own] = entry

    def rows(self) -> Rows:
        rows = Rows()
        name = self.raw.get("author")
        reader = self.parties.add([], name=name, position=self.raw[POSITION]) if name else None
        for entry in self.raw.get("entries", ()):
            blocks = entry.get("blocks", ())
            if blocks:
                rows.extend("reading", self._readings(entry, blocks, reader))
        rows.extend("party", self.parties.rows.values())
        return Rows({kind: some for kind, some in rows.tables.items() if some})

    def _readings(
        self, entry: Record, blocks: list[Record], reader: str | None
    ) -> Iterator[dict[str, Any]]:
        up = _link(entry, "up") or ""
        above = up.rpartition("/IntervalBlock")[0] or up
        meter = self.meters.get(above, {})
        kind = next((self.types[t] for t in map(_type_of, _links(meter)) if t in self.types), {})
        unit = UNITS.get(kind.get("uom", ""))
        if unit is None:
            what = f"a reading type of unit {kind.get('uom') or 'not said'}"
            mend = f"units of measure are {_UNITS_KNOWN}"
            self.trouble.note(what, mend, entry[POSITION])
            return
        point = next((p for p in self.points if above.startswith(f"{p}/")), None)
        place = above.partition("/MeterReading")[0]
        said = {
            "meter_ref": self.points[point] if point else place.rsplit("/", 1)[-1],
            "register": _FLOWS.get(kind.get("flow", "")),
            "unit": unit[0],
            "cumulative": kind.get("behaviour") in ("1", "3"),  # bulk quantity, cumulative
            "reader_id": reader,
        }
        for raw in (r for block in blocks for r in block.get("readings", ())):
            try:
                yield {**said, **self._reading(raw, int(kind.get("power") or 0) + unit[1], said)}
            except (BadTerms, ValueError, OverflowError) as why:
                what = why.what if isinstance(why, BadTerms) else f"reading refused: {why}"
                mend = "say start and duration in seconds and the value as a whole number"
                self.trouble.note(what, mend, raw[POSITION])

    def _reading(self, raw: Record, power: int, said: Record) -> dict[str, Any]:
        start, length = int(raw.get("start", "")), int(raw.get("duration") or 0)
        if not 0 <= start + length < _SECONDS_MAX or length < 0 or abs(power) > 12:
            raise ValueError(f"no such moment or power: {start}, {length}, {power}")
        if not length and not said["cumulative"]:
            raise ValueError("an interval without a duration")
        position = raw[POSITION]
        begins = _START + timedelta(seconds=start)
        return {
            "reading_id": reading_id(self.trouble.source, position),
            "from_at": None if said["cumulative"] else begins,
            "to_at": begins + timedelta(seconds=length),
            "value": fit(Decimal(int(raw.get("value", ""))) * _TEN**power),
            "quality": QUALITIES.get(raw.get("quality", "")),
            "source_id": self.trouble.source,
            "position": position,
        }


def _links(entry: Record) -> list[tuple[str, str]]:
    return [(link.get("rel", ""), link.get("href", "")) for link in entry.get("links", ())]


def _link(entry: Record, rel: str) -> str | None:
    return next((href for said, href in _links(entry) if said == rel), None)


def _type_of(link: tuple[str, str]) -> str:
    return _tail(link[1], 2)


def _tail(address: str, parts: int) -> str:
    """Return the last parts of an address: feeds name a reading type with and without its root."""
    return "/".join(address.strip("/").split("/")[-parts:])
