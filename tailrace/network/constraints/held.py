"""Held out: which debts take no part and why; rules that mean nothing; currencies at fixed rates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from tailrace.network.constraints.before import Before, Used, used_of
from tailrace.network.constraints.lookup import Lookup, bad, places_of
from tailrace.network.constraints.reading import due
from tailrace.network.debts import Debts, Flags, Ints, debts_of
from tailrace.network.rules import Hold, NetworkRules

HELD_FOR = "held_for"  # a column of the obligations: why the row is held out, null where it is not


class Taking(Struct, frozen=True, kw_only=True):
    """The debts that take part, in lots where there is a parity, and what was held out of them."""

    debts: Debts
    look: Lookup
    held: pa.Table  # row, obligation_id, reason
    lot: Ints  # by input row: minor units of a lot of its currency, 1 where there is no parity
    base: dict[str, int]  # by currency: the minor units of a lot in which totals are told
    used: Used = Used()  # of limits and lines, by earlier clearings


def taking_part(
    obligations: pa.Table, debts: Debts, rules: NetworkRules, before: Before | None = None
) -> Taking:
    """Return what of the debts takes part under these rules; raise `BadTerms` for a bad rule."""
    check(rules)
    look = Lookup(debts, rules)
    rows = np.flatnonzero(debts.good)
    reason = np.full(len(debts.good), -1)
    reasons: list[str] = []
    for why, flags in _reasons(obligations, debts, rules, rows, look):
        reason[rows[flags & (reason[rows] < 0)]] = len(reasons)
        reasons.append(why)
    out = np.flatnonzero(reason >= 0)
    held = pa.table(
        {
            "row": out,
            "obligation_id": debts.obligation_id.take(pa.array(out)),
            "reason": pa.array(reasons, pa.string()).take(pa.array(reason[out])),
        }
    )
    good = debts.good & (reason < 0)
    debts = replace(debts, good=good, amount=np.where(good, debts.amount, 0))
    joined = joined_by(rules.parity, _present(debts))
    debts, lot, base = _at_parity(debts, rules.parity, joined)
    look.check_said(rules, debts.currencies)
    codes = dict.fromkeys(rules.parity, "+".join(joined)) if joined else {}
    used = used_of(before, rules, codes, rules.parity if joined else {})
    return Taking(debts=debts, look=look, held=held, lot=lot, base=base, used=used)


def check_named(obligations: pa.Table, rules: NetworkRules) -> None:
    """Raise for a rule that names a firm, a debt or a currency which none of these debts has.

    For rules that clear some of the debts with `absent = "skip"`, since the others are set off already.
    """
    if rules.absent == "skip" or rules.plain:
        return
    debts = debts_of(obligations, 0)
    look = Lookup(debts, rules)
    rows = np.zeros(0, np.int64)
    for at, hold in enumerate(rules.hold):
        _held(debts, hold, rows, look, f"hold {at + 1}", skip=False)
    joined = joined_by(rules.parity, set(debts.currencies))
    codes = set(debts.currencies) - set(joined) | ({"+".join(joined)} if joined else set())
    look.check_said(rules, sorted(codes))


def joined_by(parity: dict[str, int], present: set[str]) -> list[str]:
    """Return the currencies that clear as one, in the order of the parity.

    One that is there alone is counted in lots too: else what is below a lot would clear on the day
    that the others are gone.
    """
    return [code for code in parity if code in present]


def _present(debts: Debts) -> set[str]:
    """Return the currencies of the debts that take part."""
    return {debts.currencies[number] for number in np.unique(debts.currency[debts.good]).tolist()}


def _reasons(
    obligations: pa.Table, debts: Debts, rules: NetworkRules, rows: Ints, look: Lookup
) -> Iterator[tuple[str, Flags]]:
    """Yield each reason with the rows it holds out, among those that are good."""
    if HELD_FOR in obligations.column_names:
        said = pc.cast(obligations[HELD_FOR], pa.string()).combine_chunks().take(pa.array(rows))
        for why in sorted(said.drop_null().unique().to_pylist()):
            yield why, pc.fill_null(pc.equal(said, why), False).to_numpy(zero_copy_only=False)
    for at, hold in enumerate(rules.hold):
        yield hold.reason, _held(debts, hold, rows, look, f"hold {at + 1}", rules.absent == "skip")
    first, last = rules.due_from, rules.due_until
    if first is not None or last is not None:
        yield "no due day", ~due(debts, rows, None, None)
    if first is not None:
        yield f"due before {first}", ~due(debts, rows, first, None)
    if last is not None:
        yield f"due after {last}", ~due(debts, rows, None, last + timedelta(days=1))


def _held(debts: Debts, hold: Hold, rows: Ints, look: Lookup, where: str, skip: bool) -> Flags:
    """Return which rows a rule holds out."""
    debtor, creditor = debts.debtor[rows], debts.creditor[rows]
    if hold.obligation_id is not None:
        (row,) = places_of(debts.obligation_id, [hold.obligation_id])
        if row is None and not skip:
            mend = 'write the id as the debts do, or say absent = "skip"'
            raise bad(f"there is no debt {hold.obligation_id}", where, mend)
        return rows == (-1 if row is None else row)
    if hold.firm is not None:
        firm = look.place.get(str(hold.firm), -1)
        return (debtor == firm) | (creditor == firm)
    flags = np.ones(len(rows), np.bool_)
    for name, side in ((hold.debtor, debtor), (hold.creditor, creditor)):
        if name is not None:
            flags &= side == look.place.get(str(name), -1)
    return flags


def _at_parity(
    debts: Debts, parity: dict[str, int], joined: list[str]
) -> tuple[Debts, Ints, dict[str, int]]:
    """Return the debts with the joined currencies as one, their amounts in whole lots.

    The joint currency is named by those that are there, as EUR+NOK, in the order of the parity; its
    totals are told in minor units of the first.
    """
    lot = np.ones(len(debts.amount), np.int64)
    base = dict.fromkeys(debts.currencies, 1)
    if not joined:
        return debts, lot, base
    name = "+".join(joined)
    codes = sorted({name} | (set(debts.currencies) - set(joined)))
    number = np.array([codes.index(name if c in joined else c) for c in debts.currencies])
    units = np.array([parity[c] if c in joined else 1 for c in debts.currencies], np.int64)
    at = np.maximum(debts.currency, 0)
    lot = np.where(debts.currency >= 0, units[at], 1)
    merged = np.where(debts.currency >= 0, number[at], -1)
    debts = replace(debts, amount=debts.amount // lot, currency=merged, currencies=codes)
    return debts, lot, {code: parity[joined[0]] if code == name else 1 for code in codes}


def check(rules: NetworkRules) -> None:
    """Raise `BadTerms` for the first rule that cannot mean anything, whatever the debts."""
    for at, hold in enumerate(rules.hold):
        ways = (hold.obligation_id, hold.firm, hold.debtor or hold.creditor)
        if sum(way is not None for way in ways) != 1:
            mend = "name an obligation_id, or a firm, or a debtor, a creditor or both"
            raise bad("a hold that names nothing, or too much", f"hold {at + 1}", mend)
    tables = {"firm": rules.firm, "pair": rules.pair, "sector": rules.sector}
    for table, limits in (*tables.items(), ("credit", rules.credit), ("priority", rules.priority)):
        for at, limit in enumerate(limits):
            _check_amounts(limit, f"{table} {at + 1}")
    for at, wanted in enumerate(rules.priority):
        if wanted.weight < 1:
            mend = "a weight is a whole number of 1 or more; what is of no class counts 1"
            raise bad(f"a weight of {wanted.weight}", f"priority {at + 1}", mend)
    first, last = rules.due_from, rules.due_until
    if first is not None and last is not None and first > last:
        raise bad(f"a window from {first} until {last}", "due_from", "the first day comes first")
    for code, units in rules.parity.items():
        if units < 1:
            raise bad(f"a lot of {units} {code}", "parity", "a lot is 1 minor unit or more")
    _check_after(rules)


def _check_amounts(limit: Struct, where: str) -> None:
    """Raise for an amount below zero, and for a floor above its own cap."""
    said = {n: getattr(limit, n) for n in limit.__struct_fields__ if n.endswith("_minor")}
    for name, amount in said.items():
        if amount is not None and amount < 0:
            raise bad(f"{name} is {amount:,}, below zero", where, "give zero or more minor units")
    for each in ("", "each_"):
        low, high = said.get(f"{each}floor_minor"), said.get(f"{each}cap_minor")
        if low is not None and high is not None and low > high:
            raise bad(f"a floor of {low:,} above a cap of {high:,}", where, "lower the floor")


def _check_after(rules: NetworkRules) -> None:
    """Raise for rules kept after the optimum beside rules they could break."""
    after = [
        name
        for name, on in (
            ("whole_invoices", rules.whole_invoices),
            ("cycle_firms_max", rules.cycle_firms_max != 0),
            ("a sector's cap_minor", any(each.cap_minor is not None for each in rules.sector)),
        )
        if on
    ]
    if rules.cycle_firms_max < 0:
        raise bad("cycles of fewer than no firms", "cycle_firms_max", "0 is for any number")
    if rules.whole_invoices and rules.allocation == "pro rata":
        mend = "an invoice set off in full has no share: leave out one of them"
        raise bad("whole_invoices with a share of each invoice", "allocation", mend)
    if len(after) > 1:
        what = f"{after[0]} with {after[1]}"
        raise bad(what, after[1], "each is kept after the optimum is known; keep one of them")
    floors = [limit.floor_minor for limit in rules.firm] + [p.floor_minor for p in rules.pair]
    if after and any([*floors, *(each.each_floor_minor for each in rules.sector)]):
        what = f"floors with {after[0]}"
        raise bad(what, after[0], "what is taken back after the optimum could break a floor")
    if "sector" in "".join(after) and rules.priority:
        mend = "give the sector's firms a cap each, or leave out the classes"
        raise bad("a cap on a sector's sum with classes of priority", "priority", mend)
