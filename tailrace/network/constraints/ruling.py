"""Ruling: a clearing under rules, currency by currency, and the proof as one table."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from msgspec.structs import replace

from tailrace.network.allocation import given_out, oldest_first, pro_rata
from tailrace.network.constraints.after import Kept, joined, short_only, whole_only
from tailrace.network.constraints.before import Used
from tailrace.network.constraints.extended import Extended
from tailrace.network.constraints.held import Taking
from tailrace.network.constraints.reading import Limits, Part, limits_of, part_of
from tailrace.network.constraints.sectors import within_sector_caps
from tailrace.network.constraints.solving import Answer, Stage, solved
from tailrace.network.debts import Debts, Ints
from tailrace.network.rules import NetworkRules
from tailrace.network.solver import Solution, solve
from tailrace.network.solver.compiled import pays


class Ruled(Struct, frozen=True, kw_only=True):
    """One currency cleared under rules: set-offs by row of the part, and what is told of them."""

    part: Part
    solution: Solution
    set_off: Ints
    best: Ints  # by row: the optimum before rules that are kept after it
    circle: Ints  # by firm: what it owes the circle; below zero, what the circle owes it
    bound: int | None  # no set-off is greater; None where this one is known to be the greatest
    stages: list[Stage]
    limits: Limits
    kept: Kept | None = None
    after: bool = False  # whether a rule was kept after the optimum, at a loss or not


def ruled(taking: Taking, number: int, rules: NetworkRules) -> Ruled:
    """Return the greatest set-off of a currency under the rules, or what the rules leave of it.

    Rules kept after the optimum may leave something that the same search finds once more: it is
    asked again for what is left, until nothing is.
    """
    found = more = _once(taking, number, rules)
    while more.after and _between(more).any():
        taking = _less(taking, more)
        more = _once(taking, number, rules)
        found = _with_more(found, more)
    return _pro_rata(taking.debts, found) if rules.allocation == "pro rata" else found


def _once(taking: Taking, number: int, rules: NetworkRules) -> Ruled:
    debts = taking.debts
    part = part_of(debts, number, taking.base[debts.currencies[number]])
    limits = limits_of(debts, part, rules, taking.look, taking.used)
    if not limits.bound and not rules.whole_invoices and not rules.cycle_firms_max:
        return _plain(debts, part, limits)
    summed = len(limits.sector_cap) > 0
    answer = within_sector_caps(part, limits) if summed else solved(part, limits, debts.firms)
    network, moved, kept = answer.network, answer.moved, None
    rank = _rank(debts, part)
    best = rows = _with_own(part, _shared(network, moved, part.amount, rank))
    if rules.whole_invoices:
        moved, rows = _whole(network, part, rank)
    if rules.cycle_firms_max:
        moved, kept = short_only(network, moved, rules.cycle_firms_max)
        rows = _with_own(part, _shared(network, moved, part.amount, rank))
    return Ruled(
        part=part,
        solution=_solution(part, answer, moved),
        set_off=rows,
        best=best,
        circle=_circle(part, rows),
        bound=answer.bound + _own(part) if summed else None,
        stages=answer.stages,
        limits=limits,
        kept=kept,
        after=bool(summed or rules.whole_invoices or rules.cycle_firms_max),
    )


def _between(one: Ruled) -> Ints:
    """Return the set-offs by row that are no debt of a firm to itself."""
    return np.where(one.part.debtor == one.part.creditor, 0, one.set_off)


def _less(taking: Taking, one: Ruled) -> Taking:
    """Return what is left to clear after these set-offs, which count against limits and lines."""
    part, rows, code = one.part, _between(one), one.part.code
    amount = taking.debts.amount.copy()
    amount[part.rows] -= one.set_off
    firms: dict[tuple[str, str], int] = {}
    pairs: dict[tuple[str, str, str], int] = {}
    names = taking.look.names.take(pa.array(part.firms)).to_pylist()
    some = np.flatnonzero(rows)
    ends = part.debtor[some].tolist(), part.creditor[some].tolist(), rows[some].tolist()
    for u, v, amount_ in zip(*ends, strict=True):
        firm, pair = (code, names[u]), (code, names[u], names[v])
        firms[firm] = firms.get(firm, 0) + amount_
        pairs[pair] = pairs.get(pair, 0) + amount_
    owing = np.flatnonzero(one.circle).tolist()
    lines = {(code, names[firm]): int(one.circle[firm]) for firm in owing}
    more = Used(firms=firms, pairs=pairs, lines=lines)
    debts = replace(taking.debts, amount=amount)
    return replace(taking, debts=debts, used=taking.used.plus(more))


def _with_more(one: Ruled, more: Ruled) -> Ruled:
    """Return both answers as one, proven by the first: no set-off passes its optimum or bound."""
    solution, rows = one.solution, one.set_off + more.set_off
    moved = np.zeros_like(solution.moved)
    owner = np.repeat(np.arange(len(moved)), np.diff(solution.start))
    np.add.at(moved, owner, rows[solution.rows])
    kept = None if one.kept is None or more.kept is None else joined([one.kept, more.kept])
    return replace(
        one,
        solution=replace(solution, moved=moved),
        set_off=rows,
        best=one.best if one.bound is None else rows,
        circle=one.circle + more.circle,
        kept=kept,
    )


def _pro_rata(debts: Debts, one: Ruled) -> Ruled:
    """Return the answer with each pair's set-off shared out pro rata among its debts of a class."""
    part = one.part
    keys = [part.debtor, part.creditor, *one.limits.weights]
    ids = debts.obligation_id.take(pa.array(part.rows))
    rank = np.empty(len(part.rows), np.int64)
    rank[pc.sort_indices(ids).to_numpy()] = np.arange(len(part.rows))
    rows, best = (pro_rata(part.amount, x, keys, rank) for x in (one.set_off, one.best))
    return replace(one, set_off=rows, best=best)


def _plain(debts: Debts, part: Part, limits: Limits) -> Ruled:
    """Return the optimum where nothing but what takes part and its weights is ruled."""
    (weight,) = limits.weights
    weights = None if (weight == 1).all() else weight
    solution = solve(part.debtor, part.creditor, part.amount, weights, firms=len(part.firms))
    rows = given_out(solution, debts, part.rows)
    return Ruled(
        part=part,
        solution=solution,
        set_off=rows,
        best=rows,
        circle=np.zeros(len(part.firms), np.int64),
        bound=None,
        stages=[Stage(price=solution.price)],
        limits=limits,
    )


def _whole(network: Extended, part: Part, rank: Ints) -> tuple[Ints, Ints]:
    """Return whole set-offs by group and row: the greater of serving the oldest or the largest first."""
    largest = np.zeros(len(rank), np.int64)
    largest[np.lexsort((rank, -part.amount))] = np.arange(len(rank))
    answers = []
    for order in (rank, largest):
        share_out = partial(_shared, network, rank=order)
        moved, rows = whole_only(network, part.amount, share_out)
        answers.append((moved, _with_own(part, rows)))
    return max(answers, key=lambda answer: int(answer[0].sum()))


def _rank(debts: Debts, part: Part) -> Ints:
    rank = np.zeros(len(part.rows), np.int64)
    rank[oldest_first(debts, part.rows)] = np.arange(len(part.rows))
    return rank


def _shared(network: Extended, moved: Ints, left: Ints, rank: Ints) -> Ints:
    """Return each row's share of its group's set-off, by rank; no row above what is left of it."""
    owner = np.repeat(np.arange(network.groups), np.diff(network.start))
    rows = network.rows[np.lexsort((rank[network.rows], owner))]
    before = np.cumsum(left[rows]) - left[rows]
    starts = network.start[:-1]
    share = np.zeros(len(rank), np.int64)
    given = moved[owner] - (before - before[starts][owner])
    share[rows] = np.clip(given, 0, left[rows])
    return share


def _own(part: Part) -> int:
    return int(part.amount[part.debtor == part.creditor].sum())


def _with_own(part: Part, rows: Ints) -> Ints:
    """Return the set-offs by row with each firm's debts to itself, which are set off in full."""
    return np.where(part.debtor == part.creditor, part.amount, rows)


def _circle(part: Part, rows: Ints) -> Ints:
    owes = np.zeros(len(part.firms), np.int64)
    np.add.at(owes, part.debtor, rows)
    np.subtract.at(owes, part.creditor, rows)
    return owes


def _solution(part: Part, answer: Answer, moved: Ints) -> Solution:
    """Return what was found in the solver's own form, groups of rows as its pairs."""
    network = answer.network
    return Solution(
        debtor=part.debtor,
        creditor=part.creditor,
        amount=part.amount,
        rows=network.rows.astype(np.int32),
        start=network.start.astype(np.int32),
        tail=network.debtor.astype(np.int32),
        head=network.creditor.astype(np.int32),
        debt=network.arcs.cap[: network.groups],
        moved=moved,
        price=answer.stages[-1].price,
        compiled=pays(len(part.rows)),
    )


PROOF = pa.schema(
    [
        ("currency", pa.string()),
        ("stage", pa.int64()),
        ("kind", pa.string()),
        ("firm", pa.int64()),
        ("other", pa.int64()),
        ("number", pa.int64()),
        ("scale", pa.int64()),
        ("worth", pa.int64()),
    ]
)


def proof_of(found: list[Ruled], firms: pa.Array) -> pa.Table:
    """Return the proof of every stage: (currency, stage, kind, firm, other, number, scale, worth).

    worth is what a unit more is worth, in parts of a unit (`scale` of them): kind `price` at a firm,
    `firm` of its floor or cap, `pair` of that of the debts of a firm to another, `sector` of the cap
    on the sum of the sector numbered so. Worths of zero are left out, but of prices and sectors.
    """
    tables = [PROOF.empty_table()]
    for one in found:
        for number, stage in enumerate(one.stages):
            for kind, rows in _stage_rows(one, stage).items():
                size = len(rows["worth"])
                said = {"currency": one.part.code, "kind": kind, "stage": number}
                said |= {"scale": stage.scale, "firm": None, "other": None, "number": None}
                each = {name: [value] * size for name, value in said.items()} | rows
                tables.append(pa.table({name: each[name] for name in PROOF.names}, schema=PROOF))
    table = pa.concat_tables(tables)
    for name in ("firm", "other"):
        at = table.column_names.index(name)
        table = table.set_column(at, name, firms.take(table[name].combine_chunks()))
    return table


def _stage_rows(one: Ruled, stage: Stage) -> dict[str, dict[str, Ints]]:
    """Return the rows of a stage by kind, firms as positions among all."""
    part = one.part
    firm, sector = np.flatnonzero(stage.firm), np.arange(len(stage.sector))
    pair = np.flatnonzero(stage.pair)
    first = np.zeros(len(stage.pair), np.int64)
    limited = np.flatnonzero(one.limits.pair >= 0)
    first[one.limits.pair[limited]] = limited
    ends = part.debtor[first[pair]], part.creditor[first[pair]]
    return {
        "price": {"firm": part.firms, "worth": stage.price},
        "firm": {"firm": part.firms[firm], "worth": stage.firm[firm]},
        "pair": {
            "firm": part.firms[ends[0]],
            "other": part.firms[ends[1]],
            "worth": stage.pair[pair],
        },
        "sector": {"number": sector, "worth": stage.sector[sector]},
    }
