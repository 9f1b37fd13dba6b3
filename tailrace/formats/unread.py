"""Standards that are known by name and not read yet: their files become a Fault that says so.

An XML file is still walked once, so that a DOCTYPE, a broken limit or a cut file is said first.
"""

from __future__ import annotations

import re

from tailrace.base.errors import Fault
from tailrace.base.ids import source_id
from tailrace.formats.rows import Rows
from tailrace.formats.trouble import Refused
from tailrace.formats.xml import walk
from tailrace.formats.xml_root import root_of
from tailrace.records.rules import RecordRules

NAME = "unread"
UBL_URN = "urn:oasis:names:specification:ubl:schema:xsd:"
ISO_URN = "urn:iso:std:iso:20022:tech:xsd:"
# By the start of the root element's namespace; the root's own name is said with it.
NAMESPACES = (
    (UBL_URN, "UBL"),
    ("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice", "UN/CEFACT CII"),
    ("urn:ferd:CrossIndustryDocument", "ZUGFeRD 1"),
    ("urn:un:unece:uncefact:data:standard:", "UN/CEFACT"),
    ("urn:epcglobal:epcis", "EPCIS"),
    ("http://ivaservizi.agenziaentrate.gov.it", "FatturaPA"),
    ("http://www.fatturapa.gov.it", "FatturaPA"),
    ("http://www.sat.gob.mx/cfd", "CFDI"),
    ("http://naesb.org/espi", "Green Button"),
    ("http://www.w3.org/2005/Atom", "Atom"),
    ("http://www.xes-standard.org", "XES"),
)
ROOTS = {
    "CrossIndustryInvoice": "UN/CEFACT CII",
    "EPCISDocument": "EPCIS",
    "FatturaElettronica": "FatturaPA",
    "Comprobante": "CFDI",
    "log": "XES or OCEL",
}
# By the first characters of a text or binary file.
STARTS = (
    (re.compile(rb"\s*(UNA|UNB\+)"), "UN/EDIFACT"),
    (re.compile(rb"\s*ISA[^A-Za-z0-9\s]"), "ANSI X12"),
    (re.compile(rb"\s*\{1:F01"), "SWIFT MT"),
    (re.compile(rb".{0,400}?^:(20|25|60F):", re.S | re.M), "SWIFT MT940"),
    (re.compile(rb"01,[^,\r\n]*,[^,\r\n]*,\d{6},"), "BAI2"),
    (re.compile(rb"%PDF-"), "PDF"),
    (re.compile(rb"SQLite format 3\0"), "an SQLite database"),
    (re.compile(rb'\s*\{.*"(type|@type)"\s*:\s*"EPCIS', re.S), "EPCIS JSON"),
)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!|[A-Za-z_])|\xff\xfe<\0|\xfe\xff\0<|<\0\?\0")


def name_of(head: bytes, name: str) -> str | None:
    """Return what the standard of a file is called, from its first bytes; nothing if unknown."""
    root = root_of(head)
    if root is not None:
        return _name_of_root(*root)
    if _XML.match(head):
        return "XML"
    return next((called for start, called in STARTS if start.match(head)), None)


def _name_of_root(uri: str, local: str) -> str:
    if uri.startswith(ISO_URN):
        return f"ISO 20022 {uri.removeprefix(ISO_URN)}"
    called = next((c for start, c in NAMESPACES if uri.startswith(start)), ROOTS.get(local))
    return f"{called} {local}" if called else f"XML {local}"


def sniff(head: bytes, name: str) -> bool:
    """Whether the file is of a standard known by name."""
    return name_of(head, name) is not None


def read(content: bytes, name: str, limits: RecordRules) -> Rows:
    """Return the fault that names the file's standard, or what is wrong with it as XML."""
    called = name_of(content[:4096], name) or "this file"
    if _XML.match(content[:4096]):
        try:
            tag = walk(content, name, limits, lambda tag: None).tag
            called = _name_of_root(*tag.rpartition(" ")[::2])
        except Refused as refused:
            return Rows.of_fault(refused.fault)
    what = f"{called} is not read yet"
    mend = (
        "read are UBL 2, camt.053, OCEL and EPCIS JSON, XES, Green Button, Parquet records, CSV and "
        "Excel with a mapping"
    )
    fault = Fault(what=what, where=name, mend=mend, source_id=source_id(content), position=0)
    return Rows.of_fault(fault)
