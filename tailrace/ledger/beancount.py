"""A book as beancount text: opened accounts, one transaction a deed, closing balances asserted.

Source: the Beancount language syntax, version 3 (accounts, commodities, strings, `balance ~`).
`bean-check` accepts what is written here, and adds every account up again by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.ids import digest_id
from tailrace.base.money import EXPONENTS
from tailrace.ledger.books import Booking, Names, bookings, ledger_accounts, ledger_units, number

COMMODITY_MAX = 24


def beancount(
    transfers: pa.Table,
    names: Mapping[str, str],
    *,
    firm: str | None = None,
    goods: bool = False,
    title: str = "Tailrace",
) -> Iterator[str]:
    """Yield the lines of a beancount file of one firm's book, or of all firms in one.

    transfers: `transfer` rows in any order. names: firm id -> name (an id without one is printed
    as it is). goods: also what was delivered and the obligation units, as commodities. Every
    account is opened the day of its first deed or before and its balance asserted, to the last
    digit, the day after the last; each transaction names its deed and cause as metadata.
    """
    accounts = ledger_accounts(transfers, firm=firm, goods=goods)
    printed = Names(accounts, names, component)
    units = {u: commodity(u) for u in ledger_units(transfers, firm=firm, goods=goods)}
    yield f'option "title" {quoted(title)}\n'
    yield from (f'option "operating_currency" "{u}"\n' for u in units if u in EXPONENTS)
    if not accounts:
        return
    first, last = _days(transfers)
    for unit, code in units.items():
        yield f"{first} commodity {code}\n  name: {quoted(unit)}\n"
    yield from (f"{first} open {printed[account]}\n" for account in accounts)
    sums: dict[tuple[str, str], int] = {}
    for booking in bookings(transfers, firm=firm, goods=goods):
        yield _transaction(booking, printed, units)
        for p in booking.postings:
            sums[p.account, p.unit] = sums.get((p.account, p.unit), 0) + p.amount
    close = last + timedelta(days=1)
    for (account, unit), amount in sorted(sums.items()):
        value = f"{number(amount, unit)} ~ 0 {units[unit]}"
        yield f"{close} balance {printed[account]} {value}\n"


def _days(transfers: pa.Table) -> tuple[date, date]:
    found = pc.min_max(transfers["valid_on"]).as_py()
    return found["min"], found["max"]


def _transaction(booking: Booking, printed: Names, units: Mapping[str, str]) -> str:
    head = f"\n{booking.valid_on} * {quoted(booking.rule.replace('_', ' '))}\n"
    meta = (
        f"  deed: {quoted(booking.deed_id)}\n"
        f"  cause: {quoted(f'{booking.cause_kind} {booking.cause_id}')}\n"
        f"  recorded: {booking.recorded_on}\n"
    )
    lines = (
        f"  {printed[p.account]}  {number(p.amount, p.unit)} {units[p.unit]}\n"
        for p in booking.postings
    )
    return head + meta + "".join(lines)


def component(name: str) -> str:
    """Return a name as one part of an account: letters, digits and dashes, a capital first."""
    bare = re.sub(r"[\W_]+", "-", name).strip("-")
    if not bare:
        return ""
    return bare if bare[0].isdigit() and bare[0].isascii() else _capital(bare)


def _capital(text: str) -> str:
    upper = text[0].upper()
    if upper[0].isascii() and not (upper[0].isalpha() or upper[0].isdigit()):
        return f"X-{text}"
    return upper + text[1:]


def commodity(unit: str) -> str:
    """Return a unit as a commodity: a currency as it is, others legible with a digest behind.

    >>> commodity("EUR"), commodity("goods:bolt M8|EA")
    ('EUR', 'G.BOLT-M8.EA-37A57C08')
    """
    if unit in EXPONENTS:
        return unit
    kind, _, what = unit.partition(":")
    digest = digest_id("commodity", unit)[:8].upper()
    bare = re.sub(r"[^A-Z0-9.]+", "-", what.upper().replace("|", "."))
    words = "" if kind == "obligation" else f"{bare.strip('-.')[: COMMODITY_MAX - 11]}-"
    return f"{kind[:1].upper()}.{words}{digest}"


def quoted(text: str) -> str:
    """Return a string literal; line ends become blanks."""
    flat = re.sub(r"[\x00-\x1f\x7f]+", " ", text)
    return '"' + flat.replace("\\", "\\\\").replace('"', '\\"') + '"'
