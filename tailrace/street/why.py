"""`why`: from any payment, offer, set-off, obligation or claim to the document lines it rests on.

Every row has an id; a column that ends in `_id` points to another kind (`Schema.pointers`). `trace`
follows those columns, and for the kinds in RESTS also the rows that point back and carry the proof
(the matches of a claim), down to documents and lines with the file's digest and byte position.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms, NotFound
from tailrace.base.ports import Engine
from tailrace.base.tables import from_bytes
from tailrace.street.chains import Chain, aligned, chain_of
from tailrace.street.rooms import ADOPTED, RECORDED, SCHEMAS, STEPS

# kind -> the kinds whose rows carry its proof and name it in a column `<kind>_id`
RESTS = {
    "claim": ("verdict", "finding", "match"),
    "obligation": ("set_off",),
    "contract": ("instruction",),
    "instruction": ("reconciled",),
    "payment": ("allocation",),
}
# Walking into these from every row would tell the whole book: they are named, not followed.
NAMED = ("firm", "party")
# Rows that carry an amount of something else: followed only when asked for by their own id.
DEPTH = 12
WIDTH = 200
FINDABLE = {"document": "number", "claim": "number", "instruction": "end_to_end_ref"}
ID_MIN = 6
CLAIMS_SHOWN = 3  # whose matching is told as a table


class Node(Struct, frozen=True, kw_only=True):
    """One row on the way down: what it is, its figures, who made it, where it was read."""

    kind: str
    id: str
    row: dict[str, Any]
    rule: str | None = None  # the reader or step that made it
    version: int | None = None
    page: int | None = None  # its page in the journal, if it was appended
    source: str | None = None  # name of the file
    digest: str | None = None  # SHA-256 of the file
    position: int | None = None  # byte offset or row number in it
    matching: Chain | None = None  # of a claim: what bears on each of its lines
    causes: list[Node] = []


class Trail:
    """Walks the rows an engine holds; one walk visits a row once."""

    def __init__(self, book: Book, engine: Engine) -> None:
        self.book, self.engine = book, engine
        self.seen: set[tuple[str, str]] = set()
        self.drawn = 0
        self.names = _names(engine)
        self.sources = _sources(engine)
        self.rules = {kind: step for step in STEPS for kind in step.writes}

    def node(self, kind: str, row: dict[str, Any], depth: int = 0) -> Node:
        """Return the row with everything below it."""
        key = _key(kind, row)
        self.seen.add((kind, key))
        rule, version, page = self._made_by(kind, key)
        matching = self._matching(key) if kind == "claim" else None
        causes = list(self._below(kind, key, row, depth)) if depth < DEPTH else []
        source = row.get("source_id")
        return Node(
            kind=kind,
            id=key,
            row=self._figures(kind, row),
            rule=rule,
            version=version,
            page=page,
            source=self.sources.get(source or ""),
            digest=source,
            position=row.get("position"),
            matching=matching,
            causes=causes,
        )

    def _matching(self, claim: str) -> Chain | None:
        """Return the chain of a claim, of the first few of a walk only: each costs a pass."""
        self.drawn += 1
        made = chain_of(self.engine, claim) if self.drawn <= CLAIMS_SHOWN else []
        return made[0] if made else None

    def _below(self, kind: str, key: str, row: dict[str, Any], depth: int) -> Iterator[Node]:
        for column, points in SCHEMAS[kind].pointers().items():
            target = row.get("cause_kind") if column == "cause_id" else points
            value = row.get(column)
            if value and target in SCHEMAS and target not in NAMED and column != "source_id":
                yield from self._rows(target, f"{target}_id", value, depth)
        for other in RESTS.get(kind, ()):
            yield from self._rows(other, f"{kind}_id", key, depth)
        if kind == "document" and depth < 3 and row["kind"] in ("invoice", "credit_note"):
            yield from self._rows("line", "document_id", key, depth)

    def _rows(self, kind: str, column: str, value: str, depth: int) -> Iterator[Node]:
        if column not in SCHEMAS[kind].names:
            return
        for row in self.engine.find(kind, column, [value]).slice(0, WIDTH).to_pylist():
            if (kind, _key(kind, row)) not in self.seen:
                yield self.node(kind, row, depth + 1)

    def _figures(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        """Return what is said, with firms by name beside their ids."""
        pointers = SCHEMAS[kind].pointers()
        told = {}
        for name, value in row.items():
            if value is None or name in ("source_id", "position"):
                continue
            told[name] = value
            if pointers.get(name) in NAMED and value in self.names:
                told[name.removesuffix("_id")] = self.names[value]
        return told

    def _made_by(self, kind: str, key: str) -> tuple[str | None, int | None, int | None]:
        if kind in ADOPTED or kind in RECORDED:
            for page in self.book.pages(kind):
                table = from_bytes(page.body)
                column = SCHEMAS[kind].key[0]
                if key in set(table[column].to_pylist()):
                    return page.rule, page.version, page.position
            return None, None, None
        step = self.rules.get(kind)
        return (step.rule, step.version, None) if step else (None, None, None)


def trace(book: Book, engine: Engine, wanted: str) -> list[Node]:
    """Return the row an id names with all it rests on; a document number names its rows too.

    An id may be cut to its first ID_MIN or more digits if only one row begins so. Raises `NotFound`
    for an id no row has and `BadTerms` where a cut id is not enough.
    """
    found = _by_number(engine, wanted) or _by_id(engine, wanted)
    trail = Trail(book, engine)
    return [trail.node(kind, row) for kind, row in found]


def _by_id(engine: Engine, wanted: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for kind, schema in SCHEMAS.items():
        column = f"{kind}_id"
        if column not in schema.names or kind in NAMED:
            continue
        ids = engine.begins(kind, column, wanted)
        found += [(kind, row) for row in ids.to_pylist()]
    if not found or len(wanted) < ID_MIN:
        mend = "give an id or document number as the report, `tailrace view` or a file shows it"
        raise NotFound(f"nothing is known by {wanted!r}", where="why", mend=mend)
    if len({_key(kind, row) for kind, row in found}) > 1:
        shown = ", ".join(sorted(f"{kind} {_key(kind, row)}" for kind, row in found)[:5])
        mend = f"give more of the id; it may be {shown}"
        raise BadTerms(f"{wanted!r} begins several ids", where="why", mend=mend)
    return found


def _by_number(engine: Engine, wanted: str) -> list[tuple[str, dict[str, Any]]]:
    for kind, column in reversed(FINDABLE.items()):
        rows = engine.find(kind, column, [wanted]).to_pylist()
        if rows:
            return [(kind, row) for row in rows]
    return []


def _key(kind: str, row: dict[str, Any]) -> str:
    return str(row.get(f"{kind}_id") or "/".join(str(row[name]) for name in SCHEMAS[kind].key))


def _names(engine: Engine) -> dict[str, str]:
    """Return the name of each firm and party id."""
    rows = engine.get("firm").select(["party_id", "firm_id", "name"]).to_pylist()
    return {row[name]: row["name"] for row in rows for name in ("party_id", "firm_id")}


def _sources(engine: Engine) -> dict[str, str]:
    rows = engine.get("source").select(["source_id", "name"]).to_pylist()
    return {row["source_id"]: row["name"] for row in reversed(rows)}


def lines(node: Node, indent: int = 0) -> Iterator[str]:
    """Yield the trail as text for people, indented a step a level."""
    pad = "  " * indent
    by = f"  [{node.rule} v{node.version}" if node.rule else ""
    at = f"; page {node.page}]" if node.page else "]" if by else ""
    yield f"{pad}{node.kind} {node.id}{by}{at}"
    told = (f"{k}={v}" for k, v in node.row.items() if k != f"{node.kind}_id" and _plain(k))
    for text in _wrapped("  ".join(told), 96 - 2 * indent):
        yield f"{pad}  {text}"
    if node.matching:
        yield from (f"{pad}  | {line}".rstrip() for line in aligned(node.matching))
    if node.source:
        yield f"{pad}  read from {node.source} at {node.position:,}, sha256 {node.digest}"
    for cause in node.causes:
        yield from lines(cause, indent + 1)


def _plain(column: str) -> bool:
    return not column.endswith("_id")


def _wrapped(text: str, width: int) -> list[str]:
    from textwrap import wrap

    return wrap(text, max(width, 40), break_long_words=False) if text else []
