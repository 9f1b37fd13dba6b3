"""How a cell is spelled: text, days, numbers and amounts, exactly or refused.

A CSV cell is text; an Excel cell may be a number or a day already. Text stays text: `=cmd|calc!A0`
is a name like any other. On the way out a cell that a spreadsheet would run as a formula is given
a leading apostrophe (`escape_formula`), which is taken off again on the way in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tailrace.base import dates, money, quantity
from tailrace.base.errors import BadTerms
from tailrace.formats.table_mapping import FileMap

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*", re.ASCII)
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_BLANKS = re.compile(r"\s+")


def escape_formula(text: str) -> str:
    """Return the text so that no spreadsheet runs it; plain numbers stay as they are.

    >>> escape_formula("=cmd|calc!A0"), escape_formula("-12.50"), escape_formula("Weir")
    ("'=cmd|calc!A0", '-12.50', 'Weir')
    """
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unescape_formula(text: str) -> str:
    """Return the text without the apostrophe that marks it as text."""
    return text[1:] if _ESCAPED.match(text) else text


def compact(text: str) -> str:
    """Return a number without its blanks, as identifiers are kept."""
    return _BLANKS.sub("", text)


class Values:
    """The readers of one mapping's cells; equal spellings are converted once.

    Each takes a cell and returns its value, None for a blank one, and raises `BadTerms` for one
    that is spelled otherwise than declared.
    """

    def __init__(self, mapping: FileMap) -> None:
        self.mapping = mapping
        self._days: dict[str, date] = {}
        self._numbers: dict[str, Decimal] = {}
        self._amounts: dict[tuple[Any, str], int] = {}
        self._pattern = _pattern(mapping)
        self.readers: dict[str, Callable[[Any], Any]] = {
            "text": self.text,
            "day": self.day,
            "moment": self.moment,
            "number": self.number,
            "flag": self.flag,
        }

    def text(self, cell: Any) -> str | None:
        if isinstance(cell, str):
            bare = cell.strip()
            return unescape_formula(bare) if bare[:1] == "'" else (bare or None)
        if isinstance(cell, float):
            return format(_of_float(cell), "f")
        if isinstance(cell, datetime):
            midnight = cell.time() == cell.time().min
            return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
        return None if cell is None else str(cell)

    def day(self, cell: Any) -> date | None:
        if isinstance(cell, str):
            bare = cell.strip()
            if not bare:
                return None
            found = self._days.get(bare)
            if found is None:
                found = self._days[bare] = dates.spoken(bare, self.mapping.date)
            return found
        if isinstance(cell, datetime):
            return dates.day(cell.date().isoformat())
        if cell is None or isinstance(cell, date):
            return cell
        mend = f"write a day in the cell, or a text as {self.mapping.date}"
        raise BadTerms(f"{cell!r} is not a day", where="day", mend=mend)

    def decimal(self, cell: Any) -> Decimal | None:
        """Return a number of any scale."""
        if isinstance(cell, str):
            bare = cell.strip()
            if not bare:
                return None
            found = self._numbers.get(bare)
            if found is None:
                found = self._numbers[bare] = self._spelled(bare)
            return found
        if cell is None:
            return None
        if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
            mend = "write a number in the cell"
            raise BadTerms(f"{cell!r} is not a number", where="number", mend=mend)
        return _of_float(cell) if isinstance(cell, float) else Decimal(cell)

    def moment(self, cell: Any) -> datetime | None:
        """Return a moment in UTC: ISO 8601, or a day and time of a workbook, taken as UTC.

        A day alone, spelled as declared, is its first moment.
        """
        if isinstance(cell, datetime):
            cell = cell.isoformat()
        bare = str(cell).strip() if cell is not None else ""
        if bare and ":" not in bare:
            day = self.day(cell)
            return None if day is None else dates.moment(f"{day.isoformat()}T00:00:00Z")
        return dates.moment(bare.replace(" ", "T", 1)) if bare else None

    def number(self, cell: Any) -> Decimal | None:
        """Return a quantity, price or rate that fits decimal128(18, 6)."""
        value = self.decimal(cell)
        return None if value is None else quantity.fit(value)

    def amount(self, cell: Any, currency: str | None) -> int | None:
        """Return an amount in minor units of the currency."""
        if cell is None or cell == "":
            return None
        if currency is None:
            mend = 'map a column to currency, or declare currency = "EUR" under [file.constants]'
            raise BadTerms("an amount without a currency", where="amount", mend=mend)
        key = (cell, currency)
        found = self._amounts.get(key)
        if found is None:
            value = self.decimal(cell)
            if value is None:
                return None
            found = self._amounts[key] = money.minor(value, currency)
        return found

    def flag(self, cell: Any) -> bool | None:
        if cell is None or isinstance(cell, bool):
            return cell
        bare = str(cell).strip().lower()
        if bare not in (*_TRUE, *_FALSE, ""):
            mend = "write true or false"
            raise BadTerms(f"{bare[:40]!r} is neither yes nor no", where="flag", mend=mend)
        return bare in _TRUE if bare else None

    def _spelled(self, bare: str) -> Decimal:
        if not self._pattern.fullmatch(bare) or len(bare) > quantity.DIGITS_MAX:
            m = self.mapping
            marks = f"decimal = {m.decimal!r}, thousands = {m.thousands!r}"
            mend = f"the mapping declares {marks}; correct the number or the mapping"
            what = f"{bare[:40]!r} is not a number"
            raise BadTerms(what, where="number", mend=mend)
        if self.mapping.thousands:
            bare = bare.replace(self.mapping.thousands, "")
        return quantity.xs_decimal(bare.replace(self.mapping.decimal, "."))


def _pattern(mapping: FileMap) -> re.Pattern[str]:
    """Return the spelling of a number under the declared marks; thousands come in threes."""
    mark = re.escape(mapping.decimal)
    whole = "[0-9]+"
    if mapping.thousands:
        whole = f"(?:[0-9]{{1,3}}(?:{re.escape(mapping.thousands)}[0-9]{{3}})+|[0-9]+)"
    return re.compile(f"[+-]?(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)", re.ASCII)


def _of_float(value: float) -> Decimal:
    """Return what a workbook shows of a binary number: fifteen digits, as Excel keeps them."""
    return Decimal(format(value, ".15g"))
