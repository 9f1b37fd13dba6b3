"""What both kinds of printed book share: which transfers, in what order, under what names.

A book is of one firm or of all. Money stays inside a firm; goods and obligations go from one firm
to another, so a single firm's book keeps the other side under Equity:Partners.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.ids import digest_id
from tailrace.base.money import EXPONENTS
from tailrace.ledger.chart import BY_NAME, parts
from tailrace.ledger.deeds import MILLIONTHS

GOODS_PLACES = len(str(MILLIONTHS)) - 1


class Posting(Struct, frozen=True):
    """One side of a transfer: an account, a signed amount in the unit's smallest part, the unit."""

    account: str
    amount: int
    unit: str


class Booking(Struct, frozen=True, kw_only=True):
    """A deed as a book prints it."""

    deed_id: str
    valid_on: date
    recorded_on: date
    rule: str
    cause_kind: str
    cause_id: str
    postings: list[Posting]


def bookings(transfers: pa.Table, *, firm: str | None, goods: bool) -> Iterator[Booking]:
    """Yield the deeds of one firm (of all for None) by day and id, each with its postings summed.

    Money only, unless `goods` asks for goods and obligations too.
    """
    chosen = transfers.filter(_asked(transfers, firm, goods))
    order = [("valid_on", "ascending"), ("deed_id", "ascending"), ("sequence", "ascending")]
    rows = (row for batch in chosen.sort_by(order).to_batches() for row in batch.to_pylist())
    for deed_id, legs in groupby(rows, lambda row: row["deed_id"]):
        yield _booking(deed_id, list(legs), firm)


def _asked(transfers: pa.Table, firm: str | None, goods: bool) -> pa.ChunkedArray:
    asked = pa.chunked_array([pa.repeat(pa.scalar(True), transfers.num_rows)])
    if not goods:
        asked = pc.invert(pc.match_substring_regex(transfers["unit"], "^(goods|obligation):"))
    if firm is not None:
        start = f"{firm}/"
        own = [pc.starts_with(transfers[side], start) for side in ("debit", "credit")]
        asked = pc.and_(asked, pc.or_(*own))
    return asked


def _booking(deed_id: str, legs: list[dict[str, Any]], firm: str | None) -> Booking:
    sums: dict[tuple[str, str], int] = {}
    for leg in legs:
        for side, sign in (("debit", 1), ("credit", -1)):
            owner, _ = parts(leg[side])
            account = leg[side] if firm in (None, owner) else f"{owner}/{PARTNER}"
            key = (account, leg["unit"])
            sums[key] = sums.get(key, 0) + sign * leg["amount"]
    postings = [Posting(account, amount, unit) for (account, unit), amount in sums.items()]
    first = legs[0]
    return Booking(
        deed_id=deed_id,
        valid_on=first["valid_on"],
        recorded_on=first["recorded_on"],
        rule=first["rule"],
        cause_kind=first["cause_kind"],
        cause_id=first["cause_id"],
        postings=[posting for posting in postings if posting.amount],
    )


PARTNER = "partner"  # not an account of the ledger: the other side of a single firm's book


def ledger_accounts(transfers: pa.Table, *, firm: str | None, goods: bool) -> list[str]:
    """Return every account such a book will name, in order."""
    chosen = transfers.filter(_asked(transfers, firm, goods))
    both = pa.chunked_array([*chosen["debit"].chunks, *chosen["credit"].chunks], pa.string())
    found = set()
    for account in both.unique().to_pylist():
        owner, _ = parts(account)
        found.add(account if firm in (None, owner) else f"{owner}/{PARTNER}")
    return sorted(found)


def ledger_units(transfers: pa.Table, *, firm: str | None, goods: bool) -> list[str]:
    """Return every unit such a book will name, in order."""
    chosen = transfers.filter(_asked(transfers, firm, goods))
    return sorted(chosen["unit"].unique().to_pylist())


class Names:
    """Gives every account its printed name, one for each: legible first, told apart by its id.

    `part` turns a firm's name into what the book's syntax allows; two firms of one printed name
    both carry the first digits of their ids.
    """

    def __init__(
        self, accounts: Collection[str], names: Mapping[str, str], part: Callable[[str], str]
    ) -> None:
        firms = sorted({parts(account)[0] for account in accounts})
        plain = {firm: part(_name(firm, names)) for firm in firms}
        # an account that differs in case only would be one to a careless reader
        counts: dict[str, int] = {}
        for text in plain.values():
            counts[text.casefold()] = counts.get(text.casefold(), 0) + 1
        self._firm = {
            firm: text if counts[text.casefold()] == 1 and text else part(f"{text} {_short(firm)}")
            for firm, text in plain.items()
        }

    def __getitem__(self, account: str) -> str:
        """Return the name of `<firm_id>/<name>` as Group:Label:Firm."""
        firm, name = parts(account)
        if name == PARTNER:
            return f"Equity:Partners:{self._firm[firm]}"
        kind = BY_NAME[name]
        return f"{kind.group}:{kind.label}:{self._firm[firm]}"


def _name(firm: str, names: Mapping[str, str]) -> str:
    return names.get(firm) or firm.removeprefix("funder:")


def _short(firm: str) -> str:
    return digest_id("printed", firm)[:8]


def places(unit: str) -> int:
    """Return how many decimals a printed amount of the unit has."""
    if unit.startswith("goods:"):
        return GOODS_PLACES
    if unit.startswith("obligation:"):
        return 0  # counted in the minor units of its claim
    return EXPONENTS.get(unit, 0)


def number(amount: int, unit: str) -> str:
    """Return an amount exactly, with a decimal point and nothing between thousands."""
    digits = places(unit)
    if not digits:
        return str(amount)
    sign, text = ("-" if amount < 0 else ""), str(abs(amount)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"
