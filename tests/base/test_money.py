"""Money: exact minor units, named rounding, every cent given to someone, no mixing."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace import BadTerms, Money
from tailrace.base.money import AMOUNT_MAX, EXPONENTS, decimal, exponent, minor, split, text

currencies = st.sampled_from(sorted(EXPONENTS))
amounts = st.integers(min_value=1 - AMOUNT_MAX, max_value=AMOUNT_MAX - 1)


@given(amounts, currencies)
def test_minor_units_and_decimals_are_the_same_amount_in_every_currency(amount_minor, currency):
    assert minor(decimal(amount_minor, currency), currency) == amount_minor
    assert Money.of(decimal(amount_minor, currency), currency, rounding=ROUND_HALF_UP) == Money(
        amount_minor, currency
    )


@pytest.mark.parametrize(
    ("currency", "places", "amount", "amount_minor"),
    [
        ("EUR", 2, "801.78", 80178),
        ("JPY", 0, "801", 801),
        ("KWD", 3, "801.785", 801785),
        ("CLF", 4, "801.7855", 8017855),
        ("VND", 0, "25000", 25000),
    ],
)
def test_each_currency_has_its_own_number_of_decimals(currency, places, amount, amount_minor):
    assert exponent(currency) == places
    assert minor(Decimal(amount), currency) == amount_minor


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.001", "EUR"), ("0.5", "JPY"), ("1E-9", "KWD")]
)
def test_minor_refuses_to_round(amount, currency):
    with pytest.raises(BadTerms, match="not a whole number of minor units"):
        minor(Decimal(amount), currency)


def test_no_digit_is_rounded_away_however_far_behind_the_point_it_stands():
    with pytest.raises(BadTerms, match="not a whole number"):
        minor(Decimal("1." + "0" * 90 + "1"), "EUR")


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1E+999999"])
def test_what_is_no_amount_is_refused_both_exactly_and_rounded(amount):
    with pytest.raises(BadTerms, match="out of range"):
        minor(Decimal(amount), "EUR")
    with pytest.raises(BadTerms, match="out of range"):
        Money.of(Decimal(amount), "EUR", rounding=ROUND_HALF_UP)


def test_an_amount_just_beyond_the_bound_is_refused():
    assert minor(Decimal(AMOUNT_MAX - 1), "JPY") == AMOUNT_MAX - 1
    with pytest.raises(BadTerms, match="amounts are finite and below"):
        minor(Decimal(AMOUNT_MAX), "JPY")


def test_rounding_is_the_one_that_is_named():
    assert Money.of(Decimal("0.125"), "EUR", rounding=ROUND_HALF_UP) == Money(13, "EUR")
    assert Money.of(Decimal("0.125"), "EUR", rounding=ROUND_HALF_EVEN) == Money(12, "EUR")


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XYZ", "ЕUR"])
def test_a_code_that_is_not_in_iso_4217_is_refused(code):
    with pytest.raises(BadTerms, match="unknown currency"):
        exponent(code)
    with pytest.raises(BadTerms, match="ISO 4217"):
        Money(1, code)


weights = st.lists(st.integers(min_value=0, max_value=10**15), min_size=1, max_size=30).filter(any)


@given(amounts, weights)
def test_a_split_gives_every_cent_to_someone_within_one_cent_of_fair(amount_minor, shares):
    parts = split(amount_minor, shares)
    assert sum(parts) == amount_minor
    for part, share in zip(parts, shares, strict=True):
        assert abs(part * sum(shares) - amount_minor * share) < sum(shares)
        assert part * amount_minor >= 0
        assert share or part == 0


@given(amounts, weights)
def test_what_is_taken_back_is_split_as_what_was_given(amount_minor, shares):
    assert split(-amount_minor, shares) == [-part for part in split(amount_minor, shares)]


def test_ties_of_a_split_go_to_the_first():
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(2, [1, 1, 1, 1]) == [1, 1, 0, 0]


def test_a_split_by_numpy_weights_does_not_overflow():
    import numpy as np

    shares = np.array([2**61, 2**61], dtype=np.int64)
    assert split(2**61, shares) == [2**60, 2**60]


@pytest.mark.parametrize("shares", [[], [0, 0], [1, -1, 1]])
def test_a_split_by_weights_that_cannot_share_is_refused(shares):
    with pytest.raises(BadTerms, match="cannot split by"):
        split(100, shares)


def test_sums_and_comparisons_refuse_to_mix_currencies():
    assert Money(5, "EUR") - Money(7, "EUR") == Money(-2, "EUR")
    assert Money(5, "EUR") < Money(7, "EUR") <= Money(7, "EUR")
    assert Money(5, "EUR") != Money(5, "USD")
    for mixed in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b):
        with pytest.raises(BadTerms, match="never exchanged by itself"):
            mixed(Money(5, "EUR"), Money(7, "USD"))


@pytest.mark.parametrize("amount", [1.0, "1", True, Decimal(1), 2**63])
def test_money_is_a_whole_number_and_nothing_else(amount):
    with pytest.raises(BadTerms, match="is no amount"):
        Money(amount, "EUR")


def test_money_reads_well():
    assert str(Money(123450, "EUR")) == "1,234.50 EUR"
    assert text(-5, "KWD") == "-0.005 KWD"
    assert text(1234567, "JPY") == "1,234,567 JPY"
