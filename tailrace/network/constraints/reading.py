"""Reading: rules as bounds on what is set off, by row, firm and pair, or an error that says why not.

What the rules mean is decided here and nowhere else: the solver's side and the check read it alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.money import AMOUNT_MAX
from tailrace.network.constraints.before import Used
from tailrace.network.constraints.lookup import Lookup, bad
from tailrace.network.debts import Debts, Flags, Ints
from tailrace.network.rules import NetworkRules, Priority

ANY = AMOUNT_MAX  # a cap that caps nothing


class Part(Struct, frozen=True, kw_only=True):
    """One currency of `Debts`: its rows and firms, debtor and creditor as places among the firms."""

    code: str
    rows: Ints
    firms: Ints
    debtor: Ints
    creditor: Ints
    amount: Ints  # in lots
    lot: int = 1  # minor units of a lot

    def at_least(self, minor: int) -> int:
        """Return a floor in whole lots, rounded up."""
        return -(-minor // self.lot)

    def at_most(self, minor: int | None) -> int:
        """Return a cap in whole lots, rounded down; none caps nothing."""
        return ANY if minor is None else minor // self.lot

    def sums(self, side: Ints) -> Ints:
        """Return the debts of each firm on a side, those to itself left out."""
        whole = np.zeros(len(self.firms), np.int64)
        np.add.at(whole, side, np.where(self.debtor == self.creditor, 0, self.amount))
        return whole


class Limits(Struct, frozen=True, kw_only=True):
    """What bounds the set-offs of one currency. A firm's debt to itself is outside of all of it."""

    floor: Ints  # by firm, of what it sets off as debtor
    cap: Ints
    short: Ints  # by firm: set-offs as debtor less those as creditor, at most
    long: Ints  # and the other way round
    pair: Ints  # by row: which limited pair it is of, -1 for none
    pair_low: Ints
    pair_cap: Ints
    sector: Ints  # by firm: which sector with a cap on its sum it is of, -1 for none
    sector_cap: Ints
    weights: list[Ints]  # by row, one for each stage: the first is made greatest, then the next

    @property
    def bound(self) -> bool:
        """Whether more is asked than the greatest weighted sum of the debts as they stand."""
        limits = (self.floor.any(), self.short.any(), self.long.any(), (self.cap < ANY).any())
        return any(limits) or len(self.pair_cap) + len(self.sector_cap) > 0 or len(self.weights) > 1

    @property
    def floors(self) -> bool:
        """Whether something must be set off."""
        return bool(self.floor.any() or self.pair_low.any())


def part_of(debts: Debts, number: int, lot: int) -> Part:
    """Return a currency's part of the debts that take part."""
    rows = np.flatnonzero(debts.good & (debts.currency == number))
    debtor, creditor = debts.debtor[rows], debts.creditor[rows]
    used = np.zeros(len(debts.firms), np.bool_)
    used[debtor] = used[creditor] = True
    place = np.cumsum(used) - 1
    return Part(
        code=debts.currencies[number],
        rows=rows,
        firms=np.flatnonzero(used),
        debtor=place[debtor],
        creditor=place[creditor],
        amount=debts.amount[rows],
        lot=lot,
    )


def limits_of(debts: Debts, part: Part, rules: NetworkRules, look: Lookup, used: Used) -> Limits:
    """Return what the rules bound in one currency, less what earlier clearings used of it.

    Raises `BadTerms` for what cannot be meant.
    """
    floor, cap = np.zeros(len(part.firms), np.int64), np.full(len(part.firms), ANY)
    owed = part.sums(part.debtor)
    for where, firm, least, most in _firm_limits(part, rules, look, used):
        if least > owed[firm]:
            debt = int(owed[firm]) * part.lot
            what = f"a floor of {least * part.lot:,} above the firm's debt of {debt:,} {part.code}"
            raise bad(what, where, "lower the floor; debts held out do not count")
        floor[firm] = max(floor[firm], least)
        cap[firm] = min(cap[firm], most)
        if floor[firm] > cap[firm]:
            floors, caps = int(floor[firm]) * part.lot, int(cap[firm]) * part.lot
            what = f"a floor of {floors:,} above a cap of {caps:,} {part.code}"
            raise bad(what, where, "the limits of a firm and of its sector all hold; widen one")
    pair, low, high = _pair_limits(part, rules, look, used)
    short, long = _lines(part, rules, look, used)
    sector, sector_cap = _sector_caps(part, rules, look, used)
    return Limits(
        floor=floor,
        cap=cap,
        short=np.minimum(short, owed),
        long=np.minimum(long, part.sums(part.creditor)),
        pair=pair,
        pair_low=low,
        pair_cap=high,
        sector=sector,
        sector_cap=sector_cap,
        weights=_weights(debts, part, rules, look),
    )


def _firm_limits(
    part: Part, rules: NetworkRules, look: Lookup, used: Used
) -> Iterable[tuple[str, int, int, int]]:
    """Yield (where it is said, firm, floor, cap) for each firm of this currency with limits."""
    for at, limit in enumerate(rules.firm):
        if not look.meant(part, limit.currency):
            continue
        firm, done = look.in_part(part, limit.firm), used.firms.get((part.code, str(limit.firm)), 0)
        least, most = _left(part, limit.floor_minor, limit.cap_minor, done)
        if firm is None and least:
            what = f"a floor for {limit.firm}, which has no debts in {part.code}"
            raise bad(what, f"firm {at + 1}", "leave the rule out, or name the currency meant")
        if firm is not None:
            yield f"firm {at + 1}", firm, least, most
    for at, each in enumerate(rules.sector):
        if not look.meant(part, each.currency):
            continue
        for firm in np.flatnonzero(look.of_sector(part, each.sector)).tolist():
            done = used.firms.get((part.code, look.name(part, firm)), 0)
            yield (
                f"sector {at + 1}",
                firm,
                *_left(part, each.each_floor_minor, each.each_cap_minor, done),
            )


def _left(part: Part, floor: int, cap: int | None, done: int) -> tuple[int, int]:
    """Return what is left of a floor and of a cap after what was set off before, in lots."""
    most = part.at_most(cap)
    return max(part.at_least(floor) - done, 0), most if cap is None else max(most - done, 0)


def _pair_limits(
    part: Part, rules: NetworkRules, look: Lookup, used: Used
) -> tuple[Ints, Ints, Ints]:
    """Return which limited pair each row is of, and the pairs' floors and caps."""
    pair = np.full(len(part.rows), -1)
    low: list[int] = []
    high: list[int] = []
    for at, limit in enumerate(rules.pair):
        if not look.meant(part, limit.currency):
            continue
        ends = look.in_part(part, limit.debtor), look.in_part(part, limit.creditor)
        mine = (part.debtor == ends[0]) & (part.creditor == ends[1])
        debt = int(part.amount[mine].sum()) if None not in ends else 0
        where = f"pair {at + 1}"
        done = used.pairs.get((part.code, str(limit.debtor), str(limit.creditor)), 0)
        least, most = _left(part, limit.floor_minor, limit.cap_minor, done)
        if least > debt:
            what = f"a floor of {least * part.lot:,} above the pair's debt of "
            what += f"{debt * part.lot:,} {part.code}"
            raise bad(what, where, "lower the floor; debts held out do not count")
        if debt == 0:
            continue
        if (pair[mine] >= 0).any():
            what = f"a second limit on what {limit.debtor} owes {limit.creditor}"
            raise bad(what, where, "say floor and cap of a pair in one rule")
        pair[mine] = len(low)
        low.append(least)
        high.append(min(most, debt))
    return pair, np.array(low, np.int64), np.array(high, np.int64)


def _lines(part: Part, rules: NetworkRules, look: Lookup, used: Used) -> tuple[Ints, Ints]:
    """Return how far each member may still move: its line is of its standing, which moved before.

    Nobody is made to come back within a line that was cut.
    """
    short, long = (np.zeros(len(part.firms), np.int64) for _ in range(2))
    for line in rules.credit:
        firm = look.in_part(part, line.firm)
        if firm is not None and look.meant(part, line.currency):
            owes = used.lines.get((part.code, str(line.firm)), 0)
            short[firm] = max(short[firm], part.at_most(line.short_minor) - owes)
            long[firm] = max(long[firm], part.at_most(line.long_minor) + owes)
    return short, long


def _sector_caps(part: Part, rules: NetworkRules, look: Lookup, used: Used) -> tuple[Ints, Ints]:
    sector = np.full(len(part.firms), -1)
    caps: list[int] = []
    for at, each in enumerate(rules.sector):
        if each.cap_minor is None or not look.meant(part, each.currency):
            continue
        mine = look.of_sector(part, each.sector)
        if (sector[mine] >= 0).any():
            what = f"a second cap on the sum of {each.sector}"
            raise bad(what, f"sector {at + 1}", "say it once")
        sector[mine] = len(caps)
        names = (name for name, of in rules.sector_of.items() if of == each.sector)
        done = sum(used.firms.get((part.code, name), 0) for name in names)
        caps.append(max(part.at_most(each.cap_minor) - done, 0))
    return sector, np.array(caps, np.int64)


def _weights(debts: Debts, part: Part, rules: NetworkRules, look: Lookup) -> list[Ints]:
    """Return the stages: the classes of priority in order and then the whole, or the weighted sum."""
    own = debts.weight[part.rows] if len(debts.weight) else np.ones(len(part.rows), np.int64)
    rank = np.full(len(part.rows), -1)
    for at in reversed(range(len(rules.priority))):
        rank[_fits(debts, part, rules.priority[at], look)] = at
    if rules.priority_mode == "weighted":
        return [own * np.array([*(p.weight for p in rules.priority), 1], np.int64)[rank]]
    stages = [(rank == at).astype(np.int64) for at in range(len(rules.priority))]
    return [*(stage for stage in stages if stage.any()), own]


def _fits(debts: Debts, part: Part, wanted: Priority, look: Lookup) -> Flags:
    """Return which rows all that is said of a class fits."""
    fits = np.ones(len(part.rows), np.bool_)
    if wanted.due_before is not None:
        fits &= due(debts, part.rows, None, wanted.due_before)
    for firms in (look.listed(part, wanted.firms), look.sectors(part, wanted.sectors)):
        if firms is not None:
            fits &= firms[part.debtor] | firms[part.creditor]
    if wanted.firm_debt_max_minor is not None:
        small = part.sums(part.debtor) <= part.at_most(wanted.firm_debt_max_minor)
        fits &= small[part.debtor]
    if wanted.amount_max_minor is not None:
        fits &= part.amount <= part.at_most(wanted.amount_max_minor)
    return fits


def due(debts: Debts, rows: Ints, first: date | None, before: date | None) -> Flags:
    """Return which rows are due on the first day or later and before the other; none without a day."""
    if debts.due_on is None or pa.types.is_null(debts.due_on.type):
        return np.zeros(len(rows), np.bool_)
    days = debts.due_on.take(pa.array(rows)).cast(pa.date32())
    fits = pc.is_valid(days)
    if first is not None:
        fits = pc.and_(fits, pc.greater_equal(days, pa.scalar(first, pa.date32())))
    if before is not None:
        fits = pc.and_(fits, pc.less(days, pa.scalar(before, pa.date32())))
    return pc.fill_null(fits, False).to_numpy(zero_copy_only=False)
