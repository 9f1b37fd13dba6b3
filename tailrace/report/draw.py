"""Pictures as SVG text: a Sankey of where the debt goes, bars for ageing and verdicts.

Colours are CSS classes, so that light and dark are the page's affair. Sizes are in the picture's own
units; the page scales them.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from msgspec import Struct


class Flow(Struct, frozen=True):
    """An amount that goes from one node of a Sankey to another."""

    source: str
    target: str
    amount: int


class Node(Struct, frozen=True):
    """A node of a Sankey: its column from the left, its label and its colour class."""

    name: str
    column: int
    label: str
    tone: str


WIDTH, HEIGHT, NODE, GAP, TOP = 960, 340, 14, 16, 18


def sankey(nodes: Sequence[Node], flows: Sequence[Flow], *, label: str) -> str:
    """Return a Sankey; nodes stand in the order given within their column, ribbons in flow order.

    A node's height is the larger of what comes in and what goes out; nodes with neither are left out.
    """
    sizes = {n.name: _size(n.name, flows) for n in nodes}
    shown = [n for n in nodes if sizes[n.name] > 0]
    if not shown:
        return ""
    columns = sorted({n.column for n in shown})
    most = max(len([n for n in shown if n.column == c]) for c in columns)
    tallest = max(sum(sizes[n.name] for n in shown if n.column == c) for c in columns)
    scale = (HEIGHT - TOP - (GAP + TOP / 2) * most) / tallest
    places = _places(shown, sizes, columns, scale)
    ribbons = _ribbons(shown, flows, places, scale)
    blocks = "".join(_block(n, places[n.name], sizes[n.name] * scale, columns[-1]) for n in shown)
    return (
        f'<svg class="sankey" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{ribbons}{blocks}</svg>"
    )


def _size(name: str, flows: Sequence[Flow]) -> int:
    into = sum(f.amount for f in flows if f.target == name)
    out = sum(f.amount for f in flows if f.source == name)
    return max(into, out)


def _places(
    nodes: Sequence[Node], sizes: dict[str, int], columns: Sequence[int], scale: float
) -> dict[str, tuple[float, float]]:
    step = (WIDTH - NODE) / max(len(columns) - 1, 1)
    places = {}
    for i, column in enumerate(columns):
        y = float(TOP)
        for node in (n for n in nodes if n.column == column):
            places[node.name] = (i * step, y)
            y += sizes[node.name] * scale + GAP + TOP / 2
    return places


def _ribbons(
    nodes: Sequence[Node],
    flows: Sequence[Flow],
    places: dict[str, tuple[float, float]],
    scale: float,
) -> str:
    tones = {n.name: n.tone for n in nodes}
    left = {name: y for name, (_, y) in places.items()}
    right = dict(left)
    drawn = []
    for f in flows:
        if f.amount <= 0:
            continue
        thick = f.amount * scale
        x0, x1 = places[f.source][0] + NODE, places[f.target][0]
        y0, y1 = left[f.source] + thick / 2, right[f.target] + thick / 2
        left[f.source] += thick
        right[f.target] += thick
        mid = (x0 + x1) / 2
        drawn.append(
            f'<path class="ribbon {tones[f.target]}" d="M{x0:.1f},{y0:.1f}C{mid:.1f},{y0:.1f} '
            f'{mid:.1f},{y1:.1f} {x1:.1f},{y1:.1f}" stroke-width="{max(thick, 1):.1f}"/>'
        )
    return "".join(drawn)


def _block(node: Node, place: tuple[float, float], height: float, last: int) -> str:
    x, y = place
    at_end = last > 0 and node.column >= last - 1  # the last two columns would share their room
    anchor, tx = ("end", x - 6) if at_end else ("start", x + NODE + 6)
    return (
        f'<rect class="node {node.tone}" x="{x:.1f}" y="{y:.1f}" width="{NODE}" '
        f'height="{max(height, 1):.1f}" rx="2"/>'
        f'<text x="{tx:.1f}" y="{y + min(max(height / 2, 5), 200) + 4:.1f}" text-anchor="{anchor}">'
        f"{escape(node.label)}</text>"
    )


def bars(rows: Sequence[tuple[str, Sequence[tuple[str, int, str]]]], *, label: str) -> str:
    """Return horizontal stacked bars: (name, ((tone, amount, title), ...)) for each row.

    All rows share one scale; a row's total is told by the page beside it.
    """
    longest = max((sum(a for _, a, _ in parts) for _, parts in rows), default=0) or 1
    height, drawn = 30, []
    for i, (name, parts) in enumerate(rows):
        y, x = i * height, 132.0
        drawn.append(f'<text x="122" y="{y + 18}" text-anchor="end">{escape(name)}</text>')
        for tone, amount, title in parts:
            wide = amount * 480 / longest
            if wide > 0:
                drawn.append(
                    f'<rect class="node {tone}" x="{x:.1f}" y="{y + 4}" width="{max(wide, 1):.1f}" '
                    f'height="20" rx="2"><title>{escape(title)}</title></rect>'
                )
            x += wide
        told = parts[-1][2] if parts else ""
        drawn.append(f'<text class="quiet" x="{x + 8:.1f}" y="{y + 18}">{escape(told)}</text>')
    return (
        f'<svg class="bars" viewBox="0 0 960 {height * max(len(rows), 1)}" role="img" '
        f'aria-label="{escape(label)}">{"".join(drawn)}</svg>'
    )
