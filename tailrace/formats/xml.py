"""Reading XML that may be hostile, by a compiled mapping, in one pass and in linear time.

What it promises, whatever the bytes:

- the declared encoding decides (UTF-8, UTF-16, ISO-8859-1, US-ASCII); nothing is guessed;
- a DOCTYPE is refused where it begins, so no entity is ever declared, let alone fetched;
- the text of an element is all its text: comments, instructions and CDATA do not cut it, and an
  element inside a value is a fault;
- prefixes carry no meaning, namespaces do; an element of a foreign namespace is reported;
- size, depth, attributes and text are bounded by the `RecordRules` passed in;
- every record and fault knows the byte offset of its element in the file as it came.

Source: XML 1.0 fifth edition, Namespaces in XML 1.0. Expat parses; its offsets are the file's own,
also in UTF-16.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers.expat import ExpatError, errors

from tailrace.base.ids import source_id
from tailrace.formats.mapping import Form
from tailrace.formats.trouble import Refused, Trouble
from tailrace.formats.xml_walked import Walked, doctype_at
from tailrace.formats.xml_walker import Walker
from tailrace.records.rules import RecordRules

__all__ = ["CHUNK", "ENCODINGS", "Walked", "checked_encoding", "doctype_at", "walk"]

ENCODINGS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "us-ascii", "ascii")
CHUNK = 1 << 16
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"'>]{1,40})["']""")
_NAMES: dict[str, str] = {}  # element names seen, shared so that each is made once
_NAMES_MAX = 20_000


def walk(
    content: bytes, name: str, limits: RecordRules, form_of: Callable[[str], Form | None]
) -> Walked:
    """Return the record of a file, read by the form its root element's name ("uri local") has.

    A root that has no form gives an empty record: the file was still checked against the limits.
    Raises `Refused` for a file that is not well-formed, breaks a limit or has a DOCTYPE.
    """
    trouble = Trouble(name, source_id(content))
    if len(content) > limits.bytes_max:
        mend = f"at most {limits.bytes_max} bytes are read; raise records.bytes_max if it is meant"
        raise Refused(trouble.fault(f"{len(content)} bytes are too many", mend, 0))
    checked_encoding(content, trouble)
    if len(_NAMES) > _NAMES_MAX:
        _NAMES.clear()
    walked = Walked(trouble)
    _parsed(Walker(content, limits, walked, form_of, _NAMES), content)
    return walked


def checked_encoding(content: bytes, trouble: Trouble) -> None:
    """Refuse a declared encoding that is not among those read here."""
    found = _DECLARED.match(content[:200].removeprefix(b"\xef\xbb\xbf"))
    declared = found.group(1).decode("ascii", "replace").lower() if found else "utf-8"
    if declared not in ENCODINGS:
        mend = f"save the file as one of {', '.join(ENCODINGS[:2])} or iso-8859-1"
        raise Refused(trouble.fault(f"encoding {declared!r} is not read", mend, 0))


def _parsed(walker: Walker, content: bytes) -> None:
    """Let the walker see the file, a chunk at a time."""
    parser = walker.parser
    try:
        if len(content) <= CHUNK:
            parser.Parse(content, True)
        else:
            view = memoryview(content)
            for begin in range(0, len(content), CHUNK):
                parser.Parse(view[begin : begin + CHUNK], False)
            parser.Parse(b"", True)
    except ExpatError as why:
        mend = "send the file whole and well-formed; nothing of it was taken"
        what = f"not well-formed XML: {errors.messages[why.code]}"
        at = max(parser.ErrorByteIndex, 0)
        raise Refused(walker.trouble.fault(what, mend, at, walker.node.path)) from None
