"""Letters: a party's notice in full, line by line, from a clearing; from a book see `book_letters`.

What it owed and was owed, what was set off of each debt and with whom, the cycles it went through,
and what is left. `notices.py` makes the text of it, the report a page, `formats` a UBL document.

A debt is called by its invoice's number, and by its own id where no number is known. A net position
stays as it was, but for a member's credit line: what it sets off more of what it owes than of what it
is owed, it owes the circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from tailrace.network.clearing import Clearing

Row = Mapping[str, Any]
WAYS_MAX = 50  # cycles told to one party, the greatest first; others are counted
SIDES = ("owed", "owing")
INVOICE = "invoice"  # a column of obligations: the number of a debt's invoice
COLUMNS = (
    "party",
    "currency",
    "side",
    "counterparty",
    "invoice",
    "obligation_id",
    "before_minor",
    "set_off_minor",
    "left_minor",
)


class Line(Struct, frozen=True, kw_only=True):
    """One debt of a party, in minor units."""

    side: str  # "owed": the party owed it; "owing": the party was owed it
    counterparty: str
    reference: str  # the invoice's number, or the obligation's id where none is known
    obligation_id: str
    before_minor: int
    set_off_minor: int

    @property
    def left_minor(self) -> int:
        """What is still to be paid of it."""
        return self.before_minor - self.set_off_minor


class Way(Struct, frozen=True, kw_only=True):
    """A cycle a party stands in: each firm owed the next, the last the first."""

    firms: list[str]
    amount_minor: int


class Letter(Struct, frozen=True, kw_only=True):
    """A party's notice of one clearing in one currency, in minor units."""

    clearing: str
    on: date
    party_id: str
    party: str
    currency: str
    owed_minor: int
    owing_minor: int
    set_off_minor: int  # of what it owed
    set_off_owing_minor: int  # of what it was owed: the same, but for a credit line
    lines: list[Line]
    ways: list[Way]
    ways_more: int = 0
    joint: str = ""  # the currencies that cleared as one at fixed rates; ways are told in it

    @property
    def net_minor(self) -> int:
        """The net position of its debts before: what it was owed less what it owed."""
        return self.owing_minor - self.owed_minor

    @property
    def circle_minor(self) -> int:
        """What it owes the circle by its credit line; below zero, what the circle owes it."""
        return self.set_off_minor - self.set_off_owing_minor

    @property
    def net_after_minor(self) -> int:
        """The net position of what is left; less what it owes the circle, it is as before."""
        return self.net_minor + self.circle_minor


def letters_of(
    obligations: pa.Table,
    clearing: Clearing,
    *,
    name: str,
    on: date,
    names: Mapping[str, str] | None = None,
) -> Iterator[Letter]:
    """Yield a letter for each firm and currency of a clearing, in order of currency and id.

    name, on: what the clearing is called and its day; names: a firm's name by its id. Debts stand by counterparty and reference; a
    column `invoice` of the obligations, where it is there, gives their invoices' numbers. A firm's
    debt to itself is on both sides.
    """
    debts = clearing.debts
    ids = [str(value) for value in debts.obligation_id.to_pylist()]
    called = _called(obligations, ids)
    firms = [str(value) for value in clearing.firms.to_pylist()]
    known = names or {}
    for number, code in enumerate(clearing.currencies):
        rows = np.flatnonzero(debts.good & (debts.currency == number))
        ways = _ways(clearing, code)
        for own, mine, amount in _by_currency(obligations, clearing, rows, code):
            ends = debts.debtor[mine], debts.creditor[mine]
            lines = _lines(mine, ends, firms, (ids, called), (amount, clearing.set_off[mine]))
            for party in sorted(lines):
                through = ways.get(party, [])
                yield _letter(
                    sorted((_named(line, known) for line in lines[party]), key=order),
                    [
                        replace(way, firms=[known.get(firm, firm) for firm in way.firms])
                        for way in through[:WAYS_MAX]
                    ],
                    clearing=name,
                    on=on,
                    party_id=party,
                    party=known.get(party, party),
                    currency=own,
                    ways_more=max(len(through) - WAYS_MAX, 0),
                    joint="" if own == code else code,
                )


def _letter(lines: list[Line], ways: list[Way], **said: Any) -> Letter:
    """Return a letter whose figures are the sums of its lines."""
    owed, owing = ([x for x in lines if x.side == side] for side in SIDES)
    return Letter(
        lines=lines,
        ways=ways,
        owed_minor=sum(x.before_minor for x in owed),
        owing_minor=sum(x.before_minor for x in owing),
        set_off_minor=sum(x.set_off_minor for x in owed),
        set_off_owing_minor=sum(x.set_off_minor for x in owing),
        **said,
    )


def _by_currency(
    obligations: pa.Table, clearing: Clearing, rows: Any, code: str
) -> Iterator[tuple[str, Any, Any]]:
    """Yield each currency of these rows, its rows and their amounts; of several at fixed rates each.

    What clears at fixed rates is counted in lots: a party is told its invoices as they are.
    """
    if "+" not in code:
        yield code, rows, clearing.debts.amount[rows]
        return
    at = pa.array(rows)
    said = obligations["currency"].take(at).cast(pa.string()).to_numpy()
    amount = obligations["amount_minor"].take(at).cast(pa.int64()).to_numpy()
    for own in sorted(set(said.tolist())):
        yield own, rows[said == own], amount[said == own]


def _called(obligations: pa.Table, ids: Sequence[str]) -> Sequence[str]:
    """Return what each debt is called: its invoice's number, else its id."""
    if INVOICE not in obligations.column_names:
        return ids
    said = zip(obligations[INVOICE].to_pylist(), ids, strict=True)
    return [own if number in (None, "") else str(number) for number, own in said]


def _lines(
    rows: Any, ends: Any, firms: Sequence[str], names: Any, amounts: Any
) -> dict[str, list[Line]]:
    """Return each firm's lines; names: obligation ids and what they are called, amounts: before, set off."""
    ids, called = names
    found: dict[str, list[Line]] = {}
    columns = (rows, *ends, *amounts)
    for row, u, v, before, done in zip(*(c.tolist() for c in columns), strict=True):
        for side, party, other in (("owed", u, v), ("owing", v, u)):
            line = Line(
                side=side,
                counterparty=firms[other],
                reference=called[row],
                obligation_id=ids[row],
                before_minor=before,
                set_off_minor=done,
            )
            found.setdefault(firms[party], []).append(line)
    return found


def _named(line: Line, names: Mapping[str, str]) -> Line:
    return replace(line, counterparty=names.get(line.counterparty, line.counterparty))


def _ways(clearing: Clearing, code: str) -> dict[str, list[Way]]:
    """Return the cycles of one currency by the firms in them, the greatest amount first."""
    table = clearing.cycles
    rings: dict[int, Way] = {}
    columns = (table[name].to_pylist() for name in ("cycle", "debtor", "amount_minor", "currency"))
    for cycle, firm, amount, currency in zip(*columns, strict=True):
        if currency == code:
            way = rings.setdefault(cycle, Way(firms=[], amount_minor=amount))
            way.firms.append("the circle" if firm is None else str(firm))
    return _by_firm(rings.values())


def _by_firm(rings: Iterable[Way]) -> dict[str, list[Way]]:
    found: dict[str, list[Way]] = {}
    for way in sorted(rings, key=lambda w: (-w.amount_minor, w.firms)):
        for firm in way.firms:
            found.setdefault(firm, []).append(way)
    return found


def order(line: Line) -> tuple[int, str, str, str]:
    """Return where a line stands in a letter: what it owed first, then by counterparty and invoice."""
    return SIDES.index(line.side), line.counterparty, line.reference, line.obligation_id


def letter_rows(letter: Letter) -> list[dict[str, Any]]:
    """Return a letter's lines as rows for CSV (COLUMNS); on each side they sum to its figures."""
    return [
        dict(
            zip(
                COLUMNS,
                (
                    letter.party,
                    letter.currency,
                    line.side,
                    line.counterparty,
                    line.reference,
                    line.obligation_id,
                    line.before_minor,
                    line.set_off_minor,
                    line.left_minor,
                ),
                strict=True,
            )
        )
        for line in letter.lines
    ]
