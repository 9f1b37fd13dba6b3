"""Lines that may be the same goods, set against each other first in, first out: the arithmetic.

Both sides of a lane stand in a row by day: wanting lines from 0 to what is wanted, giving lines
from 0 to what is given. Where two lines overlap, the one stands for the other. Whole numbers
throughout: quantities in millionths.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_ROOM = 2**62


class Side(Struct, frozen=True):
    """Lines of one side: what is left of each, their day, and their ids, which settle ties."""

    left: Ints  # above zero for lines that are set against others
    day: Ints
    ids: pa.ChunkedArray


def meet(
    want: Side, give: Side, wanting: Ints, giving: Ints, lane: Ints
) -> tuple[Ints, Ints, Ints]:
    """Return (wanting line, giving line, quantity above zero) of the lines that share a lane.

    wanting, giving: places of lines on their sides; lane: one number for each of them, the wanting
    first: equal where they may be the same goods.
    """
    lanes = lane[: len(wanting)], lane[len(wanting) :]
    w, g = (np.argsort(side, kind="stable") for side in lanes)
    lane_w, lane_g = lanes[0][w], lanes[1][g]
    w, g = wanting[w], giving[g]
    first = np.searchsorted(lane_g, lane_w)
    facing = np.searchsorted(lane_g, lane_w, "right") - first
    alone = (facing == 1) & _single(lane_w)
    pair_w, pair_g = w[alone], g[first[alone]]
    quantity = np.minimum(want.left[pair_w], give.left[pair_g])
    many = (facing > 0) & ~alone
    if many.any():
        kept = np.isin(lane_g, lane_w[many])
        rows = _in_rows(want, give, w[many], g[kept], lane_w[many], lane_g[kept])
        pair_w, pair_g, quantity = (
            np.concatenate(both) for both in zip((pair_w, pair_g, quantity), rows, strict=True)
        )
    return pair_w, pair_g, quantity


def _single(ordered: Ints) -> Flags:
    """Return which values of a sorted array occur once."""
    changes = np.concatenate(([True], ordered[1:] != ordered[:-1], [True]))
    return changes[:-1] & changes[1:]


def _in_rows(
    want: Side, give: Side, w: Ints, g: Ints, lane_w: Ints, lane_g: Ints
) -> tuple[Ints, Ints, Ints]:
    """Set lanes with several lines on a side against each other; each lane has both sides."""
    lane_w, lane_g = (np.unique(side, return_inverse=True)[1] for side in (lane_w, lane_g))
    by_w, by_g = _by_day(want, w, lane_w), _by_day(give, g, lane_g)
    w, g, lane_w, lane_g = w[by_w], g[by_g], lane_w[by_w], lane_g[by_g]
    left_w, left_g = _exact(want.left[w], give.left[g])
    total_w, total_g = (_summed(side, left) for side, left in ((lane_w, left_w), (lane_g, left_g)))
    room = np.maximum(total_w, total_g)
    start = np.cumsum(room) - room
    end_w = np.cumsum(left_w) + (start - np.cumsum(total_w) + total_w)[lane_w]
    end_g = np.cumsum(left_g) + (start - np.cumsum(total_g) + total_g)[lane_g]
    begin_w, begin_g = end_w - left_w, end_g - left_g
    first = np.searchsorted(end_g, begin_w, "right")
    times = np.maximum(np.searchsorted(begin_g, end_w) - first, 0)
    at_w = np.repeat(np.arange(len(w)), times)
    at_g = np.arange(len(at_w)) + np.repeat(first - np.cumsum(times) + times, times)
    upto = np.minimum(end_w[at_w], end_g[at_g])
    quantity = upto - np.maximum(begin_w[at_w], begin_g[at_g])
    return w[at_w], g[at_g], quantity.astype(np.int64)


def _summed(lane: Ints, left: Any) -> Any:
    made = np.zeros(int(lane[-1]) + 1, left.dtype)
    np.add.at(made, lane, left)
    return made


def _exact(*sides: Ints) -> list[Any]:
    """Return quantities as they are, or as Python's integers where their sum could pass 2^62."""
    if sum(float(side.sum(dtype=np.float64)) for side in sides) < _ROOM:
        return list(sides)
    return [side.astype(object) for side in sides]


def _by_day(side: Side, rows: Ints, lane: Ints) -> Ints:
    """Return the order by lane, day and id; ids are compared only where the day does not tell."""
    day = side.day[rows]
    order = np.lexsort((day, lane))
    same = (np.diff(lane[order]) == 0) & (np.diff(day[order]) == 0)
    if not same.any():
        return order
    tied = order[np.concatenate((same, [False])) | np.concatenate(([False], same))]
    rank = np.zeros(len(rows), np.int64)
    rank[tied[pc.sort_indices(side.ids.take(pa.array(rows[tied]))).to_numpy()]] = np.arange(
        len(tied)
    )
    return np.lexsort((rank, day, lane))
