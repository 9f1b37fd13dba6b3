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
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate, errors

from tailrace.base.errors import BadTerms
from tailrace.base.ids import source_id
from tailrace.formats.kinds import amount
from tailrace.formats.mapping import (
    ANY,
    FIRST,
    LEAF,
    MANY,
    POSITION,
    ROW,
    SKIP,
    Form,
    Node,
    Record,
)  # fmt: skip
from tailrace.formats.trouble import Refused, Trouble
from tailrace.records.rules import RecordRules

ENCODINGS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "us-ascii", "ascii")
CHUNK = 1 << 16
STRANGERS_MAX = 20  # names of unknown elements reported in one file
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"'>]{1,40})["']""")
_NAMES: dict[str, str] = {}  # element names seen, shared so that each is made once
_NAMES_MAX = 20_000
_SKIP, _ANY = Node("", SKIP), Node("", ANY)
_PLAIN = str.strip


class Walked:
    """What a walk gives: the root's name, its record where the mapping knows it, and trouble."""

    __slots__ = ("broken", "form", "record", "tag", "trouble")

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self.tag = ""
        self.form: Form | None = None
        self.record: Record = {}
        self.broken = False  # something that must be said is not, or is wrong


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
    _parse(content, limits, walked, form_of)
    return walked


def checked_encoding(content: bytes, trouble: Trouble) -> None:
    """Refuse a declared encoding that is not among those read here."""
    found = _DECLARED.match(content[:200].removeprefix(b"\xef\xbb\xbf"))
    declared = found.group(1).decode("ascii", "replace").lower() if found else "utf-8"
    if declared not in ENCODINGS:
        mend = f"save the file as one of {', '.join(ENCODINGS[:2])} or iso-8859-1"
        raise Refused(trouble.fault(f"encoding {declared!r} is not read", mend, 0))


def _parse(
    content: bytes,
    limits: RecordRules,
    walked: Walked,
    form_of: Callable[[str], Form | None],
) -> None:
    """Walk the elements once, filling `walked`. The handlers are closures: they are the hot path."""
    trouble = walked.trouble
    parser = ParserCreate(None, " ", _NAMES)
    parser.buffer_text = True
    depth_max, attributes_max, text_max = limits.depth_max, limits.attributes_max, limits.text_max
    large = len(content) > text_max  # else no text in it can be too long

    stack: list[Node] = []
    records: list[Record] = []
    texts: list[str] = []
    push, pop = stack.append, stack.pop
    node: Node = _SKIP
    record: Record = {}
    held: dict[str, str] = {}
    at = 0
    size = 0  # characters since the last tag; only counted in a large file
    declared_at, declared = -1, 0
    currency = ""
    strangers: set[str] = set()
    known: frozenset[str] = frozenset()
    rules: dict[str, str] = {}

    def refuse(what: str, mend: str) -> Refused:
        return Refused(trouble.fault(what, mend, parser.CurrentByteIndex, node.path))

    def too_deep() -> Refused:
        mend = f"at most {depth_max} elements inside one another; raise records.depth_max if meant"
        return refuse("elements are nested too deep", mend)

    def too_many() -> Refused:
        mend = f"at most {attributes_max} on one element; raise records.attributes_max if meant"
        return refuse("an element has too many attributes", mend)

    def too_long() -> Refused:
        mend = f"at most {text_max} characters in one element; raise records.text_max if meant"
        return refuse("the text of an element is too long", mend)

    def doctype(*_: Any) -> None:
        mend = "take the DOCTYPE out; business documents need none and it can do harm"
        met = parser.CurrentByteIndex  # somewhere inside it
        raise Refused(trouble.fault("the file has a DOCTYPE", mend, doctype_at(content, met)))

    def namespace(*_: Any) -> None:
        nonlocal declared_at, declared
        index = parser.CurrentByteIndex
        declared = declared + 1 if index == declared_at else 1
        declared_at = index
        if declared > attributes_max:
            raise too_many()

    def root(tag: str, attributes: dict[str, str]) -> None:
        nonlocal node, record, currency, known, rules
        if len(attributes) > attributes_max:
            raise too_many()
        walked.tag = tag
        walked.form = form = form_of(tag)
        if form is not None:
            node, currency, known = form.root, form.currency, form.known
            rules = form.decimals
            record = walked.record
            record[POSITION] = parser.CurrentByteIndex
        else:
            node = _ANY
        stack.append(_SKIP)
        parser.StartElementHandler = start_counting if large else start

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal node, record, held, at
        push(node)
        if len(stack) > depth_max:
            raise too_deep()
        if attributes and len(attributes) > attributes_max:
            raise too_many()
        found = node.children.get(tag)
        if found is None:
            stray(tag)
            return
        node = found
        op = found.op
        if op == LEAF:
            held = attributes
            at = parser.CurrentByteIndex
            parser.CharacterDataHandler = take
        elif op == ROW:
            records.append(record)
            record = opened(found)
            for attribute, column, _ in found.attributes:
                if attribute in attributes:
                    record[column] = attributes[attribute].strip()

    def opened(row: Node) -> Record:
        """Return a fresh record for a row, hung into the one around it."""
        fresh: Record = {POSITION: parser.CurrentByteIndex}
        column = row.column
        if row.how == MANY:
            record.setdefault(column, []).append(fresh)
        elif column not in record:
            record[column] = fresh
        elif row.how != FIRST:
            twice(row, parser.CurrentByteIndex)
        return fresh

    def start_counting(tag: str, attributes: dict[str, str]) -> None:
        nonlocal size
        size = 0
        start(tag, attributes)

    def end_counting(tag: str) -> None:
        nonlocal size
        size = 0
        end(tag)

    def stray(tag: str) -> None:
        """Step over an element the mapping does not name; report it where it has no business."""
        nonlocal node
        if node.op == LEAF:
            what = f"{local(node.path)} holds an element where a value belongs"
            trouble.note(what, "write the value as plain text", at, node.path)
            record[node.column] = None
            texts.clear()
            parser.CharacterDataHandler = rest
            node = stack[-1] = _SKIP  # its end says nothing more
            return
        if node.op == ANY:
            node = _ANY
            return
        uri, _, name = tag.rpartition(" ")
        if uri not in known and tag not in strangers and len(strangers) < STRANGERS_MAX:
            strangers.add(tag)
            mend = "take it out, or put it into the standard's place for extensions"
            where = parser.CurrentByteIndex
            trouble.note(
                f"unknown element {name!r} of {uri or 'no namespace'}", mend, where, node.path
            )
        node = _SKIP

    def end(tag: str) -> None:
        nonlocal node, record
        op = node.op
        if op == LEAF:
            said = texts.pop() if len(texts) == 1 else joined()
            parser.CharacterDataHandler = rest
            take_of = node.take
            value = said.strip() or _SKIP if take_of is _PLAIN else value_of(node, said)
            column = node.column
            if held or column in record or node.how == MANY:
                keep(node, value)
            elif value is not _SKIP:
                record[column] = value
        elif op == ROW:
            for column in node.required:
                if record.get(column) is None:
                    missing(node, column)
            if records:
                record = records.pop()
        node = pop()

    def joined() -> str:
        """Return a text that came in pieces, or not at all."""
        said = "".join(texts)
        texts.clear()
        return said

    def value_of(leaf: Node, said: str) -> Any:
        """Return the value a text spells; `_SKIP` for nothing said, null with a fault beside."""
        try:
            if leaf.take is amount:
                code = held.get(currency)
                if code is None:
                    return said, None, False
                value = amount(said.strip(), code.strip())
                if value[2]:
                    decimals(leaf, code)
                return value
            if leaf.children and not said.strip():
                return _SKIP
            return leaf.take(said)
        except BadTerms as why:
            trouble.note(f"{local(leaf.path)}: {why.what}", why.mend, at, leaf.path)
            return None

    def keep(leaf: Node, value: Any) -> None:
        """Set a column of the record and what the element's attributes say."""
        column = leaf.column
        if value is _SKIP:
            return
        if leaf.how == MANY:
            record.setdefault(column, []).append(value)
        elif column not in record:
            record[column] = value
        elif leaf.how == FIRST:
            return
        else:
            twice(leaf, at)
        for attribute, target, _ in leaf.attributes:
            if attribute in held:
                record[target] = held[attribute].strip()

    def twice(again: Node, position: int) -> None:
        what = f"{local(again.path)} is said twice where once is allowed"
        trouble.note(what, "keep one; neither is taken", position, again.path)
        record[again.column] = None

    def decimals(leaf: Node, code: str) -> None:
        rule = rules.get(f"{leaf.table}.{leaf.column}")
        what = f"{local(leaf.path)} has more decimals than {code} allows; its value is taken"
        mend = f"write as many decimals as {code} has"
        trouble.note(f"{rule}: {what}" if rule else what, mend, at, leaf.path)

    def missing(row: Node, column: str) -> None:
        walked.broken = True
        what = f"{local(row.path)} does not say its {column}, or says it wrongly"
        mend = "it must be said; the document was refused whole"
        trouble.note(what, mend, record[POSITION], row.path)

    def count(data: str) -> None:
        """Count the text since the last tag; only in a file that could hold too much of it.

        What may be anything (an attachment) is passed over, not kept: the file's size bounds it.
        """
        nonlocal size
        size += len(data)
        if size > text_max and node.op != ANY:
            raise too_long()
        if node.op == LEAF:
            texts.append(data)

    take: Callable[[str], None] = count if large else texts.append
    rest: Callable[[str], None] | None = count if large else None
    parser.StartElementHandler = root
    parser.EndElementHandler = end_counting if large else end
    parser.StartNamespaceDeclHandler = namespace
    parser.StartDoctypeDeclHandler = doctype
    parser.CharacterDataHandler = rest
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
        raise Refused(trouble.fault(what, mend, max(parser.ErrorByteIndex, 0), node.path)) from None


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
