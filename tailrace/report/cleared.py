"""A clearing as rows for people and for programs: totals, ways to settle, tenths of the firms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tailrace.network import Clearing, Totals
from tailrace.network.compare import Settled, of_currency
from tailrace.network.fairness import Decile
from tailrace.report.placed import amount, share

Rows = list[dict[str, Any]]


def told(totals: Totals, ways: Sequence[Settled]) -> dict[str, Any]:
    """Return a currency's totals for programs: the net debt of what is left beside that before.

    The two are the same but where members have credit lines, which may end short or long.
    """
    row: dict[str, Any] = msgspec.structs.asdict(totals)
    before = row.pop("net_debt_minor")
    circle, optimum = row.pop("circle_minor"), row.pop("optimum_minor")
    row |= {"circle_minor": circle} if circle else {}
    row |= {"optimum_minor": optimum} if optimum is not None else {}
    after = {w.way: w.net_debt_after_minor for w in of_currency(ways, totals.currency)}
    left = after.get("cyclic set-off", before) if circle else before
    return {**row, "net_debt_before_minor": before, "net_debt_after_minor": left}


def currency_lines(row: Mapping[str, Any]) -> list[str]:
    """Return a currency's totals, as `told` has them, as lines of text."""
    code, debt = row["currency"], row["debt_minor"]
    before, after = row["net_debt_before_minor"], row["net_debt_after_minor"]
    lines: list[tuple[str, int]] = [
        ("debt", debt),
        ("cleared without money", row["cleared_minor"]),
        ("netting of pairs alone", row["bilateral_minor"]),
        ("left to pay", debt - row["cleared_minor"]),
    ]
    if row.get("circle_minor"):
        lines += [("net debt before", before), ("net debt after, by credit lines", after)]
        lines += [("owed to the circle, and by it", row["circle_minor"])]
    else:
        lines += [("net debt, before and after", before)]
    if "optimum_minor" in row:
        lines += [("optimum without the last rule", row["optimum_minor"])]
        lines += [("lost by the last rule", row["optimum_minor"] - row["cleared_minor"])]
    shown = [(label, amount(n, code), share(n, debt)) for label, n in lines]
    width = max(len(figure) for _, figure, _ in shown)
    head = f"{code}: {row['obligations']:,} obligations of {row['firms']:,} firms"
    return [head, *(f"  {label:<32}{n:>{width}}  {part:>7}" for label, n, part in shown)]


def way_rows(ways: Sequence[Settled], code: str) -> Rows:
    """Return what each way of settling gives in one currency."""
    return [
        {
            "settled by": way.way,
            "cleared": amount(way.cleared_minor, code),
            "share": share(way.cleared_minor, way.cleared_minor + way.left_minor),
            "left to pay": amount(way.left_minor, code),
            "payments": way.payments,
            "net debt after": amount(way.net_debt_after_minor, code),
        }
        for way in of_currency(ways, code)
    ]


def decile_rows(tenths: Sequence[Decile], code: str) -> Rows:
    """Return what was cleared for each tenth of the firms of one currency."""
    return [
        {
            "firms by size": f"tenth {tenth.decile}",
            "firms": tenth.firms,
            "cleared for": tenth.helped,
            "set off": amount(tenth.set_off_minor, code),
            "of owed": share(tenth.set_off_minor, tenth.owed_minor),
            "of owing": share(tenth.set_off_minor, tenth.owing_minor),
        }
        for tenth in tenths
        if tenth.currency == code
    ]


def of_rules(clearing: Clearing) -> dict[str, Any]:
    """Return what rules add to the answer: debts held out by reason, and members' lines used."""
    if clearing.certificate.rules is None:
        return {}
    counts = clearing.held["reason"].value_counts().to_pylist()
    circle = clearing.circle.to_pylist() if clearing.circle is not None else []
    return {"held_out": {c["values"]: c["counts"] for c in counts}, "circle": circle}
