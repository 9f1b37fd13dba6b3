"""A book as an hledger journal: declared accounts and commodities, closing balances asserted.

Source: hledger 1.25 manual, "Journal format" (directives, descriptions, tags, assertions).
`hledger check --strict` accepts what is written here: every account and commodity is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.money import EXPONENTS
from tailrace.ledger.books import (
    Booking,
    Names,
    bookings,
    ledger_accounts,
    ledger_units,
    number,
    places,
)


def hledger(
    transfers: pa.Table,
    names: Mapping[str, str],
    *,
    firm: str | None = None,
    goods: bool = False,
    title: str = "Tailrace",
) -> Iterator[str]:
    """Yield the lines of an hledger journal of one firm's book, or of all firms in one.

    The same transfers under the same accounts as `beancount`; the last transaction moves nothing
    and asserts the balance of every account, exactly. Deed and cause are tags.
    """
    accounts = ledger_accounts(transfers, firm=firm, goods=goods)
    printed = Names(accounts, names, segment)
    units = {u: commodity(u) for u in ledger_units(transfers, firm=firm, goods=goods)}
    yield f"; {segment(title)}\n"
    for unit, code in units.items():
        yield f"commodity {number(1000 * 10 ** places(unit), unit)}{'' if places(unit) else '.'} {code}\n"
    yield from (f"account {printed[account]}\n" for account in accounts)
    sums: dict[tuple[str, str], int] = {}
    for booking in bookings(transfers, firm=firm, goods=goods):
        yield _transaction(booking, printed, units)
        for p in booking.postings:
            sums[p.account, p.unit] = sums.get((p.account, p.unit), 0) + p.amount
    if sums:
        close = pc.max(transfers["valid_on"]).as_py() + timedelta(days=1)
        yield f"\n{close} * closing balances\n"
    for (account, unit), amount in sorted(sums.items()):
        code = units[unit]
        yield f"  {printed[account]}  {number(0, unit)} {code} = {number(amount, unit)} {code}\n"


def _transaction(booking: Booking, printed: Names, units: Mapping[str, str]) -> str:
    head = f"\n{booking.valid_on} * {booking.rule.replace('_', ' ')}\n"
    tags = (
        f"  ; deed:{booking.deed_id}, cause:{booking.cause_kind} {_tag(booking.cause_id)}, "
        f"recorded:{booking.recorded_on}\n"
    )
    lines = (
        f"  {printed[p.account]}  {number(p.amount, p.unit)} {units[p.unit]}\n"
        for p in booking.postings
    )
    return head + tags + "".join(lines)


def segment(name: str) -> str:
    """Return a name as one part of an account: no colon, semicolon, bracket or double blank."""
    return re.sub(r"[\x00-\x1f\x7f:;()\[\]\"|=*!\s]+", " ", name).strip()


def commodity(unit: str) -> str:
    """Return a currency as it is and anything else in quotes."""
    if unit in EXPONENTS:
        return unit
    return '"' + re.sub(r'[\x00-\x1f\x7f";\s]+', " ", unit) + '"'


def _tag(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f,]+", " ", text)
