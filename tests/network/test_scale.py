"""Clearing at scale: slices of components, in any processes or on an engine, never change an answer."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import Unreachable
from tailrace.engines.duckdb import open_engine
from tailrace.network import NetworkRules, clear, spreading, verify_clearing
from tailrace.network.solver import Owed, in_processes, routing, solve, solve_each
from tailrace.network.solver.compiled import always

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clearing.md"
SCHEMAS = {schema.kind: schema for schema in spreading.TABLES}


@pytest.fixture
def always_worth(monkeypatch):
    """Start processes however little there is to do."""
    monkeypatch.setattr(routing, "WORTH", 0)
    monkeypatch.setattr(routing, "WORTH_PLAIN", 0)


def economies(random, count, weights=False):
    """Return that many random networks that do not trade with one another, as one."""
    debtor, creditor, amount, base = [], [], [], 0
    for _ in range(count):
        firms, rows = int(random.integers(2, 15)), int(random.integers(2, 60))
        debtor.append(base + random.integers(0, firms, rows))
        creditor.append(base + random.integers(0, firms, rows))
        amount.append(random.integers(0, random.choice([3, 10**6]), rows))
        base += firms
    whole = [np.concatenate(side) for side in (debtor, creditor, amount)]
    weight = random.integers(1, 4, len(whole[0])) if weights else None
    return Owed(*whole, weight, base)


def table_of(networks):
    """Return networks as one table, a currency each, rows mixed."""
    codes = [f"X{chr(65 + n)}X" for n in range(len(networks))]
    sides = [np.concatenate([getattr(n, side) for n in networks]) for side in Owed._fields[:3]]
    rows = len(sides[0])
    table = pa.table(
        {
            "obligation_id": np.arange(rows),
            "debtor": sides[0],
            "creditor": sides[1],
            "amount_minor": sides[2],
            "currency": np.repeat(codes, [len(n.debtor) for n in networks]),
        }
    )
    return table.take(pa.array(np.random.default_rng(7).permutation(rows)))


def same(one, other):
    """Assert that two solutions are equal to the byte."""
    for name in ("tail", "head", "debt", "moved", "price", "rows", "start"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype and np.array_equal(a, b), name
    assert np.array_equal(one.set_off(), other.set_off())


def test_one_two_and_three_processes_answer_alike_to_the_byte(always_worth):
    random = np.random.default_rng(1)
    networks = [economies(random, 9, weights=n == 1) for n in range(3)]
    alone = [solve(*network) for network in networks]
    for processes in (1, 2, 3):
        for one, other in zip(alone, solve_each(networks, in_processes(processes)), strict=True):
            same(one, other)


def test_the_slices_are_dealt_to_processes_only_where_that_pays(monkeypatch):
    dealt = []
    random = np.random.default_rng(2)
    networks = [economies(random, 6), economies(random, 6)]

    def here(work, slices, processes):
        given = list(slices)
        dealt.append((len(given), processes))
        return [work(**one) for one in given]

    monkeypatch.setattr(routing, "spread", here)
    list(solve_each(networks, in_processes(2)))
    assert not dealt  # a few debts are done before a process has begun
    monkeypatch.setattr(routing, "WORTH_PLAIN", 0)
    with always(False):
        list(solve_each(networks, in_processes(2)))
    assert dealt[0][1] == 2 and 2 <= dealt[0][0] <= 2 * routing.SLICES + 2
    dealt.clear()
    ring = Owed(np.array([0, 1, 2]), np.array([1, 2, 0]), np.array([5, 6, 7]))
    monkeypatch.setattr(routing, "WORTH_PLAIN", 1)
    with always(False):
        (solution,) = solve_each([ring], in_processes(2))
    assert not dealt and solution.set_off().tolist() == [5, 5, 5]  # one component: one slice


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 40))
def test_any_slicing_gives_every_set_off_and_price_as_the_whole_does(seed, count, slices):
    random = np.random.default_rng(seed)
    found = []

    def router(networks):
        for number, network in enumerate(networks):
            parts = [s for s in routing.sliced(networks, slices) if s.network == number]
            bounds = [(part.low, part.high) for part in parts]
            found.append(bounds)
            low, high = ([0, *(h for _, h in bounds)], [*(lo for lo, _ in bounds)])
            assert low[:-1] == high and low[-1] == len(network.start) - 1  # none twice, none left
            answers = [routing.routed(**routing._given(network, *bound)) for bound in bounds]
            yield routing._joined(answers)

    network = economies(random, count, weights=bool(seed % 2))
    with always(False):
        (sliced,) = solve_each([network], router)
        same(solve(*network), sliced)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_prices_and_set_offs_of_an_economy_are_those_it_has_alone(seed, count):
    # Prices are put right by one queue over all components: this holds each to its own.
    random = np.random.default_rng(seed)
    parts = [economies(random, 1) for _ in range(count)]
    bases = np.cumsum([0, *(part.firms for part in parts)])
    sides = [
        np.concatenate([side + base * (n < 2) for part, base in zip(parts, bases, strict=False)
                        for side in [part[n]]])
        for n in range(3)
    ]  # fmt: skip
    with always(False):
        whole = solve(*sides, firms=int(bases[-1]))
        alone = [solve(*part) for part in parts]
    set_off = np.concatenate([one.set_off() for one in alone])
    assert np.array_equal(whole.set_off(), set_off)
    for one, base in zip(alone, bases, strict=False):
        rows = np.flatnonzero(one.moved)
        tail, head = one.tail[rows], one.head[rows]
        worth = whole.price[base + tail] - whole.price[base + head]
        assert np.array_equal(worth, one.price[tail] - one.price[head])


def test_a_table_of_many_currencies_clears_alike_in_any_processes_and_on_an_engine(always_worth):
    random = np.random.default_rng(4)
    table = table_of([economies(random, 5) for _ in range(4)])
    alone = clear(table)
    with_engine = open_engine(SCHEMAS)
    for answer in (clear(table, processes=2), clear(table, engine=with_engine)):
        assert np.array_equal(answer.set_off, alone.set_off)
        assert answer.certificate.prices.equals(alone.certificate.prices)
        assert answer.totals == alone.totals
        verify_clearing(table, answer)
    left = with_engine.sql("select table_name from duckdb_tables()")
    assert left.num_rows == 0  # the kinds live no longer than the clearing
    with_engine.close()


def test_weights_count_on_an_engine_too():
    random = np.random.default_rng(5)
    network = economies(random, 8, weights=True)
    table = table_of([network]).sort_by("obligation_id")
    table = table.append_column("weight", pa.array(network.weight))
    engine = open_engine(SCHEMAS)
    assert np.array_equal(clear(table, engine=engine).set_off, clear(table).set_off)
    engine.close()


def test_nothing_to_clear_is_nothing_on_an_engine_and_in_processes(always_worth):
    none = table_of([economies(np.random.default_rng(1), 1)]).slice(0, 0)
    chain = pa.table(
        {"obligation_id": [1], "debtor": [1], "creditor": [2], "currency": ["EUR"],
         "amount_minor": [5]}
    )  # fmt: skip
    engine = open_engine(SCHEMAS)
    for table in (none, chain):
        for answer in (clear(table, processes=3), clear(table, engine=engine)):
            assert not answer.set_off.any()
    engine.close()


def test_the_step_goes_by_component_and_the_order_of_rows_and_slices_does_not_matter(monkeypatch):
    random = np.random.default_rng(6)
    networks = [economies(random, 7), economies(random, 4, weights=True)]
    tables = []

    def router(parts):
        told = zip(("EUR", "USD"), parts, strict=True)
        tables.append(pa.concat_tables([spreading._pairs_of(code, part) for code, part in told]))
        return [routing.routed_here(part) for part in parts]

    list(solve_each(networks, router))
    whole = spreading.route(tables[0])
    mixed = tables[0].take(pa.array(random.permutation(tables[0].num_rows)))
    monkeypatch.setattr("tailrace.engines.duckdb.SLICE_ROWS", 20)
    for processes in (1, 2):
        engine = open_engine(SCHEMAS, processes=processes)
        engine.put("pair", mixed)
        engine.run(spreading.route)
        for kind, table in whole.items():
            assert engine.get(kind).equals(SCHEMAS[kind].cast(table).combine_chunks()), kind
        engine.close()


def test_a_killed_process_is_an_error_and_no_answer(always_worth, monkeypatch):
    def killed(given, idle):
        process = idle.get()
        process.child.kill()
        try:
            return process.answer(given)
        finally:
            idle.put(process)

    monkeypatch.setattr("tailrace.base.processes._done", killed)
    table = table_of([economies(np.random.default_rng(8), 5) for _ in range(2)])
    with pytest.raises(Unreachable, match="a working process was ended by signal 9"):
        clear(table, processes=2)


def test_rules_that_bind_clear_alike_whatever_the_processes(always_worth):
    table = table_of([economies(np.random.default_rng(9), 4)])
    rules = NetworkRules(minimum_minor=0, whole_invoices=True)
    assert np.array_equal(clear(table, rules, processes=2).set_off, clear(table, rules).set_off)


def test_what_the_page_on_clearing_says_of_scale_runs_as_printed(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    named: dict[str, object] = {}
    exec(blocks[0], named)
    for block in blocks:
        if "processes=" in block:
            exec(block, named)
    assert named["clearing"].set_off.tolist() == [500, 500, 500]
    assert capsys.readouterr().out.splitlines()[-1] == "[500, 500, 500]"
