"""The declared column mapping of CSV and Excel files: a small TOML, `*.map.toml`, beside them.

    [[file]]
    pattern = "*receipts*.csv"    # which files; the last part of the name, or all of it
    kind = "receipt"              # order, order_response, despatch, receipt, invoice, credit_note,
    delimiter = ";"               #   timesheet, acceptance, payment, event or reading
    encoding = "utf-8"
    decimal = ","
    thousands = "."
    date = "%d.%m.%Y"
    sheet = "Tabelle1"            # Excel only; else the first
    [file.constants]
    currency = "EUR"              # field = value, the same in every row
    [file.columns]
    "Beleg" = "number"            # column = field, or a list of fields

Nothing is guessed from the data: a decimal comma is read as one only where it is declared.
"""

from __future__ import annotations

import codecs
import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.formats.table_fields import KINDS, Field, field_of

SUFFIX = ".map.toml"
_KEYS = {
    "pattern": str,
    "kind": str,
    "delimiter": str,
    "encoding": str,
    "decimal": str,
    "thousands": str,
    "date": str,
    "sheet": str,
    "constants": dict,
    "columns": dict,
}


class FileMap(Struct, frozen=True, kw_only=True):
    """One declared file: how it is spelled, and what each column is.

    `columns` pairs a header with its fields; `constants` pairs a field with its value.
    """

    pattern: str
    kind: str
    columns: tuple[tuple[str, tuple[Field, ...]], ...]
    constants: tuple[tuple[Field, str], ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    date: str = "%Y-%m-%d"
    sheet: str | None = None
    where: str = "mapping"

    def fits(self, name: str) -> bool:
        """Whether this mapping is for a file of that name; a `.gz` at its end does not count."""
        name = name.removesuffix(".gz")
        return fnmatch.fnmatchcase(name, self.pattern) or fnmatch.fnmatchcase(
            name.rsplit("/", 1)[-1], self.pattern
        )


def fitting(mappings: Sequence[FileMap], name: str) -> FileMap | None:
    """Return the first mapping for a name, or None."""
    return next((m for m in mappings if m.fits(name)), None)


def parse(text: str, where: str) -> list[FileMap]:
    """Return the mappings a TOML text declares; raises `BadTerms` naming the first mistake."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        mend = 'write it as TOML: [[file]] pattern = "*.csv", then [file.columns]'
        raise BadTerms(f"the mapping is not TOML: {why}", where=where, mend=mend) from None
    unknown = sorted(set(raw) - {"file"})
    files = raw.get("file")
    if unknown or not isinstance(files, list) or not files:
        named = f" (found {', '.join(unknown)})" if unknown else ""
        mend = "declare each kind of file under [[file]], and nothing beside it"
        raise BadTerms(f"the mapping declares no [[file]]{named}", where=where, mend=mend)
    return [_file(entry, f"{where}, file {i}") for i, entry in enumerate(files, start=1)]


def _file(entry: Any, where: str) -> FileMap:
    if not isinstance(entry, dict):
        raise BadTerms(
            "[[file]] is not a table", where=where, mend="write [[file]] on its own line"
        )
    for key, value in entry.items():
        if key not in _KEYS or not isinstance(value, _KEYS[key]):
            mend = f"keys are {', '.join(_KEYS)}; texts in quotes, columns and constants as tables"
            raise BadTerms(f"{key!r} is not a key with such a value", where=where, mend=mend)
    for key in ("pattern", "kind", "columns"):
        if not entry.get(key):
            mend = 'say pattern = "*.csv", kind = "invoice" and [file.columns]'
            raise BadTerms(f"{key!r} is missing", where=where, mend=mend)
    if entry["kind"] not in KINDS:
        mend = f"kinds are {', '.join(KINDS)}"
        raise BadTerms(f"no kind {entry['kind']!r}", where=where, mend=mend)
    _spelling(entry, where)
    kind = entry["kind"]
    columns = _columns(entry["columns"], kind, where)
    constants = _constants(entry.get("constants", {}), kind, where)
    _complete(kind, columns, constants, where)
    rest = {k: v for k, v in entry.items() if k not in ("columns", "constants")}
    return FileMap(columns=columns, constants=constants, where=where, **rest)


def _spelling(entry: Mapping[str, Any], where: str) -> None:
    """Refuse marks that cannot be told apart."""
    mend = 'as delimiter = ";", decimal = ",", thousands = "."'
    if len(entry.get("delimiter", ",")) != 1 or entry.get("delimiter") in ('"', "\n", "\r"):
        raise BadTerms("delimiter is not one character", where=where, mend=mend)
    decimal, thousands = entry.get("decimal", "."), entry.get("thousands", "")
    if decimal not in (".", ",") or len(thousands) > 1 or thousands == decimal:
        raise BadTerms("decimal is . or , and thousands another mark", where=where, mend=mend)
    if thousands.isdigit() or thousands in ("-", "+"):
        raise BadTerms(f"{thousands!r} cannot part thousands", where=where, mend=mend)
    try:
        codecs.lookup(entry.get("encoding", "utf-8"))
    except LookupError:
        what = f"no encoding {entry['encoding']!r}"
        raise BadTerms(what, where=where, mend="as utf-8, cp1252 or iso-8859-1") from None


def _columns(
    raw: Mapping[str, Any], kind: str, where: str
) -> tuple[tuple[str, tuple[Field, ...]], ...]:
    found = []
    for column, value in _flat(raw).items():
        names = value if isinstance(value, list) else [value]
        if not all(isinstance(name, str) for name in names):
            what = f"column {column!r} does not name a field"
            raise BadTerms(what, where=where, mend='write "Column" = "field"')
        found.append((column, tuple(field_of(name, kind, where) for name in names)))
    return tuple(found)


def _constants(raw: Mapping[str, Any], kind: str, where: str) -> tuple[tuple[Field, str], ...]:
    found = []
    for name, value in _flat(raw).items():
        if not isinstance(value, str | int | date) or isinstance(value, bool):
            mend = 'write constants in quotes: currency = "EUR"'
            raise BadTerms(f"constant {name!r} is not a text", where=where, mend=mend)
        found.append((field_of(name, kind, where), str(value)))
    return tuple(found)


def _flat(raw: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return nested tables as dotted names: TOML reads buyer.name without quotes as nesting."""
    found: dict[str, Any] = {}
    for key, value in raw.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{before}{key}."))
        else:
            found[before + key] = value
    return found


def _complete(
    kind: str,
    columns: tuple[tuple[str, tuple[Field, ...]], ...],
    constants: tuple[tuple[Field, str], ...],
    where: str,
) -> None:
    """Refuse a mapping that leaves out what must be said, or says a field twice."""
    names = [f.name for _, fields in columns for f in fields] + [f.name for f, _ in constants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        mend = "give each field one column or one constant"
        raise BadTerms(f"{', '.join(twice)} mapped twice", where=where, mend=mend)
    missing = [name for name in KINDS[kind] if name not in names]
    if missing:
        mend = f'add them under [file.columns] ("Column" = "{missing[0]}") or [file.constants]'
        what = f"a {kind} needs {', '.join(missing)}"
        raise BadTerms(what, where=where, mend=mend)
