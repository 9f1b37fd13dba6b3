"""One walk over the elements of an XML file, filling a record by a compiled mapping.

`walk` in xml.py says what is promised. Here the handlers of one parser share their state: which
node of the mapping the walk is at, the record it fills, and the text of the element it is in.
`start` and `end` are the hot path; what they call is met once in a while.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.parsers.expat import ParserCreate

from tailrace.base.errors import BadTerms
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
from tailrace.formats.trouble import Refused
from tailrace.formats.xml_walked import Walked, doctype_at, local
from tailrace.records.rules import RecordRules

STRANGERS_MAX = 20  # names of unknown elements reported in one file
_SKIP, _ANY = Node("", SKIP), Node("", ANY)
_PLAIN = str.strip


class Walker:
    """The handlers of one parser, and where the walk stands."""

    __slots__ = (
        "at", "content", "currency", "decimals", "declared", "declared_at", "form_of", "held",
        "known", "large", "limits", "node", "parser", "pop", "push", "record", "records", "rest",
        "size", "stack", "strangers", "take", "texts", "trouble", "walked",
    )  # fmt: skip

    def __init__(
        self,
        content: bytes,
        limits: RecordRules,
        walked: Walked,
        form_of: Callable[[str], Form | None],
        names: dict[str, str],
    ) -> None:
        self.content, self.limits, self.form_of = content, limits, form_of
        self.walked, self.trouble = walked, walked.trouble
        self.large = len(content) > limits.text_max  # else no text in it can be too long
        self.node = _SKIP
        self.record: Record = {}
        self.records: list[Record] = []
        self.stack: list[Node] = []
        self.push, self.pop = self.stack.append, self.stack.pop
        self.texts: list[str] = []
        self.held: dict[str, str] = {}  # attributes of the value being read
        self.at = 0  # where it begins
        self.size = 0  # characters since the last tag; only counted in a large file
        self.declared_at, self.declared = -1, 0
        self.currency = ""
        self.strangers: set[str] = set()
        self.known: frozenset[str] = frozenset()
        self.decimals: dict[str, str] = {}
        self.take: Callable[[str], None] = self.count if self.large else self.texts.append
        self.rest: Callable[[str], None] | None = self.count if self.large else None
        self.parser = self._parser(names)

    def _parser(self, names: dict[str, str]) -> Any:
        parser = ParserCreate(None, " ", names)
        parser.buffer_text = True
        parser.StartElementHandler = self.root
        parser.EndElementHandler = self.end_counting if self.large else self.end
        parser.StartNamespaceDeclHandler = self.namespace
        parser.StartDoctypeDeclHandler = self.doctype
        parser.CharacterDataHandler = self.rest
        return parser

    def root(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin: the root's name says by which form the rest is read."""
        if len(attributes) > self.limits.attributes_max:
            raise self.too_many()
        self.walked.tag = tag
        self.walked.form = form = self.form_of(tag)
        if form is not None:
            self.node, self.currency, self.known = form.root, form.currency, form.known
            self.decimals = form.decimals
            self.record = self.walked.record
            self.record[POSITION] = self.parser.CurrentByteIndex
        else:
            self.node = _ANY
        self.stack.append(_SKIP)
        self.parser.StartElementHandler = self.start_counting if self.large else self.start

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        node = self.node
        self.push(node)
        if len(self.stack) > self.limits.depth_max:
            raise self.too_deep()
        if attributes and len(attributes) > self.limits.attributes_max:
            raise self.too_many()
        found = node.children.get(tag)
        if found is None:
            self.stray(tag)
            return
        self.node = found
        op = found.op
        if op == LEAF:
            self.held = attributes
            parser = self.parser
            self.at = parser.CurrentByteIndex
            parser.CharacterDataHandler = self.take
        elif op == ROW:
            self.records.append(self.record)
            self.record = record = self.opened(found)
            for attribute, column, _ in found.attributes:
                if attribute in attributes:
                    record[column] = attributes[attribute].strip()

    def end(self, tag: str) -> None:
        node = self.node
        op = node.op
        if op == LEAF:
            texts = self.texts
            said = texts.pop() if len(texts) == 1 else self.joined()
            self.parser.CharacterDataHandler = self.rest
            value = said.strip() or _SKIP if node.take is _PLAIN else self.value_of(node, said)
            column = node.column
            record = self.record
            if self.held or column in record or node.how == MANY:
                self.keep(node, value)
            elif value is not _SKIP:
                record[column] = value
        elif op == ROW:
            record = self.record
            for column in node.required:
                if record.get(column) is None:
                    self.missing(node, column)
            if self.records:
                self.record = self.records.pop()
        self.node = self.pop()

    def start_counting(self, tag: str, attributes: dict[str, str]) -> None:
        self.size = 0
        self.start(tag, attributes)

    def end_counting(self, tag: str) -> None:
        self.size = 0
        self.end(tag)

    def count(self, data: str) -> None:
        """Count the text since the last tag; only in a file that could hold too much of it.

        What may be anything (an attachment) is passed over, not kept: the file's size bounds it.
        """
        self.size += len(data)
        if self.size > self.limits.text_max and self.node.op != ANY:
            raise self.too_long()
        if self.node.op == LEAF:
            self.texts.append(data)

    def namespace(self, *_: Any) -> None:
        index = self.parser.CurrentByteIndex
        self.declared = self.declared + 1 if index == self.declared_at else 1
        self.declared_at = index
        if self.declared > self.limits.attributes_max:
            raise self.too_many()

    def opened(self, row: Node) -> Record:
        """Return a fresh record for a row, hung into the one around it."""
        fresh: Record = {POSITION: self.parser.CurrentByteIndex}
        column, record = row.column, self.record
        if row.how == MANY:
            record.setdefault(column, []).append(fresh)
        elif column not in record:
            record[column] = fresh
        elif row.how != FIRST:
            self.twice(row, self.parser.CurrentByteIndex)
        return fresh

    def joined(self) -> str:
        """Return a text that came in pieces, or not at all."""
        said = "".join(self.texts)
        self.texts.clear()
        return said

    def value_of(self, leaf: Node, said: str) -> Any:
        """Return the value a text spells; `_SKIP` for nothing said, null with a fault beside."""
        try:
            if leaf.take is amount:
                code = self.held.get(self.currency)
                if code is None:
                    return said, None, False
                value = amount(said.strip(), code.strip())
                if value[2]:
                    self.too_fine(leaf, code)
                return value
            if leaf.children and not said.strip():
                return _SKIP
            return leaf.take(said)
        except BadTerms as why:
            what = f"{local(leaf.path)}: {why.what}"
            self.trouble.note(what, why.mend, self.at, leaf.path)
            return None

    def keep(self, leaf: Node, value: Any) -> None:
        """Set a column of the record and what the element's attributes say."""
        if value is _SKIP:
            return
        column, record, held = leaf.column, self.record, self.held
        if leaf.how == MANY:
            record.setdefault(column, []).append(value)
        elif column not in record:
            record[column] = value
        elif leaf.how == FIRST:
            return
        else:
            self.twice(leaf, self.at)
        for attribute, target, _ in leaf.attributes:
            if attribute in held:
                record[target] = held[attribute].strip()

    def stray(self, tag: str) -> None:
        """Step over an element the mapping does not name; report it where it has no business."""
        node = self.node
        if node.op == LEAF:
            what = f"{local(node.path)} holds an element where a value belongs"
            self.trouble.note(what, "write the value as plain text", self.at, node.path)
            self.record[node.column] = None
            self.texts.clear()
            self.parser.CharacterDataHandler = self.rest
            self.node = self.stack[-1] = _SKIP  # its end says nothing more
        elif node.op == ANY:
            self.node = _ANY
        else:
            self.stranger(tag)
            self.node = _SKIP

    def stranger(self, tag: str) -> None:
        uri, _, name = tag.rpartition(" ")
        if uri in self.known or tag in self.strangers or len(self.strangers) >= STRANGERS_MAX:
            return
        self.strangers.add(tag)
        what = f"unknown element {name!r} of {uri or 'no namespace'}"
        mend = "take it out, or put it into the standard's place for extensions"
        self.trouble.note(what, mend, self.parser.CurrentByteIndex, self.node.path)

    def twice(self, again: Node, position: int) -> None:
        what = f"{local(again.path)} is said twice where once is allowed"
        self.trouble.note(what, "keep one; neither is taken", position, again.path)
        self.record[again.column] = None

    def too_fine(self, leaf: Node, code: str) -> None:
        rule = self.decimals.get(f"{leaf.table}.{leaf.column}")
        what = f"{local(leaf.path)} has more decimals than {code} allows; its value is taken"
        mend = f"write as many decimals as {code} has"
        self.trouble.note(f"{rule}: {what}" if rule else what, mend, self.at, leaf.path)

    def missing(self, row: Node, column: str) -> None:
        self.walked.broken = True
        what = f"{local(row.path)} does not say its {column}, or says it wrongly"
        mend = "it must be said; the document was refused whole"
        self.trouble.note(what, mend, self.record[POSITION], row.path)

    def doctype(self, *_: Any) -> None:
        mend = "take the DOCTYPE out; business documents need none and it can do harm"
        begins = doctype_at(self.content, self.parser.CurrentByteIndex)  # met somewhere inside it
        raise Refused(self.trouble.fault("the file has a DOCTYPE", mend, begins))

    def too_deep(self) -> Refused:
        most = self.limits.depth_max
        mend = f"at most {most} elements inside one another; raise records.depth_max if meant"
        return self.refused("elements are nested too deep", mend)

    def too_many(self) -> Refused:
        most = self.limits.attributes_max
        mend = f"at most {most} on one element; raise records.attributes_max if meant"
        return self.refused("an element has too many attributes", mend)

    def too_long(self) -> Refused:
        most = self.limits.text_max
        mend = f"at most {most} characters in one element; raise records.text_max if meant"
        return self.refused("the text of an element is too long", mend)

    def refused(self, what: str, mend: str) -> Refused:
        at = self.parser.CurrentByteIndex
        return Refused(self.trouble.fault(what, mend, at, self.node.path))
