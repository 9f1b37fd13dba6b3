"""Letters: a party's notice in full, line by line, from a clearing or from a book's rows.

What it owed and was owed, what was set off of each debt and with whom, the cycles it went through,
and what is left. `notices.py` makes the text of it, the report a page, `formats` a UBL document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.network.clearing import Clearing

Row = Mapping[str, Any]
WAYS_MAX = 50  # cycles told to one party, the greatest first; others are counted
SIDES = ("owed", "owing")
COLUMNS = (
    "party",
    "currency",
    "side",
    "counterparty",
    "reference",
    "before_minor",
    "set_off_minor",
    "left_minor",
)


class Line(Struct, frozen=True, kw_only=True):
    """One debt of a party, in minor units."""

    side: str  # "owed": the party owed it; "owing": the party was owed it
    counterparty: str
    reference: str  # the invoice or obligation
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
    set_off_minor: int  # on each side
    lines: list[Line]
    ways: list[Way]
    ways_more: int = 0

    @property
    def net_minor(self) -> int:
        """The net position, the same before and after."""
        return self.owing_minor - self.owed_minor


def letters_of(
    obligations: pa.Table, clearing: Clearing, *, name: str, on: date
) -> Iterator[Letter]:
    """Yield a letter for each firm and currency of a clearing, in order of currency and id.

    name, on: what the clearing is called and its day. Debts stand by counterparty and obligation;
    a firm's debt to itself is on both sides.
    """
    debts = clearing.debts
    ids = [str(value) for value in debts.obligation_id.to_pylist()]
    firms = [str(value) for value in clearing.firms.to_pylist()]
    ends = debts.debtor, debts.creditor
    for number, code in enumerate(clearing.currencies):
        rows = np.flatnonzero(debts.good & (debts.currency == number))
        lines = _lines(rows, ends, firms, ids, debts.amount, clearing.set_off)
        ways = _ways(clearing, code)
        for party in sorted(lines):
            mine = lines[party]
            through = ways.get(party, [])
            yield Letter(
                clearing=name,
                on=on,
                party_id=party,
                party=party,
                currency=code,
                owed_minor=sum(x.before_minor for x in mine if x.side == "owed"),
                owing_minor=sum(x.before_minor for x in mine if x.side == "owing"),
                set_off_minor=sum(x.set_off_minor for x in mine if x.side == "owed"),
                lines=sorted(mine, key=_order),
                ways=through[:WAYS_MAX],
                ways_more=max(len(through) - WAYS_MAX, 0),
            )


def _lines(
    rows: Any, ends: Any, firms: Sequence[str], ids: Sequence[str], amount: Any, set_off: Any
) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    columns = (rows, ends[0][rows], ends[1][rows], amount[rows], set_off[rows])
    for row, u, v, before, done in zip(*(c.tolist() for c in columns), strict=True):
        for side, party, other in (("owed", u, v), ("owing", v, u)):
            line = Line(
                side=side,
                counterparty=firms[other],
                reference=ids[row],
                before_minor=before,
                set_off_minor=done,
            )
            found.setdefault(firms[party], []).append(line)
    return found


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


def _order(line: Line) -> tuple[int, str, str]:
    return SIDES.index(line.side), line.counterparty, line.reference


def letter_of_rows(
    notice: Row,
    debts: Iterable[Row],
    set_offs: Iterable[Row],
    cycles: Iterable[Row],
    names: Mapping[str, str],
) -> Letter:
    """Return a party's letter from a book: rows of kinds `notice`, `debt`, `set_off` and `cycle`.

    debts, set_offs, cycles: those of the party's clearing, others' are passed over; names: a firm's
    name by its id. A debt is told by its claim where something of it was set off, else by its id.
    """
    me, under = notice["firm_id"], notice["clearing_id"]
    done = {s["obligation_id"]: s for s in set_offs if s["clearing_id"] == under}
    lines = []
    for debt in debts:
        if debt["clearing_id"] != under or me not in (debt["debtor_id"], debt["creditor_id"]):
            continue
        off = done.get(debt["obligation_id"])
        side, other = ("owed", "creditor_id") if debt["debtor_id"] == me else ("owing", "debtor_id")
        lines.append(
            Line(
                side=side,
                counterparty=names.get(debt[other], debt[other]),
                reference=off["claim_id"] if off else debt["obligation_id"],
                before_minor=debt["amount_minor"],
                set_off_minor=off["amount_minor"] if off else 0,
            )
        )
    rings: dict[str, list[Row]] = {}
    for row in cycles:
        if row["clearing_id"] == under:
            rings.setdefault(row["cycle_id"], []).append(row)
    through = sorted(
        (
            Way(
                firms=[names.get(r["debtor_id"], r["debtor_id"]) for r in sorted(ring, key=_step)],
                amount_minor=ring[0]["amount_minor"],
            )
            for ring in rings.values()
            if any(r["debtor_id"] == me for r in ring)
        ),
        key=lambda w: (-w.amount_minor, w.firms),
    )
    return Letter(
        clearing=under,
        on=notice["on"],
        party_id=me,
        party=names.get(me, me),
        currency=notice["currency"],
        owed_minor=notice["owed_minor"],
        owing_minor=notice["owing_minor"],
        set_off_minor=notice["set_off_minor"],
        lines=sorted(lines, key=_order),
        ways=through[:WAYS_MAX],
        ways_more=max(len(through) - WAYS_MAX, 0),
    )


def _step(row: Row) -> int:
    return int(row["step"])


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
                    line.before_minor,
                    line.set_off_minor,
                    line.left_minor,
                ),
                strict=True,
            )
        )
        for line in letter.lines
    ]
