"""First in, first out: what meets what in a lane, against a reference that walks line by line."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tailrace.base.quantities import micro, quantities
from tailrace.evidence.goods.fifo import Side, meet

LARGE = 10**18 - 1  # the most that decimal128(18, 6) holds, in millionths

quantity = st.one_of(st.integers(1, 9), st.integers(LARGE - 3, LARGE))
line = st.tuples(st.integers(0, 2), quantity, st.integers(0, 2))  # lane, quantity, day
lines = st.lists(line, max_size=12)


def side(rows: list[tuple[int, int, int]], letter: str, order: list[int]) -> Side:
    ids = [f"{letter}{place:02}" for place in order]
    _, left, day = (np.array([rows[i][n] for i in order], np.int64) for n in range(3))
    return Side(left, day, pa.chunked_array([pa.array(ids, pa.string())]))


def walked(want: list[tuple[int, int, int]], give: list[tuple[int, int, int]]) -> Counter[object]:
    """Serve the oldest invoice line of a lane from the oldest receipt line, one after the other."""
    made: Counter[object] = Counter()
    for lane in range(3):
        w, g = (
            sorted(
                [day, f"{letter}{i:02}", left]
                for i, (at, left, day) in enumerate(rows)
                if at == lane
            )
            for rows, letter in ((want, "w"), (give, "g"))
        )
        while w and g:
            part = min(w[0][2], g[0][2])
            made[w[0][1], g[0][1]] += part
            w[0][2] -= part
            g[0][2] -= part
            w, g = w[w[0][2] == 0 :], g[g[0][2] == 0 :]
    return made


@given(want=lines, give=lines, data=st.data())
def test_lines_meet_oldest_first_whatever_their_order_and_size(
    want: list[tuple[int, int, int]], give: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    orders = [data.draw(st.permutations(range(len(rows)))) for rows in (want, give)]
    w, g = side(want, "w", orders[0]), side(give, "g", orders[1])
    lane = [rows[i][0] for rows, order in zip((want, give), orders, strict=True) for i in order]
    places = np.arange(len(want)), np.arange(len(give))
    if not (want and give):
        return
    at_w, at_g, part = meet(w, g, *places, np.array(lane, np.int64))
    names = zip(
        w.ids.take(pa.array(at_w)).to_pylist(), g.ids.take(pa.array(at_g)).to_pylist(), strict=True
    )
    made = Counter(dict(zip(names, part.tolist(), strict=True)))
    assert made == walked(want, give)
    assert len(made) == len(part)  # each pair is told once


def test_quantities_pass_through_millionths_and_back_exactly() -> None:
    whole = np.array([0, 1, -1, 123_456_789, LARGE, -LARGE], np.int64)
    column = pa.chunked_array([quantities(whole)])
    assert [str(value) for value in column.to_pylist()[:4]] == [
        "0.000000",
        "0.000001",
        "-0.000001",
        "123.456789",
    ]
    assert micro(column).tolist() == whole.tolist()
    assert micro(column.slice(2, 3)).tolist() == whole[2:5].tolist()
