"""The network drawn: firms as circles, debts as curves, before and after clearing.

The layout is a plain force model on NumPy arrays from a fixed start, so that the same debts give the
same picture. Source of the model: Fruchterman and Reingold 1991.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

SIDE_X, SIDE_Y = 960, 620
FIRMS_MAX = 120
LABELS_MAX = 24
ROUNDS = 160


class Edge(Struct, frozen=True):
    """What one firm owes another, before set-offs and after."""

    debtor: str
    creditor: str
    before: int
    after: int


def picture(edges: Sequence[Edge], names: dict[str, str], *, label: str) -> str:
    """Return the network of the firms with the most debt, at most FIRMS_MAX of them."""
    size: dict[str, int] = {}
    for e in edges:
        size[e.debtor] = size.get(e.debtor, 0) + e.before
        size[e.creditor] = size.get(e.creditor, 0) + e.before
    firms = sorted(size, key=lambda f: (-size[f], f))[:FIRMS_MAX]
    place = {firm: i for i, firm in enumerate(firms)}
    drawn = [e for e in edges if e.debtor in place and e.creditor in place]
    if not drawn:
        return ""
    pairs = np.array([(place[e.debtor], place[e.creditor]) for e in drawn])
    weight = np.array([e.before for e in drawn], dtype=float)
    xy = layout(len(firms), pairs, weight / weight.max())
    most = float(max(size[f] for f in firms))
    curves = "".join(
        _curve(e, xy[a], xy[b], weight.max()) for e, (a, b) in zip(drawn, pairs, strict=True)
    )
    circles = "".join(
        _circle(names.get(f, f[:8]), xy[i], size[f] / most) for i, f in enumerate(firms)
    )
    circles += _labels([(names.get(f, f[:8]), xy[i], size[f] / most) for i, f in enumerate(firms)])
    return (
        f'<svg class="network before" viewBox="0 0 {SIDE_X} {SIDE_Y}" role="img" '
        f'aria-label="{escape(label)}">{curves}{circles}</svg>'
    )


def layout(count: int, pairs: NDArray, weight: NDArray) -> NDArray:
    """Return x, y for each node inside the picture: like charges part, debts draw together.

    A node's charge grows with its debts, so that the large ones do not crowd in the middle.
    """
    charge = 1 + np.bincount(pairs.ravel(), minlength=count) / max(2 * len(pairs) / count, 1)
    golden = np.pi * (3 - np.sqrt(5))
    turn, out = np.arange(count) * golden, np.sqrt((np.arange(count) + 0.5) / count)
    xy = np.stack([np.cos(turn) * out, np.sin(turn) * out], axis=1)
    ideal = np.sqrt(1.0 / count)
    for round_ in range(ROUNDS):
        apart = xy[:, None, :] - xy[None, :, :]
        distance = np.maximum(np.linalg.norm(apart, axis=2), 1e-3)
        push = (apart * (charge[None, :] * ideal**2 / distance**2)[:, :, None]).sum(axis=1)
        along = xy[pairs[:, 1]] - xy[pairs[:, 0]]
        pull = along * (np.linalg.norm(along, axis=1) / ideal * (0.15 + weight))[:, None] * 0.25
        np.add.at(push, pairs[:, 0], pull)
        np.add.at(push, pairs[:, 1], -pull)
        push -= xy * 0.6
        length = np.maximum(np.linalg.norm(push, axis=1, keepdims=True), 1e-9)
        xy += push / length * np.minimum(length, 0.12 * (1 - round_ / ROUNDS) + 0.002)
    low, high = xy.min(axis=0), xy.max(axis=0)
    unit = (xy - low) / np.maximum(high - low, 1e-9)
    return unit * np.array([SIDE_X - 120, SIDE_Y - 70]) + np.array([60, 35])


def _curve(e: Edge, a: NDArray, b: NDArray, most: float) -> str:
    middle = (a + b) / 2 + np.array([b[1] - a[1], a[0] - b[0]]) * 0.12
    path = f"M{a[0]:.0f},{a[1]:.0f}Q{middle[0]:.0f},{middle[1]:.0f} {b[0]:.0f},{b[1]:.0f}"
    before = 0.4 + 5 * (e.before / most) ** 0.5
    after = (0.4 + 5 * (e.after / most) ** 0.5) if e.after else 0.0
    return f'<path class="debt" d="{path}" style="--b:{before:.1f};--a:{after:.1f}"/>'


def _circle(name: str, at: NDArray, share: float) -> str:
    return (
        f'<circle class="firm" cx="{at[0]:.0f}" cy="{at[1]:.0f}" r="{_radius(share):.1f}">'
        f"<title>{escape(name)}</title></circle>"
    )


def _radius(share: float) -> float:
    return 3 + 13 * share**0.5


def _labels(firms: Sequence[tuple[str, NDArray, float]]) -> str:
    """Name the largest firms, as many as find room without covering another name."""
    taken: list[tuple[float, float, float]] = []
    drawn = []
    for name, at, share in firms:
        half, y = 3.6 * len(name), float(at[1]) - _radius(share) - 4
        clear = all(abs(y - oy) > 15 or abs(at[0] - ox) > half + ow for ox, oy, ow in taken)
        if clear and len(taken) < LABELS_MAX:
            taken.append((float(at[0]), y, half))
            drawn.append(
                f'<text x="{at[0]:.0f}" y="{y:.0f}" text-anchor="middle">{escape(name)}</text>'
            )
    return "".join(drawn)
