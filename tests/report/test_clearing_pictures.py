"""Pictures of a clearing: each shows what the debts add up to, from arrays as from a book's rows."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.tables import FIRM
from tailrace.network import NetworkRules, clear, deciles, ways_to_settle
from tailrace.network.tables import CYCLE, DUE, OBLIGATION
from tailrace.report import clearing_sections, liquidity
from tailrace.report.clearing import STYLE, drawn_clearing, pictures
from tailrace.report.figures import Questions
from tailrace.report.flows import grouped
from tailrace.report.seen import GROUPS_MAX, OTHERS, Seen, seen_of

DAY = date(2026, 3, 31)
RING = (("a", "b", 500), ("b", "c", 700), ("c", "a", 600), ("d", "a", 90))


def table_of(*debts: tuple[str, str, int], **more: list[str]) -> pa.Table:
    rows = {
        "obligation_id": [str(n) for n in range(len(debts))],
        "debtor": pa.array([d for d, _, _ in debts], pa.string()),
        "creditor": pa.array([c for _, c, _ in debts], pa.string()),
        "currency": pa.array(["EUR"] * len(debts), pa.string()),
        "amount_minor": pa.array([a for _, _, a in debts], pa.int64()),
    }
    return pa.table(rows | more)


def seen(*debts: tuple[str, str, int], **more: list[str]) -> Seen:
    table = table_of(*debts, **more)
    return seen_of(table, clear(table), "EUR", {"a": "Alder & Co"})


def widths(svg: str, tone: str) -> float:
    """Return the sum of the widths of the bars of a tone."""
    return sum(map(float, re.findall(rf'class="{tone}"[^>]* width="([0-9.]+)"', svg)))


def drawn(seen: Seen, name: str) -> str:
    return next(picture.alone() for picture in pictures(seen) if picture.name == name)


def test_the_bands_of_the_sankey_are_as_thick_as_what_is_owed_and_on_one_scale():
    world = seen(*RING)
    before, after = grouped(world, "before"), grouped(world, "after")
    assert before["Alder & Co", "b"] == 500
    assert after == {**dict.fromkeys(before, 0), ("b", "c"): 200, ("c", "Alder & Co"): 100} | {
        ("d", "Alder & Co"): 90
    }
    picture = drawn(world, "flows")
    thick = [float(n) for n in re.findall(r'class="band"[^>]*stroke-width="([0-9.]+)"', picture)]
    assert len(thick) == 4 + 3
    assert sum(thick[4:]) / sum(thick[:4]) == pytest.approx(390 / 1890, rel=0.01)
    assert "before: 18.90 EUR" in picture
    assert "after: 3.90 EUR, 79.4 % set off" in picture


def test_sectors_group_the_firms_and_the_smallest_of_many_are_one():
    sides = {"debtor_sector": ["x", "y", "x", None], "creditor_sector": ["y", "x", "x", "x"]}
    world = seen(*RING, **sides)
    assert world.group == {"a": "x", "b": "y", "c": "x", "d": "not said"}
    many = [(f"f{n:02d}", f"f{n + 1:02d}", 5) for n in range(20)]
    names = {"debtor_sector": [f"s{n}" for n in range(20)]}
    names["creditor_sector"] = [f"s{n + 1}" for n in range(20)]
    groups = set(seen(*many, **names).group.values())
    assert len(groups) == GROUPS_MAX
    assert OTHERS in groups


def test_few_firms_stand_for_themselves_and_many_are_classed_by_size():
    assert set(seen(*RING).group.values()) == {"Alder & Co", "b", "c", "d"}
    twenty = seen(*((f"f{n:02d}", f"f{n + 1:02d}", 5 + n) for n in range(20))).group
    assert list(twenty.values()).count(OTHERS) == 21 - (GROUPS_MAX - 1)
    sixty = seen(*((f"f{n:02d}", f"f{n + 1:02d}", 5 + n) for n in range(60))).group
    assert sorted(set(sixty.values())) == ["10 largest firms", "other 51"]
    many = seen(*((f"f{n:03d}", f"f{n + 1:03d}", 5 + n) for n in range(150)))
    counts = Counter(many.group.values())
    assert counts == {"10 largest firms": 10, "next 90": 90, "other 51": 51}
    told = re.findall(r"</title>([^<]*)<", drawn(many, "flows"))
    assert list(dict.fromkeys(told)) == ["10 largest firms", "next 90", "other 51"]


def test_bars_of_firms_and_tenths_add_up_to_what_was_set_off_and_left():
    world = seen(*RING)
    bars = drawn(world, "firms")
    off, left = widths(bars, "water") - 10, widths(bars, "debt") - 10  # less the key's
    assert off / left == pytest.approx(1500 / 390, rel=0.01)
    shares = re.findall(r">([0-9.]+) %<", drawn(world, "tenths"))
    assert shares == ["0.0", "100.0", "71.4", "83.3"]  # d, a, b, c: by what they owe and are owed


def test_the_greatest_cycle_is_in_colour_and_named():
    picture = drawn(seen(*RING), "network")
    assert picture.count('class="ring"') == 3
    assert "5.00 EUR off each: Alder &amp; Co → b → c → Alder &amp; Co" in picture
    assert "1 of 1 cycles in colour" in picture


def test_where_nothing_clears_the_pictures_say_so_and_no_chart_is_empty():
    world = seen(("a", "b", 500), ("b", "c", 400))
    assert "nothing was set off: no debt lies on a cycle" in drawn(world, "tenths")
    assert "nothing was set off: no debt lies on a cycle" in drawn(world, "network")
    assert "after: 9.00 EUR, 0.0 % set off" in drawn(world, "flows")
    none = table_of(("a", "a", 0))
    assert list(pictures(seen_of(none, clear(none), "EUR"))) == []
    assert "nothing is owed" in drawn_clearing(none, clear(none))


def test_a_long_line_below_the_network_fits_its_room():
    names = [f"A firm of a very long name indeed, number {n}" for n in range(8)]
    ring = [(names[n], names[(n + 1) % 8], 10**12) for n in range(8)]
    for words in re.findall(r">([^<]*off each[^<]*)<", drawn(seen(*ring), "network")):
        assert len(words) <= 142
        assert words.count("→") == 8


firms = st.sampled_from([f"f{n}" for n in range(7)] + ["<x & y>"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(firms, firms, st.integers(0, 50)), max_size=14))
def test_whatever_is_owed_the_pictures_are_sound_and_agree_with_the_clearing(drawn):
    table = table_of(*drawn)
    clearing = clear(table)
    svg = drawn_clearing(table, clearing)
    ElementTree.fromstring(svg)
    assert "var(" not in svg and "nan" not in svg
    if not drawn:
        return
    world = seen_of(table, clearing, "EUR")
    assert (world.before, world.off) == (
        clearing.totals["EUR"].debt_minor,
        clearing.totals["EUR"].cleared_minor,
    )
    ways = [(w.way, w.left_minor, w.payments) for w in ways_to_settle(clearing)]
    assert world.ways == ways
    assert world.tenths == [(d.set_off_minor, d.owed_minor) for d in deciles(clearing)]


def test_currencies_at_fixed_rates_are_drawn_in_the_units_of_the_first():
    table = table_of(("a", "b", 1003), ("b", "a", 11450), ("a", "c", 50))
    at = table.column_names.index("currency")
    table = table.set_column(at, "currency", pa.array(["EUR", "NOK", "EUR"]))
    rules = NetworkRules(minimum_minor=0, parity={"EUR": 20, "NOK": 229})
    world = seen_of(table, clear(table, rules), "EUR+NOK")
    assert (world.before, world.off) == (2040, 2000)


def book() -> DuckDBEngine:
    """An engine that holds RING after its clearing, as a run leaves it; d's debt is instructed."""
    engine = DuckDBEngine({s.kind: s for s in (OBLIGATION, DUE, CYCLE, FIRM)}, threads=1)
    off = {"a": 500, "b": 500, "c": 500, "d": 0}
    rows = [
        {"obligation_id": str(n), "claim_id": f"k{n}", "debtor_id": d, "creditor_id": c}
        | {"holder_id": c, "currency": "EUR", "due_on": DAY, "held": d == "d"}
        | {"amount_minor": a, "set_off_minor": 0, "open_minor": a}
        for n, (d, c, a) in enumerate(RING)
    ]
    engine.put("obligation", OBLIGATION.rows(rows))
    left = ({**row, "due_minor": row["amount_minor"] - off[row["debtor_id"]]} for row in rows)
    keep = {column.name for column in DUE.columns}
    due = [{n: v for n, v in row.items() if n in keep} for row in left if row["due_minor"]]
    engine.put("due", DUE.rows(due))
    engine.put(
        "cycle",
        CYCLE.rows(
            {"cycle_id": "r", "clearing_id": "k", "step": n, "debtor_id": d, "creditor_id": c}
            | {"currency": "EUR", "amount_minor": 500, "length": 3}
            for n, (d, c, _) in enumerate(RING[:3])
        ),
    )
    engine.put("firm", FIRM.rows(firm(f) for f in "abcd"))
    return engine


def firm(name: str) -> dict[str, str]:
    said = {column.name: f"{name}" for column in FIRM.columns if not column.null}
    return said | {"firm_id": name, "party_id": name, "name": f"Firm {name}"}


def test_the_report_has_a_section_for_each_picture_and_the_curve_goes_on_from_the_clearing():
    asked = Questions(book(), DAY)
    made = {title: body for title, _, body in clearing_sections.sections(asked, "EUR", {})}
    assert [title.split(",")[0] for title in made] == [
        "Who owes whom",
        "The network",
        "Largest set-off cycles",
        "What is left to pay",
        "What money would settle beyond the clearing",
        "Share of what they owed that was set off",
        "The largest firms: what they owe (left) and are owed (right)",
    ]
    flows, network, cycles, ways, curve, *_ = made.values()
    assert "after: 3.90 EUR, 79.4 % set off" in flows
    assert 'data-stage="after"' in network
    assert "Firm a → Firm b → Firm c → Firm a" in network
    assert "15.00 EUR" in cycles
    assert "3.90 EUR in 3 payments" in ways
    # due and free are 2.00 b to c and 1.00 c to a: one more unit at b settles two, 1.00 of them
    assert "83.3 % is set off" in curve
    assert "debt settled, of 18.00 EUR" in curve
    assert set(re.findall(r">×\d+<", curve)) == {">×1<", ">×2<"}


def test_the_report_groups_firms_by_the_sectors_of_the_rules_by_id_or_name():
    sectors = {"a": "metals", "Firm b": "timber", "c": "metals"}
    world = clearing_sections.seen_in(Questions(book(), DAY), "EUR", sectors)
    assert world.group == {"a": "metals", "b": "timber", "c": "metals", "d": "not said"}


def test_styles_of_pictures_touch_nothing_else_in_a_page():
    for rule in re.findall(r"([^{}]+)\{", STYLE + liquidity.RULES):
        for part in rule.split(","):
            assert re.match(r"\s*(svg)?\.(clearing|liquidity)\b", part), part


def test_ten_thousand_firms_are_drawn_and_beyond_they_are_counted():
    draw = np.random.default_rng(2)
    ends = draw.integers(0, 10_500, (2, 21_000))
    debts = [(f"f{u}", f"f{v}", 5) for u, v in ends.T.tolist() if u != v]
    table = table_of(*debts)
    clearing = clear(table)
    world = seen_of(table, clearing, "EUR")
    picture = drawn(world, "network")
    dots = re.search(r'<path d="([^"]*)" stroke="#9aa7a4"', picture)
    assert dots is not None
    circles = picture.count('class="firm"')
    shown = int(re.search(r"([0-9,]+) of ([0-9,]+) firms", picture)[1].replace(",", ""))
    assert dots[1].count("h0") + circles == shown
    assert 10_000 <= shown < 10_100
