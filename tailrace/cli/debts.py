"""Obligations that a command is pointed at: a Parquet or CSV file, or what is open in a book."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from tailrace.base.errors import Fault


def read_obligations(path: str) -> pa.Table:
    """Return the obligations of a Parquet or CSV file, or what is open in a book."""
    return read(path)[0]


def read(path: str) -> tuple[pa.Table, list[Fault]]:
    """Return the obligations of a file or book, and a fault for each row of a file that is none."""
    if "://" in path or Path(path).is_dir() or Path(path).suffix.lower() == ".db":
        return _read_book(path), []
    return read_file(path)


def read_file(path: str) -> tuple[pa.Table, list[Fault]]:
    """Return a Parquet or CSV file's rows, and the lines that are none; raise where it is neither."""
    from tailrace.base.errors import BadTerms, NotFound

    reader = _READERS.get(Path(path).suffix.lower())
    if reader is None:
        mend = f"name a file that ends in {' or '.join(_READERS)}, or a book"
        raise BadTerms("not a file of obligations", where=path, mend=mend)
    if not Path(path).is_file():
        raise NotFound("there is no such file", where=path, mend="name a file of obligations")
    return reader(path)


def _read_book(where: str) -> pa.Table:
    """Return what is proven, unpaid and not held in a book: what a next clearing would see."""
    from tailrace.cli.common import look, open_at
    from tailrace.network.adopt import open_debts
    from tailrace.street.loop import derive

    with open_at(where) as book:
        day, rules = look(book, where, None)
        return open_debts(derive(book, ("obligation",), on=day, rules=rules).get("obligation"))


def _read_parquet(path: str) -> tuple[pa.Table, list[Fault]]:
    import pyarrow as pa
    from pyarrow import parquet

    from tailrace.base.errors import BadTerms

    try:
        return parquet.read_table(path), []
    except (pa.ArrowInvalid, OSError) as why:
        raise BadTerms(
            f"not Parquet: {why}", where=path, mend="write it as Parquet again"
        ) from None


def _read_csv(path: str) -> tuple[pa.Table, list[Fault]]:
    """Return a CSV file's rows: ids as text, so that 007 stays 007; no amount read as a float.

    A line with too few or too many fields is left out and named. Days stay text: one that is none
    is a fault of its row, not of the file.
    """
    import pyarrow as pa
    from pyarrow import csv

    from tailrace.base.errors import BadTerms

    options = csv.ConvertOptions(
        column_types=dict.fromkeys((*_TEXT, *_WHOLE), pa.string()), strings_can_be_null=True
    )
    faults: list[Fault] = []
    try:
        try:
            table = csv.read_csv(path, convert_options=options)
        except pa.ArrowInvalid:  # once more, slowly, so that a wrong line has its number
            one_by_one = csv.ReadOptions(use_threads=False)
            skips = csv.ParseOptions(invalid_row_handler=lambda row: _skip(row, path, faults))
            table = csv.read_csv(path, one_by_one, skips, options)
    except pa.ArrowInvalid as why:
        mend = "one header line, commas, UTF-8, days as 2026-03-31"
        raise BadTerms(f"not CSV as expected: {why}", where=path, mend=mend) from None
    for name in _WHOLE:
        if name in table.column_names:
            at = table.column_names.index(name)
            table = table.set_column(at, name, _whole(table[name]))
    return table, faults


def _skip(row: Any, path: str, faults: list[Fault]) -> str:
    from tailrace.base.errors import Fault

    what = f"{row.actual_columns} fields, and the header has {row.expected_columns}"
    where = path if row.number is None else f"{path}, line {row.number}"
    mend = "correct the line at its source; it was left out, and rows after it count without it"
    faults.append(Fault(what=what, where=where, mend=mend))
    return "skip"


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text as int64, null where it is no whole number within range."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.utf8_trim_whitespace(column)
    within = pc.match_substring_regex(digits, r"^-?[0-9]{1,18}$")
    return pc.if_else(within, digits, pa.scalar(None, pa.string())).cast(pa.int64())


_READERS = {".parquet": _read_parquet, ".csv": _read_csv}
_TEXT = (
    "obligation_id",
    "debtor",
    "debtor_id",
    "creditor",
    "creditor_id",
    "currency",
    "due_on",
    "firm",
)
_WHOLE = ("amount_minor", "cash_minor", "weight", "class")
