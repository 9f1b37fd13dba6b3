"""A clearing in pictures: before and after by sector or size, the network with its cycles, the ways
to settle, what money would settle, whom it served, and what each of the largest firms still owes.

What is drawn is asked of `Seen`. Colours are CSS classes; a picture of its own carries its style, in
a report the page's colours hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape

import pyarrow as pa
from msgspec import Struct

from tailrace.network import Clearing
from tailrace.report.cycles import network
from tailrace.report.flows import PAD, WIDTH, flows
from tailrace.report.seen import Seen, seen_of
from tailrace.report.served import firm_bars, tenths, ways

STYLE = (
    ".clearing{font-family:system-ui,sans-serif}.clearing .ground{fill:var(--card,#ffffff)}"
    ".clearing text{font-size:12.5px;fill:var(--ink,#16211f)}"
    ".clearing text.title{font-size:16px;font-weight:600}"
    ".clearing text.quiet{fill:var(--soft,#5a6866)}.clearing text.small{font-size:11px}"
    ".clearing .debt{fill:var(--debt,#4a5a66)}.clearing .water{fill:var(--water,#1f7fb8)}"
    ".clearing .good{fill:var(--good,#2e8b6f)}.clearing .pale{fill:var(--quietly,#9aa7a4)}"
    ".clearing .band{fill:none;stroke-opacity:.36}"
    ".clearing .line{fill:none;stroke:var(--debt,#4a5a66);stroke-opacity:.16}"
    ".clearing .off{fill:none;stroke:var(--water,#1f7fb8);stroke-opacity:.35}"
    ".clearing .firm{fill:var(--debt,#4a5a66);stroke:var(--card,#ffffff);stroke-width:1}"
    ".clearing .ring{fill:none;stroke-width:2.6}"
    ".clearing .name{paint-order:stroke;stroke:var(--card,#ffffff);stroke-width:3px}"
    ".clearing .axis{stroke:var(--line,#dde3e0)}"
)


class Picture(Struct, frozen=True):
    """One picture of a clearing: SVG parts of WIDTH and a height, with what they show."""

    name: str
    title: str
    hint: str
    parts: str
    high: int

    def alone(self) -> str:
        """Return the picture as an SVG in a page that has the style."""
        return (
            f'<svg class="clearing {self.name}" viewBox="0 0 {WIDTH} {self.high}" role="img" '
            f'aria-label="{escape(self.title)}">{self.parts}</svg>'
        )


def drawn_clearing(
    obligations: pa.Table, clearing: Clearing, names: Mapping[str, str] | None = None
) -> str:
    """Return the pictures of a clearing as one SVG, currency after currency; names: of firms by id."""
    parts, y = [], 0
    for code in clearing.currencies:
        for picture in pictures(seen_of(obligations, clearing, code, names)):
            title = f"{code}: {picture.title[0].lower()}{picture.title[1:]}"
            parts.append(
                f'<g transform="translate(0,{y})">'
                f'<text class="title" x="{PAD}" y="{PAD + 8}">{escape(title)}</text>'
                f'<g transform="translate(0,{PAD + 20})">{picture.parts}</g></g>'
            )
            y += picture.high + PAD + 40
    if not parts:
        parts = [f'<text class="quiet" x="{PAD}" y="36">nothing is owed</text>']
    plain = re.sub(r"var\(--\w+,(#\w+)\)", r"\1", STYLE)  # not every reader of SVG knows variables
    return (
        f'<svg class="clearing" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {max(y, 60)}" '
        f'role="img" aria-label="a clearing before and after"><style>{plain}</style>'
        f'<rect class="ground" width="{WIDTH}" height="{max(y, 60)}"/>{"".join(parts)}</svg>'
    )


def pictures(seen: Seen) -> Iterator[Picture]:
    """Yield the pictures of one currency that show something."""
    if not seen.before:
        return
    yield Picture(
        "flows",
        "Who owes whom, before the clearing and after",
        "Debtors on the left, creditors on the right, both on one scale; nobody has a new creditor.",
        *flows(seen),
    )
    yield Picture(
        "network",
        "The network, and the greatest cycles set off in it",
        "Circles are firms, as large as what they owe and are owed; blue lines are debts set off.",
        *network(seen.edges, seen.rings, seen.names, seen.currency, cycles=seen.cycles),
    )
    yield Picture(
        "ways",
        "What is left to pay, by way of settling",
        "Full novation leaves least, and gives every firm one counterparty it did not choose.",
        *ways(seen),
    )
    yield Picture(
        "tenths",
        "Share of what they owed that was set off, by tenths of firms",
        "Firms by what they owe and are owed, the smallest tenth first.",
        *tenths(seen),
    )
    yield Picture(
        "firms",
        "The largest firms: what they owe (left) and are owed (right)",
        "Blue was set off, the same on both sides of a firm; the rest is left.",
        *firm_bars(seen),
    )
