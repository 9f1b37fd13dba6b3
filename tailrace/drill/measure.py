"""Counting a drill: which planted claims were found, and which honest ones were suspected."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from tailrace.drill.judging import Found
from tailrace.drill.kinds import FALSE_ALARM_MAX, KINDS, RECALL_MIN
from tailrace.drill.misses import miss
from tailrace.drill.scene import BASE, Planted

Z = 1.959964  # 95 %
ANY, ALL = "any grave", "all packs"


class Row(Struct, frozen=True, kw_only=True):
    """What one pack's drill came to for one kind; `any grave` is the row of all tests together.

    An honest claim is a false alarm of a kind where one of its tests finds it: gravely, where only
    that counts for recall. A test that states a fact which honest papers show too raises none.
    """

    pack: str
    kind: str
    caught_by: str
    planted: int
    found: int
    by_test: int  # of those found, by a test; the rest by the verdict alone
    honest: int
    false_alarms: int

    @property
    def recall(self) -> tuple[float, float] | None:
        """The interval of the share found, None where nothing was planted."""
        return interval(self.found, self.planted)

    @property
    def alarms(self) -> tuple[float, float] | None:
        """The interval of the share of honest claims suspected."""
        return interval(self.false_alarms, self.honest)

    def passed(self) -> bool:
        """Return whether recall and false alarms keep the stated bars."""
        recall = self.found / self.planted if self.planted else 1.0
        alarms = self.false_alarms / self.honest if self.honest else 0.0
        return recall >= RECALL_MIN and alarms <= FALSE_ALARM_MAX

    def sure(self) -> bool:
        """Return whether chance can be left out: both intervals lie on the right side of the bars."""
        recall, alarms = self.recall or (1.0, 1.0), self.alarms or (0.0, 1.0)
        return recall[0] >= RECALL_MIN and alarms[1] <= FALSE_ALARM_MAX

    def told(self) -> dict[str, Any]:
        """Return the row for programs, with shares and their 95 % intervals."""
        return {
            **structs.asdict(self),
            "recall": self.found / self.planted if self.planted else None,
            "recall_95": self.recall,
            "false_alarm_rate": self.false_alarms / self.honest if self.honest else None,
            "false_alarm_95": self.alarms,
            "passed": self.passed(),
            "sure": self.sure(),
        }

    def shown(self) -> dict[str, Any]:
        """Return the row for people."""
        row = {**structs.asdict(self), "false alarms": self.false_alarms}
        row["test"] = ", ".join(KINDS[self.kind].tests) if self.kind in KINDS else ""
        row["recall"] = f"{self.found / self.planted:.3f}" if self.planted else ""
        row["recall 95 %"], row["rate 95 %"] = _text(self.recall), _text(self.alarms)
        row["held"] = ("yes" if self.sure() else "by count") if self.passed() else "NO"
        return row


class Count(Struct, frozen=True, kw_only=True):
    """A drill's rows and the planted claims that were missed, each with what explains it.

    `told` counts findings on honest claims by test; `elsewhere` those on no claim, by test, that
    name nothing planted.
    """

    rows: list[Row]
    misses: list[dict[str, Any]]
    told: dict[str, int]
    elsewhere: dict[str, int]


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


def count(pack: str, truth: Sequence[Planted], found: Found) -> Count:
    """Return a pack's rows: planted claims found by kind, and honest claims that were suspected."""
    known = {(t.creditor, t.number) for t in truth}
    claims: dict[tuple[str, str], dict[str, Any]] = {}
    honest = set()
    for claim in found["claim"]:
        keys = [(vat, claim["number"]) for vat in claim["vats"]]
        claims |= dict.fromkeys(keys, claim)
        if known.isdisjoint(keys):
            honest.add(claim["claim_id"])
    findings = _Findings(found["finding"])
    alarms = [f for f in found["finding"] if f["claim_id"] in honest]
    rows, misses = [], []
    for kind in dict.fromkeys(t.kind for t in truth if t.kind != BASE):
        mine = [t for t in truth if t.kind == kind]
        hit = by_test = 0
        for t in mine:
            debt = claims.get((t.creditor, t.number))
            told = findings.on(t, debt)
            named = _named(t, told)
            caught = named or _unproven(t, debt)
            by_test += named
            hit += caught
            if not caught:
                misses.append(miss(pack, t, debt, told))
        false = {a["claim_id"] for a in alarms if _alarms(kind, a)}
        by = KINDS[kind].text()
        rows.append(_row(pack, kind, by, (len(mine), hit, by_test), len(honest), len(false)))
    grave = {a["claim_id"] for a in alarms if a["grave"]}
    rows.append(_row(pack, ANY, "", (0, 0, 0), len(honest), len(grave)))
    return Count(
        rows=rows,
        misses=misses,
        told=_sorted(Counter(a["test"] for a in alarms)),
        elsewhere=_sorted(findings.strays([t.words for t in truth if t.words])),
    )


class _Findings:
    """Findings by the claim or the document they are on, and by their words."""

    def __init__(self, findings: Sequence[dict[str, Any]]) -> None:
        self.all = findings
        self.by: dict[Any, list[dict[str, Any]]] = {}
        for f in findings:
            for key in {f["claim_id"], (f["vat"], f["number"])} - {None, (None, None)}:
                self.by.setdefault(key, []).append(f)

    def on(self, t: Planted, claim: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Return the findings on a planted claim, on its document, or that name what was planted."""
        told = self.by.get((t.creditor, t.number), [])
        told = told + (self.by.get(claim["claim_id"], []) if claim else [])
        return told + [f for f in self.all if t.words and t.words in f["what"]]

    def strays(self, words: Sequence[str]) -> Counter[str]:
        """Count findings on no claim that say none of the words, by test."""
        return Counter(
            f["test"]
            for f in self.all
            if f["claim_id"] is None and not any(w in f["what"] for w in words)
        )


def summed(counts: Sequence[Count]) -> Count:
    """Return the counts of several seeds as one, a row for each pack and kind."""
    told: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    for c in counts:
        told.update(c.told)
        elsewhere.update(c.elsewhere)
    return Count(
        rows=_folded([row for c in counts for row in c.rows]),
        misses=[m for c in counts for m in c.misses],
        told=_sorted(told),
        elsewhere=_sorted(elsewhere),
    )


def pooled(rows: Sequence[Row]) -> list[Row]:
    """Return a row for each kind over all packs that plant it, and one for all honest claims.

    Packs have towns of their own, so their honest claims may be added up; each kind's are those of
    the packs that plant it.
    """
    return _folded([structs.replace(row, pack=ALL) for row in rows])


def _folded(rows: Sequence[Row]) -> list[Row]:
    """Add up rows of one pack and kind."""
    made: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row.pack, row.kind)
        old = made.get(key) or _row(row.pack, row.kind, row.caught_by, (0, 0, 0), 0, 0)
        made[key] = structs.replace(
            old,
            **{
                name: getattr(old, name) + getattr(row, name)
                for name in ("planted", "found", "by_test", "honest", "false_alarms")
            },
        )
    return list(made.values())


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


def _alarms(kind: str, finding: dict[str, Any]) -> bool:
    """Return whether a finding on an honest claim is a false alarm of this kind."""
    asked = KINDS[kind]
    return finding["test"] in asked.tests and bool(
        finding["grave"] or not (asked.grave or asked.fact)
    )


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


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
