"""Tailrace: industrial finance infrastructure.

The front door: `open_book`, `Book`, `Money` and the errors. One function for one room lives in the
room of its name (`tailrace.network.clear`); nothing more is public here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.base.book import Book
    from tailrace.base.errors import (
        BadTerms,
        Damaged,
        Fault,
        Moved,
        NotFound,
        Overdrawn,
        TailraceError,
        Unreachable,
    )
    from tailrace.base.money import Money
    from tailrace.street import open_book

__version__ = "0.1.0"
__all__ = [
    "BadTerms",
    "Book",
    "Damaged",
    "Fault",
    "Money",
    "Moved",
    "NotFound",
    "Overdrawn",
    "TailraceError",
    "Unreachable",
    "open_book",
]

_HOMES = {"Book": "base.book", "Money": "base.money", "open_book": "street"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that importing the package stays quick."""
    if name not in __all__:
        raise AttributeError(f"module 'tailrace' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"tailrace.{_HOMES.get(name, 'base.errors')}"), name)
