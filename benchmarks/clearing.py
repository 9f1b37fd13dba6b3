"""Promise: the exact clearing of a million debts in a fourteenth of OR-tools' time, with its proof.

Ours goes from arrays to the set-off of each debt: merging, cutting, routing, proof, allocation. The
peer is OR-tools' SimpleMinCostFlow on the very arrays, in the same process, in turn with ours; beside
it LEMON's solvers on pairs merged for them beforehand, where a C++ compiler and its headers are
found. Processor seconds, kernels warm, medians of RUNS. Networks: benchmarks/networks.py, seed SEED.

The long form (TAILRACE_LONG=1) adds ten million debts in a process of its own, and ten thousand
random small networks instead of a few hundred.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import geometric_mean, median
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.optimize import linprog
from scipy.sparse import csr_array

from benchmarks.measure import Figure, Result, result, under
from benchmarks.networks import FAMILIES, TRADE, Debts, drawn, small
from tailrace.network import clear, verify_clearing
from tailrace.network.solver import circulate, curve_of, solve
from tailrace.network.solver.compiled import always, run
from tailrace.network.solver.prices import correct

SEED = 1
RUNS = 5
LONG = bool(os.environ.get("TAILRACE_LONG"))
ASKED = {10_000: 4.0, 100_000: 6.0, 1_000_000: 14.0}  # times faster than OR-tools, geometric mean
LEAST = 10.0  # times, for each family at a million
SOURCE = Path(__file__).parent / "lemon.cc"


def measure() -> Result:
    """Measure everything at each size, small first."""
    figures = [equal_totals(10_000 if LONG else 300), *without_numba()]
    faster: dict[int, dict[str, float]] = {}
    with always(True), TemporaryDirectory() as folder:
        lemon = built(Path(folder))
        for rows in ASKED:
            faster[rows] = {family: against_ortools(drawn(family, rows, SEED)) for family in TRADE}
            figures.append(at_least(f"OR-tools at {rows:,}", ASKED[rows], faster[rows]))
        figures.append(at_least("each family at 1,000,000", LEAST, faster[1_000_000], each=True))
        figures += [*parts_of_the_time(), *tables(100_000), cold(100_000)]
        if lemon:
            figures += against_lemon(lemon, Path(folder))
    if LONG:
        figures += ten_million()
    ratio = geometric_mean(faster[1_000_000].values())
    return result(
        "a million debts cleared exactly and proven, 14 times faster than OR-tools' min-cost flow",
        figures,
        peer="OR-tools SimpleMinCostFlow on the same arrays in the same process; the ratio is its "
        "processor time by ours, geometric mean of five families of a million debts",
        ratio=ratio,
    )


def at_least(name: str, asked: float, times: dict[str, float], *, each: bool = False) -> Figure:
    value = min(times.values()) if each else geometric_mean(times.values())
    told = ", ".join(f"{family} {ratio:.1f}" for family, ratio in times.items())
    return Figure(
        name=f"times faster than {name}",
        asked=f"{'each ' if each else ''}at least {asked:g}",
        measured=f"{value:.1f} ({told})",
        held=value >= asked,
    )


def spent(work: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    start = time.process_time()
    answer = work(*given)
    return time.process_time() - start, answer


def against_ortools(debts: Debts) -> float:
    """Return how many times faster ours is; both must set off the same sum, and ours is proven."""
    circulate(*debts)
    ours, theirs = [], []
    for turn in range(RUNS):
        ours.append(spent(circulate, *debts)[0])
        if turn == 0 or len(debts[0]) < 1_000_000:
            seconds, most = spent(by_ortools, debts)
            theirs.append(seconds)
    assert proven(debts) == most, "our optimum is not OR-tools'"
    return median(theirs) / median(ours)


def by_ortools(debts: Debts) -> int:
    """Return the greatest set-off, as OR-tools finds it."""
    debtor, creditor, amount = debts
    firms = int(max(debtor.max(), creditor.max())) + 1
    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        debtor.astype(np.int32), creditor.astype(np.int32), amount, np.ones_like(amount)
    )
    solver.set_nodes_supplies(np.arange(firms, dtype=np.int32), net_of(debts, firms))
    assert solver.solve() == solver.OPTIMAL
    return int((amount - np.asarray(solver.flows(arcs))).sum())


def by_highs(debts: Debts) -> int:
    """Return the greatest set-off, as the linear program of HiGHS finds it."""
    debtor, creditor, amount = debts
    rows = len(amount)
    at = np.concatenate([debtor, creditor])
    column = np.tile(np.arange(rows), 2)
    balance = csr_array(
        (np.repeat([1.0, -1.0], rows), (at, column)), shape=(int(at.max()) + 1, rows)
    )
    bounds = np.stack([np.zeros(rows), amount], axis=1)
    found = linprog(-np.ones(rows), A_eq=balance, b_eq=np.zeros(balance.shape[0]), bounds=bounds)
    assert found.status == 0, found.message
    return round(-found.fun)


def net_of(debts: Debts, firms: int) -> Any:
    net = np.zeros(firms, np.int64)
    np.add.at(net, debts[0], debts[2])
    np.subtract.at(net, debts[1], debts[2])
    return net


def proven(debts: Debts) -> int:
    """Return what our solver sets off, checked by the rules of the certificate alone."""
    solution = solve(*debts)
    return checked(debts, solution.set_off(), solution.price)


def checked(debts: Debts, set_off: Any, price: Any) -> int:
    debtor, creditor, amount = debts
    assert (set_off >= 0).all() and (set_off <= amount).all()
    assert not net_of((debtor, creditor, set_off), len(price)).any()
    bound = amount * np.maximum(1 + price[creditor] - price[debtor], 0)
    assert int(set_off.sum()) == int(bound.sum()), "not proven the greatest"
    return int(set_off.sum())


def equal_totals(count: int) -> Figure:
    """Compare small random networks, and each family at 10,000, with OR-tools and HiGHS."""
    random, agreed = np.random.default_rng(SEED), 0
    with always(False):
        for _ in range(count):
            debts = small(random)
            agreed += by_ortools(apart(debts)) + own(debts) == proven(debts) == by_highs(debts)
    with always(True):
        for family in FAMILIES:
            debts = drawn(family, 10_000, SEED)
            agreed += by_ortools(debts) == proven(debts) == by_highs(debts)
    return Figure(
        name="equal to OR-tools and HiGHS, and proven",
        asked=f"{count:,} random networks and {len(FAMILIES)} families",
        measured=f"{agreed:,} of {count + len(FAMILIES):,}",
        held=agreed == count + len(FAMILIES),
    )


def apart(debts: Debts) -> Debts:
    """Return the debts that are to another firm, and one of nothing, so that there is a row."""
    keep = debts[0] != debts[1]
    rows = (np.append(column[keep], more) for column, more in zip(debts, (0, 1, 0), strict=True))
    debtor, creditor, amount = rows
    return debtor, creditor, amount


def own(debts: Debts) -> int:
    return int(debts[2][debts[0] == debts[1]].sum())


def without_numba() -> Iterator[Figure]:
    """Time the same functions uncompiled."""
    with always(False):
        for rows, most in ((10_000, 1.0), (100_000, 10.0)):
            slowest = max(spent(circulate, *debts)[0] for debts in of_trade(rows))
            yield under(f"{rows:,} debts without Numba", most, slowest, "CPU s")


def of_trade(rows: int) -> Iterator[Debts]:
    for family in TRADE:
        yield drawn(family, rows, SEED)


def parts_of_the_time() -> Iterator[Figure]:
    """Time the curve, the certificate, its check and weights beside the clearing alone."""
    curves, proofs, checks, weighted = [], [], [], []
    for debts in of_trade(1_000_000):
        weight = np.random.default_rng(SEED).integers(1, 4, len(debts[0]))
        curve_of(*debts), solve(*debts, weight)
        times: list[list[float]] = [[], [], [], []]
        for _ in range(RUNS):
            seconds, solution = spent(solve, *debts)
            whole, set_off = spent(solution.set_off)
            times[0].append(seconds + whole)
            times[1].append(spent(curve_of, *debts)[0])
            times[2].append(spent(checked, debts, set_off, solution.price)[0])
            times[3].append(spent(circulate, *debts, weight)[0])
        base, curve, check, heavy = map(median, times)
        curves.append(curve / base)
        checks.append(100 * check / base)
        weighted.append(heavy / base)
        proofs.append(base / (base - proof_alone(debts)))
    yield under(
        "the curve for every budget, by the clearing alone", 3, geometric_mean(curves), "times"
    )
    yield under(
        "with the certificate, by the clearing without", 1.4, geometric_mean(proofs), "times"
    )
    yield under("the check of the certificate", 3, geometric_mean(checks), "% of the clearing")
    yield under("weights of 1 to 3, by weights of one", 1.8, geometric_mean(weighted), "times")


def proof_alone(debts: Debts) -> float:
    """Return the seconds that go into prices: what `prices.correct` takes within `solve`."""
    taken = []

    def timed(function: Any, *given: Any, compiled: bool) -> Any:
        seconds, answer = spent(partial(run, compiled=compiled), function, *given)
        if function is correct:
            taken.append(seconds)
        return answer

    from tailrace.network.solver import routing

    routing.run = timed
    try:
        for _ in range(RUNS):
            solve(*debts)
    finally:
        routing.run = run
    return median(taken)


def tables(rows: int) -> Iterator[Figure]:
    """Time `clear` and `verify_clearing` on Arrow tables with text ids."""
    debts = drawn("dense", rows, SEED)
    table = as_table(debts)
    clear(table)
    seconds, clearing = spent(clear, table)
    check, cleared = spent(verify_clearing, table, clearing)
    assert cleared == {"EUR": int(circulate(*debts).sum())}
    yield under(f"`clear` of a table of {rows:,} with text ids", 1, seconds, "CPU s")
    yield under(f"`verify_clearing` of {rows:,}", 1, check, "CPU s")


def as_table(debts: Debts) -> pa.Table:
    debtor, creditor, amount = debts
    return pa.table(
        {
            "obligation_id": [f"invoice {n:09d}" for n in range(len(amount))],
            "debtor": [f"firm {n:07d}" for n in debtor.tolist()],
            "creditor": [f"firm {n:07d}" for n in creditor.tolist()],
            "currency": pa.array(["EUR"]).take(pa.array(np.zeros(len(amount), np.int8))),
            "amount_minor": amount,
        }
    )


def cold(rows: int) -> Figure:
    """Time a process that imports, compiles or loads what was compiled, and clears once."""
    code = (
        "from benchmarks.networks import drawn; from tailrace.network.solver import circulate; "
        f"circulate(*drawn('dense', {rows}, {SEED}))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return under(f"{rows:,} debts in a cold process, kernels kept from before", 5, seconds, "CPU s")


def built(folder: Path) -> Path | None:
    """Return LEMON's driver, or nothing where there is no compiler or no header."""
    compiler = next(
        (found for name in ("c++", "g++", "clang++") if (found := shutil.which(name))), ""
    )
    target = folder / "lemon"
    command = [compiler, "-O3", "-std=c++14", "-w", str(SOURCE), "-o", str(target)]
    done = compiler and subprocess.run(command, capture_output=True, check=False).returncode == 0
    return target if done else None


def against_lemon(driver: Path, folder: Path) -> Iterator[Figure]:
    """Compare with the better of LEMON's solvers on pairs merged beforehand."""
    best = {
        family: by_lemon(driver, folder, drawn(family, 1_000_000, SEED), ("scaling", "simplex"))
        for family in TRADE
    }
    yield at_least("the better of LEMON's solvers at 1,000,000", 3.6, best, each=True)
    road = {"chains": by_lemon(driver, folder, drawn("chains", 100_000, SEED), ("simplex",))}
    yield at_least("LEMON's network simplex on long chains at 100,000", 1.0, road)


def by_lemon(driver: Path, folder: Path, debts: Debts, ways: tuple[str, ...]) -> float:
    solution = solve(*debts)
    debtor, creditor, amount = debts
    firms = len(solution.price)
    code, at = np.unique(debtor * firms + creditor, return_inverse=True)
    debt = np.zeros(len(code), np.int64)
    np.add.at(debt, at, amount)
    file = folder / "pairs"
    np.concatenate([[firms, len(code)], code // firms, code % firms, debt]).tofile(file)
    theirs = []
    for way in ways:
        told = subprocess.run(
            [driver, file, way], capture_output=True, text=True, check=True
        ).stdout
        left, seconds = told.split()
        assert int(left) == int(amount.sum()) - int(solution.moved.sum()), "LEMON finds another sum"
        theirs.append(float(seconds))
    return min(theirs) / median([spent(circulate, *debts)[0] for _ in range(RUNS)])


class Large(msgspec.Struct, frozen=True, kw_only=True):
    """What ten million debts took."""

    seconds: float
    peer_seconds: float
    bytes_each: float


def ten_million() -> Iterator[Figure]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clearing", "10000000"], capture_output=True, check=True
    )
    told = msgspec.json.decode(done.stdout, type=Large)
    times = {"dense": told.peer_seconds / told.seconds}
    yield at_least("OR-tools at 10,000,000", 11, times)
    yield under("memory above the input at 10,000,000", 120, told.bytes_each, "bytes a debt")


def large(rows: int) -> Large:
    """Clear once, in a process whose peak tells what that took, then let the peer do the same."""
    with always(True):
        circulate(*drawn("dense", 1000, SEED))
        debts = in_another_process(rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds, set_off = spent(circulate, *debts)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = int(set_off.sum())
    peer_seconds, most = spent(by_ortools, debts)
    assert whole == most
    return Large(
        seconds=seconds, peer_seconds=peer_seconds, bytes_each=(peak - before) * 1024 / rows
    )


def in_another_process(rows: int) -> Debts:
    """Return the network, drawn where its own memory does not count to ours."""
    with TemporaryDirectory() as folder:
        code = (
            "import sys; import numpy as np; from benchmarks.networks import drawn; "
            f"np.stack(drawn('dense', {rows}, {SEED})).tofile(sys.argv[1])"
        )
        subprocess.run([sys.executable, "-c", code, f"{folder}/rows"], check=True)
        debtor, creditor, amount = np.fromfile(f"{folder}/rows", np.int64).reshape(3, -1)
    return debtor, creditor, amount


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(large(int(sys.argv[1]))))
