"""The value of liquidity drawn: the curve with its slopes, and bars of who borrows and who keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from tailrace.network.liquidity import Band, Placement
from tailrace.report import draw
from tailrace.report.placed import amount, share

WIDE, HIGH, RIGHT, TOP = 960, 480, 28, 56
BOX = (96, TOP + 14, WIDE - RIGHT, HIGH - 58)  # of the curve: left, top, right, bottom
TONES = {"own": "good", "inside": "accent", "outside": "water"}
NAMES = {"own": "own money", "inside": "inside lenders", "outside": "money lent"}
LABEL_APART = 30  # between two slopes written on the curve
BARS_MAX = 12
COLOURS = """
:root { --card: #ffffff; --ink: #16211f; --soft: #5a6866; --line: #dde3e0; --water: #1f7fb8;
  --good: #2e8b6f; --warn: #d59a2b; --accent: #6d5bb5; --debt: #4a5a66; }
@media (prefers-color-scheme: dark) { :root { --card: #18201f; --ink: #e6ecea; --soft: #9aa9a6;
  --line: #2a3634; --water: #4fa8dc; --good: #4fb894; --warn: #e0b050; --accent: #9d8be0;
  --debt: #8c9ca8; } }
"""
RULES = """
svg.liquidity { background: var(--card); }
.liquidity text { fill: var(--ink); font: 13px system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
.liquidity text.quiet { fill: var(--soft); } .liquidity text.title { font-size: 16px; font-weight: 600; }
.liquidity text.slope { font-size: 12.5px; font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 3px; }
.liquidity line.grid { stroke: var(--line); }
.liquidity line.mark { stroke: var(--warn); stroke-dasharray: 5 4; stroke-width: 1.5; }
.liquidity circle { fill: var(--card); stroke-width: 1.6; }
.liquidity path { fill: none; stroke-width: 2.6; stroke-linecap: round; }
.liquidity rect.card { fill: var(--card); stroke: var(--line); }
.liquidity path.area { fill: var(--water); fill-opacity: .09; }
.liquidity path.water, .liquidity circle.water { stroke: var(--water); }
.liquidity path.good, .liquidity circle.good { stroke: var(--good); }
.liquidity path.accent, .liquidity circle.accent { stroke: var(--accent); }
.liquidity rect.water { fill: var(--water); } .liquidity rect.good { fill: var(--good); }
.liquidity rect.accent { fill: var(--accent); } .liquidity rect.debt { fill: var(--debt); }
.liquidity rect.warn { fill: var(--warn); }
"""
STYLE = COLOURS + RULES


def curve(
    bands: Sequence[Band],
    alone: int,
    debt: int,
    currency: str,
    placement: Placement | None,
    *,
    title: str = "",
) -> str:
    """Return the curve: debt settled over money put in, the slope written at each piece.

    Slopes are whole numbers: how many debts one unit settles. The steep pieces at the start are
    often too short to be written at; then they are drawn again, larger, in the room below the line.
    """
    at = 0 if placement is None else placement.spent_minor
    spent = max(bands[-1].to_minor if bands else 0, at, 1)
    frame = _Frame(BOX, spent, 0, max(debt, 1), currency)
    points = [(0, alone), *((b.to_minor, b.settled_minor) for b in bands)]
    parts = [frame.grid(), frame.area(points), frame.line(points, bands)]
    written, left = frame.slopes(points, bands)
    parts.append(written)
    if placement is not None:
        parts.append(frame.mark(placement))
    parts += [_closer(frame, points, bands, left), _legend(bands)]
    whole = share(alone, debt) or "nothing"
    title = title or f"{whole} of the debt settles without money; what each further unit settles"
    return _svg(HIGH, "".join(parts), title, f"Value of liquidity in {currency}")


def _closer(
    frame: _Frame, points: Sequence[tuple[int, int]], bands: Sequence[Band], left: Sequence[int]
) -> str:
    """Return the start of the curve drawn larger, up to the last slope that found no room."""
    ends = [at for at in left if points[at + 1][0] * 5 < frame.spent]
    if len(ends) < 2:
        return ""
    count = max(ends) + 1
    top = max(y for x, y in map(frame.xy, *zip(*points, strict=True)) if x > BOX[0] + 300)
    top = max(top, frame.xy(*_on(points, frame.spent * 35 // 100))[1]) + 46
    if BOX[3] - 36 - top < 100:
        return ""
    (last, high), inner = points[count], (BOX[0] + 384, top, BOX[2] - 16, BOX[3] - 34)
    small = _Frame(inner, last, points[0][1], high, frame.currency)
    some, part = points[: count + 1], bands[:count]
    x0, y0, x1, y1 = inner
    card = (
        f'<rect class="card" x="{x0 - 26}" y="{y0 - 26:.1f}" width="{x1 - x0 + 34}" '
        f'height="{y1 - y0 + 52:.1f}" rx="6"/><text class="quiet" x="{x0}" y="{y1 + 18}">'
        f"the first {_amount(last, frame.currency)}</text>"
    )
    return card + small.area(some) + small.line(some, part) + small.slopes(some, part)[0]


def bars(placement: Placement, names: Mapping[str, str]) -> str:
    """Return bars of who gets money and who keeps it at the end, the largest first."""
    rows = placement.firms.to_pylist()
    for row in rows:
        row["firm"] = names.get(str(row["firm"]), str(row["firm"]))
    code = placement.currency
    gets = [
        (
            str(row["firm"]),
            [
                ("good", row["own_minor"], f"own {_amount(row['own_minor'], code)}"),
                ("water", row["lent_minor"], _amount(row["own_minor"] + row["lent_minor"], code)),
            ],
        )
        for row in _largest(rows, "own_minor", "lent_minor")
    ]
    keeps = [
        (str(row["firm"]), [("debt", row["kept_minor"], _amount(row["kept_minor"], code))])
        for row in _largest(rows, "kept_minor")
    ]
    drawn, y = [], TOP
    for title, shown in (("Gets money", gets), ("Keeps money at the end", keeps)):
        drawn.append(f'<text class="quiet" x="14" y="{y + 6}">{title}</text>')
        inner = draw.bars([(_short(name), parts) for name, parts in shown], label=title)
        inner = inner.replace(
            "<svg ",
            f'<svg x="90" overflow="visible" y="{y + 14}" width="960" height="{30 * max(len(shown), 1)}" ',
            1,
        )
        drawn.append(inner)
        y += 30 * max(len(shown), 1) + 44
    title = f"{_amount(placement.lent_minor, code)} lent, {_amount(placement.own_minor, code)} of their own"
    return _svg(y - 10, "".join(drawn), title, "Who gets money and who keeps it")


def picture(
    bands: Sequence[Band],
    alone: int,
    debt: int,
    currency: str,
    placement: Placement | None,
    names: Mapping[str, str],
) -> str:
    """Return one SVG file: the curve and, where money was placed, the bars below it."""
    top = curve(bands, alone, debt, currency, placement)
    below = "" if placement is None else bars(placement, names)
    below_high = int(below.split('viewBox="0 0 960 ', 1)[1].split('"', 1)[0]) if below else 0
    high = HIGH + below_high
    placed = [(0, HIGH, top), (HIGH, below_high, below)]
    inner = "".join(
        svg.replace("<svg ", f'<svg x="0" y="{y}" width="{WIDE}" height="{size}" ', 1)
        for y, size, svg in placed
        if svg
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" width="{WIDE}" '
        f'height="{high}"><style>{STYLE}</style><rect width="100%" height="100%" '
        f'style="fill:var(--card)"/>{inner}</svg>\n'
    )


class _Frame:
    """Where a sum put in and a sum settled stand in a box of the picture."""

    def __init__(
        self, box: tuple[float, float, float, float], spent: int, low: int, high: int, currency: str
    ) -> None:
        self.box, self.spent, self.low, self.high = box, spent, low, high
        self.currency = currency

    def xy(self, spent: int, settled: int) -> tuple[float, float]:
        x0, y0, x1, y1 = self.box
        up = (settled - self.low) / max(self.high - self.low, 1)
        return x0 + (x1 - x0) * spent / self.spent, y1 - (y1 - y0) * up

    def grid(self) -> str:
        x0, _, x1, y1 = self.box
        drawn = []
        for percent in range(0, 101, 20):
            y = self.xy(0, self.high * percent // 100)[1]
            drawn.append(f'<line class="grid" x1="{x0}" x2="{x1}" y1="{y:.1f}" y2="{y:.1f}"/>')
            drawn.append(_quiet(x0 - 8, y + 4, f"{percent} %", "end"))
        step = _round_step(self.spent)
        for at in range(0, self.spent + 1, step):
            told = _amount(at, self.currency).removesuffix(f" {self.currency}").removesuffix(".00")
            drawn.append(_quiet(self.xy(at, 0)[0], y1 + 20, told, "middle"))
        drawn.append(_quiet(x1, HIGH - 14, f"money put in, {escape(self.currency)}", "end"))
        told = f"debt settled, of {_amount(self.high, self.currency)}"
        return "".join([*drawn, _quiet(14, TOP - 4, told, "start")])

    def area(self, points: Sequence[tuple[int, int]]) -> str:
        way = "L".join(_p(self.xy(*point)) for point in points)
        left, right = _p(self.xy(0, self.low)), _p(self.xy(points[-1][0], self.low))
        return f'<path class="area" d="M{left}L{way}L{right}Z"/>'

    def line(self, points: Sequence[tuple[int, int]], bands: Sequence[Band]) -> str:
        """Return the pieces in the tones of their sources, and a ring at each corner."""
        drawn, rings = [], []
        for (before, after), band in zip(pairwise(points), bands, strict=True):
            tone, start, end = TONES[band.source], self.xy(*before), self.xy(*after)
            title = _said(band, self.currency)
            way = f'd="M{_p(start)}L{_p(end)}"'
            drawn.append(f'<path class="{tone}" {way}><title>{title}</title></path>')
            rings.append(f'<circle class="{tone}" cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="2.6"/>')
        return "".join([*drawn, *rings[:-1]])

    def slopes(
        self, points: Sequence[tuple[int, int]], bands: Sequence[Band]
    ) -> tuple[str, list[int]]:
        """Write slopes left above the middles of pieces, the longest first; return those left out."""
        drawn, left, taken = [], [], list[tuple[float, float]]()
        for at in sorted(range(len(bands)), key=lambda at: (points[at][0] - points[at + 1][0], at)):
            (x0, y0), (x1, y1) = self.xy(*points[at]), self.xy(*points[at + 1])
            x, y = (x0 + x1) / 2 - 8, (y0 + y1) / 2 - 9
            if any(abs(x - ox) < LABEL_APART and abs(y - oy) < 16 for ox, oy in taken):
                left.append(at)
                continue
            taken.append((x, y))
            place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="middle"'
            drawn.append(f'<text class="slope" {place}>×{bands[at].slope}</text>')
        return "".join(drawn), left

    def mark(self, placement: Placement) -> str:
        x, low = self.xy(placement.spent_minor, self.low)
        high = self.xy(placement.spent_minor, placement.settled_minor)[1]
        side, dx = ("end", -8) if x > WIDE * 0.7 else ("start", 8)
        lent, settled = placement.lent_minor, placement.settled_minor
        told = f"{_amount(lent, self.currency)} lent: {_amount(settled, self.currency)} settled"
        return (
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
            f'<text x="{x + dx:.1f}" y="{low - 10:.1f}" text-anchor="{side}">{told}</text>'
        )


def _on(points: Sequence[tuple[int, int]], spent: int) -> tuple[int, int]:
    """Return the point of the curve at this sum put in."""
    for (a, s), (b, t) in pairwise(points):
        if a <= spent < b:
            return spent, s + (t - s) * (spent - a) // (b - a)
    return points[-1]


def _legend(bands: Sequence[Band]) -> str:
    found = [source for source in TONES if any(band.source == source for band in bands)]
    if len(found) < 2:
        return ""
    drawn, x = [], WIDE - RIGHT - 130 * len(found)
    for source in found:
        drawn.append(
            f'<rect class="{TONES[source]}" x="{x}" y="{TOP - 15}" width="12" height="12" rx="2"/>'
        )
        drawn.append(f'<text class="quiet" x="{x + 18}" y="{TOP - 4}">{NAMES[source]}</text>')
        x += 130
    return "".join(drawn)


def _svg(high: int, inner: str, title: str, label: str) -> str:
    return (
        f'<svg class="liquidity" viewBox="0 0 960 {high}" role="img" aria-label="{escape(label)}">'
        f'<text class="title" x="14" y="26">{escape(title)}</text>{inner}</svg>'
    )


def _largest(rows: Sequence[dict[str, object]], *names: str) -> list[dict[str, int]]:
    sized = [(sum(int(str(row[name])) for name in names), str(row["firm"]), row) for row in rows]
    sized = sorted((one for one in sized if one[0]), key=lambda one: (-one[0], one[1]))
    return [row for _, _, row in sized[:BARS_MAX]]  # type: ignore[misc]


def _said(band: Band, currency: str) -> str:
    span = f"{_amount(band.from_minor, currency)} to {_amount(band.to_minor, currency)}"
    price = f", at {band.price} per 10,000" if band.price else ""
    return escape(f"{span}: each unit settles {band.slope}{price}")


def _quiet(x: float, y: float, told: str, anchor: str) -> str:
    return f'<text class="quiet" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{told}</text>'


def _p(at: tuple[float, float]) -> str:
    return f"{at[0]:.1f},{at[1]:.1f}"


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"


def _round_step(whole: int) -> int:
    """Return a step of 1, 2 or 5 times a power of ten that gives at most six ticks."""
    step = 1
    while True:
        for times in (1, 2, 5):
            if whole <= 5 * step * times:
                return step * times
        step *= 10


def _amount(amount_minor: int, code: str) -> str:
    return escape(amount(amount_minor, code))
