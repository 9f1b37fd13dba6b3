"""Prove again only what has changed: the pairs of firms whose records differ from the last time.

What one buyer owes one seller is proven from the papers of that pair, so a pair is the key. The
steps in KEYED are run on the pairs that are touched; of the others the rows of the last time stand.
What the steps before them made is compared row by row with what it was. A pair is touched by

- any difference that can be laid to it, by firms, document, line, claim or payment;
- a document that differs and whose number one of its own documents names;
- a document that differs and does not say who sells or who buys, if it may be the pair's;
- a payment that means claims of a touched pair and its own.

A difference that can be laid to no pair touches every pair. The result is that of a run over
everything, row for row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.ports import Engine
from tailrace.base.tables import TEXT, Column, Schema
from tailrace.engines.duckdb import open_engine
from tailrace.evidence.steps import KEYED
from tailrace.records.tables import TABLES as RECORDS

IMMUTABLE = tuple(
    schema.kind for schema in RECORDS
)  # a record never changes; papers tell which count
WRITTEN = tuple(dict.fromkeys(kind for step in KEYED for kind in step.writes))
READ = tuple(dict.fromkeys(k for step in KEYED for k in step.reads if k not in WRITTEN))
COMPARED = tuple(kind for kind in READ if kind not in IMMUTABLE)
KEPT = (*COMPARED, *WRITTEN)

_PAIR = (
    Column("seller_id", TEXT, "the seller; empty where none is said"),
    Column("buyer_id", TEXT, "the buyer; empty where none is said"),
)
TOUCHED = Schema("touched", "Pairs to prove again.", _PAIR, ("seller_id", "buyer_id"))
PAIR_OF = Schema(
    "pair_of",
    "The pair of each document that counts now or counted the last time.",
    (Column("document_id", TEXT, "the document"), *_PAIR),
    ("document_id", "seller_id", "buyer_id"),
)
MEANING = Schema(
    "meaning",
    "Which pairs a payment concerns, now or the last time, by the claims it means.",
    (Column("payment_id", TEXT, "the payment"), Column("claim_id", TEXT, "a claim"), *_PAIR),
    ("payment_id", "claim_id", "seller_id", "buyer_id"),
)
CLAIMED = Schema(
    "claimed",
    "The pair of each claim, now or the last time.",
    (Column("claim_id", TEXT, "the claim"), *_PAIR),
    ("claim_id", "seller_id", "buyer_id"),
)
CONTEXT = Schema(
    "context",
    "Documents the touched pairs are proven from: those of their sellers and of their buyers.",
    (Column("document_id", TEXT, "the document"),),
    ("document_id",),
)
# The columns that lay a row to a pair, nearest first, and how.
_WAYS: Mapping[tuple[str, ...], str] = {
    ("seller_id", "buyer_id"): "select *, seller_id as seller, buyer_id as buyer from {rows}",
    ("document_id",): "select r.*, p.seller_id as seller, p.buyer_id as buyer "
    "from {rows} r join pair_of p using (document_id)",
    ("claim_id",): "select r.*, p.seller_id as seller, p.buyer_id as buyer "
    "from {rows} r join claimed p using (claim_id)",
    ("line_id",): "select r.*, p.seller_id as seller, p.buyer_id as buyer from {rows} r "
    "join line l on l.line_id = r.line_id join pair_of p on p.document_id = l.document_id",
    ("payment_id",): "select r.*, p.seller_id as seller, p.buyer_id as buyer "
    "from {rows} r join meaning p using (payment_id)",
    ("firm_id",): "select r.*, p.seller_id as seller, p.buyer_id as buyer "
    "from {rows} r join pair_of p on p.seller_id = r.firm_id union all "
    "select r.*, p.seller_id, p.buyer_id from {rows} r join pair_of p on p.buyer_id = r.firm_id",
    ("scheme", "owner", "number"): "select r.*, p.seller_id as seller, p.buyer_id as buyer "
    "from {rows} r join line l on r.number in (l.item_ref, l.buyer_item_ref, l.standard_item_ref) "
    "join pair_of p on p.document_id = l.document_id",
}

_KEYS = (("claim_id",), ("seller_id", "buyer_id"), ("document_id",), ("line_id",))


def schemas_with(known: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the schemas an engine must know to prove again."""
    before = {f"was_{kind}": _was(known[kind]) for kind in COMPARED}
    own = {s.kind: s for s in (TOUCHED, PAIR_OF, MEANING, CLAIMED, CONTEXT)}
    return {**known, **before, **own}


def prove_again(
    engine: Engine,
    before: Mapping[str, pa.Table],
    named: Mapping[str, Any],
    schemas: Mapping[str, Schema],
) -> int:
    """Make in the engine what the keyed steps write; return how many pairs were touched.

    The engine holds the records and all that the steps before KEYED wrote and knows the schemas of
    `schemas_with`; `before` holds the KEPT kinds as the last run left them. `named` are the rules.
    """
    for kind in COMPARED:
        engine.put(f"was_{kind}", before[kind])
    _lay_out(engine)
    touched = _touched(engine, schemas)
    engine.put("touched", touched)
    engine.put("context", engine.sql(_CONTEXT))
    part = open_engine(schemas)
    for kind in READ:
        part.put(kind, engine.sql(_filtered(schemas[kind])))
    for step in KEYED:
        part.run(step, **named)
    laid = _Laid(engine)
    for kind in WRITTEN:
        _merge(engine, part, schemas[kind], before[kind], laid)
    part.close()
    for kind in (*(f"was_{kind}" for kind in COMPARED), *_OWN):
        engine.drop(kind)
    return touched.num_rows


_OWN = ("touched", "pair_of", "meaning", "claimed", "context")
_CONTEXT = """
    select distinct document_id from pair_of
    where (seller_id <> '' and seller_id in (select seller_id from touched))
       or (buyer_id <> '' and buyer_id in (select buyer_id from touched))
       or (seller_id, buyer_id) in (select (seller_id, buyer_id) from touched)"""
_MEANT_TOO = """
    select seller_id, buyer_id from touched union
    select b.seller_id, b.buyer_id from meaning a semi join touched using (seller_id, buyer_id)
    join meaning b using (payment_id)"""


def _was(schema: Schema) -> Schema:
    return Schema(f"was_{schema.kind}", f"{schema.doc} As it was.", schema.columns, schema.key)


def _lay_out(engine: Engine) -> None:
    """Put the pairs of documents, claims and payments, of now and of the last time, in the engine."""
    both = "select {what} from {kind} union select {what} from was_{kind}"
    pair = "coalesce(seller_id, '') as seller_id, coalesce(buyer_id, '') as buyer_id"
    engine.put("pair_of", engine.sql(both.format(what=f"document_id, {pair}", kind="paper")))
    owed = "claim_id, creditor_id as seller_id, debtor_id as buyer_id"
    engine.put("claimed", engine.sql(both.format(what=owed, kind="bill")))
    meant = both.format(what="payment_id, claim_id", kind="meant")
    engine.put("meaning", engine.sql(f"select * from ({meant}) join claimed using (claim_id)"))


def _touched(engine: Engine, schemas: Mapping[str, Schema]) -> pa.Table:
    """Return the pairs to prove again."""
    found = list(_differing(engine, schemas))
    every = "select distinct seller_id, buyer_id from pair_of"
    if None in found:
        return engine.sql(every)
    rows = " union ".join(query for query in found if query) or f"{every} limit 0"
    pairs = engine.sql(rows)
    while True:
        engine.put("touched", pairs)
        grown = engine.sql(_MEANT_TOO)
        if grown.num_rows == pairs.num_rows:
            return grown
        pairs = grown


def _differing(engine: Engine, schemas: Mapping[str, Schema]) -> Iterator[str | None]:
    """Yield the SQL of the pairs each compared kind touches; None where that cannot be said."""
    for kind in COMPARED:
        names = ", ".join(f'"{name}"' for name in schemas[kind].names)
        rows = (
            f"(select {names} from {kind} except select {names} from was_{kind} union all "
            f"(select {names} from was_{kind} except select {names} from {kind}))"
        )
        [counted] = engine.sql(f"select count(*) as n from {rows}").to_pylist()
        if not counted["n"]:
            continue
        ways = [way for columns, way in _WAYS.items() if set(columns) <= set(schemas[kind].names)]
        if not ways:
            yield None
        for way in ways:
            laid = way.format(rows=rows)
            yield (
                "select distinct coalesce(seller, '') as seller_id, coalesce(buyer, '') as buyer_id "
                f"from ({laid})"
            )
        if kind == "paper":
            yield _named_by(rows)
            yield _one_sided(rows)


def _named_by(rows: str) -> str:
    """Return the SQL of pairs whose documents name the number of a document that differs."""
    return f"""
        select distinct p.seller_id, p.buyer_id
        from (select number, coalesce(seller_id, '') as s, coalesce(buyer_id, '') as b
              from {rows}) d
        join (select document_id, to_number as number from reference
              union all select document_id, order_ref from line where order_ref is not null) r
          using (number)
        join pair_of p on p.document_id = r.document_id
        where (p.seller_id = d.s and d.s <> '') or (p.buyer_id = d.b and d.b <> '')
           or p.seller_id = '' or p.buyer_id = ''"""


def _one_sided(rows: str) -> str:
    """Return the SQL of every pair of a firm whose document that differs names no other side."""
    return f"""
        select distinct p.seller_id, p.buyer_id
        from (select coalesce(seller_id, '') as s, coalesce(buyer_id, '') as b from {rows}
              where seller_id is null or buyer_id is null) d
        join pair_of p on (p.seller_id = d.s and d.s <> '') or (p.buyer_id = d.b and d.b <> '')"""


def _filtered(schema: Schema) -> str:
    """Return the SQL of the rows of a kind that the touched pairs are proven from."""
    names, kind = schema.names, schema.kind
    columns = ", ".join(f'"{name}"' for name in names)
    if "document_id" in names:
        return (
            f"select {columns} from {kind} where document_id in (select document_id from context)"
        )
    if "claim_id" in names:
        return (
            f"select {columns} from {kind} where claim_id in ("
            "select claim_id from bill where document_id in (select document_id from context))"
        )
    if "payment_id" in names:
        return (
            f"select {columns} from {kind} where payment_id in (select payment_id from meaning "
            "semi join (select seller_id, buyer_id from pair_of semi join context "
            "using (document_id)) using (seller_id, buyer_id))"
        )
    return f"select {columns} from {kind}"


class _Laid:
    """Which rows of a kind belong to touched pairs, told by the columns that lay them to a pair."""

    def __init__(self, engine: Engine) -> None:
        documents = engine.sql(
            "select distinct document_id from pair_of semi join touched using (seller_id, buyer_id)"
        )
        engine.put("context", documents)
        self.sets = {
            ("document_id",): documents["document_id"],
            ("line_id",): engine.sql(
                "select line_id from line semi join context using (document_id)"
            )["line_id"],
            ("claim_id",): engine.sql(
                "select distinct claim_id from claimed semi join touched using (seller_id, buyer_id)"
            )["claim_id"],
            ("seller_id", "buyer_id"): _joined(engine.get("touched"), ("seller_id", "buyer_id")),
        }

    def rows(self, schema: Schema, table: pa.Table) -> pa.Array:
        """Return a mask of the table's rows that belong to touched pairs."""
        columns = key_of(schema)
        found = table[columns[0]] if len(columns) == 1 else _joined(table, columns)
        return pc.is_in(found, value_set=self.sets[columns].combine_chunks())


def _joined(table: pa.Table, columns: tuple[str, ...]) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(*(table[name] for name in columns), "\x1f")


def _merge(engine: Engine, part: Engine, schema: Schema, before: pa.Table, laid: _Laid) -> None:
    """Put a kind together: the rows of touched pairs as just made, of the others as they were."""
    made = part.get(schema.kind)
    stand = before.filter(pc.invert(laid.rows(schema, before)))
    engine.put(schema.kind, pa.concat_tables([stand, made.filter(laid.rows(schema, made))]))


def key_of(schema: Schema) -> tuple[str, ...]:
    """Return the columns that lay every row of a kind to its pair.

    A kind that keyed steps write must have some that are never null; else it is no keyed kind.
    """
    said = {column.name for column in schema.columns if not column.null}
    return next(columns for columns in _KEYS if set(columns) <= said)
