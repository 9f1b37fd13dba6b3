"""What evidence makes of records: claims with their verdicts, and findings, from tables alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from tailrace.base.ports import Engine
from tailrace.base.tables import TEXT, Column, Schema
from tailrace.drill.kinds import FINGERPRINT
from tailrace.engines.duckdb import open_engine
from tailrace.evidence.fingerprints.compare import matches
from tailrace.evidence.fingerprints.rows import given, kept
from tailrace.street.loop import needed
from tailrace.street.rooms import ADOPTED, RECORDED, SCHEMAS
from tailrace.street.rules import Rules

Tables = Mapping[str, pa.Table]
Found = dict[str, list[dict[str, Any]]]
_GIVEN = tuple(Column(name, TEXT, "as given") for name in ("kind", "digest", "row"))
_KEPT = tuple(Column(name, TEXT, "as kept") for name in ("row", "claim_id", "number"))
_FILES = (
    Schema("ours", "Our fingerprints.", _GIVEN, ("digest", "row", "kind")),
    Schema("theirs", "Those of the second lender.", _GIVEN, ("digest", "row", "kind")),
    Schema("own", "Which claim a row of ours is.", _KEPT, ("row",)),
)
KEY = b"a key of the drill, known to all: no secret"
_CLAIMS = """
    with vat as (
        select firm_id, list(distinct value order by value) as vats
        from firm join party_identifier using (party_id) where scheme = 'VAT' group by 1)
    select c.claim_id, c.number, c.amount_minor, c.currency, v.verdict, v.proven_minor,
           coalesce(t.vats, []) as vats
    from claim c join verdict v using (claim_id) left join vat t on t.firm_id = c.creditor_id
    order by c.claim_id"""
_FINDINGS = """
    with vat as (
        select party_id, min(value) as value from party_identifier where scheme = 'VAT' group by 1)
    select f.test, f.grave, coalesce(f.claim_id, c.claim_id) as claim_id, f.what,
           d.number, p.value as vat
    from finding f left join claim c on c.document_id = f.document_id
    left join document d on d.document_id = f.document_id
    left join vat p on p.party_id = d.seller_id
    order by f.finding_id"""


def judged(tables: Tables, *, on: date, rules: Rules, other: Tables | None = None) -> Found:
    """Return claims with verdicts and findings of a book.

    Where a second lender's records are given, claims that both books' blinded fingerprints share
    are found too, by the test `fingerprint`.
    """
    engine = _derived(tables, on=on, rules=rules)
    found = {"claim": _rows(engine, _CLAIMS), "finding": _rows(engine, _FINDINGS)}
    if other is not None:
        theirs = _derived(other, on=on, rules=rules)
        found["finding"] += _shared(engine, theirs)
        theirs.close()
    engine.close()
    return found


def _derived(tables: Tables, *, on: date, rules: Rules) -> Engine:
    engine = open_engine(SCHEMAS)
    steps = needed(("finding", "verdict", "claim", "firm"))
    for kind in sorted({kind for step in steps for kind in step.reads}):
        if kind in RECORDED or kind in ADOPTED:
            engine.put(kind, tables.get(kind, SCHEMAS[kind].empty()))
    named = rules.named(on=on, accept="none")
    for step in steps:
        engine.run(step, **named)
    return engine


def _shared(ours: Engine, theirs: Engine) -> list[dict[str, Any]]:
    """Return what two lenders' files of fingerprints share, as findings on our claims."""
    mine, told = ours.sql(kept(KEY)), ours.sql(given(KEY))
    both = open_engine({schema.kind: schema for schema in _FILES})
    for name, table in (("ours", told), ("theirs", theirs.sql(given(KEY))), ("own", mine)):
        both.put(name, table)
    query = f"""
        select '{FINGERPRINT}' as test, true as grave, o.claim_id, o.number, null as vat,
               o.number || ' is held by the second lender too: ' || min(m.match) as what
        from ({matches("ours", "theirs")}) m join own o on o.row = m.left_row
        group by o.claim_id, o.number order by o.claim_id"""
    rows = _rows(both, query)
    both.close()
    return rows


def _rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = engine.sql(query).to_pylist()
    return rows
