"""Decimal numbers from outside: exact, bounded, or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace import BadTerms
from tailrace.base.quantity import QUANTITY_MAX, fit, quantity, xs_decimal
from tailrace.base.tables import QUANTITY, Column, Schema

MEASURE = Schema("measure", "A number.", (Column("quantity", QUANTITY, "the number"),), ())


@pytest.mark.parametrize(
    ("spelled", "value"),
    [("1", "1"), (" +801.78 ", "801.78"), ("-.5", "-0.5"), ("5.", "5"), ("\t007\n", "7")],
)
def test_what_xml_schema_calls_a_decimal_is_read(spelled, value):
    assert xs_decimal(spelled) == Decimal(value)


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        ".",
        "+",
        "-",
        "1e3",
        "1E3",
        "NaN",
        "INF",
        "-INF",
        "Infinity",
        "1,5",
        "1 000",
        "1\u00a0000",
        "1_000",
        "0x10",
        "½",
        "١٢",
        "１",
        "−1",
        "1.2.3",
        "--1",
        "1-",
        "$5",
        "∞",
    ],
)
def test_what_only_looks_like_a_number_is_refused(spelled):
    with pytest.raises(BadTerms, match="is not a decimal number"):
        xs_decimal(spelled)


def test_a_number_of_a_million_digits_is_refused_at_once_and_not_printed():
    with pytest.raises(BadTerms) as refused:
        xs_decimal("9" * 1_000_000)
    assert len(str(refused.value)) < 300


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_every_number_that_fits_is_kept_to_the_last_digit(millionths):
    value = Decimal(millionths).scaleb(-6)
    assert quantity(f"{value:f}") == value
    [row] = MEASURE.rows([{"quantity": value}]).to_pylist()
    assert row["quantity"] == value


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_number_is_kept_exactly_or_refused(value):
    try:
        fit(value)
    except BadTerms as refused:
        assert "out of range" in refused.what or "six decimals" in refused.what
    else:
        assert MEASURE.rows([{"quantity": value}])["quantity"][0].as_py() == value


@pytest.mark.parametrize("spelled", ["0.0000001", "12345678901.1234560000000000000000000001"])
def test_a_seventh_decimal_is_refused_even_behind_many_zeros(spelled):
    with pytest.raises(BadTerms, match="more than six decimals"):
        quantity(spelled)


def test_zeros_behind_the_sixth_decimal_mean_nothing():
    assert quantity("1.50000000000") == Decimal("1.5")


@pytest.mark.parametrize(
    "value", [QUANTITY_MAX, -QUANTITY_MAX, Decimal("NaN"), Decimal("-Infinity")]
)
def test_what_is_beyond_trade_is_refused(value):
    with pytest.raises(BadTerms, match="out of range"):
        fit(value)
