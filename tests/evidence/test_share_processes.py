"""Goods are shared out by pairs of firms: slices of pairs in other processes give the same rows."""

from __future__ import annotations

from evidence_world import World, day, line, pair, prove

from tailrace.engines import duckdb
from tailrace.evidence.goods.shares import share


def test_shares_of_many_pairs_are_the_same_rows_in_two_processes_as_in_this_one(monkeypatch):
    world = World()
    for n in range(12):
        buyer, seller = pair(world, f"{n}")
        world.order("O1", buyer, seller, day(1), [line(10)])
        world.invoice("I1", buyer, seller, day(3), [line(10)])
        world.receipt("R1", buyer, seller, day(2), [line(n)])
    whole, spread = prove(world), prove(world)
    monkeypatch.setattr(duckdb, "SLICE_ROWS", 4)
    spread._engine.processes = 2
    for kind in share.writes:
        assert spread.get(kind) == whole.get(kind), kind
    assert len(whole.get("share")) == 11  # the first pair's receipt says that nothing came
