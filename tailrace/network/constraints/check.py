"""The check of a clearing under rules: one pass over arrays that knows nothing of how it was found.

Shares no code with the solver, nor with the network that was laid out for it: it reads the rules anew
and weighs the limits themselves. Every set-off within the rules has, for any worths at all,

    sum of weight * x = sum of p * x + sum of worth * (what its limit bounds),
    p = weight + price of creditor - price of debtor - worths of the limits the debt is under

where a firm's price is the worth of its net position, which is bound by its credit line. So no set-off
passes the sum in which everything with p or worth above zero stands at its upper bound, the rest at
its lower. One that reaches it is the greatest, and the next stage may move only what p and worth of
zero leave free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.network.constraints.check_parts import check_cycles, check_shares, index_of, refused
from tailrace.network.constraints.held import Taking, taking_part
from tailrace.network.constraints.reading import Limits, Part, limits_of, part_of
from tailrace.network.debts import Ints, debts_of

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing
    from tailrace.network.rules import NetworkRules

EXACT = 2**62


class Bound(Struct, kw_only=True):
    """Something that is bounded: how much it is, from where to where, and its worth in a stage."""

    name: str
    low: Ints
    high: Ints


class Told(Struct, frozen=True, kw_only=True):
    """What a clearing says of itself: all that is looked at, whether just made or read from a book."""

    set_off: Any  # by row of the debts
    best: Any  # the optimum before a rule kept after it, where there is one
    limits: pa.Table | None  # the worths: see `ruling.proof_of`
    cleared: Mapping[str, int]  # by currency
    optimum: Mapping[str, int | None]
    cycles: Callable[[], pa.Table]


def verify_ruled(obligations: pa.Table, clearing: Clearing, rules: NetworkRules) -> dict[str, int]:
    """Return what is cleared in each currency, within the rules and proven to be the greatest.

    Where a rule is kept after the optimum, the optimum is proven instead and what is cleared is within
    the rules; where a sector's sum is capped, the bound told is proven. Raises `BadTerms` with the
    first thing that does not hold.
    """
    proof = clearing.certificate
    told = Told(
        set_off=proof.set_off,
        best=proof.best,
        limits=proof.limits,
        cleared={code: totals.cleared_minor for code, totals in clearing.totals.items()},
        optimum={code: totals.optimum_minor for code, totals in clearing.totals.items()},
        cycles=lambda: clearing.cycles,
    )
    debts = debts_of(obligations, rules.minimum_minor)
    taking = taking_part(obligations, debts, rules, proof.before)
    if not np.array_equal(proof.set_off, clearing.set_off):
        raise refused("set-offs differ from the certificate's")
    return verify_told(obligations.num_rows, told, taking, rules)


def verify_told(rows: int, told: Told, taking: Taking, rules: NetworkRules) -> dict[str, int]:
    """Return the same of what is told of so many rows, and of what takes part of them."""
    set_off = _checked(told.set_off, rows)
    after = rules.whole_invoices or rules.cycle_firms_max != 0
    best = _checked(told.best, rows) if after else set_off
    if set_off[~taking.debts.good].any() or best[~taking.debts.good].any():
        raise refused("a row that takes no part is set off")
    if told.limits is None or sorted(told.cleared) != taking.debts.currencies:
        raise refused("the certificate is not one of these rules")
    return {
        code: _currency(told, taking, number, rules, set_off, best)
        for number, code in enumerate(taking.debts.currencies)
    }


def _checked(set_off: Any, rows: int) -> Ints:
    array = np.asarray(set_off)
    if array.dtype != np.int64 or array.shape != (rows,):
        raise refused("set-offs are not one int64 for each row")
    return array


def _currency(
    told: Told,
    taking: Taking,
    number: int,
    rules: NetworkRules,
    set_off: Ints,
    best: Ints,
) -> int:
    """Return what is cleared in one currency, or raise."""
    part = part_of(taking.debts, number, taking.base[taking.debts.currencies[number]])
    limits = limits_of(taking.debts, part, rules, taking.look, taking.used)
    code, lot = part.code, taking.lot[part.rows]
    done, most = set_off[part.rows] // lot, best[part.rows] // lot
    if (done * lot != set_off[part.rows]).any() or (most * lot != best[part.rows]).any():
        raise refused("a set-off is not a whole number of lots", code)
    bounds = _bounds(part, limits)
    for x in (done, most):
        _check_within(x, part, limits, bounds, taking)
    unit = taking.base[code]
    if told.cleared[code] != int(done.sum()) * unit:
        raise refused(f"the total of {code} is not its set-offs", code)
    bound = _proven(most, part, limits, bounds, told.limits, taking)
    after = rules.whole_invoices or rules.cycle_firms_max != 0
    if after or len(limits.sector_cap):
        optimum = int(most.sum()) if after else bound
        if told.optimum[code] != optimum * unit:
            raise refused("the loss told is not that against the optimum", code)
    if rules.whole_invoices and ((done > 0) & (done < part.amount)).any():
        raise refused("an invoice is set off in part", code)
    if rules.cycle_firms_max:
        check_cycles(told.cycles(), part, set_off, rules.cycle_firms_max, taking)
    if rules.allocation == "pro rata":
        for x in (done, most):
            check_shares(x, part, limits, taking.debts)
    return told.cleared[code]


def _bounds(part: Part, limits: Limits) -> dict[str, Bound]:
    """Return everything that is bounded in a currency. A firm's debts to itself are set off in full."""
    own = part.debtor == part.creditor
    owed = np.zeros(len(part.firms), np.int64)
    np.add.at(owed, part.debtor, np.where(own, 0, part.amount))
    zero = np.zeros_like(limits.sector_cap)
    return {
        "row": Bound(name="a debt", low=np.where(own, part.amount, 0), high=part.amount),
        "price": Bound(name="a net position", low=-limits.long, high=limits.short),
        "firm": Bound(name="a firm", low=limits.floor, high=np.minimum(limits.cap, owed)),
        "pair": Bound(name="a pair", low=limits.pair_low, high=limits.pair_cap),
        "sector": Bound(name="a sector", low=zero, high=limits.sector_cap),
    }


def _activities(x: Ints, part: Part, limits: Limits) -> dict[str, Ints]:
    """Return how much there is of everything that is bounded."""
    between = np.where(part.debtor == part.creditor, 0, x)
    as_debtor, as_creditor = (np.zeros(len(part.firms), np.int64) for _ in range(2))
    np.add.at(as_debtor, part.debtor, between)
    np.add.at(as_creditor, part.creditor, between)
    pair, sector = np.zeros(len(limits.pair_cap) + 1, np.int64), limits.sector[part.debtor]
    np.add.at(pair, limits.pair, between)
    summed = np.zeros(len(limits.sector_cap) + 1, np.int64)
    np.add.at(summed, sector, between)
    return {
        "row": x,
        "price": as_debtor - as_creditor,
        "firm": as_debtor,
        "pair": pair[:-1],
        "sector": summed[:-1],
    }


def _check_within(
    x: Ints, part: Part, limits: Limits, bounds: dict[str, Bound], taking: Taking
) -> None:
    """Raise where something is beyond its bounds, naming the first."""
    for kind, much in _activities(x, part, limits).items():
        bound = bounds[kind]
        beyond = np.flatnonzero((much < bound.low) | (much > bound.high))
        if not len(beyond):
            continue
        at = int(beyond[0])
        if kind == "row":
            raise refused("a set-off is below zero or above its debt", part.code)
        name = f"{bound.name} (number {at + 1})"
        if kind in ("price", "firm"):
            name = f"{bound.name} ({taking.debts.firms[int(part.firms[at])]})"
        what = f"{name} sets off {int(much[at]):,}, beyond {int(bound.low[at]):,} to "
        raise refused(f"{what}{int(bound.high[at]):,}", part.code)


def _proven(
    x: Ints,
    part: Part,
    limits: Limits,
    bounds: dict[str, Bound],
    proof: Any,
    taking: Taking,
) -> int:
    """Return the bound that the last stage proves; raise where a stage does not reach its own."""
    proof = proof.filter(pc.equal(proof["currency"], part.code))
    activities = _activities(x, part, limits)
    low = {kind: bound.low for kind, bound in bounds.items()}
    high = {kind: bound.high for kind, bound in bounds.items()}
    most = 0
    for stage, weight in enumerate(limits.weights):
        mine = proof.filter(pc.equal(proof["stage"], stage))
        scale, worth = _worths(mine, part, limits, taking)
        worth["row"] = _reduced(weight * scale, worth, part, limits)
        value = sum(_product(worth[kind], activities[kind]) for kind in worth)
        most = sum(_most(worth[kind], low[kind], high[kind]) for kind in worth)
        if value > most or (value < most and not len(limits.sector_cap)):
            what = f"{value:,} is set off at stage {stage + 1} and the prices allow {most:,}"
            raise refused(f"{what}: not proven the greatest", part.code)
        for kind, each in worth.items():
            floor = np.where(each > 0, high[kind], low[kind])
            high[kind] = np.where(each < 0, low[kind], high[kind])
            low[kind] = floor
        most //= scale
    return most


def _worths(
    mine: pa.Table, part: Part, limits: Limits, taking: Taking
) -> tuple[int, dict[str, Ints]]:
    """Return the scale of a stage's proof and the worth of each limit."""
    scale = int(mine["scale"][0].as_py()) if mine.num_rows else 1
    sizes = {"price": len(part.firms), "firm": len(part.firms)}
    sizes |= {"pair": len(limits.pair_cap), "sector": len(limits.sector_cap)}
    worth = {kind: np.zeros(size, np.int64) for kind, size in sizes.items()}
    place = np.full(len(taking.debts.firms) + 1, -1)
    place[part.firms] = np.arange(len(part.firms))
    for kind in worth:
        rows = mine.filter(pc.equal(mine["kind"], kind))
        each = rows["worth"].to_numpy()
        if kind == "sector":
            at = rows["number"].to_numpy()
        else:
            at = place[index_of(rows["firm"], taking)]
            if kind == "price" and len(np.unique(at[at >= 0])) < sizes[kind]:
                raise refused("a firm has no price", part.code)
            if kind == "pair":
                at = _pair_at(at, place[index_of(rows["other"], taking)], part, limits)
        if len(each) and (at.min() < 0 or at.max() >= sizes[kind]):
            raise refused(f"a worth of no {kind}", part.code)
        if len(each) and max(abs(int(each.max())), abs(int(each.min()))) > EXACT // 8:
            raise refused("prices are out of range", part.code)
        worth[kind][at] = each
    if scale < 1 or (worth["sector"] < 0).any():
        raise refused("prices are out of range", part.code)
    return scale, worth


def _pair_at(debtor: Ints, creditor: Ints, part: Part, limits: Limits) -> Ints:
    """Return which limited pair each is."""
    rows = np.flatnonzero(limits.pair >= 0)
    size = len(part.firms) + 1
    number = dict(
        zip(
            (part.debtor[rows] * size + part.creditor[rows]).tolist(),
            limits.pair[rows].tolist(),
            strict=True,
        )
    )
    wanted = (debtor * size + creditor).tolist()
    return np.array([number.get(code, -1) for code in wanted], np.int64)


def _reduced(weight: Ints, worth: dict[str, Ints], part: Part, limits: Limits) -> Ints:
    """Return p of each row; of a firm's debt to itself, its weight."""
    u, v = part.debtor, part.creditor
    pair = np.append(worth["pair"], 0)[limits.pair]
    sector = np.append(worth["sector"], 0)[limits.sector[u]]
    p = weight + worth["price"][v] - worth["price"][u] - worth["firm"][u] - pair - sector
    return np.where(u == v, weight, p)


def _most(worth: Ints, low: Ints, high: Ints) -> int:
    """Return the greatest sum of worth * amount within the bounds."""
    return _product(worth, np.where(worth > 0, high, low))


def _product(worth: Ints, amount: Ints) -> int:
    """Return the exact sum of worth * amount, in Python's integers where 64 bits could be too few."""
    sizes = [max(abs(int(x.max(initial=0))), abs(int(x.min(initial=0)))) for x in (worth, amount)]
    if len(worth) * sizes[0] * sizes[1] < EXACT:
        return int(np.dot(worth, amount))
    return int(np.dot(worth.astype(object), amount.astype(object)))
