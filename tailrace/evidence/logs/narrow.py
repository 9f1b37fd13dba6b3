"""Logs in columns, whoever wrote them, as `log_event`: names found, words told, amounts exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base import money
from tailrace.base.errors import BadTerms, Fault
from tailrace.base.tables import MINOR, MOMENT
from tailrace.evidence.logs.rules import OTHER, LogRules, bare

NEEDED = ("case_ref", "activity", "at")
_EXACT = pa.decimal128(30, 6)
_DAY = (
    r"(19|20|21)\d\d-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])"
    r"|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|[12]\d))"
)
_ISO = rf"^{_DAY}([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{{1,6}})?)?(Z|[+-]\d\d:?\d\d)?)?$"
_ZONE = r"(Z|\d[+-]\d\d:?\d\d)$"
_AMOUNT = r"^[+-]?\d{1,15}(\.\d{1,20})?([eE][+]?\d{1,2})?$"


def columns_of(names: Sequence[str], logs: LogRules, where: str) -> dict[str, str]:
    """Return column of `log_event` -> the name it has here; raise `BadTerms` where one is missing."""
    by_bare = {bare(name): name for name in reversed(names)}
    found = {}
    for column, known in logs.columns.items():
        here = next((by_bare[bare(name)] for name in known if bare(name) in by_bare), None)
        if here is not None:
            found[column] = here
    missing = [name for name in NEEDED if name not in found]
    if missing:
        listed = ", ".join(logs.columns.get(missing[0], ()))
        what = f"no column of the log is its {missing[0]}; it has {', '.join(names)}"
        mend = f"name it one of {listed}, or add its name to [logs.columns] in tailrace.toml"
        raise BadTerms(what, where=where, mend=mend)
    return found


def narrowed(
    table: pa.Table, columns: Mapping[str, str], currency: str, logs: LogRules, where: str
) -> tuple[pa.Table, list[Fault]]:
    """Return a log as `log_event` rows, and a Fault for what could not be read of it.

    A row without case, activity or moment is left out; an amount that is not exact is not said.
    Where the log gives no position it is the row's number; `currency` is that of its amounts where
    it names none.
    """
    said = {name: table[here] for name, here in columns.items()}
    count = table.num_rows
    numbers = pa.chunked_array([pa.array(np.arange(count) + 1)])
    made = {
        "case_ref": said["case_ref"],
        "step": steps(said["activity"], logs),
        "at": read_moments(said["at"]),
        "position": pc.cast(said.get("position", numbers), pa.int64()),
    }
    faults: list[Fault] = []
    if "amount_minor" in said:
        made["amount_minor"] = pc.cast(said["amount_minor"], MINOR)
    elif "amount" in said:
        made["amount_minor"] = in_minor(said["amount"], currency)
        lost = pc.and_(pc.is_valid(said["amount"]), pc.is_null(made["amount_minor"]))
        mend = f"write amounts with a point and at most the decimals of {currency}"
        faults += _fault(lost, "amounts cannot be read exactly and are not said", where, mend)
    if "currency" in said:
        made["currency"] = said["currency"]
    elif "amount_minor" in made:
        same = pa.array(np.zeros(count, dtype=np.int32))
        made["currency"] = pa.DictionaryArray.from_arrays(same, pa.array([currency]))
    for name in ("partner", "category", "event_id"):
        if name in said:
            made[name] = said[name]
    narrow = pa.table(made)
    if any(narrow[name].null_count for name in ("case_ref", "step", "at")):
        whole = pc.and_(pc.is_valid(narrow["case_ref"]), pc.is_valid(narrow["step"]))
        whole = pc.and_(whole, pc.is_valid(narrow["at"]))
        mend = "a row names its case, its activity and its moment, as 2026-03-31T12:00:00Z"
        faults += _fault(pc.invert(whole), "rows are left out: each lacks one", where, mend)
        narrow = narrow.filter(whole)
    return narrow, faults


def _fault(rows: pa.ChunkedArray, what: str, where: str, mend: str) -> list[Fault]:
    """Return one Fault that counts these rows and names the first, or none."""
    count = pc.sum(rows).as_py() or 0
    if not count:
        return []
    first = pc.index(rows, True).as_py() + 1
    return [Fault(what=f"{count} {what}", where=f"{where}, row {first}", mend=mend, position=first)]


def steps(activity: pa.ChunkedArray, logs: LogRules) -> pa.ChunkedArray:
    """Return what each activity counts as; one the vocabulary does not name is `other`."""
    meant = {bare(name): step for name, step in logs.steps.items()}
    if not pa.types.is_dictionary(activity.type):
        activity = activity.dictionary_encode()
    chunks = []
    for chunk in activity.chunks:
        words = [meant.get(bare(name), OTHER) for name in chunk.dictionary.to_pylist()]
        names = sorted(set(words))
        codes = pa.array([names.index(word) for word in words], pa.int32())
        indices = codes.take(chunk.indices)
        chunks.append(pa.DictionaryArray.from_arrays(indices, pa.array(names, pa.string())))
    return pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string()))


def read_moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return moments in UTC, null where none can be read; text without a zone is taken as UTC."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return column.cast(pa.timestamp("us", column.type.tz if _zoned(column) else None)).cast(
            MOMENT
        )
    column = pc.if_else(pc.match_substring_regex(column, _ISO), column, None)
    zoned = pc.match_substring_regex(column, _ZONE)
    with_zone, without = pc.if_else(zoned, column, None), pc.if_else(zoned, None, column)
    try:
        plain = without.cast(pa.timestamp("us")).cast(MOMENT)
        return column_of(pc.coalesce(with_zone.cast(MOMENT), plain))
    except pa.ArrowInvalid as why:  # a 29 February of a year that has none
        mend = "write moments as 2026-03-31T12:00:00Z"
        raise BadTerms(f"a moment is no moment: {why}", where="column at", mend=mend) from None


def in_minor(column: pa.ChunkedArray, currency: str) -> pa.ChunkedArray:
    """Return decimal amounts in minor units, exactly; null where one is not."""
    places = money.exponent(currency)
    if not pa.types.is_decimal(column.type):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        column = column.cast(pa.string())  # of a float the shortest text that is this number
        column = pc.if_else(pc.match_substring_regex(column, _AMOUNT), column, None)
        column = column.cast(_EXACT)
    hundred = pa.scalar(Decimal(10**places), pa.decimal128(5, 0))
    scaled = pc.multiply_checked(column.cast(_EXACT), hundred)
    exact = pc.equal(pc.trunc(scaled), scaled)
    return column_of(pc.if_else(exact, scaled, None).cast(MINOR))


def column_of(made: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """Return an array as a column."""
    return made if isinstance(made, pa.ChunkedArray) else pa.chunked_array([made])


def _zoned(column: pa.ChunkedArray) -> bool:
    return pa.types.is_timestamp(column.type) and column.type.tz is not None


def with_cases(table: pa.Table, key: str, cases: pa.Table, case_key: str) -> pa.Table:
    """Return events with the columns of their cases beside them; columns they share stay theirs."""
    index = pc.index_in(_plain(table[key]), value_set=_plain(cases[case_key]).combine_chunks())
    for name in cases.column_names:
        if name not in table.column_names and name != case_key:
            column = cases[name].combine_chunks()
            column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            if isinstance(column, pa.ChunkedArray):
                column = column.unify_dictionaries().combine_chunks()
            table = table.append_column(name, column.take(index))
    return table


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
