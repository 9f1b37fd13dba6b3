"""Mapping tables: one table says where a standard keeps each column, and it drives both ways.

A mapping is rows of (path, table, column, kind, cardinality), written as text in the standard's
own order of elements. `read_table` parses it, `under` sets one inside another, `compiled` turns it
into the tree that `xml.walk` reads by and `writing.written` writes by. The manual prints it.

    cbc:ID                            document  number    text   1
    cac:InvoiceLine                   line      lines     row    0..n
    cac:InvoiceLine/cbc:ID            line      line_ref  text   1

A `row` opens a record of its own, kept under its column name in the record around it; every other
kind is a value of the record around it. An attribute's path ends in `/@name`. `again` says that an
element holds the same as the row around it; `any` that it may hold anything, which is left alone.

Cardinality: `1` must be said, once; `0..1` may be; `0..n` gives a list; `first` may be said often
and the first counts; `read` is another spelling of a column (an older version, a second place),
read where it is the one used and never written; `read..n` is such a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.formats.kinds import AMOUNT, KINDS, Amount, amount

BOX, LEAF, ROW, ANY, SKIP = range(5)
ONCE, FIRST, MANY = range(3)
_HOW = {"1": ONCE, "0..1": ONCE, "first": FIRST, "0..n": MANY, "read": FIRST, "read..n": MANY}
POSITION = "@"  # where a record notes the byte offset of its element
Record = dict[str, Any]


class Entry(Struct, frozen=True):
    """One row of a mapping table."""

    path: str
    table: str
    column: str
    kind: str
    cardinality: str


class Node:
    """An element of a compiled mapping: what to do when it opens and closes."""

    __slots__ = (
        "attributes", "children", "column", "covers", "how", "kind", "op", "order", "path",
        "required", "steps", "table", "take", "written",
    )  # fmt: skip

    def __init__(self, path: str, op: int = BOX) -> None:
        self.path, self.op = path, op
        self.table, self.column, self.kind = "", "", ""
        self.how = ONCE
        self.written = True
        self.take: Callable[..., Any] = str.strip
        self.children: dict[str, Node] = {}
        self.order: list[tuple[str, Node]] = []
        self.attributes: list[tuple[str, str, bool]] = []  # name, column, written
        self.required: list[str] = []
        self.covers: frozenset[str] = frozenset()
        self.steps: Any = None  # how it is written; made at its first writing


class Form(Struct, frozen=True):
    """A compiled mapping: the root element's node, and how its names and amounts are spelled."""

    tag: str  # of the root, as read: "namespace local"
    name: str  # of the root, as written
    root: Node
    namespaces: dict[str, str]
    currency: str  # the attribute that names an amount's currency
    decimals: dict[str, str]  # "table.column" of an amount: the rule on its decimals
    known: frozenset[str]  # namespaces whose elements are no strangers


def read_table(text: str) -> tuple[Entry, ...]:
    """Return the entries of a mapping written as text, five words a line."""
    rows = (line.split() for line in text.splitlines())
    return tuple(Entry(*row) for row in rows if row and not row[0].startswith("#"))


def under(prefix: str, *tables: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries of tables as they read inside the element at `prefix`."""
    return tuple(
        Entry(f"{prefix}/{e.path}", e.table, e.column, e.kind, e.cardinality)
        for table in tables
        for e in table
    )


def compiled(
    entries: Iterable[Entry],
    *,
    root: str,
    namespaces: Mapping[str, str],
    currency: str,
    decimals: Mapping[str, str] | None = None,
    table: str = "document",
) -> Form:
    """Return the tree of a mapping. `namespaces` gives each prefix its URI, "" the default."""
    top = Node(f"/{root}", ROW)
    top.table = table
    rows = [top]
    for entry in entries:
        _place(top, rows, entry, namespaces)
    for node in rows:
        node.covers = _covered(node)
    return Form(
        tag=_tag(root, namespaces),
        name=root,
        root=top,
        namespaces=dict(namespaces),
        currency=currency,
        decimals=dict(decimals or {}),
        known=frozenset(namespaces.values()),
    )


def _place(top: Node, rows: list[Node], entry: Entry, namespaces: Mapping[str, str]) -> None:
    """Set one entry into the tree; what the tree cannot mean raises `BadTerms`."""
    node, row = top, top
    path, _, attribute = entry.path.partition("/@")
    for step in path.split("/"):
        row = node if node.op == ROW else row
        node = _child(node, step, namespaces)
    if attribute:
        node.attributes.append((attribute, entry.column, not entry.cardinality.startswith("read")))
        return
    node.table, node.column, node.kind = entry.table, entry.column, entry.kind
    if entry.kind == "again":
        _alias(top, entry, row, namespaces)
        return
    if entry.cardinality not in _HOW:
        raise BadTerms(
            f"no cardinality {entry.cardinality!r}", where=entry.path, mend="see mapping"
        )
    node.how = _HOW[entry.cardinality]
    node.written = not entry.cardinality.startswith("read")
    if entry.cardinality == "1" and entry.kind != "row":
        row.required.append(entry.column)
    if entry.kind == "row":
        node.op = ROW
        rows.append(node)
    elif entry.kind == "any":
        node.op = ANY
    elif entry.kind == AMOUNT or entry.kind in KINDS:
        node.op = LEAF
        node.take = KINDS[entry.kind].read if entry.kind in KINDS else amount
    else:
        raise BadTerms(f"no kind {entry.kind!r}", where=entry.path, mend="see kinds.KINDS")


def _child(node: Node, step: str, namespaces: Mapping[str, str]) -> Node:
    tag = _tag(step, namespaces)
    child = node.children.get(tag)
    if child is None:
        child = node.children[tag] = Node(f"{node.path}/{step}")
        node.order.append((step, child))
    return child


def _alias(top: Node, entry: Entry, row: Node, namespaces: Mapping[str, str]) -> None:
    """Let the last element of an `again` entry be the row around it once more."""
    parent, (*steps, last) = top, entry.path.split("/")
    for step in steps:
        parent = parent.children[_tag(step, namespaces)]
    parent.children[_tag(last, namespaces)] = row
    parent.order[-1] = (last, row)


def _tag(step: str, namespaces: Mapping[str, str]) -> str:
    """Return a path step as the parser names it: the namespace's URI, a blank, the local name."""
    prefix, colon, local = step.rpartition(":")
    uri = namespaces[prefix if colon else ""]
    return f"{uri} {local}" if uri else local


def _covered(node: Node) -> frozenset[str]:
    """Return the columns that an element's content can fill; boxes learn theirs on the way."""
    found: set[str] = set()
    for _, child in node.order:
        if child.op == BOX or (child.op == LEAF and child.order):
            child.covers = _covered(child)
            found |= child.covers
        if child.op != BOX and child.written:
            found.add(child.column)
            found.update(column for _, column, written in child.attributes if written)
    return frozenset(found)


def money(amount_minor: int | None, currency: str | None) -> Amount | None:
    """Return an amount as records hold it, or nothing where it is not said."""
    return None if amount_minor is None else (amount_minor, currency, False)
