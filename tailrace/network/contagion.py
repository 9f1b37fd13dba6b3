"""Contagion of a default, with the debts as they were and with what a clearing leaves of them.

The same firms fail with the same cash, once before the set-offs and once after: what differs is what
a clearing is worth when somebody fails. It holds for a clearing adopted before the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.errors import BadTerms, NotFound
from tailrace.network.debts import Ints, column
from tailrace.network.stress import Owed, Payments, payments

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing

WHERE = "stress"


class Hit(Struct, frozen=True, kw_only=True):
    """A firm that loses or fails. Amounts in minor units; what is paid is rounded down."""

    firm: Any
    round: int | None  # 0 for those that fail by themselves, None where it pays all it owes
    cash_minor: int
    owed_minor: int
    paid_minor: int
    owing_minor: int
    got_minor: int
    loss_minor: int  # owing - got


class Outcome(Struct, frozen=True, kw_only=True):
    """What a default does to one network of debts."""

    debt_minor: int
    paid_minor: int
    loss_minor: int  # what creditors do not get, in all
    defaults: int  # firms that cannot pay all they owe, those named too
    rounds: int
    hits: list[Hit]  # firms that fail or lose, by round, the largest loss first


class Stress(Struct, frozen=True, kw_only=True):
    """A default in one currency, before the set-offs of a clearing and after them."""

    currency: str
    before: Outcome
    after: Outcome


def stress(
    obligations: pa.Table,
    clearing: Clearing,
    failed: Mapping[Any, Fraction],
    cash: Mapping[Any, int] | None = None,
    *,
    currency: str | None = None,
) -> Stress:
    """Return what the default of some firms does to the others, before and after a clearing.

    obligations: as given to `clear`, with `class` where some debts are paid before others (a whole
    number of 0 or more, 0 first; all alike where it is missing). failed: by firm the share of what
    it gets that it passes on. cash: minor units by firm, nothing for others; without it each firm
    has just what it needs to pay all it owes if it is paid all it is owed. currency: must be said
    where there are several. Raises `NotFound` for a firm that neither owes nor is owed.
    """
    code = _currency(clearing, currency)
    debts = clearing.debts
    rows = np.flatnonzero(debts.good & (debts.currency == clearing.currencies.index(code)))
    ends = debts.debtor[rows], debts.creditor[rows]
    numbers = np.unique(np.concatenate(ends))
    names = clearing.firms.take(pa.array(numbers)).to_pylist()
    place = {name: at for at, name in enumerate(names)}
    lost = {_found(place, name): share for name, share in failed.items()}
    amount, rank = debts.amount[rows], _ranks(obligations)[rows]
    u, v = (np.searchsorted(numbers, side) for side in ends)
    money = _just_enough(u, v, amount, len(names)) if cash is None else _given(place, cash)
    told = []
    for rest in (amount, amount - clearing.set_off[rows]):
        owed = [
            Owed(*row)
            for row in zip(u.tolist(), v.tolist(), rest.tolist(), rank.tolist(), strict=True)
        ]
        told.append(_outcome(owed, payments(owed, money, lost), money, names))
    return Stress(currency=code, before=told[0], after=told[1])


def _currency(clearing: Clearing, currency: str | None) -> str:
    codes = clearing.currencies
    if currency is None and len(codes) != 1:
        mend = f"name one of {', '.join(codes) or 'none'}: debts of one currency fail together"
        raise BadTerms(f"{len(codes)} currencies", where=WHERE, mend=mend)
    if currency is not None and currency not in codes:
        mend = f"there are {', '.join(codes) or 'none'}"
        raise NotFound(f"no debts in {currency}", where=WHERE, mend=mend)
    return currency or codes[0]


def _found(place: Mapping[Any, int], name: Any) -> int:
    found = place.get(name)
    if found is None and isinstance(name, str) and name.lstrip("-").isdigit():
        found = place.get(int(name))
    if found is None:
        mend = "name a firm as the obligations name it"
        raise NotFound(f"{name!r} neither owes nor is owed", where=WHERE, mend=mend)
    return found


def _ranks(obligations: pa.Table) -> Ints:
    if "class" not in obligations.column_names:
        return np.zeros(obligations.num_rows, np.int64)
    ranks = column(obligations, "class")
    bad = (
        not pa.types.is_integer(ranks.type) or ranks.null_count or (pc.min(ranks).as_py() or 0) < 0
    )
    if bad:
        mend = "a class is a whole number of 0 or more in each row; 0 is paid first"
        raise BadTerms(f"column 'class' is {ranks.type}", where=WHERE, mend=mend)
    return ranks.cast(pa.int64()).to_numpy()


def _just_enough(u: Ints, v: Ints, amount: Ints, firms: int) -> list[int]:
    net = np.zeros(firms, np.int64)
    np.add.at(net, u, amount)
    np.subtract.at(net, v, amount)
    return np.maximum(net, 0).tolist()


def _given(place: Mapping[Any, int], cash: Mapping[Any, int]) -> list[int]:
    money = [0] * len(place)
    for name, amount in cash.items():
        at = place.get(name)
        if at is None and isinstance(name, str) and name.lstrip("-").isdigit():
            at = place.get(int(name))
        if at is not None:  # a firm with money and no debts takes no part
            money[at] = amount
    return money


def _outcome(owed: list[Owed], made: Payments, cash: list[int], names: list[Any]) -> Outcome:
    owes, owing = [0] * len(names), [0] * len(names)
    for debt in owed:
        owes[debt.debtor] += debt.amount
        owing[debt.creditor] += debt.amount
    hits = []
    for at, name in enumerate(names):
        loss = owing[at] - made.got[at]
        if loss or made.round_of[at] is not None:
            hits.append(
                Hit(
                    firm=name,
                    round=made.round_of[at],
                    cash_minor=cash[at],
                    owed_minor=owes[at],
                    paid_minor=int(made.paid[at]),
                    owing_minor=owing[at],
                    got_minor=int(made.got[at]),
                    loss_minor=owing[at] - int(made.got[at]),
                )
            )
    last = max((r for r in made.round_of if r is not None), default=0)
    hits.sort(key=lambda h: (last + 1 if h.round is None else h.round, -h.loss_minor, str(h.firm)))
    paid = sum(made.paid, Fraction(0))
    return Outcome(
        debt_minor=sum(owes),
        paid_minor=int(paid),
        loss_minor=sum(owes) - int(paid),
        defaults=sum(r is not None for r in made.round_of),
        rounds=last,
        hits=hits,
    )
