"""Day counts, calendar, schedules and discounting: figures by hand, and plain loops."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.contracts.functions import day_counts
from tailrace.contracts.functions.calendar import add_months, civil
from tailrace.contracts.functions.discount import simple_price
from tailrace.contracts.functions.schedules import NO_CYCLE, Cycles, cycle, dates

EPOCH = date(1970, 1, 1)
days = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def number(*when: date) -> np.ndarray:
    return np.array([(day - EPOCH).days for day in when], dtype=np.int64)


def fraction(name: str, start: date, end: date) -> float:
    return float(day_counts.year_fraction(day_counts.codes([name]), number(start), number(end))[0])


@pytest.mark.parametrize(
    ("name", "start", "end", "expected"),
    [
        ("A360", date(2026, 1, 1), date(2026, 4, 1), 90 / 360),
        ("A365", date(2026, 1, 1), date(2026, 4, 1), 90 / 365),
        ("AA", date(2026, 1, 1), date(2026, 4, 1), 90 / 365),
        ("AA", date(2023, 12, 1), date(2024, 3, 1), 31 / 365 + 60 / 366),  # 1 January splits it
        ("AA", date(2019, 7, 1), date(2021, 7, 1), 184 / 365 + 1 + 181 / 365),
        ("30E360", date(2026, 1, 31), date(2026, 3, 31), 60 / 360),
        ("30E360", date(2026, 2, 28), date(2026, 3, 31), 32 / 360),
        ("A365", date(2026, 5, 5), date(2026, 5, 5), 0),
    ],
)
def test_day_counts_by_hand(name, start, end, expected):
    assert fraction(name, start, end) == pytest.approx(expected, abs=1e-15)


def test_each_row_keeps_its_own_convention():
    kinds = day_counts.codes(["A360", "A365", "A360"])
    start, end = np.zeros(3, dtype=np.int64), np.array([360, 365, 36])
    assert day_counts.year_fraction(kinds, start, end).tolist() == [1.0, 1.0, 0.1]


def test_an_unknown_day_count_is_refused():
    with pytest.raises(BadTerms, match="unknown day count 'B252'") as told:
        day_counts.codes(["A360", "B252"])
    assert "A360, A365, AA, 30E360" in told.value.mend


def test_a_simple_rate_wants_a_fixed_year():
    assert day_counts.basis("A365") == 365
    with pytest.raises(BadTerms, match="no fixed year in day count 'AA'") as told:
        day_counts.basis("AA")
    assert "A360 or A365" in told.value.mend


@given(days)
def test_civil_days_are_those_of_the_calendar(day):
    assert tuple(int(part[0]) for part in civil(number(day))) == (day.year, day.month, day.day)


@given(days, st.integers(-40, 200), st.booleans())
def test_months_are_added_as_a_person_would(day, months, sticks):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    of_start = calendar.monthrange(day.year, day.month)[1]
    at_end = sticks and day.day == of_start and of_start < 31
    expected = date(year, month + 1, last if at_end else min(day.day, last))
    moved = add_months(number(day), np.array([months]), np.array([sticks]))
    assert moved.tolist() == number(expected).tolist()


def schedule(text: str | None, anchor: date, end: date, *, eom: bool = False) -> list[date]:
    step = cycle(text) if text else NO_CYCLE
    cycles = Cycles(
        anchor=number(anchor),
        days=np.array([step.days]),
        months=np.array([step.months]),
        long_stub=np.array([step.long_stub]),
        end_of_month=np.array([eom]),
    )
    return [EPOCH + timedelta(days=int(day)) for day in dates(cycles, number(end))[1]]


def test_months_are_stepped_from_the_anchor_and_do_not_drift():
    made = schedule("P1ML1", date(2025, 1, 31), date(2025, 4, 30))
    assert made == [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30)]


def test_a_long_stub_joins_the_last_part_and_a_short_one_keeps_it():
    start, end = date(2025, 1, 1), date(2025, 4, 11)
    assert schedule("P1ML1", start, end)[-2:] == [date(2025, 4, 1), end]
    assert schedule("P1ML0", start, end)[-2:] == [date(2025, 3, 1), end]
    assert schedule("P1ML0", start, date(2025, 4, 1))[-2:] == [date(2025, 3, 1), date(2025, 4, 1)]
    assert schedule("P1YL0", start, end) == [start, end]


def test_weeks_and_days_are_stepped_too():
    start = date(2025, 1, 1)
    assert schedule("P2WL1", start, date(2025, 1, 31)) == [
        start,
        date(2025, 1, 15),
        date(2025, 1, 29),
        date(2025, 1, 31),
    ]
    assert schedule("P10DL0", start, date(2025, 1, 11)) == [start, date(2025, 1, 11)]


def test_without_a_cycle_the_end_stands_alone():
    assert schedule(None, date(2025, 1, 1), date(2025, 6, 1)) == [date(2025, 6, 1)]


@given(
    days, st.integers(0, 900), st.sampled_from(["P1M", "P3M", "P1Y", "P7D", "P29D"]), st.booleans()
)
def test_schedules_rise_begin_at_the_anchor_and_end_at_the_end(start, span, step, long_stub):
    end = start + timedelta(days=span)
    made = schedule(f"{step}L{0 if long_stub else 1}", start, end)
    assert made == sorted(set(made))
    assert made[-1] == end
    assert made[0] == start


@pytest.mark.parametrize("text", ["P0DL1", "1ML0", "P1ML2", "P1X", "P1M", ""])
def test_what_is_no_cycle_is_refused(text):
    with pytest.raises(BadTerms, match="is not a cycle") as told:
        cycle(text)
    assert "P1ML0" in told.value.mend


@given(
    st.lists(
        st.tuples(st.integers(0, 2**52), st.integers(0, 60_000), st.integers(0, 3000)),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([360, 365]),
)
def test_a_price_is_the_exact_quotient_rounded_down(rows, basis):
    amount, rate, term = (np.array(column) for column in zip(*rows, strict=True))
    made = simple_price(amount, rate / 100_000, term, basis)
    for price, (whole, hundredth, n) in zip(made.tolist(), rows, strict=True):
        exact = whole / (1 + Fraction(hundredth, 100_000) * n / basis)
        assert price == exact.numerator // exact.denominator


def test_a_price_that_is_a_whole_number_is_not_pushed_below_it():
    """101.00 in 90 days at 4 % on 360 is worth 100.00, not 99.99."""
    price = simple_price(np.array([10100]), np.array([0.04]), np.array([90]), 360)
    assert price.tolist() == [10000]


def test_nothing_is_discounted_at_less_than_zero():
    with pytest.raises(BadTerms, match="less than zero") as told:
        simple_price(np.array([100]), np.array([-0.01]), np.array([30]), 360)
    assert "zero or more" in told.value.mend
