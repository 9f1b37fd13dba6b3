"""Obligations that a command is pointed at: a Parquet or CSV file, or what is open in a book.

What is wrong with a row is told with the file and the line it stands at, counted as an editor does,
with what the row says and how to mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.errors import Fault

DEBT_COLUMNS = ("obligation_id", "debtor", "creditor", "currency", "amount_minor")
CLEARED = (*DEBT_COLUMNS, "debtor_id", "creditor_id", "due_on", "weight")  # all a clearing reads
_LIBRARY = "obligations"  # where the library says a fault is
_SHOWN = 10
_LOOKED_AT = 100_000  # rows of ids used twice among which a partner is looked for


class Read(Struct, frozen=True, kw_only=True):
    """A table of obligations, and where it is from, so that a fault names its line."""

    path: str
    table: pa.Table
    faults: list[Fault] = []  # lines that are no rows
    left_out: tuple[int, ...] = ()  # records of a CSV file that are no rows; its header is record 1
    said: dict[str, pa.ChunkedArray] = {}  # columns as they were written, where that is not read
    unit: str = "row"  # line: of a CSV file
    names: dict[str, str] = {}  # of a book's firms, by id

    def places(self, rows: Sequence[int]) -> dict[int, int]:
        """Return the line of each row of a CSV file, else its number counted from 1."""
        import numpy as np

        from tailrace.cli.reading.lines import lines_of

        if self.unit != "line" or not len(rows):
            return {row: row + 1 for row in rows}
        # each record left out before a row moves it one further; the header is the first
        gaps = np.array(self.left_out, np.int64) - 2 - np.arange(len(self.left_out))
        at = np.array(rows, np.int64)
        record = dict(
            zip(rows, (at + 2 + np.searchsorted(gaps, at, "right")).tolist(), strict=True)
        )
        whole = self.table.num_rows + 1 + len(self.left_out)
        lines = lines_of(self.path, list(record.values()), whole)
        return {row: lines[record[row]] for row in rows if record[row] in lines}

    def where(self, row: int) -> str:
        """Return where a row stands, for people."""
        place = self.places([row]).get(row)
        return (
            f"{self.path}, row {row + 1}" if place is None else f"{self.path}, {self.unit} {place}"
        )

    def told(self, faults: Sequence[Fault]) -> list[Fault]:
        """Return the library's faults with file, line and what the row says, and its own, by line."""
        from msgspec.structs import replace

        rows = [fault.position for fault in faults if fault.position is not None]
        twins = self._twins(faults)
        places = self.places(sorted({*rows, *twins.values()}))
        made = []
        for fault in faults:
            row = fault.position
            if row is None:
                library = fault.where == _LIBRARY
                made.append(replace(fault, where=self.path) if library else fault)
                continue
            place = places.get(row)
            unit, number = ("row", row + 1) if place is None else (self.unit, place)
            twin = twins.get(row)
            other = None if twin is None else f"{self.unit} {places.get(twin, twin + 1)}"
            what, mend = _worded(fault, self._value(fault.what, row), other)
            where = f"{self.path}, {unit} {number}"
            made.append(replace(fault, what=what, where=where, mend=mend, position=number))
        return sorted([*made, *self.faults], key=lambda fault: fault.position or 0)

    def _value(self, what: str, row: int) -> Any:
        """Return what a row says in the column that a fault is about, as it was written."""
        name = next((name for key, name in _ABOUT if what.startswith(key)), None)
        if name is None:
            return None
        if name in self.said:
            return self.said[name][row].as_py()
        return self.table[name][row].as_py() if name in self.table.column_names else None

    def _twins(self, faults: Sequence[Fault]) -> dict[int, int]:
        """Return for each row whose id is used twice another row that has it."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        at_row = ((f.what, f.position) for f in faults)
        rows = [row for what, row in at_row if what == _TWICE and row is not None]
        if not rows:
            return {}
        ids = self.table["obligation_id"]
        chosen = ids.take(pa.array(rows))
        at = np.flatnonzero(pc.is_in(ids, value_set=chosen.combine_chunks()).to_numpy())
        at = at[:_LOOKED_AT]
        first: dict[Any, list[int]] = {}
        for row, value in zip(at.tolist(), ids.take(pa.array(at)).to_pylist(), strict=True):
            seen = first.setdefault(value, [])
            if len(seen) < 2:
                seen.append(row)
        named = zip(rows, chosen.to_pylist(), strict=True)
        found = ((row, [x for x in first.get(value, ()) if x != row]) for row, value in named)
        return {row: others[0] for row, others in found if others}


_TWICE = "the id is that of another row too"
_ABOUT = (
    ("the amount", "amount_minor"),
    ("the currency", "currency"),
    ("the id", "obligation_id"),
    ("the due day", "due_on"),
    ("the weight", "weight"),
)
_MENDS = {
    "the debtor": "say who owes, by the id it has in its other debts",
    "the creditor": "say who is owed, by the id it has in its other debts",
    "the currency": "write an ISO 4217 code, as EUR, or a circle's own unit in capitals",
    "the obligation": "give the debt an id, as its invoice's number",
    "the amount is below": "who owes whom is told by debtor and creditor: turn them round, or leave "
    "a credit note out",
    "the amount is above": "a clearing takes up to 2^62 minor units: correct the amount",
    "the amount": "write whole minor units: 12.50 EUR is 1250",
    "the due day": "write the day as 2026-03-31, or leave it empty",
    "the id": "give each debt an id of its own; of a debt said twice leave one out",
    "the weight": "write a whole number of 1 or more",
}


def _worded(fault: Fault, value: Any, other: str | None) -> tuple[str, str]:
    """Return what is wrong with a row with what it says, and how to mend it."""
    mend = next((words for key, words in _MENDS.items() if fault.what.startswith(key)), fault.mend)
    if value is None:
        return fault.what, mend
    if fault.what == _TWICE:
        return f"the id {value!r} is that of {other or 'another row'} too", mend
    if fault.what.startswith("the currency"):
        return f"the currency {value!r} is no code", mend
    return f"{fault.what}: {value}", mend


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Let what the library raises about obligations name the file they are from."""
    from tailrace.base.errors import TailraceError

    try:
        yield
    except TailraceError as why:
        if why.where != _LIBRARY:
            raise
        raise type(why)(why.what, where=path, mend=why.mend) from None


def print_faults(faults: Sequence[Fault]) -> None:
    """Print the first faults to stderr: where, what and how to mend it, and how many more."""
    for fault in faults[:_SHOWN]:
        click.echo(f"left out: {fault.where}: {fault.what}; {fault.mend}", err=True)
    if len(faults) > _SHOWN:
        click.echo(f"... and {len(faults) - _SHOWN:,} more", err=True)


def read(path: str, only: Sequence[str] = ()) -> Read:
    """Return the obligations of a file or book; raise where a column they need is missing.

    `only` names the columns that will be looked at: of a Parquet file no other is then read.
    """
    if "://" in path or Path(path).is_dir() or Path(path).suffix.lower() == ".db":
        return _read_book(path)
    return read_file(path, only=only)


def _read_book(where: str) -> Read:
    """Return what is proven, unpaid and not held in a book: what a next clearing would see.

    With what people call it by: a column `invoice` of the invoices' numbers, and the firms' names.
    """
    import pyarrow.compute as pc

    from tailrace.cli.common import look, open_at
    from tailrace.network.adopt import open_debts
    from tailrace.network.letters import INVOICE
    from tailrace.street.loop import derive

    with open_at(where) as book:
        day, rules = look(book, where, None)
        engine = derive(book, ("obligation", "claim", "firm"), on=day, rules=rules)
        debts = open_debts(engine.get("obligation"))
        claims = engine.get("claim").select(["claim_id", "number"])
        firms = engine.get("firm").select(["firm_id", "name"])
    at = claims["claim_id"].combine_chunks()
    numbers = claims["number"].take(pc.index_in(debts["claim_id"], value_set=at))
    names = dict(zip(*(column.to_pylist() for column in firms.columns), strict=True))
    return Read(path=where, table=debts.append_column(INVOICE, numbers), names=names)


def read_file(path: str, wanted: Sequence[str] = DEBT_COLUMNS, *, only: Sequence[str] = ()) -> Read:
    """Return a Parquet or CSV file's rows with the columns wanted, and the lines that are none.

    Raises `NotFound`, and `BadTerms` where it is neither, or a column is missing.
    """
    from tailrace.base.errors import BadTerms, NotFound
    from tailrace.cli.reading.tables import read_csv, read_parquet

    readers: dict[str, Callable[..., Read]] = {
        ".parquet": partial(read_parquet, only=only),
        ".csv": read_csv,
    }
    reader = readers.get(Path(path).suffix.lower())
    if reader is None:
        mend = f"name a file that ends in {' or '.join(readers)}, or a book"
        raise BadTerms("not a file of obligations", where=path, mend=mend)
    if not Path(path).is_file():
        mend = f"name a file of {', '.join(wanted)}"
        raise NotFound("there is no such file", where=path, mend=mend)
    return reader(path, wanted)
