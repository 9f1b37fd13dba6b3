"""Who owes whom, before a clearing and after it: two Sankeys of groups of firms, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from tailrace.report.cycles import COLOURS
from tailrace.report.placed import amount, share
from tailrace.report.seen import OTHERS, TIERS, UNSAID, Seen

WIDTH, PAD, HIGH = 960, 24, 330
LABEL, BAR, GAP = 122, 10, 8
LETTERS = 18  # of a label
LEAST = 14  # between two labels

Sums = Mapping[tuple[str, str], int]


def flows(seen: Seen) -> tuple[str, int]:
    """Return the picture and its height: debtors on the left, creditors on the right.

    A band has the colour of the group that owes it, and is as thick as what is owed.
    """
    before, after = grouped(seen, "before"), grouped(seen, "after")
    groups = _order(before)
    whole = sum(before.values())
    scale = (HIGH - GAP * len(groups)) / max(whole, 1)
    half = (WIDTH - 3 * PAD) // 2
    parts, high = [], 0.0
    for at, (when, sums) in enumerate((("before", before), ("after", after))):
        x, left = PAD + at * (half + PAD), sum(sums.values())
        told = f"{when}: {amount(left, seen.currency)}"
        if at and whole:
            told += f", {share(whole - left, whole)} set off"
        panel, tall = _panel(groups, sums, scale, half)
        parts.append(f'<text class="quiet" x="{x}" y="12">{escape(told)}</text>')
        parts.append(f'<g transform="translate({x},24)">{panel}</g>')
        high = max(high, tall)
    return "".join(parts), int(high) + 32


def grouped(seen: Seen, when: str) -> dict[tuple[str, str], int]:
    """Return what groups owe one another, before or after."""
    sums: dict[tuple[str, str], int] = {}
    for e in seen.edges:
        key = seen.group[e.debtor], seen.group[e.creditor]
        sums[key] = sums.get(key, 0) + int(getattr(e, when))
    return sums


def _order(sums: Sums) -> list[str]:
    """Return the groups, the largest first, classes of size in their order, the rest last."""
    names = sorted({g for key in sums for g in key})
    if TIERS[0][1] in names:
        place = {name: n for n, (_, name) in enumerate(TIERS)}
        return sorted(names, key=lambda g: place.get(g, len(TIERS)))
    size = {g: sum(n for key, n in sums.items() if g in key) for g in names}
    return sorted(names, key=lambda g: (g in (OTHERS, UNSAID), -size[g], g))


def _panel(groups: Sequence[str], sums: Sums, scale: float, width: int) -> tuple[str, float]:
    x0, x1 = LABEL, width - LABEL
    spots: tuple[dict[str, float], dict[str, float]] = ({}, {})
    parts, y = [], [0.0, 0.0]
    for n, g in enumerate(groups):
        for side, x in enumerate((x0 - BAR, x1)):
            tall = sum(part for key, part in sums.items() if key[side] == g) * scale
            spots[side][g] = y[side]
            if tall > 0:
                parts.append(_block(g, side, x, y[side], tall, _tone(n)))
                y[side] += max(tall + GAP, LEAST)
    mid = (x0 + x1) / 2
    left, right = spots
    for n, g in enumerate(groups):
        for h in groups:
            thick = sums.get((g, h), 0) * scale
            if thick <= 0:
                continue
            a, b = left[g] + thick / 2, right[h] + thick / 2
            left[g] += thick
            right[h] += thick
            parts.append(
                f'<path class="band" stroke="{_tone(n)}" stroke-width="{max(thick, 0.4):.2f}" '
                f'd="M{x0},{a:.1f}C{mid},{a:.1f} {mid},{b:.1f} {x1},{b:.1f}"/>'
            )
    return "".join(parts), max(y)


def _block(name: str, side: int, x: float, y: float, tall: float, tone: str) -> str:
    anchor, tx = ("end", x - 6) if side == 0 else ("start", x + BAR + 6)
    return (
        f'<rect fill="{tone}" x="{x}" y="{y:.1f}" width="{BAR}" height="{max(tall, 0.6):.1f}"/>'
        f'<text class="small" x="{tx}" y="{y + max(tall / 2 + 4, 9):.1f}" '
        f'text-anchor="{anchor}"><title>{escape(name)}</title>{escape(cut(name, LETTERS))}</text>'
    )


def _tone(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def cut(words: str, most: int) -> str:
    """Return words that fit into so many letters."""
    return words if len(words) <= most else words[: most - 1] + "…"
