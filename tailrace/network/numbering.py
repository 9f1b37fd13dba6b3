"""Numbering: ids of any type as whole numbers in the order of the ids, and which ids stand twice.

A column that comes coded (as a dictionary and codes) is numbered by its codes: only the distinct ids
are looked at, and the text of the rows is never written out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.base.errors import BadTerms

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def numbered(*arrays: pa.Array) -> tuple[pa.Array, list[Ints]]:
    """Return the distinct values in their own order, and each array as positions in it; null -1.

    Raises `BadTerms` where the arrays are of several types; coded and plain text are one.
    """
    types = {_type_of(array) for array in arrays if not pa.types.is_null(array.type)}
    if len(types) > 1:
        mend = "write the ids of debtors and creditors as one type"
        what = f"debtor is {_type_of(arrays[0])}, creditor is {_type_of(arrays[1])}"
        raise BadTerms(what, where="obligations", mend=mend)
    (kind,) = types or {pa.string()}
    coded = [_coded(array, kind) for array in arrays]
    values = pa.concat_arrays([array.dictionary for array in coded]).dictionary_encode()
    distinct = values.dictionary
    code = pc.fill_null(values.indices, len(distinct)).to_numpy(zero_copy_only=False)
    bounds = np.cumsum([0, *(len(array.dictionary) for array in coded)])
    codes = [np.append(code[a:b], len(distinct)) for a, b in pairwise(bounds)]
    used = np.zeros(len(distinct) + 1, np.bool_)
    places = []
    for array, own in zip(coded, codes, strict=True):
        places.append(_places(array))
        seen = np.zeros(len(own), np.bool_)
        seen[places[-1]] = True
        used[own[seen]] = True
    order = pc.sort_indices(distinct).to_numpy()
    order = order[used[order]]
    rank = np.full(len(distinct) + 1, -1, np.int64)
    rank[order] = np.arange(len(order))
    at = [rank[own][place] for own, place in zip(codes, places, strict=True)]
    return distinct.take(pa.array(order)), at


def repeated(ids: pa.Array) -> Flags:
    """Return which rows share an id with another row."""
    if _rises(ids) or len(ids.drop_null().unique()) == len(ids) - ids.null_count:
        return np.zeros(len(ids), np.bool_)
    counts = pc.value_counts(ids)
    twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    found: Flags = pc.is_in(ids, value_set=twice.drop_null()).to_numpy(zero_copy_only=False)
    return found


def _type_of(array: pa.Array) -> pa.DataType:
    return array.type.value_type if pa.types.is_dictionary(array.type) else array.type


def _coded(array: pa.Array, kind: pa.DataType) -> pa.DictionaryArray:
    if pa.types.is_dictionary(array.type):
        return array
    return array.cast(kind).dictionary_encode()


def _places(array: pa.DictionaryArray) -> NDArray[np.integer]:
    """Return where in its dictionary each value is; null stands after the last."""
    indices = array.indices
    if indices.null_count:
        indices = pc.fill_null(indices.cast(pa.int64()), len(array.dictionary))
    found: NDArray[np.integer] = indices.to_numpy(zero_copy_only=False)
    return found


def _rises(ids: pa.Array) -> bool:
    """Return whether each id is above the last, as running numbers are: then none stands twice."""
    if ids.null_count or pa.types.is_null(ids.type):
        return False
    return bool(pc.all(pc.less(ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1))).as_py())
