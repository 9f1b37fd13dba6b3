"""Tables of people: CSV and Parquet files as Arrow tables, read so that no figure is guessed.

Ids stay text, so that 007 stays 007; no amount is read as a float; white space round a value is
none of it; a currency that is not spelled as a code is not taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tailrace.base.errors import BadTerms, Fault
from tailrace.base.money import AMOUNT_MAX, EXPONENTS
from tailrace.cli.reading.debts import Read

if TYPE_CHECKING:
    import pyarrow as pa

IDS = ("obligation_id", "debtor", "debtor_id", "creditor", "creditor_id", "firm", "lender")
CODED = ("debtor", "debtor_id", "creditor", "creditor_id", "currency")  # few values, many rows
SAID = ("invoice", "debtor_sector", "creditor_sector", "held_for", "source")
TEXTS = (*IDS, "currency", "due_on", *SAID)
WHOLE = ("amount_minor", "cash_minor", "limit_minor", "weight", "class", "price")
ALSO = {"debtor": "debtor_id", "creditor": "creditor_id"}
_BEYOND = AMOUNT_MAX + 1  # stands for what is further from zero: told by the text, never summed
_OWN_UNIT = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_parquet(path: str, wanted: Sequence[str], only: Sequence[str] = ()) -> Read:
    """Return a Parquet file's rows; of some columns only, where these are named.

    Then they are read one after the other, and what is repeated text is coded before the next is.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        names = parquet.read_schema(path).names
        _check(names, wanted, path)
        some = [name for name in only if name in names]
        table = _column_by_column(path, some) if some else parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as why:
        mend = "write it as Parquet again"
        raise BadTerms(f"not Parquet: {why}", where=path, mend=mend) from None
    for name in IDS:
        if name in table.column_names and not _is_id(table.schema.field(name).type):
            what = f"column {name!r} is {table.schema.field(name).type}"
            raise BadTerms(what, where=path, mend="write ids as text or as whole numbers")
    table, said = _coded(table)
    return Read(path=path, table=table, said=said)


def _column_by_column(path: str, names: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import parquet

    columns = {}
    for name in names:
        column = parquet.read_table(path, columns=[name])[name]
        text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        if name in CODED and text:
            column = column.dictionary_encode().combine_chunks()
        columns[name] = column
    return pa.table(columns)


def _is_id(kind: pa.DataType) -> bool:
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_null)
    return any(test(kind) for test in (*tests, pa.types.is_binary, pa.types.is_decimal))


def read_csv(path: str, wanted: Sequence[str]) -> Read:
    """Return a CSV file's rows; a line with too few or too many fields is left out and named.

    Days stay text: one that is none is a fault of its row, not of the file.
    """
    import pyarrow as pa
    from pyarrow import csv

    options = csv.ConvertOptions(
        column_types=dict.fromkeys((*TEXTS, *WHOLE), pa.string()),
        strings_can_be_null=True,
        null_values=[""],  # a firm may be called NA
    )
    skipped: list[tuple[int, str]] = []
    try:
        try:
            table = csv.read_csv(path, convert_options=options)
        except pa.ArrowInvalid:  # once more, slowly, so that a wrong line has its number
            one_by_one = csv.ReadOptions(use_threads=False)
            skips = csv.ParseOptions(
                invalid_row_handler=lambda row: _skip(row, skipped), newlines_in_values=True
            )
            table = csv.read_csv(path, one_by_one, skips, options)
        table = table.rename_columns([name.strip() for name in table.column_names])
    except (pa.ArrowInvalid, UnicodeDecodeError) as why:
        raise _not_csv(path, str(why)) from None
    if not any(table.column_names):
        raise _not_csv(path, "no header")
    _check(table.column_names, wanted, path)
    said = {}
    for name in (n for n in (*TEXTS, *WHOLE) if n in table.column_names):
        text = _trimmed(table[name])
        if name in WHOLE:
            said[name] = text
        read = _whole(text) if name in WHOLE else text
        table = table.set_column(table.column_names.index(name), name, read)
    table, coded = _coded(table)
    left_out = tuple(number for number, _ in skipped)
    found = Read(path=path, table=table, left_out=left_out, said=said | coded, unit="line")
    return _with_faults(found, skipped)


def _skip(row: Any, skipped: list[tuple[int, str]]) -> str:
    what = f"{row.actual_columns} fields, and the header has {row.expected_columns}"
    skipped.append((row.number, what))
    return "skip"


def _with_faults(found: Read, skipped: Sequence[tuple[int, str]]) -> Read:
    """Return what was read with a fault for each line that is no row."""
    from msgspec.structs import replace

    from tailrace.cli.reading.lines import lines_of

    if not skipped:
        return found
    whole = found.table.num_rows + 1 + len(skipped)
    lines = lines_of(found.path, [number for number, _ in skipped], whole)
    mend = "give the line as many fields as the header; put quotes round a text with a comma in it"
    faults = []
    for number, what in skipped:
        line = lines.get(number, number)
        where = f"{found.path}, line {line}"
        faults.append(Fault(what=what, where=where, mend=mend, position=line))
    return replace(found, faults=faults)


def _not_csv(path: str, why: str) -> BadTerms:
    """Return what is wrong with a file that cannot be read as CSV at all, with its line."""
    from pathlib import Path

    from tailrace.cli.reading.lines import not_utf8

    with Path(path).open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        mend = "write a header line and a line for each row"
        return BadTerms("the file is empty", where=path, mend=mend)
    bad = not_utf8(path)
    if bad is not None:
        line, byte = bad
        what = f"not UTF-8: byte 0x{byte:02X} cannot stand where it does"
        mend = "save the file again as UTF-8 (in Excel: CSV UTF-8)"
        return BadTerms(what, where=f"{path}, line {line}", mend=mend)
    mend = "one header line, commas, UTF-8, days as 2026-03-31"
    return BadTerms(f"not CSV as expected: {why}", where=path, mend=mend)


def _check(names: Sequence[str], wanted: Sequence[str], path: str) -> None:
    """Raise for a column that is missing or stands twice; say which were found."""
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        mend = "keep one of them, or rename the other"
        raise BadTerms(f"column {twice!r} stands twice", where=path, mend=mend)
    missing = [n for n in wanted if n not in names and ALSO.get(n) not in names]
    if not missing:
        return
    for separator, called in _SEPARATORS.items():
        if len(names) == 1 and separator in names[0]:
            mend = "save it again with commas between the fields"
            what = f"the fields are apart by {called}, not by commas"
            raise BadTerms(what, where=f"{path}, line 1", mend=mend)
    shown = ", ".join(repr(name) for name in missing)
    what = f"column {shown} is missing" if len(missing) == 1 else f"columns {shown} are missing"
    near = {name.casefold().replace(" ", "_"): name for name in names}
    alike = next((name for name in missing if name in near), None)
    mend = f"write a header with {', '.join(wanted)}"
    if alike is not None:
        mend = f"call {near[alike]!r} {alike!r}"
    raise BadTerms(f"{what}; found are {', '.join(names)}", where=path, mend=mend)


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts without white space round them; nothing but white space is nothing said."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column)
    empty = pc.equal(text, "")
    some = pc.any(empty).as_py()
    return pc.if_else(empty, pa.scalar(None, pa.string()), text) if some else text


def _whole(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text as int64: null where it is no whole number, `_BEYOND` where it is too large."""
    import pyarrow as pa
    import pyarrow.compute as pc

    none = pa.scalar(None, pa.string())
    within = pc.match_substring_regex(text, r"^-?[0-9]{1,18}$")
    if pc.all(pc.fill_null(within, True)).as_py():
        return text.cast(pa.int64())
    bare = pc.replace_substring_regex(text, r"^(-?)0+([0-9])", r"\1\2")
    whole = pc.match_substring_regex(bare, r"^-?[0-9]+$")
    last = str(AMOUNT_MAX)
    long = pc.match_substring_regex(bare, r"^[0-9]{19}$")
    within = pc.match_substring_regex(bare, r"^-?[0-9]{1,18}$")
    fits = pc.or_(within, pc.and_(long, pc.less_equal(bare, last)))
    read = pc.if_else(fits, bare, none).cast(pa.int64())
    below = pc.starts_with(bare, "-")
    far = pc.if_else(below, pa.scalar(-_BEYOND), pa.scalar(_BEYOND))
    return pc.if_else(pc.and_(whole, pc.invert(fits)), far, read)


def _coded(table: pa.Table) -> tuple[pa.Table, dict[str, pa.ChunkedArray]]:
    """Return the table without currencies that are no codes, and these as they were written.

    `eur` would be a currency of its own beside `EUR`, and the two would never clear together.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if "currency" not in table.column_names:
        return table, {}
    codes = [code for code in table["currency"].unique().to_pylist() if code is not None]
    wrong = [code for code in codes if not _is_code(code)]
    if not wrong:
        return table, {}
    written = table["currency"].cast(pa.string())
    bad = pc.is_in(written, value_set=pa.array([str(code) for code in wrong], pa.string()))
    kept = pc.if_else(bad, pa.scalar(None, pa.string()), written)
    at = table.column_names.index("currency")
    return table.set_column(at, "currency", kept), {"currency": written}


def _is_code(code: Any) -> bool:
    return isinstance(code, str) and (code in EXPONENTS or _OWN_UNIT.fullmatch(code) is not None)
