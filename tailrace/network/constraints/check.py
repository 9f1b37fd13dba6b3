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

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from tailrace.base.errors import BadTerms
from tailrace.network.constraints.held import Taking, taking_part
from tailrace.network.constraints.reading import Limits, Part, limits_of, part_of
from tailrace.network.debts import Ints, debts_of

if TYPE_CHECKING:
    from tailrace.network.clearing import Clearing
    from tailrace.network.rules import NetworkRules

EXACT = 2**62
_WHERE = "verify_clearing"
_MEND = "do not adopt it; clear these obligations again under the same rules"


class Bound(Struct, kw_only=True):
    """Something that is bounded: how much it is, from where to where, and its worth in a stage."""

    name: str
    low: Ints
    high: Ints


def verify_ruled(obligations: pa.Table, clearing: Clearing, rules: NetworkRules) -> dict[str, int]:
    """Return what is cleared in each currency, within the rules and proven to be the greatest.

    Where a rule is kept after the optimum, the optimum is proven instead and what is cleared is within
    the rules; where a sector's sum is capped, the bound told is proven. Raises `BadTerms` with the
    first thing that does not hold.
    """
    proof = clearing.certificate
    taking = taking_part(obligations, debts_of(obligations, rules.minimum_minor), rules)
    set_off = _checked(proof.set_off, obligations)
    after = rules.whole_invoices or rules.cycle_firms_max != 0
    best = _checked(proof.best, obligations) if after else set_off
    if not np.array_equal(set_off, clearing.set_off):
        raise _refused("set-offs differ from the certificate's")
    if set_off[~taking.debts.good].any() or best[~taking.debts.good].any():
        raise _refused("a row that takes no part is set off")
    if proof.limits is None or clearing.currencies != taking.debts.currencies:
        raise _refused("the certificate is not one of these rules")
    return {
        code: _currency(clearing, taking, number, rules, set_off, best)
        for number, code in enumerate(taking.debts.currencies)
    }


def _checked(set_off: Any, obligations: pa.Table) -> Ints:
    array = np.asarray(set_off)
    if array.dtype != np.int64 or array.shape != (obligations.num_rows,):
        raise _refused("set-offs are not one int64 for each row")
    return array


def _currency(
    clearing: Clearing,
    taking: Taking,
    number: int,
    rules: NetworkRules,
    set_off: Ints,
    best: Ints,
) -> int:
    """Return what is cleared in one currency, or raise."""
    part = part_of(taking.debts, number, taking.base[taking.debts.currencies[number]])
    limits = limits_of(taking.debts, part, rules, taking.look)
    code, lot = part.code, taking.lot[part.rows]
    done, most = set_off[part.rows] // lot, best[part.rows] // lot
    if (done * lot != set_off[part.rows]).any() or (most * lot != best[part.rows]).any():
        raise _refused("a set-off is not a whole number of lots", code)
    bounds = _bounds(part, limits)
    for x in (done, most):
        _check_within(x, part, limits, bounds, taking)
    unit, totals = taking.base[code], clearing.totals[code]
    if totals.cleared_minor != int(done.sum()) * unit:
        raise _refused(f"the total of {code} is not its set-offs", code)
    bound = _proven(most, part, limits, bounds, clearing.certificate.limits, taking)
    after = rules.whole_invoices or rules.cycle_firms_max != 0
    if after or len(limits.sector_cap):
        optimum = int(most.sum()) if after else bound
        if totals.optimum_minor != optimum * unit:
            raise _refused("the loss told is not that against the optimum", code)
    if rules.whole_invoices and ((done > 0) & (done < part.amount)).any():
        raise _refused("an invoice is set off in part", code)
    if rules.cycle_firms_max:
        _check_cycles(clearing, part, set_off, rules.cycle_firms_max, taking)
    return totals.cleared_minor


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
            raise _refused("a set-off is below zero or above its debt", part.code)
        name = f"{bound.name} (number {at + 1})"
        if kind in ("price", "firm"):
            name = f"{bound.name} ({taking.debts.firms[int(part.firms[at])]})"
        what = f"{name} sets off {int(much[at]):,}, beyond {int(bound.low[at]):,} to "
        raise _refused(f"{what}{int(bound.high[at]):,}", part.code)


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
            raise _refused(f"{what}: not proven the greatest", part.code)
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
            at = place[_index(rows["firm"], taking)]
            if kind == "price" and len(np.unique(at[at >= 0])) < sizes[kind]:
                raise _refused("a firm has no price", part.code)
            if kind == "pair":
                at = _pair_at(at, place[_index(rows["other"], taking)], part, limits)
        if len(each) and (at.min() < 0 or at.max() >= sizes[kind]):
            raise _refused(f"a worth of no {kind}", part.code)
        if len(each) and max(abs(int(each.max())), abs(int(each.min()))) > EXACT // 8:
            raise _refused("prices are out of range", part.code)
        worth[kind][at] = each
    if scale < 1 or (worth["sector"] < 0).any():
        raise _refused("prices are out of range", part.code)
    return scale, worth


def _index(ids: pa.ChunkedArray, taking: Taking) -> Ints:
    found = pc.index_in(ids.combine_chunks(), value_set=taking.debts.firms)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False)


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


def _check_cycles(
    clearing: Clearing, part: Part, set_off: Ints, firms_max: int, taking: Taking
) -> None:
    """Raise where the cycles told are too long or do not sum to the set-offs of each pair."""
    told = clearing.cycles
    told = told.filter(pc.equal(told["currency"], part.code))
    over = pc.is_null(told["debtor"]).to_numpy()
    cycle = told["cycle"].to_numpy()
    passes = np.zeros(int(cycle.max(initial=-1)) + 1, np.bool_)
    passes[cycle[over]] = True
    if (told["length"].to_numpy() - passes[cycle] > firms_max).any():
        raise _refused(f"a cycle of more than {firms_max} firms", part.code)
    sums = []
    unit, lot = taking.base[part.code], taking.lot[part.rows]
    sides = [pc.fill_null(told[side].combine_chunks(), None) for side in ("debtor", "creditor")]
    index = [_index(pa.chunked_array([side]), taking) for side in sides]
    between = (index[0] >= 0) & (index[1] >= 0)
    size = len(taking.debts.firms)
    for u, v, amount in (
        (index[0][between], index[1][between], told["amount_minor"].to_numpy()[between]),
        (part.firms[part.debtor], part.firms[part.creditor], set_off[part.rows] // lot * unit),
    ):
        code, at = np.unique((u * size + v)[amount > 0], return_inverse=True)
        whole = np.zeros(len(code), np.int64)
        np.add.at(whole, at, amount[amount > 0])
        sums.append((code, whole))
    if not all(np.array_equal(a, b) for a, b in zip(*sums, strict=True)):
        raise _refused("the cycles told are not the set-offs", part.code)


def _refused(what: str, code: str | None = None) -> BadTerms:
    return BadTerms(what, where=f"{_WHERE}, {code}" if code else _WHERE, mend=_MEND)
