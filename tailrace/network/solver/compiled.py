"""Kernels: loops over whole numbers, compiled by Numba where it is installed and the size pays.

There is one source. A kernel is a plain function over arrays; `run` either has Numba compile that
very function, or calls it with the arrays as lists, which plain Python indexes several times faster.
So a kernel may index, loop, compare and add; it makes no arrays of its own, calls nothing but other
kernels, and keeps to whole numbers below 2^63. Then both give the same answer to the last unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from types import FunctionType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

PAYS = 20_000  # rows: below, plain Python is done before Numba is loaded
PAYS_LOADED = 200  # and once it is loaded, below this the plain function is as quick

_kernels: set[Callable[..., Any]] = set()
_forced: list[bool] = []  # what `always` asks for, innermost last


def kernel(function: Kernel) -> Kernel:
    """Mark a function that `run` may compile; it stays the plain function it is."""
    _kernels.add(function)
    return function


def pays(size: int) -> bool:
    """Return whether kernels on this many rows are to be compiled; the answer is the same anyhow."""
    if _forced:
        return _forced[-1]
    if not _installed():
        return False
    return size >= (PAYS_LOADED if _compile.cache_info().currsize else PAYS)


@contextmanager
def always(compiled: bool) -> Iterator[None]:
    """Compile every kernel, or none, whatever the size; for tests and for measuring."""
    if compiled and not _installed():
        raise ModuleNotFoundError("numba is not installed: pip install tailrace[fast]")
    _forced.append(compiled)
    try:
        yield
    finally:
        _forced.pop()


def run(function: Callable[..., Any], *arguments: Any, compiled: bool) -> Any:
    """Call a kernel; arrays among the arguments, in tuples too, hold what it wrote to them."""
    if compiled:
        return _compile(function)(*arguments)
    lists: dict[int, tuple[Array, list[int]]] = {}
    answer = function(*(_plain(argument, lists) for argument in arguments))
    for array, values in lists.values():
        if array.flags.writeable:
            array[:] = values
    return answer


def _plain(argument: Any, lists: dict[int, tuple[Array, list[int]]]) -> Any:
    """Return the argument with each array as a list, one list for one array however often given."""
    if isinstance(argument, np.ndarray):
        return lists.setdefault(id(argument), (argument, argument.tolist()))[1]
    if isinstance(argument, tuple):
        parts = [_plain(part, lists) for part in argument]
        make = getattr(argument, "_make", tuple)  # a NamedTuple stays one
        return make(parts)
    return argument


@cache
def _installed() -> bool:
    return find_spec("numba") is not None


@cache
def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function compiled, and so the kernels it calls. Kept on disk between processes."""
    import numba

    assert isinstance(function, FunctionType) and function in _kernels, "not a kernel"
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        called = names.get(name)
        if isinstance(called, FunctionType) and called in _kernels:
            names[name] = _compile(called)
    twin = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    twin.__qualname__, twin.__module__ = function.__qualname__, function.__module__
    try:
        return numba.njit(twin, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:  # nowhere to keep it: a read-only home
        return numba.njit(twin, nogil=True, error_model="numpy")
