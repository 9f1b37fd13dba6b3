"""The street: every room in order, and the one loop that runs them.

    records -> claims -> evidence -> obligations -> clearing -> outlook -> offers -> contracts
            -> ledger -> settlement -> records

`rooms.py` lists ROOMS, STEPS and the kinds; `rules.py` loads the rules of a run; `loop.py` derives
and decides; `reading.py` brings records into a book; `summary.py` says what a treasurer would read;
`why.py` walks a number back to its document lines; `outputs.py` lays out what leaves the house.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.street.opening import open_book

if TYPE_CHECKING:
    from tailrace.base.book import Book

__all__ = ["Book", "open_book"]
