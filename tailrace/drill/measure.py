"""Counting a drill: which planted claims were found, and which honest ones were suspected."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from msgspec import Struct, structs

from tailrace.drill.kinds import FALSE_ALARM_MAX, KINDS, RECALL_MIN
from tailrace.drill.scene import BASE, Planted
from tailrace.engines.duckdb import open_engine
from tailrace.street.loop import needed
from tailrace.street.rooms import ADOPTED, RECORDED, SCHEMAS
from tailrace.street.rules import Rules

Z = 1.959964  # 95 %


class Row(Struct, frozen=True, kw_only=True):
    """What one pack's drill came to for one kind; `any grave` is the row of all tests together."""

    pack: str
    kind: str
    caught_by: str
    planted: int
    found: int
    by_test: int  # of those found, by a test; the rest by the verdict alone
    honest: int
    false_alarms: int

    def passed(self) -> bool:
        """Return whether recall and false alarms keep the stated bars."""
        recall = self.found / self.planted if self.planted else 1.0
        alarms = self.false_alarms / self.honest if self.honest else 0.0
        return recall >= RECALL_MIN and alarms <= FALSE_ALARM_MAX

    def told(self) -> dict[str, Any]:
        """Return the row for programs, with shares and their 95 % intervals."""
        return {
            **structs.asdict(self),
            "recall": self.found / self.planted if self.planted else None,
            "recall_95": interval(self.found, self.planted),
            "false_alarm_rate": self.false_alarms / self.honest if self.honest else None,
            "false_alarm_95": interval(self.false_alarms, self.honest),
            "passed": self.passed(),
        }

    def shown(self) -> dict[str, Any]:
        """Return the row for people."""
        row = {**structs.asdict(self), "false alarms": self.false_alarms}
        row["recall"] = f"{self.found / self.planted:.3f}" if self.planted else ""
        row["recall 95 %"] = _text(interval(self.found, self.planted))
        row["rate 95 %"] = _text(interval(self.false_alarms, self.honest))
        return row


class Count(Struct, frozen=True, kw_only=True):
    """A drill's rows, the planted claims that were missed, and findings on honest claims by test."""

    rows: list[Row]
    misses: list[dict[str, Any]]
    told: dict[str, int]


def interval(hits: int, of: int) -> tuple[float, float] | None:
    """Return the Wilson 95 % interval of a share (Wilson 1927, equation for p), None of nothing."""
    if not of:
        return None
    share, z2 = hits / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def _text(span: tuple[float, float] | None) -> str:
    return f"{span[0]:.4f} - {span[1]:.4f}" if span else ""


def judged(
    tables: Mapping[str, pa.Table], *, on: date, rules: Rules
) -> dict[str, list[dict[str, Any]]]:
    """Return claims with their verdicts and findings, worked out from record tables alone."""
    engine = open_engine(SCHEMAS)
    steps = needed(("finding", "verdict", "claim", "firm"))
    for kind in sorted({kind for step in steps for kind in step.reads}):
        if kind in RECORDED or kind in ADOPTED:
            engine.put(kind, tables.get(kind, SCHEMAS[kind].empty()))
    named = rules.named(on=on, accept="none")
    for step in steps:
        engine.run(step, **named)
    claims = engine.sql("""
        with vat as (
            select firm_id, list(distinct value order by value) as vats
            from firm join party_identifier using (party_id) where scheme = 'VAT' group by 1)
        select c.claim_id, c.number, c.amount_minor, c.currency, v.verdict, v.proven_minor,
               coalesce(t.vats, []) as vats
        from claim c join verdict v using (claim_id) left join vat t on t.firm_id = c.creditor_id
        order by c.claim_id""").to_pylist()
    findings = engine.sql("""
        select f.test, f.grave, coalesce(f.claim_id, c.claim_id) as claim_id, f.what,
               d.number, p.value as vat
        from finding f left join claim c on c.document_id = f.document_id
        left join document d on d.document_id = f.document_id
        left join party_identifier p on p.party_id = d.seller_id and p.scheme = 'VAT'
        order by f.finding_id""").to_pylist()
    engine.close()
    return {"claim": claims, "finding": findings}


def count(pack: str, truth: Sequence[Planted], found: Mapping[str, list[dict[str, Any]]]) -> Count:
    """Return a pack's rows: planted claims found by kind, and honest claims under grave findings."""
    known = {(t.creditor, t.number) for t in truth}
    by_key: dict[tuple[str, str], dict[str, Any]] = {}
    honest = set()
    for claim in found["claim"]:
        keys = [(vat, claim["number"]) for vat in claim["vats"]]
        by_key |= dict.fromkeys(keys, claim)
        if known.isdisjoint(keys):
            honest.add(claim["claim_id"])
    on_claim: dict[Any, list[dict[str, Any]]] = {}
    for finding in found["finding"]:
        on_claim.setdefault(finding["claim_id"], []).append(finding)
        on_claim.setdefault((finding["vat"], finding["number"]), []).append(finding)
    rows, misses = [], []
    alarms = [f for f in found["finding"] if f["claim_id"] in honest]
    for kind in dict.fromkeys(t.kind for t in truth if t.kind != BASE):
        mine = [t for t in truth if t.kind == kind]
        hit = by_test = 0
        for t in mine:
            debt = by_key.get((t.creditor, t.number))
            told = on_claim.get((t.creditor, t.number), [])
            told = told + (on_claim.get(debt["claim_id"], []) if debt else [])
            told = told + [f for f in found["finding"] if t.words and t.words in f["what"]]
            named = _named(t, told)
            caught = named or _unproven(t, debt)
            by_test += named
            hit += caught
            if not caught:
                misses.append(_miss(pack, t, debt, told))
        tests = KINDS[kind].tests
        false = {a["claim_id"] for a in alarms if a["grave"] and a["test"] in tests}
        rows.append(
            _row(pack, kind, KINDS[kind].text(), (len(mine), hit, by_test), len(honest), len(false))
        )
    grave = {a["claim_id"] for a in alarms if a["grave"]}
    rows.append(_row(pack, "any grave", "", (0, 0, 0), len(honest), len(grave)))
    told_on = Counter(a["test"] for a in alarms)
    return Count(rows=rows, misses=misses, told=dict(sorted(told_on.items())))


def summed(counts: Sequence[Count]) -> Count:
    """Return the counts of several seeds as one."""
    rows: dict[tuple[str, str], Row] = {}
    told: Counter[str] = Counter()
    for row in (row for c in counts for row in c.rows):
        old = rows.get((row.pack, row.kind))
        rows[row.pack, row.kind] = (
            row
            if old is None
            else _row(
                row.pack,
                row.kind,
                row.caught_by,
                (old.planted + row.planted, old.found + row.found, old.by_test + row.by_test),
                old.honest + row.honest,
                old.false_alarms + row.false_alarms,
            )
        )
    for c in counts:
        told.update(c.told)
    return Count(
        rows=list(rows.values()), misses=[m for c in counts for m in c.misses], told=dict(told)
    )


def _named(t: Planted, told: list[dict[str, Any]]) -> bool:
    kind = KINDS[t.kind]
    return any(
        f["test"] in kind.tests
        and (f["grave"] or not kind.grave)
        and (t.words is None or t.words in f["what"])
        for f in told
    )


def _unproven(t: Planted, claim: dict[str, Any] | None) -> bool:
    kind = KINDS[t.kind]
    if not kind.verdict or t.excess_minor is None or claim is None:
        return False
    return bool(claim["proven_minor"] <= claim["amount_minor"] - t.excess_minor)


def _miss(
    pack: str, t: Planted, claim: dict[str, Any] | None, told: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "pack": pack,
        "kind": t.kind,
        "number": t.number,
        "creditor": t.creditor,
        "verdict": claim["verdict"] if claim else "no claim",
        "proven_minor": claim["proven_minor"] if claim else None,
        "amount_minor": claim["amount_minor"] if claim else None,
        "excess_minor": t.excess_minor,
        "found_instead": sorted({f["test"] for f in told}),
    }


def _row(pack: str, kind: str, by: str, hits: tuple[int, int, int], honest: int, false: int) -> Row:
    return Row(
        pack=pack,
        kind=kind,
        caught_by=by,
        planted=hits[0],
        found=hits[1],
        by_test=hits[2],
        honest=honest,
        false_alarms=false,
    )
