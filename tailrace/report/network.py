"""Where firms stand in a picture of their network: those with much between them near each other.

The layout is a plain force model on NumPy arrays from a fixed start, so that the same debts give the
same picture. Source of the model: Fruchterman and Reingold 1991.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

SIDE_X, SIDE_Y = 960, 620
ROUNDS = 160


class Edge(Struct, frozen=True):
    """What one firm owes another, before set-offs and after."""

    debtor: str
    creditor: str
    before: int
    after: int


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
