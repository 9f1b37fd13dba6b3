"""The network of a clearing with its greatest cycles in colour, readable up to ten thousand firms.

What is drawn of a large network, and how, is a rule, not a choice of the moment: the HUBS_MAX firms
with the most debt are placed by force; every other firm stands in the cloud round the one of these
it trades most with, the larger nearer; firms beyond FIRMS_MAX by size are counted. Lines are the
thickest debts between hubs and the thickest set-offs; the cycles in colour are those that set off
the most of up to CYCLE_FIRMS firms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from tailrace.report.network import Edge, layout
from tailrace.report.placed import amount

WIDE, HIGH = 960, 640
HUBS_MAX, FIRMS_MAX = 120, 10_000
LINES_MAX = 700
CYCLES_DRAWN, CYCLE_FIRMS = 8, 8
TOLD_MAX = 142  # letters of a line below the picture
COLOURS = (
    "#c24d43",
    "#2e8b6f",
    "#6d5bb5",
    "#d59a2b",
    "#1a9bb3",
    "#b0457f",
    "#7a8c1f",
    "#8a5a3c",
)


class Ring(Struct, frozen=True):
    """A cycle: each firm owed the next, the last the first; the amount came off each debt."""

    firms: list[str]
    amount: int


def network(
    edges: Sequence[Edge],
    rings: Sequence[Ring],
    names: Mapping[str, str],
    code: str,
    *,
    cycles: int,
) -> tuple[str, int]:
    """Return the network as SVG parts, and its height; cycles: how many there are in all.

    Lines carry their thickness before the clearing and, for pages that show it, after it.
    """
    size: dict[str, int] = {}
    for e in edges:
        size[e.debtor] = size.get(e.debtor, 0) + e.before
        size[e.creditor] = size.get(e.creditor, 0) + e.before
    if not size:
        return "", 0
    order = sorted(size, key=lambda f: (-size[f], f))
    # A chain that ends on credit lines runs through the circle itself, which is no firm to draw.
    whole = [r for r in rings if len(r.firms) <= CYCLE_FIRMS and all(f in size for f in r.firms)]
    chosen = whole[:CYCLES_DRAWN]
    hubs = order[:HUBS_MAX]
    shown = set(order[:FIRMS_MAX]).union(*(r.firms for r in chosen))
    spots = _places(hubs, [f for f in order if f in shown], edges)
    parts = [*_lines(edges, spots, set(hubs)), *_dots(order, hubs, spots, size)]
    parts += [_ring(r, spots, COLOURS[n]) for n, r in enumerate(chosen)]
    parts += _names(hubs, chosen, spots, names)
    key = [_told(n, r, names, code) for n, r in enumerate(chosen)]
    remark = _remark(len(order), len(spots), len(hubs), len(chosen), cycles)
    y = HIGH + 20 * len(key)
    parts += [*key, f'<text class="quiet small" x="24" y="{y + 14}">{remark}</text>']
    return "".join(parts), y + 22


Places = dict[str, tuple[float, float]]


def _places(hubs: Sequence[str], firms: Sequence[str], edges: Sequence[Edge]) -> Places:
    at = {firm: n for n, firm in enumerate(hubs)}
    inside = [e for e in edges if e.debtor in at and e.creditor in at and e.debtor != e.creditor]
    pairs = np.array([(at[e.debtor], at[e.creditor]) for e in inside], np.int64).reshape(-1, 2)
    weight = np.array([e.before for e in inside], float)
    if len(hubs) > 1 and len(inside):
        xy = layout(len(hubs), pairs, (weight / weight.max()) ** 0.5)
        # Half way to evenly spread, so that a few far-off firms do not press the others together.
        even = np.argsort(np.argsort(xy, axis=0), axis=0) / max(len(hubs) - 1, 1)
        xy = 0.5 * xy + 0.5 * (even * np.array([WIDE - 120, HIGH - 90]) + np.array([60, 50]))
    else:
        turn = np.arange(len(hubs)) * 2 * np.pi / max(len(hubs), 1)
        xy = np.stack([WIDE / 2 + 240 * np.cos(turn), HIGH / 2 + 220 * np.sin(turn)], axis=1)
    spots = {firm: (float(x), float(y)) for firm, (x, y) in zip(hubs, xy.tolist(), strict=True)}
    near = _nearest(at, edges)
    clouds: dict[str, int] = {}
    golden = np.pi * (3 - np.sqrt(5))
    for firm in firms:
        if firm in spots:
            continue
        hub = near.get(firm, "")
        place = clouds[hub] = clouds.get(hub, 0) + 1
        out, turn = 9 + 3.1 * place**0.5, place * golden
        # those that trade with no hub stand in a corner of their own
        x, y = spots.get(hub, (WIDE - 60.0, HIGH - 60.0))
        spots[firm] = (
            float(np.clip(x + out * np.cos(turn), 6, WIDE - 6)),
            float(np.clip(y + out * np.sin(turn), 6, HIGH - 6)),
        )
    return spots


def _nearest(hubs: Mapping[str, int], edges: Sequence[Edge]) -> dict[str, str]:
    """Return the hub each other firm trades most with; those further off go with a partner's."""
    best: dict[str, tuple[int, str]] = {}
    for e in edges:
        for firm, other in ((e.debtor, e.creditor), (e.creditor, e.debtor)):
            if other in hubs and firm not in hubs:
                best[firm] = max(best.get(firm, (0, "")), (e.before, other))
    near = {firm: hub for firm, (_, hub) in best.items()}
    further: dict[str, tuple[int, str]] = {}
    for e in edges:
        for firm, other in ((e.debtor, e.creditor), (e.creditor, e.debtor)):
            if firm not in near and firm not in hubs and other in near:
                further[firm] = max(further.get(firm, (0, "")), (e.before, near[other]))
    return near | {firm: hub for firm, (_, hub) in further.items()}


def _lines(edges: Sequence[Edge], spots: Places, hubs: set[str]) -> list[str]:
    drawn = [
        e for e in edges if e.debtor in spots and e.creditor in spots and e.debtor != e.creditor
    ]
    most = max((e.before for e in drawn), default=1) or 1
    owed = [e for e in drawn if e.debtor in hubs and e.creditor in hubs]
    owed = sorted(owed, key=lambda e: (-e.before, e.debtor, e.creditor))[:LINES_MAX]
    off = sorted(drawn, key=lambda e: (e.after - e.before, e.debtor, e.creditor))[:LINES_MAX]
    parts = [_line(spots, e, most) for e in owed]
    parts += [
        _curve("off", spots, e, 0.4 + 4 * ((e.before - e.after) / most) ** 0.5)
        for e in off
        if e.after < e.before
    ]
    return parts


def _line(spots: Places, e: Edge, most: int) -> str:
    before, after = (0.5 + 5 * (n / most) ** 0.5 if n else 0.0 for n in (e.before, e.after))
    path = _arc(spots[e.debtor], spots[e.creditor])
    return f'<path class="line" stroke-width="{before:.1f}" style="--a:{after:.1f}" d="{path}"/>'


def _curve(tone: str, spots: Places, e: Edge, thick: float) -> str:
    path = _arc(spots[e.debtor], spots[e.creditor])
    return f'<path class="{tone}" stroke-width="{thick:.1f}" d="{path}"/>'


def _arc(a: tuple[float, float], b: tuple[float, float]) -> str:
    x, y = (a[0] + b[0]) / 2 + (b[1] - a[1]) * 0.14, (a[1] + b[1]) / 2 + (a[0] - b[0]) * 0.14
    return f"M{a[0]:.0f},{a[1]:.0f}Q{x:.0f},{y:.0f} {b[0]:.0f},{b[1]:.0f}"


def _dots(
    order: Sequence[str], hubs: Sequence[str], spots: Places, size: Mapping[str, int]
) -> list[str]:
    most, large = max(size.values()), set(hubs)
    small = [spots[f] for f in order if f in spots and f not in large]
    path = "".join(f"M{x:.1f},{y:.1f}h0" for x, y in small)
    cloud = f'<path d="{path}" stroke="#9aa7a4" stroke-width="2.4" stroke-linecap="round"/>'
    return [cloud if small else "", *(_hub(f, spots[f], size[f] / most) for f in hubs)]


def _hub(name: str, at: tuple[float, float], share: float) -> str:
    return (
        f'<circle class="firm" cx="{at[0]:.0f}" cy="{at[1]:.0f}" r="{3 + 11 * share**0.5:.1f}">'
        f"<title>{escape(name)}</title></circle>"
    )


def _ring(ring: Ring, spots: Places, colour: str) -> str:
    parts = []
    for here, there in zip(ring.firms, [*ring.firms[1:], ring.firms[0]], strict=True):
        a, b = spots[here], spots[there]
        parts.append(
            f'<path class="ring" stroke="{colour}" d="{_arc(a, b)}"/>{_head(a, b, colour)}'
        )
    return "".join(parts)


def _head(a: tuple[float, float], b: tuple[float, float], colour: str) -> str:
    """Return an arrow's head in the middle of a debt's curve."""
    way: NDArray = np.array([b[0] - a[0], b[1] - a[1]])
    length = float(np.hypot(*way)) or 1.0
    x = (a[0] + b[0]) / 2 + (b[1] - a[1]) * 0.07
    y = (a[1] + b[1]) / 2 + (a[0] - b[0]) * 0.07
    dx, dy = way / length * 6
    return (
        f'<path class="tip" fill="{colour}" d="M{x + dx:.1f},{y + dy:.1f}L{x - dx - dy * 0.7:.1f},'
        f'{y - dy + dx * 0.7:.1f}L{x - dx + dy * 0.7:.1f},{y - dy - dx * 0.7:.1f}Z"/>'
    )


def _names(
    hubs: Sequence[str], rings: Sequence[Ring], spots: Places, names: Mapping[str, str]
) -> list[str]:
    """Name firms of the cycles drawn and then the largest, where no other name is covered."""
    taken: list[tuple[float, float, float]] = []
    parts = []
    for firm in dict.fromkeys([*(f for r in rings for f in r.firms), *hubs[:24]]):
        name = _short(names.get(firm, firm), 22)
        half, (x, y) = 3.6 * len(name), spots[firm]
        x, y = min(max(x, half + 4), WIDE - half - 4), y - 12
        if all(abs(y - oy) > 14 or abs(x - ox) > half + ow for ox, oy, ow in taken):
            taken.append((x, y, half))
            parts.append(
                f'<text class="small name" x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(name)}</text>'
            )
    return parts


def _told(place: int, ring: Ring, names: Mapping[str, str], code: str) -> str:
    y = HIGH + 20 * place
    off = amount(ring.amount, code)
    room = (TOLD_MAX - len(off) - 12) // (len(ring.firms) + 1) - 3
    firms = [_short(names.get(f, f), min(max(room, 8), 24)) for f in ring.firms]
    told = f"{off} off each: {' → '.join([*firms, firms[0]])}"
    return (
        f'<rect fill="{COLOURS[place]}" x="24" y="{y + 3}" width="14" height="4"/>'
        f'<text class="small" x="46" y="{y + 10}">{escape(_short(told, TOLD_MAX))}</text>'
    )


def _remark(firms: int, drawn: int, hubs: int, cycles: int, whole: int) -> str:
    told = f"{drawn:,} of {firms:,} firms"
    if drawn > hubs:
        told += (
            f": the {hubs} with the most debt as circles, others round the one they trade most with"
        )
    if not whole:
        return f"{told}; nothing was set off: no debt lies on a cycle"
    return f"{told}; {cycles} of {whole:,} cycles in colour, up to {CYCLE_FIRMS} firms each"


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
