"""Stress: what each firm can pay when some fail, and whom a failure drags along. Exact fractions.

Every firm pays what it can: class by class, the most senior first, pro rata within a class, from its
cash and from what it is paid. A failed firm passes on a stated share of what it gets, none unless
said. Of all payments that agree with each other these are the greatest, so nobody is called in
default who need not be. No floats: an amount is a fraction of minor units until it is printed.

Rounds: round 0 are the firms named, and those that could not pay in full if all others did; a firm
of round k cannot once those of the rounds before it have paid only what they can.
Source: Eisenberg and Noe 2001 (fictitious defaults); Elsinger 2009 (seniority); Rogers and Veraart
2013 (a share lost in default).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.network.waterfall import Arcs, solved

ZERO = Fraction(0)


class Owed(Struct, frozen=True):
    """What one firm owes another in one class; class 0 is paid first."""

    debtor: int
    creditor: int
    amount: int
    rank: int = 0


class Payments(Struct, frozen=True, kw_only=True):
    """The greatest payments that agree, by firm, in exact minor units."""

    paid: list[Fraction]  # by firm, in all
    got: list[Fraction]  # by firm, from the others
    by_debt: list[Fraction]  # in the order of the debts given
    round_of: list[int | None]  # the round a firm falls in, None where it pays in full


def payments(
    debts: Sequence[Owed],
    cash: Sequence[int],
    failed: Mapping[int, Fraction] | None = None,
) -> Payments:
    """Return what every firm pays, the greatest payments that agree with each other.

    cash: whole minor units by firm, zero or more. failed: the share of what it gets that a failed
    firm passes on; it is in default whatever it has. Raises `BadTerms` for an amount or cash below
    zero, and where more firms default in one ring than fractions can carry (`waterfall.RING_MAX`).
    """
    failed = failed or {}
    _check(debts, cash, failed)
    books = _books(debts, len(cash))
    share = [Fraction(1)] * len(cash)
    for firm, part in failed.items():
        share[firm] = part
    stage = [len(book) for book in books]  # the class each firm can pay in part; all in full
    round_of: list[int | None] = [0 if firm in failed else None for firm in range(len(cash))]
    paid = [[Fraction(sum(a for _, a in row)) for row in book] for book in books]
    told = 0
    while True:
        paid = _settled(books, cash, share, stage, paid)
        got = _got(books, paid, len(cash))
        lower = _lower(books, cash, share, stage, got)
        if not lower:
            break
        for firm, place in lower.items():
            stage[firm] = place
            if round_of[firm] is None:
                round_of[firm] = told
        told += 1
    whole = [sum(rows, ZERO) for rows in paid]
    return Payments(paid=whole, got=got, by_debt=_by_debt(debts, paid), round_of=round_of)


def _check(debts: Sequence[Owed], cash: Sequence[int], failed: Mapping[int, Fraction]) -> None:
    for row, debt in enumerate(debts):
        if debt.amount < 0 or debt.rank < 0:
            mend = "amounts and classes are whole numbers, zero or more"
            raise BadTerms(
                f"amount {debt.amount}, class {debt.rank}", where=f"debt {row}", mend=mend
            )
    for firm, money in enumerate(cash):
        if money < 0:
            mend = "cash is zero or more; what is owed to others is a debt"
            raise BadTerms(f"cash of {money}", where=f"firm {firm}", mend=mend)
    for firm, part in failed.items():
        if not 0 <= part <= 1:
            mend = "a failed firm passes on a share from 0 to 1"
            raise BadTerms(f"a share of {part}", where=f"firm {firm}", mend=mend)


# By firm and class, most senior first: (creditor, amount) of each debt, and the sum is never zero.
Books = list[list[list[tuple[int, int]]]]


def _books(debts: Sequence[Owed], firms: int) -> Books:
    rows: list[dict[int, list[tuple[int, int]]]] = [{} for _ in range(firms)]
    for debt in debts:
        if debt.amount:
            rows[debt.debtor].setdefault(debt.rank, []).append((debt.creditor, debt.amount))
    return [[row[rank] for rank in sorted(row)] for row in rows]


def _whole(row: Sequence[tuple[int, int]]) -> int:
    return sum(amount for _, amount in row)


def _got(books: Books, paid: Sequence[Sequence[Fraction]], firms: int) -> list[Fraction]:
    got = [ZERO] * firms
    for book, sums in zip(books, paid, strict=True):
        for row, money in zip(book, sums, strict=True):
            if money:
                part = money / _whole(row)
                for creditor, amount in row:
                    got[creditor] += part * amount
    return got


def _settled(
    books: Books,
    cash: Sequence[int],
    share: Sequence[Fraction],
    stage: Sequence[int],
    paid: Sequence[Sequence[Fraction]],
) -> list[list[Fraction]]:
    """Return the payments where every firm pays its senior classes in full and `stage` in part.

    `stage` is never above the true class, `paid` never below the true payments; nor are these.
    """
    partly = [firm for firm, place in enumerate(stage) if place < len(books[firm])]
    place = {firm: at for at, firm in enumerate(partly)}
    has = [Fraction(cash[firm]) for firm in partly]
    arcs: list[Arcs] = [[] for _ in partly]
    for firm, book in enumerate(books):
        for rank, row in enumerate(book[: stage[firm] + 1]):
            if rank < stage[firm]:
                for creditor, amount in row:
                    if creditor in place:
                        has[place[creditor]] += amount
            else:
                whole = _whole(row)
                for creditor, amount in row:
                    if creditor in place:
                        part = Fraction(amount, whole) * share[creditor]
                        arcs[place[firm]].append((place[creditor], part))
    free = [
        share[firm] * has[at] - sum(_whole(row) for row in books[firm][: stage[firm]])
        for at, firm in enumerate(partly)
    ]
    before = [paid[firm][stage[firm]] for firm in partly]
    found = solved(free, arcs, before)
    made = [[Fraction(_whole(row)) for row in book] for book in books]
    for at, firm in enumerate(partly):
        made[firm][stage[firm]] = found[at]
        for junior in range(stage[firm] + 1, len(books[firm])):
            made[firm][junior] = ZERO
    return made


def _lower(
    books: Books,
    cash: Sequence[int],
    share: Sequence[Fraction],
    stage: Sequence[int],
    got: Sequence[Fraction],
) -> dict[int, int]:
    """Return the firms that cannot pay what `stage` says, each with the class it can pay in part."""
    lower = {}
    for firm, book in enumerate(books):
        money = share[firm] * (cash[firm] + got[firm])
        left, place = money, 0
        while place < len(book) and left >= _whole(book[place]):
            left -= _whole(book[place])
            place += 1
        if place < stage[firm]:
            lower[firm] = place
    return lower


def _by_debt(debts: Sequence[Owed], paid: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    wholes: dict[tuple[int, int], int] = {}
    for debt in debts:
        key = debt.debtor, debt.rank
        wholes[key] = wholes.get(key, 0) + debt.amount
    ranks: dict[int, list[int]] = {}
    for debtor, rank in sorted(key for key, whole in wholes.items() if whole):
        ranks.setdefault(debtor, []).append(rank)
    told = []
    for debt in debts:
        if not debt.amount:
            told.append(ZERO)
            continue
        money = paid[debt.debtor][ranks[debt.debtor].index(debt.rank)]
        told.append(money * debt.amount / wholes[debt.debtor, debt.rank])
    return told
