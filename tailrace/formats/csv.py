"""CSV files, under a mapping that declares what each column is (`table_mapping.py`).

Read as RFC 4180 has it, with the declared delimiter and encoding; written by the same mapping. A
file for which no mapping is declared is a Fault that prints one to start from.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from msgspec.structs import replace

from tailrace.base.errors import Fault
from tailrace.base.ids import source_id
from tailrace.formats.rows import Rows
from tailrace.formats.table_mapping import FileMap, fitting
from tailrace.formats.table_skeleton import unmapped
from tailrace.formats.table_write import table_of
from tailrace.formats.tabular import Reader, wrong_header
from tailrace.records.rules import RecordRules

NAME = "csv"
MAPPED = True  # read() takes the declared mappings
LINES_A_ROW_MAX = 100  # a row taller than this is taken for a quote that was never closed
LINES_A_WINDOW = 200
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_UNREAD = re.compile("[\udc80-\udcff]")  # bytes that surrogateescape could not decode


def sniff(head: bytes, name: str) -> bool:
    """Whether this is CSV: by its name, since any text could be."""
    return name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))


def read(content: bytes, name: str, limits: RecordRules, mappings: Sequence[FileMap] = ()) -> Rows:
    """Return the record rows of the file under the first mapping that fits its name.

    A row that is wrong becomes a Fault with its number; so does a file without a mapping, one whose
    header does not match, and one that is not in its declared encoding.
    """
    mapping = fitting(mappings, name)
    digest = source_id(content)
    text = _decoded(content, name, mapping.encoding if mapping else "utf-8")
    if isinstance(text, Fault):
        return Rows.of_fault(replace(text, source_id=digest))
    if mapping is None:
        sample = [line for _, line in zip(range(20), text.splitlines(), strict=False)]
        return Rows.of_fault(replace(unmapped(sample, name), source_id=digest))
    numbered = _numbered(text, mapping, name, digest)
    first = next(numbered, None)
    if first is None or isinstance(first, Fault):
        mend = "the first row names the columns"
        fault = first or Fault(what="the file is empty", where=name, mend=mend)
        return Rows.of_fault(replace(fault, source_id=digest))
    header = [cell.strip() for cell in first[1]]
    if wrong := wrong_header(mapping, header, name):
        return Rows.of_fault(replace(wrong, source_id=digest))
    return Reader(mapping, header, name, digest).read(numbered)


def write(
    tables: Mapping[str, Sequence[Mapping[str, Any]]], mapping: FileMap | None = None
) -> bytes:
    """Return documents as one CSV file under a mapping, which reads back to the same values.

    Cells a spreadsheet would run as formulas are escaped. Raises `BadTerms` without a mapping.
    """
    out = StringIO(newline="")
    header, rows = table_of(tables, mapping)
    delimiter = mapping.delimiter if mapping else ","
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode(mapping.encoding if mapping else "utf-8")


def _decoded(content: bytes, name: str, encoding: str) -> str | Fault:
    """Return the text; a byte order mark says more than a default does, and is taken off.

    Bytes that do not decode stay as marks, so that the rows without them can still be read.
    """
    if content.startswith(_UTF16) and encoding.lower() in ("utf-8", "utf8"):
        encoding = "utf-16"
    try:
        text = content.decode(encoding, "surrogateescape")
    except UnicodeError as why:
        mend = f"declare its encoding in the mapping; {encoding} does not fit"
        return Fault(what=f"the file cannot be decoded: {why}", where=name, mend=mend)
    return text.removeprefix("\ufeff")


def _numbered(
    text: str, mapping: FileMap, name: str, digest: str
) -> Iterator[tuple[int, list[str]] | Fault]:
    """Yield each row with its number (the header is 1), and a Fault for each that is malformed."""
    odd = bool(_CONTROL.search(text) or _UNREAD.search(text))

    def fault(number: int, what: str, mend: str) -> Fault:
        where = f"{name}, row {number}"
        return Fault(what=what, where=where, mend=mend, source_id=digest, position=number)

    for number, cells in enumerate(_records(text, mapping.delimiter), start=1):
        if isinstance(cells, str):
            mend = "quote cells that hold quotes or delimiters, and double the quotes in them"
            yield fault(number, f"the row is malformed: {cells}", mend)
        elif odd and (why := _odd(cells, mapping.encoding)):
            mend = "declare the file's encoding in the mapping (as cp1252), or correct the cell"
            yield fault(number, why, mend)
        else:
            yield number, cells


def _records(text: str, delimiter: str) -> Iterator[list[str] | str]:
    """Yield each row's cells, or why it is malformed.

    A quote that is never closed would swallow every row behind it. So the lines are read a window
    at a time, and a row still open at the end of its window is given up alone: reading goes on in
    the line below the one it began in.
    """
    lines = StringIO(text, newline="").readlines()
    at = 0
    while at < len(lines):
        window = lines[at : at + LINES_A_WINDOW + LINES_A_ROW_MAX]
        reader = csv.reader(window, delimiter=delimiter, strict=True)
        done = 0
        try:
            for cells in reader:
                yield cells
                done = reader.line_num
                if done >= LINES_A_WINDOW:
                    break
            at += done
        except csv.Error as why:
            yield "a quote is never closed" if "end of data" in str(why) else str(why)
            at += done + 1


def _odd(cells: Sequence[str], encoding: str) -> str | None:
    """Return why a row's text cannot be kept, or None."""
    for cell in cells:
        if _UNREAD.search(cell):
            return f"the row holds bytes that are not {encoding}"
        if found := _CONTROL.search(cell):
            return f"the row holds a control character (U+{ord(found.group()):04X})"
    return None
