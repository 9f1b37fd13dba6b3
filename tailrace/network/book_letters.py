"""A party's letter from a book: its notice in full from rows of a clearing that binds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tailrace.network.letters import WAYS_MAX, Letter, Line, Row, Way, order


def letter_of_rows(
    notice: Row,
    debts: Iterable[Row],
    set_offs: Iterable[Row],
    cycles: Iterable[Row],
    names: Mapping[str, str],
    invoices: Mapping[str, str],
) -> Letter:
    """Return a party's letter from a book: rows of kinds `notice`, `debt`, `set_off` and `cycle`.

    debts, set_offs, cycles: those of the party's clearing, others' are passed over; names: a firm's
    name by its id; invoices: an invoice's number by the obligation's id, none for a debt that
    parties declared.
    """
    me, under, code = notice["firm_id"], notice["clearing_id"], notice["currency"]
    mine = [d for d in debts if d["clearing_id"] == under and d["currency"] == code]
    done = {s["obligation_id"]: s["amount_minor"] for s in set_offs if s["clearing_id"] == under}
    lines = [
        _line(debt, me, done.get(debt["obligation_id"], 0), names, invoices)
        for debt in mine
        if me in (debt["debtor_id"], debt["creditor_id"])
    ]
    through = _ways_of_rows((row for row in cycles if row["clearing_id"] == under), me, names)
    return Letter(
        clearing=under,
        on=notice["on"],
        party_id=me,
        party=names.get(me, me),
        currency=code,
        owed_minor=notice["owed_minor"],
        owing_minor=notice["owing_minor"],
        set_off_minor=notice["set_off_minor"],
        set_off_owing_minor=notice["set_off_owing_minor"],
        lines=sorted(lines, key=order),
        ways=through[:WAYS_MAX],
        ways_more=max(len(through) - WAYS_MAX, 0),
    )


def _line(
    debt: Row, me: str, done: int, names: Mapping[str, str], invoices: Mapping[str, str]
) -> Line:
    side, other = ("owed", "creditor_id") if debt["debtor_id"] == me else ("owing", "debtor_id")
    return Line(
        side=side,
        counterparty=names.get(debt[other], debt[other]),
        reference=invoices.get(debt["obligation_id"], debt["obligation_id"]),
        obligation_id=debt["obligation_id"],
        before_minor=debt["amount_minor"],
        set_off_minor=done,
    )


def _ways_of_rows(rows: Iterable[Row], me: str, names: Mapping[str, str]) -> list[Way]:
    """Return the cycles a party stands in, the greatest amount first."""
    rings: dict[str, list[Row]] = {}
    for row in rows:
        rings.setdefault(row["cycle_id"], []).append(row)
    found = [
        Way(
            firms=[_called(r["debtor_id"], names) for r in sorted(ring, key=_step)],
            amount_minor=ring[0]["amount_minor"],
        )
        for ring in rings.values()
        if any(row["debtor_id"] == me for row in ring)
    ]
    return sorted(found, key=lambda way: (-way.amount_minor, way.firms))


def _step(row: Row) -> int:
    return int(row["step"])


def _called(firm: str | None, names: Mapping[str, str]) -> str:
    """Return a firm's name; where a chain passes it on a credit line, the circle."""
    return names.get(firm, firm) if firm else "the circle"
