"""A log in columns made ready for counting: its words are numbers, its rows in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.tables import MOMENT
from tailrace.evidence.logs.queues import NONE, Flags, Ints
from tailrace.evidence.logs.rules import STEPS

_MONTH = "datetime64[M]"


class Events:
    """The events of a log up to a day, ordered by case, moment and position.

    `case` numbers the cases in order of their names; `step` numbers the steps as `STEPS` has them;
    `row` is where each event stands in `table`; `outside` marks those outside the log's span.
    """

    def __init__(self, log_event: pa.Table, on: date, span_share: float) -> None:
        table = log_event
        at = moments(table["at"])
        kept = at <= _end_of(on)
        if not kept.all():
            table, at = table.filter(pa.array(kept)), at[kept]
        self.table = table
        case, self.names = numbered(table["case_ref"])
        step, words = numbered(table["step"])
        place = {word: i for i, word in enumerate(STEPS)}
        known = np.array([place[word] for word in words.to_pylist()] or [0], dtype=np.int64)
        step = known[step]
        position = table["position"].to_numpy().astype(np.int64, copy=False)
        self.row = in_order(case, at, position, step)
        self.case, self.step, self.at = case[self.row], step[self.row], at[self.row]
        self.outside = outside(self.at, span_share)

    def of(self, *steps: str) -> Ints:
        """Return the events, in order, that are one of these steps."""
        wanted = np.zeros(len(STEPS), dtype=np.bool_)
        wanted[[STEPS.index(step) for step in steps]] = True
        return np.flatnonzero(wanted[self.step])

    def saying(self, column: str, *, last: bool = False) -> Ints:
        """Return for each case the first event, or the last, that says something in a column."""
        found = np.full(len(self.names), NONE, dtype=np.int64)
        if column not in self.table.column_names:
            return found
        told = np.arange(len(self.case))
        if self.table[column].null_count:
            told = np.flatnonzero(self.table[column].is_valid().to_numpy()[self.row])
        told = told if last else told[::-1]
        found[self.case[told]] = told  # of several writes to one place the last stays
        return found

    def take(self, column: str, events: Ints) -> pa.Array:
        """Return a column of the log at these events; null where the event is NONE or none said."""
        found = self.table[column] if column in self.table.column_names else None
        if found is None:
            return pa.nulls(len(events))
        if found.num_chunks != 1:
            found = found.combine_chunks()
            found = found.chunk(0) if isinstance(found, pa.ChunkedArray) else found
        else:
            found = found.chunk(0)
        if not len(self.row):
            return pa.nulls(len(events), found.type)
        return found.take(at_rows(self.row, events))


def at_rows(rows: Ints, events: Ints) -> pa.Array:
    """Return the rows of events as indices, null where there is no event."""
    none = events < 0
    if not none.any():
        return pa.array(rows[events])
    return pa.array(rows[np.where(none, 0, events)], mask=none)


def moments(column: pa.ChunkedArray) -> Ints:
    """Return moments as microseconds since 1970."""
    return column.cast(MOMENT).cast(pa.int64()).to_numpy().astype(np.int64, copy=False)


def numbered(column: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Return each text's number in the order of the texts that occur, and those texts in order."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    if not column.num_chunks:
        return np.zeros(0, dtype=np.int64), pa.array([], pa.string())
    texts = column.chunk(0).dictionary.cast(pa.string())
    codes = np.concatenate([c.indices.to_numpy(zero_copy_only=False) for c in column.chunks])
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))  # others were filtered away
    order = used[pc.sort_indices(texts.take(pa.array(used))).to_numpy()]
    rank = np.zeros(len(texts), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], texts.take(pa.array(order))


def in_order(case: Ints, at: Ints, position: Ints, step: Ints) -> Ints:
    """Return the rows in order of case, moment and position; a log in order costs a look.

    Two logs may give one place to two events of a moment: their steps decide between them.
    """
    keys = (case, at, position, step)
    ordered = np.ones(max(len(case) - 1, 0), dtype=np.bool_)
    for key in reversed(keys):
        ordered = (key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & ordered)
    return np.arange(len(case)) if ordered.all() else np.lexsort(keys[::-1])


def outside(at: Ints, share: float) -> Flags:
    """Return which moments lie outside the span of the log.

    The span runs from the first month to the last that holds at least `share` of the events: a
    date of 2001 among events of 2018 is a slip of the keyboard. It is flagged; nothing is dropped.
    """
    if not len(at):
        return np.zeros(0, dtype=np.bool_)
    month = at.astype("datetime64[us]").astype(_MONTH).astype(np.int64)
    first = int(month.min())
    busy = np.flatnonzero(np.bincount(month - first) >= share * len(at)) + first
    if not len(busy):
        return np.zeros(len(at), dtype=np.bool_)
    return (month < busy[0]) | (month > busy[-1])


def _end_of(on: date) -> int:
    """Return the last microsecond of a day, UTC."""
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    ) + 86_399_999_999


def text_of(texts: Sequence[str], numbers: Ints) -> pa.Array:
    """Return the texts of these numbers, each text kept once."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), pa.array(texts))
