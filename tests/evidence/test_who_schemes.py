"""Numbers are checked as their standards say, and written in one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean, iban, lei

from tailrace.evidence.who import schemes

SIGNS = st.text("0123456789ABCDEFXYZ", max_size=36)
RIGHT = {
    "lei": ("213800KUD8LAJWSQ9D15", "5493000IBP32UQZ0KL24", "HWUPKR0MPOU8FGXBT394"),
    "gln": ("4012345000009", "4012345000016"),
    "iban": ("DE89370400440532013000", "FR1420041010050500013M02606", "GB33BUKB20201555555555"),
    "duns": ("150483782",),
}


@pytest.mark.parametrize("scheme", RIGHT)
def test_a_right_number_is_right_and_with_another_last_digit_it_is_not(scheme):
    faults = getattr(schemes, f"{scheme}_faults")
    assert faults(RIGHT[scheme]) == [None] * len(RIGHT[scheme])
    bent = [number[:-1] + str((int(number[-1]) + 1) % 10) for number in RIGHT[scheme]]
    if scheme != "duns":  # it has no check digit
        assert faults(bent) == ["its check digits are wrong"] * len(bent)
    assert faults([number[:-1] for number in RIGHT[scheme]][:1]) != [None]


@given(st.lists(SIGNS | st.sampled_from([n for ns in RIGHT.values() for n in ns]), max_size=8))
def test_array_checks_agree_with_stdnum(values):
    for mine, theirs in ((schemes.lei_faults, lei), (schemes.gln_faults, ean)):
        for value, fault in zip(values, mine(values), strict=True):
            fits = len(value) == (20 if theirs is lei else 13) and theirs.is_valid(value)
            assert (fault is None) == fits, (value, fault)


@given(st.integers(0, 10**18 - 1))
def test_check_digits_of_an_iban_are_those_of_stdnum(account):
    body = f"XA00{account:018d}"
    right = f"XA{iban.calc_check_digits(body)}{account:018d}"
    wrong = f"XA{(int(right[2:4]) + 1) % 98:02d}{account:018d}"
    assert schemes.iban_faults([right, wrong])[0] is None
    assert schemes.iban_faults([right, wrong])[1] == "its check digits are wrong"


def test_check_digits_that_are_never_given_are_wrong_though_the_rest_is_right():
    body = f"{196_798_141_779_251:018d}"
    assert schemes.iban_faults([f"XA97{body}", f"XA00{body}"]) == [
        None,
        "its check digits are wrong",
    ]


def test_an_account_that_is_no_iban_by_shape_is_not_judged():
    assert schemes.iban_faults(["FARM1", "12345678", "DE1"]) == [None, None, None]


@pytest.mark.parametrize(
    ("value", "country", "written", "land"),
    [
        ("DE129273398", "FR", "DE129273398", "DE"),
        ("129273398", "DE", "DE129273398", "DE"),
        ("094259216", "GR", "EL094259216", "EL"),
        ("CHE107787577MWST", "CH", "CHE107787577", "CH"),
        ("NO974760673MVA", "NO", "NO974760673", "NO"),
        ("GB980780684", "GB", "GB980780684", "GB"),
        ("XAMILL", "XA", "XAMILL", "XA"),
        ("12345", "", "12345", "12"),
    ],
)
def test_a_vat_number_is_written_with_its_country(value, country, written, land):
    assert schemes.vat(value, country) == (written, land, None)


@pytest.mark.parametrize("value", ["DE129273399", "NO974760674MVA", "CHE107787578", "GB980780685"])
def test_a_wrong_vat_number_is_told(value):
    assert schemes.vat(value, "")[2] == "its check digits are wrong"


def test_a_vat_number_of_the_wrong_length_is_told_apart():
    assert schemes.vat("DE111", "DE")[2] == "it has the wrong length"


@pytest.mark.parametrize(
    ("scheme", "value", "token"),
    [
        ("0002", "732829320", ("732829320", "FR", None)),
        ("0009", "73282932000074", ("732829320", "FR", None)),
        ("REG", "73282932000074", ("732829320", "FR", None)),
        ("REG", "73282932000075", ("73282932000075", "FR", None)),  # any other number of its office
        ("0106", "12345678", ("12345678", "NL", None)),
        ("0106", "1234567", ("1234567", "NL", "it has the wrong length")),
        ("0192", "974760674", ("974760674", "NO", "its check digits are wrong")),
        ("0007", "5567037485", ("5567037485", "SE", None)),
    ],
)
def test_a_register_number_counts_in_the_country_of_its_scheme(scheme, value, token):
    assert schemes.register(scheme, value, "FR") == token
