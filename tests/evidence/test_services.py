"""Lines without goods: timesheets, meters and acceptances, in worlds a reader can add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from trade_text import Trade, told

MARCH = "period_from=2026-03-01 period_to=2026-03-31"
METER = """
    reading M7 2026-03-01 value=1000 unit=KWH by=Grid
    reading M7 2026-04-01 value=1100 unit=KWH by=Grid
"""
POWER = f"invoice R1 2026-04-02 buyer=Mill seller=Power object=M7 {MARCH} | 1 energy 100 KWH 1.00"
WORK = "invoice R1 2026-03-12 buyer=Mill seller=Lab | 1 repair 10 HUR 80.00"


def proven(text: str, number: str = "R1") -> int:
    return told(text).verdicts[number]["proven_minor"]


def test_a_verdict_on_a_day_knows_no_reading_of_a_later_day():
    text = METER + POWER.replace("2026-04-02", "2026-03-31")
    assert told(text, on=date(2026, 3, 31)).verdicts["R1"]["proven_minor"] == 0
    assert told(text, on=date(2026, 4, 1)).verdicts["R1"]["proven_minor"] == 100_00


def test_the_sellers_own_readings_change_nothing_beside_the_grids():
    more = "reading M7 2026-03-10 value=5000 unit=KWH by=Power\n"
    assert proven(METER + more + POWER) == proven(METER + POWER) == 100_00


def test_two_readers_are_two_series_and_are_not_added_up():
    more = """
        reading M7 2026-03-01 value=0 unit=KWH by=Mill
        reading M7 2026-04-01 value=60 unit=KWH by=Mill
    """
    assert proven(METER + more + POWER) == 60_00  # both cover March: the one that says least counts


def test_a_month_and_its_hours_are_not_added_up():
    text = """
        reading M7 2026-04-01 from=2026-03-01 value=70 unit=KWH by=Grid
        reading M7 2026-03-02 from=2026-03-01 value=30 unit=KWH by=Grid
        reading M7 2026-03-03 from=2026-03-02 value=30 unit=KWH by=Grid
    """
    assert proven(text + POWER) == 70_00


def test_a_reading_in_another_unit_is_not_converted():
    text = METER.replace("KWH", "MWH")
    assert proven(text + POWER) == 0


def test_an_acceptance_that_two_sellers_invoices_could_mean_means_neither():
    text = f"""
        {WORK}
        {WORK.replace("Lab", "Shop")}
        acceptance A1 2026-03-15 buyer=Mill of=R1
    """
    assert [v["proven_minor"] for v in told(text).rows("verdict")] == [0, 0]
    named = text.replace("A1 2026-03-15 buyer=Mill", "A1 2026-03-15 buyer=Mill seller=Lab")
    assert sorted(v["proven_minor"] for v in told(named).rows("verdict")) == [0, 800_00]


def test_an_acceptance_of_a_line_proves_that_line_and_no_other():
    text = """
        invoice R1 2026-03-12 buyer=Mill seller=Lab | 1 repair 10 HUR 80.00 | 2 repair 5 HUR 80.00
        acceptance A1 2026-03-15 buyer=Mill seller=Lab | 1 repair 5 HUR of=R1/2
    """
    proof = told(text)
    assert proof.verdicts["R1"]["proven_minor"] == 400_00
    (match,) = proof.matches("R1", "accepted")
    assert match["quantity"] == 5


def test_an_acceptance_of_more_than_was_invoiced_proves_what_was_invoiced():
    text = f"""
        order B1 2026-03-01 buyer=Mill seller=Lab | 1 repair 10 HUR 80.00
        acceptance A1 2026-03-15 buyer=Mill seller=Lab | 1 repair 99 HUR order=B1/1
        {WORK} order=B1/1
    """
    assert proven(text) == 800_00


def test_a_timesheet_and_an_acceptance_of_the_same_hours_prove_them_once():
    text = f"""
        timesheet T1 2026-03-10 buyer=Mill seller=Lab | 1 repair 6 HUR
        {WORK}
        acceptance A1 2026-03-15 buyer=Mill seller=Lab of=R1
    """
    proof = told(text)
    assert proof.verdicts["R1"]["proven_minor"] == 800_00
    shares = {role: proof.matches("R1", role)[0]["quantity"] for role in ("worked", "accepted")}
    assert shares == {"worked": 6, "accepted": 4}


def test_a_stranger_accepts_nothing_for_anybody():
    text = WORK + "\nacceptance A1 2026-03-15 buyer=Stranger seller=Lab of=R1\n"
    assert proven(text) == proven(WORK) == 0


days = st.integers(0, 60)
periods = st.tuples(days, st.integers(0, 31), st.integers(1, 80))
steps = st.tuples(
    st.integers(1, 20), st.integers(-30, 60), st.sampled_from(["measured", "estimated"])
)


def _world(counts: Sequence[tuple[int, int, str]], asked: Sequence[tuple[int, int, int]]) -> str:
    """Readings that go on from each other, and invoices for periods wherever they lie."""
    day, value, lines = date(2026, 1, 1), 500, []
    for length, more, quality in counts:
        lines.append(f"reading M7 {day} value={value} unit=KWH by=Grid quality={quality}")
        day, value = day + timedelta(days=length), max(value + more, 0)
    for number, (start, length, quantity) in enumerate(asked):
        begin = date(2026, 1, 1) + timedelta(days=start)
        end = begin + timedelta(days=length)
        lines.append(
            f"invoice R{number} {end} buyer=Mill seller=Power object=M7 period_from={begin} "
            f"period_to={end} | 1 energy {quantity} KWH 1.00"
        )
    return "\n".join(lines)


@given(st.lists(steps, min_size=2, max_size=7), st.lists(periods, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_no_more_is_proven_than_the_meter_counted_upwards(counts, asked):
    values = [500]
    for _, more, _ in counts[:-1]:
        values.append(max(values[-1] + more, 0))
    upwards = sum(max(after - before, 0) for before, after in pairwise(values))
    proof = told(_world(counts, asked))
    verdicts = proof.rows("verdict")
    assert sum(v["proven_minor"] for v in verdicts) <= upwards * 100
    assert all(v["proven_minor"] >= 0 for v in verdicts)


@given(
    st.lists(steps, min_size=2, max_size=6), st.lists(periods, min_size=1, max_size=3), st.randoms()
)
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_nothing(counts, asked, chance: Random):
    text = _world(counts, asked)
    lines = text.splitlines()
    chance.shuffle(lines)
    assert told("\n".join(lines)).rows("verdict") == told(Trade(text)).rows("verdict")
