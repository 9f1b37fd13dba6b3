"""Lines of a CSV file: where each row stands in it, and where it is no UTF-8.

Editors count every line, blank ones and those inside quotes too; a reader of tables counts rows.
The file is looked through again for this only once something in it is wrong, block by block.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 24
_FEED, _RETURN = 10, 13
Ints = NDArray[np.int64]


def lines_of(path: str, records: Sequence[int], whole: int) -> dict[int, int]:
    """Return the line each record starts at, counted from 1; the header is record 1.

    whole: how many records the file was read as. Blank lines are no records. A record that is not
    found is not in the answer.
    """
    wanted = np.array(sorted(records), np.int64)
    found: dict[int, int] = {}
    count = 0
    for starts in _full_lines(Path(path)):
        here = wanted[(wanted > count) & (wanted <= count + len(starts))]
        found |= dict(zip(here.tolist(), starts[here - count - 1].tolist(), strict=True))
        count += len(starts)
    # as many lines as records: none of them ends within a field
    return found if count == whole else _within_quotes(Path(path), set(records))


def _full_lines(path: Path) -> Iterator[Ints]:
    """Yield the numbers of the lines that are not blank, those of a block together."""
    end = _line_end(path)
    lines, start, before = 0, 0, 0
    for at, block in _blocks(path):
        feeds = np.flatnonzero(block == end)
        sizes = np.diff(at + feeds, prepend=start - 1) - 1
        last = np.where(feeds > 0, block[feeds - 1], before)
        blank = (sizes == 0) | ((sizes == 1) & (last == _RETURN) & (end == _FEED))
        yield (lines + 1 + np.arange(len(feeds)))[~blank]
        if len(feeds):
            start = int(at + feeds[-1]) + 1
        lines, before = lines + len(feeds), int(block[-1])
    if path.stat().st_size > start:
        yield np.array([lines + 1], np.int64)


def _within_quotes(path: Path, wanted: set[int]) -> dict[int, int]:
    """Return the same where fields have line ends within their quotes: record by record."""
    found: dict[int, int] = {}
    # a field beyond what the csv module holds: lines after it stay unknown
    with (
        path.open(encoding="utf-8-sig", errors="replace", newline="") as file,
        suppress(csv.Error),
    ):
        rows, record, line = csv.reader(file), 0, 1
        for row in rows:
            record += bool(row)
            if row and record in wanted:
                found[record] = line
                if len(found) == len(wanted):
                    break
            line = rows.line_num + 1
    return found


def _line_end(path: Path) -> int:
    """Return the byte that ends a line: a line feed, or the return alone that old systems write."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    return _RETURN if b"\r" in head and b"\n" not in head else _FEED


def _blocks(path: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    at = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield at, np.frombuffer(block, np.uint8)
            at += len(block)


def not_utf8(path: str) -> tuple[int, int] | None:
    """Return the first line that is no UTF-8, counted from 1, and the byte it fails at, if any."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    for _, block in _blocks(Path(path)):
        held = decoder.getstate()[0]  # the start of a letter cut in two by the block's end
        text = held + block.tobytes()
        try:
            decoder.decode(block.tobytes())
        except UnicodeDecodeError as why:
            return lines + text.count(b"\n", 0, why.start), text[why.start]
        lines += block.tobytes().count(b"\n")
    left = decoder.getstate()[0]
    return (lines, left[0]) if left else None
