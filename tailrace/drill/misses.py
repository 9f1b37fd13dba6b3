"""Misses explained: what was planted, what stands on the claim, and why no test of its kind spoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tailrace.base import money
from tailrace.drill.kinds import KINDS
from tailrace.drill.scene import Planted

Finding = dict[str, Any]


def miss(
    pack: str, t: Planted, claim: dict[str, Any] | None, told: Sequence[Finding]
) -> dict[str, Any]:
    """Return a missed plant with all that explains it: for programs, and `why` for people."""
    return {
        "pack": pack,
        "kind": t.kind,
        "number": t.number,
        "creditor": t.creditor,
        "planted": t.what or KINDS[t.kind].what,
        "verdict": claim["verdict"] if claim else "no claim",
        "proven_minor": claim["proven_minor"] if claim else None,
        "amount_minor": claim["amount_minor"] if claim else None,
        "excess_minor": t.excess_minor,
        "found_instead": sorted({f["test"] for f in told}),
        "why": why(t, claim, told),
    }


def why(t: Planted, claim: dict[str, Any] | None, told: Sequence[Finding]) -> str:
    """Return why nothing of the plant's kind spoke, in words."""
    kind = KINDS[t.kind]
    said: list[str] = []
    if claim is None:
        said.append(
            f"the records hold no claim {t.number} of VAT {t.creditor}: the invoice was not read, "
            "is dated after the day of the run, makes no claim, or the truth names it otherwise"
        )
    for test in kind.tests:
        said.append(_silent(t, test, [f for f in told if f["test"] == test]))
    said.append(f"needed: {kind.needs}")
    if kind.verdict and claim is not None and t.excess_minor is not None:
        code = claim["currency"]
        honest = claim["amount_minor"] - t.excess_minor
        said.append(
            f"the verdict proves {money.text(claim['proven_minor'], code)} of "
            f"{money.text(claim['amount_minor'], code)}, and {money.text(honest, code)} is honest"
        )
    return "; ".join(said)


def _silent(t: Planted, test: str, spoken: Sequence[Finding]) -> str:
    """Return what one test said that did not count, or that it said nothing."""
    if not spoken:
        return f"{test} says nothing of it"
    if t.words is not None and not any(t.words in f["what"] for f in spoken):
        return f"{test} says {spoken[0]['what']!r}, and not {t.words!r}"
    return f"{test} only tells it, not gravely: {spoken[0]['what']!r}"
