"""Connected components on arrays: who belongs together when pairs are joined."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def components(count: int, a: Ints, b: Ints) -> Ints:
    """Return for each of `count` nodes the smallest node it is joined with by the edges (a, b).

    Each round hooks the larger root of an edge onto the smaller and then halves every path, so that
    long chains close in a logarithm of rounds rather than one step a round.
    """
    label = np.arange(count, dtype=np.int64)
    while len(a):
        low, high = np.minimum(label[a], label[b]), np.maximum(label[a], label[b])
        open_edges = low != high
        if not open_edges.any():
            break
        a, b, low, high = a[open_edges], b[open_edges], low[open_edges], high[open_edges]
        np.minimum.at(label, high, low)
        while True:
            further = label[label]
            if np.array_equal(further, label):
                break
            label = further
    return label
