"""Whom a clearing served: ways to settle, tenths of firms, and bars of the largest firms."""

from __future__ import annotations

from html import escape

from tailrace.report.flows import PAD, WIDTH, cut
from tailrace.report.placed import amount
from tailrace.report.seen import Seen

BARS_MAX = 24  # firms with a bar
_NAME = 96  # half of the room that a firm's name has


def ways(seen: Seen) -> tuple[str, int]:
    """Return a bar for each way of settling: what is left to pay, and in how many payments."""
    most = max((left for _, left, _ in seen.ways), default=0) or 1
    parts = []
    for at, (name, left, payments) in enumerate(seen.ways):
        y, wide = at * 28, 480 * left / most
        tone = "water" if name == "cyclic set-off" else "pale"
        told = f"{amount(left, seen.currency)} in {payments:,} payments"
        parts.append(
            f'<text x="150" y="{y + 16}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{tone}" x="160" y="{y + 2}" width="{max(wide, 1):.1f}" height="20" rx="2"/>'
            f'<text class="quiet" x="{166 + wide:.1f}" y="{y + 16}">{escape(told)}</text>'
        )
    return "".join(parts), 28 * len(seen.ways)


def tenths(seen: Seen) -> tuple[str, int]:
    """Return a column for each tenth of firms: the share of what they owed that was set off."""
    if not seen.off:
        told = "nothing was set off: no debt lies on a cycle"
        return f'<text class="quiet" x="{PAD}" y="16">{told}</text>', 26
    high, wide = 120, (WIDTH - 2 * PAD) / max(len(seen.tenths), 1)
    parts = [f'<path class="axis" d="M{PAD},{high + 16}H{WIDTH - PAD}"/>']
    shares = [done / owed if owed else 0.0 for done, owed in seen.tenths]
    most = max(shares) or 1.0
    for at, share in enumerate(shares):
        x = PAD + at * wide
        end = "smallest" if at == 0 else "largest" if at == len(seen.tenths) - 1 else str(at + 1)
        owed = seen.tenths[at][1]
        told = f"{100 * share:.1f} %" if owed else "owed none"
        y = 16 + high * (1 - share / most)
        parts.append(
            f'<rect class="water" x="{x + 10:.1f}" y="{y:.1f}" '
            f'width="{wide - 20:.1f}" height="{high * share / most:.1f}" rx="2"/>'
            f'<text class="small" x="{x + wide / 2:.1f}" y="{y - 5:.1f}" '
            f'text-anchor="middle">{told}</text>'
            f'<text class="quiet small" x="{x + wide / 2:.1f}" y="{high + 32}" '
            f'text-anchor="middle">{end}</text>'
        )
    return "".join(parts), high + 40


def firm_bars(seen: Seen) -> tuple[str, int]:
    """Return bars to both sides for the firms with the most debt: set off, and left."""
    sums: tuple[dict[str, list[int]], dict[str, list[int]]] = ({}, {})
    for e in seen.edges:
        for side, firm in zip(sums, (e.debtor, e.creditor), strict=True):
            both = side.setdefault(firm, [0, 0])
            both[0] += e.before
            both[1] += e.after
    owes, owed = sums
    size = {f: owes.get(f, [0])[0] + owed.get(f, [0])[0] for f in {*owes, *owed}}
    chosen = sorted(size, key=lambda f: (-size[f], f))[:BARS_MAX]
    most = max((s.get(f, [0])[0] for f in chosen for s in sums), default=0) or 1
    parts = [
        f'<text class="small" x="{WIDTH / 2}" y="{at * 24 + 15}" text-anchor="middle">'
        f"<title>{escape(seen.name(firm))}</title>{escape(cut(seen.name(firm), 26))}</text>"
        + "".join(
            _bar(seen, side.get(firm, [0, 0]), at, sign, most)
            for side, sign in ((owes, -1), (owed, 1))
        )
        for at, firm in enumerate(chosen)
    ]
    y = 24 * len(chosen)
    parts.append(_key(y))
    if len(size) > len(chosen):
        more = f"the {len(chosen)} firms with the most debt of {len(size):,}"
        parts.append(
            f'<text class="quiet small" x="{WIDTH - PAD}" y="{y + 15}" text-anchor="end">{more}</text>'
        )
    return "".join(parts), y + 24


def _bar(seen: Seen, sums: list[int], at: int, sign: int, most: int) -> str:
    """Return one side of a firm: what was set off stands next to its name, what is left outside."""
    (before, after), room = sums, WIDTH / 2 - _NAME - PAD
    gone, left = (before - after) * room / most, after * room / most
    start = WIDTH / 2 + sign * _NAME
    code = seen.currency
    title = f"{amount(before - after, code)} set off, {amount(after, code)} left"
    parts = []
    for tone, begin, wide in (("water", 0.0, gone), ("debt", gone, left)):
        x = start + begin if sign > 0 else start - begin - wide
        if wide > 0:
            parts.append(
                f'<rect class="{tone}" x="{x:.1f}" y="{at * 24 + 3}" width="{wide:.1f}" height="16">'
                f"<title>{escape(title)}</title></rect>"
            )
    return "".join(parts)


def _key(y: float) -> str:
    return (
        f'<rect class="water" x="{PAD}" y="{y + 6}" width="10" height="10"/>'
        f'<text class="quiet small" x="{PAD + 16}" y="{y + 15}">set off</text>'
        f'<rect class="debt" x="{PAD + 70}" y="{y + 6}" width="10" height="10"/>'
        f'<text class="quiet small" x="{PAD + 86}" y="{y + 15}">left</text>'
    )
