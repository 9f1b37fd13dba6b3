"""What changed, for the report and as a picture of its own: rows for a table, small multiples.

Each small picture is one series: what was seen, the figure before and since, and the day it broke.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import pyarrow as pa
from msgspec import Struct

from tailrace.base.tables import rows_of
from tailrace.evidence.changes.measures import MEASURES
from tailrace.evidence.changes.words import figure

SHOWN_MAX = 24  # pictures; the largest needs come first
POINTS_MAX = 400  # of one picture; of more, every so many is drawn
COLUMNS, WIDE, HIGH, TOP, LEFT, BOTTOM = 3, 320, 170, 44, 12, 22
STYLE = (
    ".changes{font-family:system-ui,sans-serif;background:#fff}.changes text{font-size:12px;fill:#16211f}"
    ".changes .quiet{fill:#5a6866;font-size:11px}.changes .seen{fill:#9aa7a4}"
    ".changes .unfinished{fill:none;stroke:#9aa7a4}.changes .was{stroke:#4a5a66;stroke-width:2}"
    ".changes .is{stroke:#1f7fb8;stroke-width:2}.changes .broke{stroke:#c24d43;stroke-dasharray:3 3}"
    ".changes .about{fill:#c24d43;fill-opacity:.12}.changes .floor{stroke:#dde3e0}"
)
_BY_NAME = {m.name: m for m in MEASURES}
Row = dict[str, Any]


class Looked(Struct, frozen=True, kw_only=True):
    """What was looked at for changes, as a section of the report wants it."""

    since: date
    rate: float  # of what is told, the share that may be chance
    made: Mapping[str, pa.Table]  # `series`, `change`, `change_point`, `firm`

    def hint(self, told: int) -> str:
        """Return the sentence below the heading: what was judged, and how sure it is."""
        states = self.made["series"]["state"].to_pylist()
        judged = states.count("judged")
        more = f" The {SHOWN_MAX} with the largest needs are shown." if told > SHOWN_MAX else ""
        return (
            f"Since {self.since}: {told:,} changes in {judged:,} series of orders, deliveries, prices "
            f"and payments between two firms or of one; {len(states) - judged:,} had too little "
            f"history or none that varies. Of what is told, {self.rate:.0%} may be chance.{more}"
        )


def changes_section(
    made: Mapping[str, pa.Table], firm: pa.Table, *, alone: bool = False
) -> tuple[list[Row], str]:
    """Return the changes, largest need of each currency first, and their small multiples as SVG.

    `made` holds `change` and `change_point`; `firm` names the firms. With `alone` the picture
    carries its own style, for a file of its own; without, the page gives it.
    """
    rows = ranked(made["change"], firm)
    points: dict[str, list[Row]] = {}
    shown = rows[:SHOWN_MAX]
    wanted = {row["change_id"] for row in shown}
    for point in rows_of(made["change_point"]):
        if point["change_id"] in wanted:
            points.setdefault(point["change_id"], []).append(point)
    return rows, multiples([(row, points.get(row["change_id"], [])) for row in shown], alone=alone)


def ranked(change: pa.Table, firm: pa.Table) -> list[Row]:
    """Return the changes with names and figures in words: by currency, largest need first."""
    names = dict(zip(firm["firm_id"].to_pylist(), firm["name"].to_pylist(), strict=True))
    rows = []
    for row in rows_of(change):
        measure = _BY_NAME[row["measure"]]
        seller, buyer = (names.get(row[k]) for k in ("seller_id", "buyer_id"))
        row |= {
            "seller": seller,
            "buyer": buyer,
            "was": figure(measure, row["before"], row["currency"]),
            "is": figure(measure, row["after"], row["currency"]),
            "need_for": names.get(row["need_for_id"]),
        }
        rows.append(row)
    return sorted(rows, key=_rank)


def _rank(row: Row) -> tuple[Any, ...]:
    needed = row["amount_minor"]
    return (row["currency"], needed is None, -(needed or 0), row["q"], row["change_id"])


def multiples(drawn: Sequence[tuple[Row, Sequence[Row]]], *, alone: bool = False) -> str:
    """Return the pictures of changes, three in a row; nothing where there is no change."""
    if not drawn:
        return ""
    lines = -(-len(drawn) // COLUMNS)
    width, height = COLUMNS * WIDE, lines * (HIGH + TOP)
    style = f"<style>{STYLE}</style>" if alone else ""
    cells = "".join(
        f'<g transform="translate({i % COLUMNS * WIDE},{i // COLUMNS * (HIGH + TOP)})">'
        f"{_picture(row, points)}</g>"
        for i, (row, points) in enumerate(drawn)
    )
    return (
        f'<svg class="changes" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="series that changed">{style}{cells}</svg>'
    )


def _picture(row: Row, points: Sequence[Row]) -> str:
    every = -(-len(points) // POINTS_MAX) or 1
    points = points[::every]
    if row["seller"] and row["buyer"]:
        who = f"{row['seller']} to {row['buyer']}"
    else:
        who = f"{row['seller']} as seller" if row["seller"] else f"{row['buyer']} as buyer"
    head = (
        f'<text x="{LEFT}" y="16">{escape(_cut(row["measure"] + ": " + who, 46))}'
        f"<title>{escape(row['what'])}</title></text>"
        f'<text class="quiet" x="{LEFT}" y="33">{escape(row["was"])}, then {escape(row["is"])}</text>'
    )
    if not points:
        return head
    days = [p["day"].toordinal() for p in points]
    first, last = min(days), max(max(days), min(days) + 1)
    values = sorted(p["value"] for p in points)
    high = max(values[int(0.98 * (len(values) - 1))], row["before"], row["after"])
    low = min(values[int(0.02 * (len(values) - 1))], row["before"], row["after"])
    low = min(low, 0.0) if row["measure"].startswith("order") else low
    span = (high - low) or 1.0

    def x(day: date) -> float:
        return LEFT + (WIDE - 2 * LEFT) * (day.toordinal() - first) / (last - first)

    def y(value: float) -> float:
        part = min(max((value - low) / span, 0.0), 1.0)
        return TOP + (HIGH - BOTTOM) * (1 - 0.06 - 0.88 * part)

    floor = TOP + HIGH - BOTTOM
    broke = x(row["broke_on"])
    about = x(row["broke_from"]), x(row["broke_to"])
    dots = "".join(
        f'<circle class="{"unfinished" if p["open"] else "seen"}" cx="{x(p["day"]):.1f}" '
        f'cy="{y(p["value"]):.1f}" r="2.2"/>'
        for p in points
    )
    return (
        f'{head}<line class="floor" x1="{LEFT}" y1="{floor}" x2="{WIDE - LEFT}" y2="{floor}"/>'
        f'<rect class="about" x="{about[0]:.1f}" y="{TOP}" width="{about[1] - about[0]:.1f}" '
        f'height="{HIGH - BOTTOM}"/>{dots}'
        f'<line class="broke" x1="{broke:.1f}" y1="{TOP}" x2="{broke:.1f}" y2="{floor}"/>'
        f'<line class="was" x1="{LEFT}" y1="{y(row["before"]):.1f}" x2="{broke:.1f}" '
        f'y2="{y(row["before"]):.1f}"/>'
        f'<line class="is" x1="{broke:.1f}" y1="{y(row["after"]):.1f}" x2="{WIDE - LEFT}" '
        f'y2="{y(row["after"]):.1f}"/>'
        f'<text class="quiet" x="{LEFT}" y="{floor + 14}">{date.fromordinal(first)}</text>'
        f'<text class="quiet" x="{WIDE - LEFT}" y="{floor + 14}" text-anchor="end">'
        f"{date.fromordinal(last)}</text>"
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
