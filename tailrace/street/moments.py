"""When each append was made, so that a book can be read as it was known at any moment.

Every append begins with a page of the kind `moment`: what follows, up to the next such page, came
into the book then. A record's own day says what it is about; the moment says since when its keeper
knew. The caller gives the moment: nothing here reads a clock.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.base.journal import Draft
from tailrace.base.tables import MOMENT, TEXT, Column, Schema

RECORDED_AT = Schema(
    "moment",
    "When an append was made: the pages behind it, up to the next, came into the book then.",
    (
        Column("moment_id", TEXT, "digest of the book before it and the moment"),
        Column("recorded_at", MOMENT, "UTC; never before the one before it"),
    ),
    ("moment_id",),
)
RULE, VERSION = "street.stamp", 1


def stamp(book: Book, at: datetime) -> Draft:
    """Return the page that opens an append made at a moment.

    Where the clock was turned back the moment of the append before stands: a book's moments never
    run backwards. Raises `BadTerms` for a moment without a time zone.
    """
    head = book.head
    at = max([_utc(at), *(moment for _, moment in moments(book))])
    row = {"moment_id": digest_id("moment", head.digest, at), "recorded_at": at}
    table = RECORDED_AT.rows([row])
    return book.draft(
        table, kind="moment", rule=RULE, version=VERSION, key=f"moment/{head.position}"
    )


def moments(book: Book) -> list[tuple[int, datetime]]:
    """Return the position and the moment of each append, in order."""
    return [(page.position, table["recorded_at"][0].as_py()) for page, table in book.read("moment")]


def as_known(book: Book, at: datetime) -> Book:
    """Return the book as it was known at a moment: what was appended later is not in it.

    A book made before moments were kept has pages no moment dates: they count as always known.
    """
    later = [position for position, moment in moments(book) if moment > _utc(at)]
    return book.upto(later[0] - 1) if later else book


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        mend = "give it with its time zone: 2026-03-31T12:00:00Z"
        raise BadTerms(f"{at} is no moment", where="moment", mend=mend)
    return at.astimezone(UTC)
