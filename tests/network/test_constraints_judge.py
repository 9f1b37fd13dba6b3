"""Clearings under rules drawn at random, against an integer program that HiGHS solves.

The judge writes the rules down as rows of a program over the debts themselves, with no network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import LinearConstraint, milp

from tailrace.network import clear, verify_clearing
from tailrace.network.constraints.solving import Infeasible
from tailrace.network.rules import (
    CreditLine,
    FirmLimit,
    NetworkRules,
    PairLimit,
    Priority,
    SectorLimit,
)
from tailrace.network.solver.compiled import always

Table = dict[str, Any]


def drawn(random: np.random.Generator) -> pa.Table:
    """Return up to 24 debts of up to seven firms, some of a firm to itself, some of zero."""
    firms, count = int(random.integers(2, 8)), int(random.integers(1, 25))
    return pa.table(
        {
            "obligation_id": np.arange(count),
            "debtor": random.integers(0, firms, count),
            "creditor": random.integers(0, firms, count),
            "currency": ["EUR"] * count,
            "amount_minor": random.integers(0, 13, count),
            "due_on": pa.array(random.integers(20_000, 20_010, count).astype(np.int32)).cast(
                pa.date32()
            ),
        }
    )


def sides(table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(table[name].to_numpy() for name in ("debtor", "creditor", "amount_minor"))


def random_rules(random: np.random.Generator, table: pa.Table, kinds: str) -> dict[str, Any]:
    """Return rules of these kinds on firms that are there; floors are kept to what is owed."""
    u, v, a = sides(table)
    firms = sorted({*u.tolist(), *v.tolist()})
    owed = {f: int(a[(u == f) & (v != f)].sum()) for f in firms}
    some = [f for f in firms if random.random() < 0.5]
    said: dict[str, Any] = {}
    if "c" in kinds:
        said["firm"] = tuple(FirmLimit(firm=f, cap_minor=int(random.integers(0, 15))) for f in some)
    if "f" in kinds:
        floors = {f: int(random.integers(0, max(owed[f] // 2, 1))) for f in some}
        caps = {f: x + int(random.integers(0, 12)) for f, x in floors.items()}
        said["firm"] = tuple(
            FirmLimit(firm=f, floor_minor=floors[f], cap_minor=caps[f]) for f in some
        )
    if "p" in kinds:
        pairs = sorted({(x, y) for x, y in zip(u.tolist(), v.tolist(), strict=True) if x != y})
        chosen = [pair for pair in pairs if random.random() < 0.3]
        said["pair"] = tuple(
            PairLimit(
                debtor=x,
                creditor=y,
                floor_minor=min(int(random.integers(0, 3)), int(a[(u == x) & (v == y)].sum())),
                cap_minor=int(random.integers(3, 12)),
            )
            for x, y in chosen
        )
    if "l" in kinds:
        said["credit"] = tuple(
            CreditLine(
                firm=f,
                short_minor=int(random.integers(0, 6)),
                long_minor=int(random.integers(0, 6)),
            )
            for f in some
        )
    if "s" in kinds:
        said["sector_of"] = {str(f): "even" if f % 2 == 0 else "odd" for f in firms}
        names = sorted(set(said["sector_of"].values()))
        said["sector"] = tuple(
            SectorLimit(sector=name, cap_minor=int(random.integers(0, 25))) for name in names
        )
    if "x" in kinds or "w" in kinds:
        said["priority"] = tuple(
            Priority(name=f"class {f}", firms=(f,), weight=int(random.integers(1, 4)))
            for f in some[:3]
        )
        said["priority_mode"] = "lexicographic" if "x" in kinds else "weighted"
    return said


def judged(
    table: pa.Table, rules: NetworkRules, own: np.ndarray | None = None
) -> tuple[list[int], int] | None:
    """Return the optimum of each stage and the sum set off at the last, None where nothing fits."""
    u, v, a = sides(table)
    rows, low, high = [], [], []

    def bind(row: np.ndarray, least: float, most: float) -> None:
        rows.append(row.astype(float))
        low.append(least)
        high.append(most)

    lines = {line.firm: line for line in rules.credit}
    between = u != v
    for firm in sorted({*u.tolist(), *v.tolist()}):
        line = lines.get(firm)
        short, long = (line.short_minor, line.long_minor) if line else (0, 0)
        bind(((u == firm) & between) * 1 - ((v == firm) & between) * 1, -long, short)
    for limit in rules.firm:
        bind((u == limit.firm) & between, limit.floor_minor, limit.cap_minor)
    for pair in rules.pair:
        bind((u == pair.debtor) & (v == pair.creditor), pair.floor_minor, pair.cap_minor)
    for sector in rules.sector:
        members = [int(f) for f, name in rules.sector_of.items() if name == sector.sector]
        bind(np.isin(u, members) & between, 0, sector.cap_minor)
    first = np.full(len(u), len(rules.priority))
    for at in reversed(range(len(rules.priority))):
        named = rules.priority[at].firms
        first[np.isin(u, named) | np.isin(v, named)] = at
    if rules.priority_mode == "weighted":
        weights = [np.array([*(p.weight for p in rules.priority), 1])[first]]
    else:
        weights = [(first == at) * 1 for at in range(len(rules.priority))]
        weights = [weight for weight in weights if weight.any()]
        weights.append(np.ones(len(u), np.int64) if own is None else own)
    least = np.where(between, 0, a)
    values: list[int] = []
    for weight in weights:
        found = milp(
            -weight.astype(float),
            constraints=LinearConstraint(np.array(rows), low, high),
            bounds=(least, a),
            integrality=np.ones(len(u)),
        )
        if found.status == 2:
            return None
        values.append(round(-found.fun))
        bind(weight, values[-1], np.inf)
    return values, round(found.x.sum())


def stage_values(table: pa.Table, rules: NetworkRules, set_off: np.ndarray) -> list[int]:
    u, v, _ = sides(table)
    first = np.full(len(u), len(rules.priority))
    for at in reversed(range(len(rules.priority))):
        named = rules.priority[at].firms
        first[np.isin(u, named) | np.isin(v, named)] = at
    if rules.priority_mode == "weighted":
        weight = np.array([*(p.weight for p in rules.priority), 1])[first]
        return [int((weight * set_off).sum())]
    classes = [first == at for at in range(len(rules.priority)) if (first == at).any()]
    return [int(set_off[mine].sum()) for mine in classes] + [int(set_off.sum())]


@pytest.mark.parametrize(
    "kinds", ["c", "f", "p", "l", "x", "w", "cp", "fl", "fp", "clx", "fpl", "fplx", "cplw"]
)
def test_the_optimum_under_rules_is_that_of_an_integer_program(kinds):
    random = np.random.default_rng(sum(map(ord, kinds)))
    impossible = 0
    for _ in range(40):
        table = drawn(random)
        rules = NetworkRules(minimum_minor=0, **random_rules(random, table, kinds))
        expected = judged(table, rules)
        if expected is None:
            impossible += 1
            with pytest.raises(Infeasible) as refused:
                clear(table, rules)
            assert refused.value.firms
            assert refused.value.needed_minor > refused.value.possible_minor
            continue
        clearing = clear(table, rules)
        assert stage_values(table, rules, clearing.set_off) == expected[0], rules
        verify_clearing(table, clearing)
    assert impossible < 40
    assert impossible > 0 or "f" not in kinds


def test_each_currency_is_judged_by_itself_and_the_debts_own_weights_count():
    random = np.random.default_rng(11)
    for _ in range(40):
        table = drawn(random)
        weights = random.integers(1, 4, table.num_rows)
        codes = np.array(["EUR", "NOK"])[random.integers(0, 2, table.num_rows)]
        both = table.set_column(3, "currency", pa.array(codes.tolist(), pa.string()))
        rules = NetworkRules(minimum_minor=0, **random_rules(random, table, "cl"))
        weighted = both.append_column("weight", pa.array(weights))
        clearing = clear(weighted, rules)
        verify_clearing(weighted, clearing)
        for code in clearing.currencies:
            mine = codes == code
            expected = judged(both.filter(pa.array(mine)), rules, weights[mine])
            assert expected is not None
            value = int((weights * clearing.set_off)[mine].sum())
            assert [value] == expected[0], rules


def test_kernels_compiled_and_plain_give_one_answer_under_rules():
    pytest.importorskip("numba")
    random = np.random.default_rng(13)
    for kinds in ("fplx", "cplw", "s"):
        for _ in range(10):
            table = drawn(random)
            rules = NetworkRules(minimum_minor=0, **random_rules(random, table, kinds))
            answers = []
            for compiled in (True, False):
                with always(compiled):
                    try:
                        clearing = clear(table, rules)
                    except Infeasible as why:
                        answers.append((str(why), None))
                    else:
                        worths = clearing.certificate.limits.to_pydict()
                        answers.append((clearing.set_off.tolist(), worths))
            assert answers[0] == answers[1]


def test_a_cap_on_a_sectors_sum_comes_near_the_integer_program_and_tells_how_near():
    random = np.random.default_rng(5)
    exact, gaps = 0, 0
    for _ in range(120):
        table = drawn(random)
        rules = NetworkRules(minimum_minor=0, **random_rules(random, table, "s"))
        expected = judged(table, rules)
        assert expected is not None
        clearing = clear(table, rules)
        verify_clearing(table, clearing)
        totals = clearing.totals["EUR"]
        assert totals.cleared_minor <= expected[1] <= totals.optimum_minor
        exact += totals.cleared_minor == expected[1]
        gaps += expected[1] - totals.cleared_minor
    assert exact >= 100, (exact, gaps)
