"""Numbers parties are known by: their rank, how each is written in one way, and its check digits.

Sources: ISO 17442 (LEI), ISO 13616 (IBAN), GS1 General Specifications 3 (GLN), ISO 6523 ICD list;
VAT and register numbers by python-stdnum, which follows each country's own rule. A DUNS number has
no check digit since 2006, so only its length is looked at; nor has a Dutch KvK number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

Text = NDArray[np.str_]

LEI, VAT, GLN, DUNS, REG, IBAN = "LEI", "VAT", "GLN", "DUNS", "REG", "IBAN"
RANK = {LEI: 0, VAT: 1, GLN: 2, DUNS: 3, REG: 4, IBAN: 9}
ACCOUNT_RANK = RANK[IBAN]
STRONG = (LEI, VAT, GLN, DUNS, REG)
# Whose different numbers hold back which: numbers of a firm hold back those of a place or register,
# as a door may be several firms' and a register court's numbers come again at another court.
HELD_BACK_BY = {LEI: (), VAT: (LEI,), GLN: (LEI, VAT, REG), DUNS: (LEI, VAT, REG), REG: (LEI, VAT)}

# Company registers of the ICD list with the country they count in and their check in stdnum.
_REGISTERS = {
    "0002": ("FR", "fr.siren"),
    "0007": ("SE", "se.orgnr"),
    "0009": ("FR", "fr.siret"),
    "0106": ("NL", ""),
    "0151": ("AU", "au.abn"),
    "0183": ("CH", "ch.uid"),
    "0184": ("DK", "dk.cvr"),
    "0191": ("EE", "ee.registrikood"),
    "0192": ("NO", "no.orgnr"),
    "0195": ("SG", ""),
    "0208": ("BE", "be.vat"),
    "0212": ("FI", "fi.alv"),
}
# VAT numbers under their codes of the EAS list, 0211 Italy and 99xx the others.
_VAT_CODES = ("0211", "9906", "9910", "9914", *(str(n) for n in range(9920, 9958)))
NAMES = {"0199": LEI, "0088": GLN, "0060": DUNS, "VAT": VAT, "REG": REG, "IBAN": IBAN}
NAMES |= dict.fromkeys(_VAT_CODES, VAT) | dict.fromkeys(_REGISTERS, REG)
_SWISS = ("MWST", "TVA", "IVA", "TPV")
_EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)
_NATIONAL = {"GB": "gb.vat", "NO": "no.orgnr"}
_LENGTH, _FORM, _DIGITS = (
    "it has the wrong length",
    "it is not written so",
    "its check digits are wrong",
)


def vat(value: str, country: str) -> tuple[str, str, str | None]:
    """Return a VAT number with its country before it, that country, and what is wrong with it.

    A number written without its country counts as of the party's. Where no rule of a country is
    known, nothing is wrong with its numbers.
    """
    if not value[:2].isalpha():
        value = ("EL" if country == "GR" else country) + value
    land = value[:2]
    if value[:3] == "CHE":
        value = next((value.removesuffix(end) for end in _SWISS if value.endswith(end)), value)
        return value, "CH", _wrong("ch.uid", value)
    if land == "NO":
        value = value.removesuffix("MVA")
    if land in _EU:
        return value, land, _wrong("eu.vat", value)
    return value, land, _wrong(_NATIONAL.get(land, ""), value[2:])


def register(scheme: str, value: str, country: str) -> tuple[str, str, str | None]:
    """Return a register number, the country it counts in, and what is wrong with it.

    A French SIRET is a branch of the SIREN that its first nine digits are, under whatever scheme.
    """
    land, check = _REGISTERS.get(scheme, (country, ""))
    wrong = _wrong(check, value)
    if scheme == "0106" and not (len(value) == 8 and value.isdigit()):
        wrong = _LENGTH
    if land == "FR" and len(value) == 14 and not (wrong or _wrong("fr.siret", value)):
        value = value[:9]
    return value, land, wrong


@cache
def _check(name: str) -> Callable[[str], object]:
    """Return a check of python-stdnum; loaded when a number first asks for it."""
    from importlib import import_module

    checked: Callable[[str], object] = import_module(f"stdnum.{name}").validate
    return checked


def _wrong(check: str, value: str) -> str | None:
    """Return what is wrong with a number by a check of python-stdnum, or nothing."""
    if not check:
        return None
    from stdnum import exceptions

    try:
        _check(check)(value)
    except exceptions.InvalidLength:
        return _LENGTH
    except exceptions.InvalidChecksum:
        return _DIGITS
    except exceptions.ValidationError:
        return _FORM
    return None


def lei_faults(values: Iterable[str]) -> list[str | None]:
    """Return what is wrong with each LEI: twenty letters and digits that leave 1 over 97."""
    return _judged(values, (20,), _remainder)


def iban_faults(values: Iterable[str]) -> list[str | None]:
    """Return what is wrong with each account that is an IBAN by shape; others are account numbers.

    Check digits are 02 to 98: 00, 01 and 99 leave the same rest as 97, 98 and 02 and are never given.
    """

    def turned(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
        digits = codes[:, 2] * 10 + codes[:, 3]
        return _remainder(np.roll(codes, -4, axis=1)) & (digits >= 2) & (digits <= 98)

    told = list(values)
    shaped = [v if iban_shaped(v) else "" for v in told]
    return _judged(shaped, range(15, 35), turned, skip="")


def iban_shaped(value: str) -> bool:
    """Say whether an account is written as an IBAN: country, two digits, then 11 to 30 signs."""
    return (
        15 <= len(value) <= 34
        and value.isascii()
        and value.isalnum()
        and value[:2].isalpha()
        and value[2:4].isdigit()
    )


def gln_faults(values: Iterable[str]) -> list[str | None]:
    """Return what is wrong with each GLN: thirteen digits, weighted 1 and 3, a multiple of ten."""

    def weighed(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
        sums = (codes * np.tile([1, 3], 7)[:13]).sum(axis=1)
        return (sums % 10 == 0) & (codes < 10).all(axis=1)

    return _judged(values, (13,), weighed)


def duns_faults(values: Iterable[str]) -> list[str | None]:
    """Return what is wrong with each DUNS number: nine digits."""
    return [None if len(v) == 9 and v.isascii() and v.isdigit() else _LENGTH for v in values]


def _judged(
    values: Iterable[str],
    lengths: Iterable[int],
    good: Callable[[NDArray[np.int64]], NDArray[np.bool_]],
    skip: str | None = None,
) -> list[str | None]:
    """Judge numbers of one length at a time, as arrays of what each sign counts for."""
    told = np.array(list(values), dtype=object)
    found = np.full(len(told), _LENGTH, dtype=object)
    size = np.array([len(v) if v.isascii() and v.isalnum() else -1 for v in told], np.int64)
    for length in lengths:
        rows = np.flatnonzero(size == length)
        if len(rows):
            signs = np.frombuffer("".join(told[rows]).upper().encode(), np.uint8)
            codes = signs.reshape(-1, length).astype(np.int64)
            codes -= np.where(codes >= ord("A"), ord("A") - 10, ord("0"))
            found[rows] = np.where(good(codes), None, _DIGITS)  # type: ignore[call-overload]
    if skip is not None:
        found[told == skip] = None
    return found.tolist()


def _remainder(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which numbers leave 1 when divided by 97, letters counting from 10. Source: ISO 7064."""
    rest = np.zeros(len(codes), np.int64)
    for column in codes.T:
        rest = (rest * np.where(column > 9, 100, 10) + column) % 97
    return rest == 1
