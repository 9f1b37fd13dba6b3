"""The root element of an XML file, from its first bytes: what `sniff` goes by."""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate


class _Seen(Exception):
    """The root element has been met; parsing may stop."""


def root_of(head: bytes) -> tuple[str, str] | None:
    """Return (namespace, name) of the root element in the first bytes of a file, if it is XML.

    A DOCTYPE ends the look: its name is taken, with no namespace.
    """
    found: list[tuple[str, str]] = []

    def start(tag: str, _: object) -> None:
        uri, _blank, name = tag.rpartition(" ")
        found.append((uri, name))
        raise _Seen

    def doctype(name: str, *_: object) -> None:
        found.append(("", name.rpartition(":")[2]))
        raise _Seen

    parser = ParserCreate(None, " ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(head, False)
    except _Seen:
        return found[0]
    except ExpatError:
        return None
    return None
