"""The chain behind a claim as a picture: what was ordered, sent, received, invoiced and paid.

Documents stand in columns, left to right as goods and money go. Two are joined where they bear on
the same invoice line, as thick as what they have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from msgspec import Struct

from tailrace.base.money import text
from tailrace.base.quantity import plain
from tailrace.street.chains import AFTER, BEHIND, HEAD, PROVES, Bearing, Chain, remarks, table

WIDTH, BOX, TALL, GAP, TOP = 960, 140, 56, 10, 26
BOXES_MAX = 6  # documents drawn in a column; the others are one box
COLUMNS = (
    ("ordered", BEHIND[:1]),
    ("despatched", BEHIND[1:]),
    ("proven by", PROVES),
    ("invoiced, net", ("invoiced",)),
    ("credited, paid", AFTER),
)
TONES = {"ordered": "quietly", "despatched": "quietly", "invoiced": "debt", "credited": "warn"}
TONES |= dict.fromkeys(PROVES, "good") | {"paid": "water"}


class Box(Struct, frozen=True, kw_only=True):
    """A document of the picture: its words, and its amount by invoice line (`` is the whole)."""

    name: str
    remark: str
    day: str
    tone: str
    amounts: dict[str, int]


def section(chains: Sequence[Chain], told: dict[str, tuple[str, str]]) -> str:
    """Return each chain as a heading, a picture and a table; `told` has (heading, remark) by claim."""
    return "".join(_article(made, *told[made.claim_id]) for made in chains if made.lines)


def _article(made: Chain, heading: str, remark: str) -> str:
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in HEAD)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table(made)
    )
    notes = "".join(f"<li>{escape(r)}</li>" for r in remarks(made))
    return (
        f"<details class=chain><summary><h3>{escape(heading)}</h3></summary>"
        f'<p class="hint">{escape(remark)}</p><div class="scroll">{draw(made)}</div>'
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f'<ul class="notes">{notes}</ul></details>'
    )


def draw(made: Chain) -> str:
    """Return the picture of a chain; empty columns are left out."""
    columns = [(title, boxes) for title, boxes in _columns(made) if boxes]
    rows = max(len(boxes) for _, boxes in columns)
    height = TOP + rows * (TALL + GAP)
    step = (WIDTH - BOX) / max(len(columns) - 1, 1)
    whole = sum(line.net_minor for line in made.lines) or 1
    parts = [
        f'<text class="quiet" x="{i * step:.0f}" y="14">{escape(title)}</text>'
        for i, (title, _) in enumerate(columns)
    ]
    for i, ((_, left), (_, right)) in enumerate(pairwise(columns)):
        parts += _joins(left, right, i * step + BOX, (i + 1) * step, whole)
    for i, (_, boxes) in enumerate(columns):
        parts += [_box(box, i * step, _y(n)) for n, box in enumerate(boxes)]
    return (
        f'<svg class="chain" viewBox="-1 0 {WIDTH + 2} {height}" role="img" '
        f'aria-label="The chain behind invoice {escape(made.number)}">{"".join(parts)}</svg>'
    )


def _columns(made: Chain) -> Iterator[tuple[str, list[Box]]]:
    for title, roles in COLUMNS:
        if roles == ("invoiced",):
            amounts = {line.line_ref: line.net_minor for line in made.lines}
            remark = text(sum(amounts.values()), made.currency)
            box = Box(
                name=made.number, remark=remark, day=str(made.day), tone="debt", amounts=amounts
            )
            yield title, [box]
        else:
            yield title, _gathered(made, roles)


def _gathered(made: Chain, roles: Sequence[str]) -> list[Box]:
    """Return a box for each document of these roles, the largest first; the rest is one box."""
    rows: dict[tuple[str, str], list[tuple[str, Bearing]]] = {}
    bearings = [(line.line_ref, b) for line in made.lines for b in line.bears]
    for ref, b in [*bearings, *(("", b) for b in made.whole)]:
        if b.role in roles:
            rows.setdefault((b.role, b.document or b.role), []).append((ref, b))
    boxes = [_document(role, name, mine, made.currency) for (role, name), mine in rows.items()]
    boxes.sort(key=lambda box: -sum(box.amounts.values()))
    if len(boxes) <= BOXES_MAX:
        return boxes
    kept, rest = boxes[: BOXES_MAX - 1], boxes[BOXES_MAX - 1 :]
    summed: dict[str, int] = {}
    for box in rest:
        for ref, amount in box.amounts.items():
            summed[ref] = summed.get(ref, 0) + amount
    remark = text(sum(summed.values()), made.currency)
    more = Box(name=f"{len(rest)} more", remark=remark, day="", tone=rest[0].tone, amounts=summed)
    return [*kept, more]


def _document(role: str, name: str, rows: list[tuple[str, Bearing]], currency: str) -> Box:
    amounts: dict[str, int] = {}
    for ref, b in rows:
        amounts[ref] = amounts.get(ref, 0) + b.amount_minor
    quantities = [b.quantity for _, b in rows]
    first = rows[0][1]
    if role in AFTER or len(rows) > 1 or quantities[0] is None:
        remark = text(sum(amounts.values()), currency)
    else:
        remark = plain(quantities[0])
    day = str(first.day or "")
    return Box(name=name, remark=remark, day=day, tone=TONES.get(role, "good"), amounts=amounts)


def _joins(
    left: Sequence[Box], right: Sequence[Box], x0: float, x1: float, whole: int
) -> Iterator[str]:
    """Yield a ribbon for each two boxes that bear on one line, as thick as what they share."""
    for i, a in enumerate(left):
        for k, b in enumerate(right):
            shared = sum(min(n, b.amounts[ref]) for ref, n in a.amounts.items() if ref in b.amounts)
            if "" in b.amounts and "" not in a.amounts:
                shared += min(sum(a.amounts.values()), b.amounts[""])
            if shared > 0:
                thick = max(min(shared / whole, 1) * (TALL - 16), 1.5)
                y0, y1, mid = _y(i) + TALL / 2, _y(k) + TALL / 2, (x0 + x1) / 2
                yield (
                    f'<path class="ribbon {b.tone if b.tone != "debt" else a.tone}" '
                    f'd="M{x0:.1f},{y0:.1f}C{mid:.1f},{y0:.1f} {mid:.1f},{y1:.1f} {x1:.1f},{y1:.1f}" '
                    f'stroke-width="{thick:.1f}"/>'
                )


def _box(box: Box, x: float, y: float) -> str:
    name = box.name if len(box.name) <= 17 else box.name[:16] + "…"
    return (
        f"<g><title>{escape(box.name)}: {escape(box.remark)}</title>"
        f'<rect class="paper {box.tone}" x="{x:.1f}" y="{y:.1f}" width="{BOX}" height="{TALL}" rx="6"/>'
        f'<text x="{x + 9:.1f}" y="{y + 17:.1f}">{escape(name)}</text>'
        f'<text x="{x + 9:.1f}" y="{y + 33:.1f}">{escape(box.remark)}</text>'
        f'<text class="quiet" x="{x + 9:.1f}" y="{y + 49:.1f}">{escape(box.day)}</text></g>'
    )


def _y(place: int) -> float:
    return TOP + place * (TALL + GAP)
