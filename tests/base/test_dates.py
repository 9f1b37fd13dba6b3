"""Days and moments from outside: exact or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace import BadTerms
from tailrace.base.dates import FIRST, LAST, day, moment, spoken


@given(st.dates(min_value=FIRST, max_value=date(2199, 12, 31)))
def test_every_day_is_read_as_it_is_written(value):
    assert day(value.isoformat()) == value
    assert day(f" {value.isoformat()}+02:00\n") == value
    assert spoken(value.strftime("%d.%m.%Y"), "%d.%m.%Y") == value


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-02-30",
        "2026-13-01",
        "0000-01-01",
        "1899-12-31",
        "2200-01-01",
        "20260331",
        "31.03.2026",
        "2026-3-31",
        "2026-03-31T00:00:00",
        "２０２６-03-31",
        "-2026-03-31",
    ],
)
def test_what_is_no_day_of_trade_is_refused(written):
    with pytest.raises(BadTerms, match="is not a day"):
        day(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-31T12:00:00Z", datetime(2026, 3, 31, 12, tzinfo=UTC)),
        ("2026-03-31T12:00:00", datetime(2026, 3, 31, 12, tzinfo=UTC)),
        ("2026-03-31T00:30:00+02:00", datetime(2026, 3, 30, 22, 30, tzinfo=UTC)),
        ("2026-03-31T12:00:00.123456789Z", datetime(2026, 3, 31, 12, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_a_moment_is_kept_in_utc(written, read):
    assert moment(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-31",
        "2026-03-31T25:00:00Z",
        "2026-W14-2",
        "now",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-03-31T12:00:00+99:00",
    ],
)
def test_what_is_no_moment_of_trade_is_refused(written):
    with pytest.raises(BadTerms, match="is not a moment"):
        moment(written)


def test_a_day_in_a_declared_form_is_refused_with_the_form():
    with pytest.raises(BadTerms, match="declares days as %d/%m/%Y"):
        spoken("2026-03-31", "%d/%m/%Y")
    with pytest.raises(BadTerms, match="out of range"):
        spoken(LAST.strftime("%d/%m/%Y"), "%d/%m/%Y")
