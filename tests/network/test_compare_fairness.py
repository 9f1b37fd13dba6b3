"""What each way of settling gives, and whom the optimum serves, on networks added up by hand."""

from __future__ import annotations

import pyarrow as pa
from debts_world import world
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.network import clear, deciles, ways_to_settle
from tailrace.network.compare import WAYS


def told(debts: pa.Table) -> dict[str, tuple[int, int, int]]:
    """Return (cleared, left, payments) by way of settling."""
    return {
        r.way: (r.cleared_minor, r.left_minor, r.payments) for r in ways_to_settle(clear(debts))
    }


def test_each_way_of_settling_is_told_beside_the_others():
    # a owes b 10, b owes a 4, an 8-unit chain b -> c -> d -> a, and d owes e 3.
    debts = world(
        ("a", "b", 10), ("b", "a", 4), ("b", "c", 8), ("c", "d", 8), ("d", "a", 8), ("d", "e", 3)
    )
    # Pairs: a and b come to a owes b 6. Cycles: 8 all round and 2 between a and b leave b owing a 2
    # and d owing e 3. Net: a +2, b -2, d -3, e +3: four payments of the counterparty.
    assert told(debts) == {
        "as owed": (0, 41, 6),
        "netting of pairs": (8, 33, 5),
        "cyclic set-off": (36, 5, 2),
        "full novation": (36, 5, 4),
    }


def test_novation_reaches_what_a_line_of_debts_hides():
    # a owes b owes c owes d, 5 each: no cycle, but only a is short and only d is long.
    debts = world(("a", "b", 5), ("b", "c", 5), ("c", "d", 5))
    assert told(debts)["cyclic set-off"] == (0, 15, 3)
    assert told(debts)["full novation"] == (10, 5, 2)


def test_a_circle_that_owes_nothing_has_nothing_to_compare():
    assert ways_to_settle(clear(world())) == deciles(clear(world())) == []


firms = st.sampled_from("abcdefgh")
drawn_debts = st.lists(st.tuples(firms, firms, st.integers(0, 60)), max_size=24)


@settings(max_examples=100, deadline=None)
@given(drawn_debts)
def test_no_way_moves_the_net_debt_and_each_clears_at_least_what_the_one_before_it_does(drawn):
    clearing = clear(world(*drawn))
    rows = ways_to_settle(clearing)
    assert [row.way for row in rows] == (list(WAYS) if drawn else [])
    assert (
        len({row.net_debt_after_minor for row in rows} | {r.net_debt_before_minor for r in rows})
        <= 1
    )
    cleared = [row.cleared_minor for row in rows]
    assert cleared == sorted(cleared)
    if rows:
        totals = clearing.totals["EUR"]
        assert rows[1].cleared_minor == totals.bilateral_minor
        assert rows[2].cleared_minor == totals.cleared_minor
        assert rows[3].left_minor == totals.net_debt_minor
        assert all(row.left_minor + row.cleared_minor == totals.debt_minor for row in rows)


def test_deciles_go_from_the_smallest_firms_to_the_largest():
    # Ten firms in a ring, each also owed its number times 100 by a firm z that is owed nothing.
    ring = [(f"f{n}", f"f{(n + 1) % 10}", 7) for n in range(10)]
    debts = world(*ring, *(("z", f"f{n}", 100 * n) for n in range(10)))
    rows = deciles(clear(debts))
    assert [row.firms for row in rows] == [2, *[1] * 9]
    assert [row.decile for row in rows] == list(range(1, 11))
    assert rows[0].largest_minor == 7 + 7 + 100
    assert [row.set_off_minor for row in rows] == [14, *[7] * 8, 0]
    assert [row.helped for row in rows] == [2, *[1] * 8, 0]
    assert (rows[-1].owed_minor, rows[-1].owing_minor) == (4500, 0)


@settings(max_examples=60, deadline=None)
@given(drawn_debts)
def test_deciles_sum_to_the_totals(drawn):
    clearing = clear(world(*drawn))
    rows = deciles(clearing)
    whole = list(clearing.totals.values())
    assert sum(row.set_off_minor for row in rows) == sum(t.cleared_minor for t in whole)
    assert sum(row.owed_minor for row in rows) == sum(t.debt_minor for t in whole)
    sizes = [row.firms for row in rows]
    assert not sizes or max(sizes) - min(sizes) <= 1
