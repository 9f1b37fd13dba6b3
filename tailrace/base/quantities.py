"""Columns of quantities as whole millionths and back, exactly: decimals that NumPy can count with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.base.tables import QUANTITY

Ints = NDArray[np.int64]


def micro(column: pa.ChunkedArray) -> Ints:
    """Return a column of quantities, none null, as millionths in int64; their 18 digits fit."""
    whole = column.cast(QUANTITY).combine_chunks()
    words = np.frombuffer(whole.buffers()[1] or b"", np.int64)
    return words[2 * whole.offset : 2 * (whole.offset + len(whole)) : 2].copy()


def quantities(millionths: Ints) -> pa.Array:
    """Return millionths, each below 10^18 in size, as a column of quantities."""
    words = np.empty((len(millionths), 2), np.int64)
    words[:, 0] = millionths
    words[:, 1] = millionths >> 63  # the sign fills the upper half of 128 bits
    return pa.Array.from_buffers(QUANTITY, len(millionths), [None, pa.py_buffer(words)])
