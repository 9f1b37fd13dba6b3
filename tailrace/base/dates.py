"""Calendar days and moments from outside, exact or refused.

A day is a `date` as its writer's calendar has it; a moment is a `datetime` in UTC.
Source: ISO 8601 as profiled by XML Schema part 2 (`date`, `dateTime`).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from tailrace.base.errors import BadTerms

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII
)
FIRST, LAST = date(1900, 1, 1), date(2200, 1, 1)


def day(text: str) -> date:
    """Return the calendar day an xs:date spells (a zone is allowed and ignored, as written)."""
    found = _DAY.fullmatch(text.strip())
    if found:
        try:
            value = date.fromisoformat(found.group(1))
            if FIRST <= value < LAST:
                return value
        except ValueError:
            pass
    mend = "write days as 2026-03-31, from 1900 to 2199"
    raise BadTerms(f"{text.strip()[:40]!r} is not a day", where="day", mend=mend)


def moment(text: str) -> datetime:
    """Return the moment an xs:dateTime spells, in UTC; one without a zone is taken as UTC."""
    if _MOMENT.fullmatch(text.strip()):
        try:
            value = datetime.fromisoformat(text.strip())
            value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            if FIRST <= value.date() < LAST:
                return value
        except (ValueError, OverflowError):
            pass
    mend = "write moments as 2026-03-31T12:00:00Z, from 1900 to 2199"
    raise BadTerms(f"{text.strip()[:40]!r} is not a moment", where="moment", mend=mend)


def spoken(text: str, form: str) -> date:
    """Return the day spelled in a declared strptime form, as `%d.%m.%Y`."""
    try:
        value = datetime.strptime(text.strip(), form).date()
    except ValueError:
        mend = f"the mapping declares days as {form}; correct the value or the mapping"
        what = f"{text.strip()[:40]!r} is not a day"
        raise BadTerms(what, where="day", mend=mend) from None
    if FIRST <= value < LAST:
        return value
    mend = "days run from 1900 to 2199"
    raise BadTerms(f"{value} is out of range", where="day", mend=mend)
