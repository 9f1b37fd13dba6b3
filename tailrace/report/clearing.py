"""A clearing in pictures: before and after by sector or size, the ways to settle, whom it served,
the network with its cycles, and what each of the largest firms still owes and is owed.

What is drawn is asked of `Seen`: a clearing's own arrays or the rows of a book. Colours are CSS
classes; a picture of its own carries its style, in a report the page's colours hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.money import EXPONENTS, text
from tailrace.network import Clearing, deciles, ways_to_settle
from tailrace.report.cycles import Ring, network
from tailrace.report.network import Edge

WIDTH, PAD = 960, 24
BARS_MAX = 24  # firms with a bar
GROUPS_MAX = 9  # sectors drawn; of more, the smallest are one
TIERS = ((10, "10 largest firms"), (100, "next 90"), (1000, "next 900"), (None, "all others"))
STYLE = (
    ".clearing{font-family:system-ui,sans-serif}.clearing .ground{fill:var(--card,#ffffff)}"
    ".clearing text{font-size:12.5px;fill:var(--ink,#16211f)}"
    ".clearing .title{font-size:16px;font-weight:600}"
    ".clearing .quiet{fill:var(--soft,#5a6866)}.clearing .small{font-size:11px}"
    ".clearing .debt{fill:var(--debt,#4a5a66)}.clearing .water{fill:var(--water,#1f7fb8)}"
    ".clearing .good{fill:var(--good,#2e8b6f)}.clearing .pale{fill:var(--quietly,#9aa7a4)}"
    ".clearing .band{fill:none;stroke:var(--debt,#4a5a66);stroke-opacity:.3}"
    ".clearing .line{fill:none;stroke:var(--debt,#4a5a66);stroke-opacity:.16}"
    ".clearing .off{fill:none;stroke:var(--water,#1f7fb8);stroke-opacity:.35}"
    ".clearing .firm{fill:var(--debt,#4a5a66);stroke:var(--card,#ffffff);stroke-width:1}"
    ".clearing .dot{fill:var(--quietly,#9aa7a4)}.clearing .ring{fill:none;stroke-width:2.6}"
    ".clearing .name{paint-order:stroke;stroke:var(--card,#ffffff);stroke-width:3px}"
    ".clearing .axis{stroke:var(--line,#dde3e0)}"
)


class Seen(Struct, frozen=True, kw_only=True):
    """What the pictures of one currency rest on, firms by name."""

    currency: str
    edges: list[Edge]  # by pair: what was owed, and what is left
    group: dict[str, str]  # by firm: its sector
    rings: list[Ring]  # cycles set off, the greatest first
    ways: list[tuple[str, int, int]]  # name, left to pay, payments
    tenths: list[tuple[int, int]]  # by tenth of firms, smallest first: set off, owed


def drawn_clearing(obligations: pa.Table, clearing: Clearing) -> str:
    """Return the pictures of a clearing as one SVG, currency after currency.

    Sectors are told by columns `debtor_sector` and `creditor_sector` where the obligations have
    them; otherwise firms are grouped by size.
    """
    parts, y = [], 0
    for code in clearing.currencies:
        for picture, height in _pictures(seen_of(obligations, clearing, code)):
            parts.append(f'<g transform="translate(0,{y})">{picture}</g>')
            y += height
    plain = re.sub(r"var\(--\w+,(#\w+)\)", r"\1", STYLE)  # not every reader of SVG knows variables
    return (
        f'<svg class="clearing" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {max(y, 60)}" '
        f'role="img" aria-label="a clearing before and after"><style>{plain}</style>'
        f'<rect class="ground" width="{WIDTH}" height="{max(y, 60)}"/>{"".join(parts)}</svg>'
    )


def seen_of(obligations: pa.Table, clearing: Clearing, code: str) -> Seen:
    """Return what the pictures of one currency of a clearing rest on."""
    debts = clearing.debts
    rows = np.flatnonzero(debts.good & (debts.currency == clearing.currencies.index(code)))
    u, v = debts.debtor[rows], debts.creditor[rows]
    pair, at = np.unique(u * (len(clearing.firms) + 1) + v, return_inverse=True)
    before, after = np.zeros(len(pair), np.int64), np.zeros(len(pair), np.int64)
    np.add.at(before, at, debts.amount[rows])
    np.add.at(after, at, debts.amount[rows] - clearing.set_off[rows])
    names = [str(name) for name in clearing.firms.to_pylist()]
    ends = np.divmod(pair, len(clearing.firms) + 1)
    edges = [
        Edge(names[a], names[b], x, y)
        for a, b, x, y in zip(*(e.tolist() for e in (*ends, before, after)), strict=True)
    ]
    ways = [w for w in ways_to_settle(clearing) if w.currency == code]
    tenths = [d for d in deciles(clearing) if d.currency == code]
    return Seen(
        currency=code,
        edges=edges,
        group=_sectors(obligations, rows, u, v, names) or tiers(edges),
        rings=rings_of(clearing, code),
        ways=[(w.way, w.left_minor, w.payments) for w in ways],
        tenths=[(d.set_off_minor, d.owed_minor) for d in tenths],
    )


def _sectors(
    obligations: pa.Table, rows: Any, u: Any, v: Any, names: Sequence[str]
) -> dict[str, str]:
    if not {"debtor_sector", "creditor_sector"} <= set(obligations.column_names):
        return {}
    said: dict[str, str] = {}
    for column, firms in (("creditor_sector", v), ("debtor_sector", u)):
        told = obligations[column].take(pa.array(rows)).to_pylist()
        for firm, sector in zip(firms.tolist(), told, strict=True):
            said[names[firm]] = str(sector) if sector is not None else "not said"
    sizes: dict[str, int] = {}
    for sector in said.values():
        sizes[sector] = sizes.get(sector, 0) + 1
    kept = sorted(sizes, key=lambda s: (-sizes[s], s))[: GROUPS_MAX - 1]
    if len(sizes) > GROUPS_MAX:
        return {f: s if s in kept else "other sectors" for f, s in said.items()}
    return said


def tiers(edges: Sequence[Edge]) -> dict[str, str]:
    """Return each firm's class of size, by what it owes and is owed: see TIERS."""
    size: dict[str, int] = {}
    for e in edges:
        size[e.debtor] = size.get(e.debtor, 0) + e.before
        size[e.creditor] = size.get(e.creditor, 0) + e.before
    order = sorted(size, key=lambda f: (-size[f], f))
    return {
        firm: next(name for most, name in TIERS if most is None or place < most)
        for place, firm in enumerate(order)
    }


def rings_of(clearing: Clearing, code: str) -> list[Ring]:
    """Return a currency's cycles of two firms and more, the greatest sum first."""
    rows = clearing.cycles.filter(pc.equal(clearing.cycles["currency"], code))
    firms = rows["debtor"].to_pylist()
    length, amount = rows["length"].to_numpy(), rows["amount_minor"].to_numpy()
    starts = np.flatnonzero(rows["step"].to_numpy() == 0)
    found = [
        Ring([str(f) for f in firms[at : at + int(length[at])]], int(amount[at]))
        for at in starts.tolist()
        if length[at] > 1
    ]
    return sorted(found, key=lambda r: (-r.amount * len(r.firms), r.firms))


def _pictures(seen: Seen) -> Iterator[tuple[str, int]]:
    """Yield each picture with its height."""
    yield _titled(f"{seen.currency}: who owes whom, before the clearing and after", flows(seen))
    yield _titled("What is left to pay, by way of settling", ways(seen))
    yield _titled("Share of what they owed that was set off, by tenths of firms", tenths(seen))
    names = sorted({name for e in seen.edges for name in (e.debtor, e.creditor)})
    drawn = network(seen.edges, seen.rings, dict(zip(names, names, strict=True)), seen.currency)
    yield _titled("The network, and the greatest cycles set off in it", drawn)
    yield _titled("The largest firms: what they owe (left) and are owed (right)", firm_bars(seen))


def _titled(title: str, drawn: tuple[str, int]) -> tuple[str, int]:
    picture, height = drawn
    head = f'<text class="title" x="{PAD}" y="{PAD + 8}">{escape(title)}</text>'
    return f'{head}<g transform="translate(0,{PAD + 20})">{picture}</g>', height + PAD + 36


def amount(minor: int, code: str) -> str:
    """Return an amount in words; a code that ISO 4217 does not have keeps its minor units."""
    return text(minor, code) if code in EXPONENTS else f"{minor:,} {code}"


def flows(seen: Seen) -> tuple[str, int]:
    """Return two Sankeys on one scale: debtors by group on the left, creditors on the right."""
    before, after = _grouped(seen, "before"), _grouped(seen, "after")
    groups = _order(seen, before)
    high = 320
    room = high - 8 * (len(groups) - 1)
    scale = room / max(sum(before.values()), 1)
    half = (WIDTH - 3 * PAD) // 2
    whole = sum(before.values())
    parts = []
    for at, (when, sums) in enumerate((("before", before), ("after", after))):
        x = PAD + at * (half + PAD)
        told = f"{when}: {amount(sum(sums.values()), seen.currency)}"
        if at and whole:
            told += f", {100 * (whole - sum(sums.values())) / whole:.1f} % set off"
        parts.append(f'<text class="quiet" x="{x}" y="12">{escape(told)}</text>')
        parts.append(f'<g transform="translate({x},22)">{_panel(groups, sums, scale, half)}</g>')
    return "".join(parts), high + 30


def _grouped(seen: Seen, when: str) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for e in seen.edges:
        key = seen.group[e.debtor], seen.group[e.creditor]
        sums[key] = sums.get(key, 0) + int(getattr(e, when))
    return sums


def _order(seen: Seen, sums: dict[tuple[str, str], int]) -> list[str]:
    names = sorted({g for key in sums for g in key})
    fixed = [name for _, name in TIERS]
    if set(names) <= set(fixed):
        return [name for name in fixed if name in names]
    size = {g: sum(n for key, n in sums.items() if g in key) for g in names}
    return sorted(names, key=lambda g: (g == "other sectors", -size[g], g))


def _panel(
    groups: Sequence[str], sums: dict[tuple[str, str], int], scale: float, width: int
) -> str:
    label, bar = 118, 10
    x0, x1 = label, width - label
    left: dict[str, float] = {}
    right: dict[str, float] = {}
    parts = []
    y = [0.0, 0.0]
    for g in groups:
        for side, (x, spots) in enumerate(((x0 - bar, left), (x1, right))):
            tall = sum(n for key, n in sums.items() if key[side] == g) * scale
            spots[g] = y[side]
            if tall > 0.3:
                anchor, tx = ("end", x - 6) if side == 0 else ("start", x + bar + 6)
                parts.append(
                    f'<rect class="debt" x="{x}" y="{y[side]:.1f}" width="{bar}" height="{tall:.1f}"/>'
                    f'<text class="small" x="{tx}" y="{y[side] + max(tall / 2 + 4, 9):.1f}" '
                    f'text-anchor="{anchor}">{escape(cut(g, 18))}</text>'
                )
            y[side] += max(tall + 8, 14)
    mid = (x0 + x1) / 2
    for g in groups:
        for h in groups:
            thick = sums.get((g, h), 0) * scale
            if thick <= 0:
                continue
            a, b = left[g] + thick / 2, right[h] + thick / 2
            left[g] += thick
            right[h] += thick
            parts.append(
                f'<path class="band" stroke-width="{max(thick, 0.4):.2f}" '
                f'd="M{x0},{a:.1f}C{mid},{a:.1f} {mid},{b:.1f} {x1},{b:.1f}"/>'
            )
    return "".join(parts)


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
    high, wide = 120, (WIDTH - 2 * PAD) / max(len(seen.tenths), 1)
    parts = [f'<path class="axis" d="M{PAD},{high + 16}H{WIDTH - PAD}"/>']
    shares = [done / owed if owed else 0.0 for done, owed in seen.tenths]
    most = max(shares, default=0.0) or 1.0
    for at, share in enumerate(shares):
        x = PAD + at * wide
        end = "smallest" if at == 0 else "largest" if at == len(seen.tenths) - 1 else str(at + 1)
        parts.append(
            f'<rect class="water" x="{x + 10:.1f}" y="{16 + high * (1 - share / most):.1f}" '
            f'width="{wide - 20:.1f}" height="{high * share / most:.1f}" rx="2"/>'
            f'<text class="small" x="{x + wide / 2:.1f}" y="{11 + high * (1 - share / most):.1f}" '
            f'text-anchor="middle">{100 * share:.1f} %</text>'
            f'<text class="quiet small" x="{x + wide / 2:.1f}" y="{high + 32}" '
            f'text-anchor="middle">{end}</text>'
        )
    return "".join(parts), high + 40


def firm_bars(seen: Seen) -> tuple[str, int]:
    """Return bars to both sides for the firms with the most debt: set off, and left."""
    owes: dict[str, list[int]] = {}
    owed: dict[str, list[int]] = {}
    for e in seen.edges:
        for side, name in ((owes, e.debtor), (owed, e.creditor)):
            sums = side.setdefault(name, [0, 0])
            sums[0] += e.before
            sums[1] += e.after
    nothing = [0, 0]
    size = {n: owes.get(n, nothing)[0] + owed.get(n, nothing)[0] for n in {*owes, *owed}}
    chosen = sorted(size, key=lambda n: (-size[n], n))[:BARS_MAX]
    most = max((s.get(n, nothing)[0] for n in chosen for s in (owes, owed)), default=0) or 1
    mid, room, parts = WIDTH / 2, WIDTH / 2 - 110, []
    for at, name in enumerate(chosen):
        y = at * 24
        parts.append(
            f'<text class="small" x="{mid}" y="{y + 15}" text-anchor="middle">{escape(cut(name, 24))}</text>'
        )
        for side, sign in ((owes, -1), (owed, 1)):
            before, after = side.get(name, nothing)
            gone, left = ((before - after) * room / most, after * room / most)
            start = mid + sign * 90
            title = f"{amount(before - after, seen.currency)} set off, {amount(after, seen.currency)} left"
            for tone, begin, wide in (("water", 0.0, gone), ("debt", gone, left)):
                x = start + begin if sign > 0 else start - begin - wide
                if wide > 0:
                    parts.append(
                        f'<rect class="{tone}" x="{x:.1f}" y="{y + 3}" width="{wide:.1f}" height="16">'
                        f"<title>{escape(title)}</title></rect>"
                    )
    y = 24 * len(chosen)
    parts.append(
        f'<rect class="water" x="{PAD}" y="{y + 6}" width="10" height="10"/>'
        f'<text class="quiet small" x="{PAD + 16}" y="{y + 15}">set off</text>'
        f'<rect class="debt" x="{PAD + 70}" y="{y + 6}" width="10" height="10"/>'
        f'<text class="quiet small" x="{PAD + 86}" y="{y + 15}">left</text>'
    )
    if len(size) > len(chosen):
        more = f"the {len(chosen)} firms with the most debt of {len(size):,}"
        parts.append(
            f'<text class="quiet small" x="{WIDTH - PAD}" y="{y + 15}" text-anchor="end">{more}</text>'
        )
    return "".join(parts), y + 24


def cut(words: str, most: int) -> str:
    """Return words that fit into so many letters."""
    return words if len(words) <= most else words[: most - 1] + "…"
