"""Columns of the town in hand: NumPy arrays of one length, seeded draws, groups and ranks."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from msgspec import Struct

_GRID = np.linspace(-5.0, 5.0, 2001)
_NORMAL = np.array([0.5 * (1.0 + math.erf(z / math.sqrt(2.0))) for z in _GRID.tolist()])


class Arrays(Struct, frozen=True, kw_only=True):
    """Columns of equal length; a subclass names them."""

    def __len__(self) -> int:
        return len(getattr(self, self.__struct_fields__[0]))

    def take(self, index: np.ndarray) -> Self:
        """Return the rows at these places, or where the mask is true."""
        return type(self)(**{name: getattr(self, name)[index] for name in self.__struct_fields__})

    def changed(self, **columns: np.ndarray) -> Self:
        """Return the rows with some columns replaced."""
        same = {name: getattr(self, name) for name in self.__struct_fields__}
        return type(self)(**{**same, **columns})

    def plus(self, other: Self) -> Self:
        """Return these rows and then the other's."""
        return type(self)(
            **{
                name: np.concatenate([getattr(self, name), getattr(other, name)])
                for name in self.__struct_fields__
            }
        )


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of one part of the town: adding a part leaves the others as are."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *name.encode()])))


def normal_share(z: np.ndarray) -> np.ndarray:
    """Return the share of the normal distribution below each z."""
    return np.interp(z, _GRID, _NORMAL)


def spread(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for `counts[i]` rows of each i, the i of every row and its rank within i."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def ranks(key: np.ndarray, *then: np.ndarray) -> np.ndarray:
    """Return each row's rank, from 0, among the rows of equal key, in the order of `then`."""
    order = np.lexsort((*reversed(then), key))
    sorted_key = key[order]
    fresh = np.ones(len(key), bool)
    fresh[1:] = sorted_key[1:] != sorted_key[:-1]
    starts = np.flatnonzero(fresh)
    rank = np.empty(len(key), np.int64)
    rank[order] = np.arange(len(key)) - starts[np.cumsum(fresh) - 1]
    return rank


def grouped(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of the first row of each key, keys ascending, and each row's group."""
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return first, group.reshape(-1)


def sums(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Return the exact sum of whole numbers in each group (`bincount` would make them floats)."""
    total = np.zeros(count, np.int64)
    np.add.at(total, group, values)
    return total


def greatest(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Return the greatest value of each group; every group has a row."""
    top = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(top, group, values)
    return top


def chosen(rng: np.random.Generator, places: np.ndarray, count: int) -> np.ndarray:
    """Return up to `count` of the places, at random, ascending."""
    return np.sort(rng.permutation(places)[:count])
