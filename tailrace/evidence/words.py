"""Figures in words, as SQL: money and quantities as people write them, without dividing."""

from __future__ import annotations

from tailrace.base.money import EXPONENTS

_CODES: dict[int, list[str]] = {}
for _code, _places in EXPONENTS.items():
    _CODES.setdefault(_places, []).append(_code)


def places(currency: str) -> str:
    """Return the SQL expression for the decimals of a currency; two where the code is unknown."""
    cases = " ".join(
        f"when {currency} in ({', '.join(repr(c) for c in sorted(codes))}) then {count}"
        for count, codes in sorted(_CODES.items())
        if count != 2
    )
    return f"(case {cases} else 2 end)"


def money(minor: str, currency: str) -> str:
    """Return the SQL expression for an amount in words: 1,234.50 EUR, as `base.money.text` does.

    A lambda over a list of one binds the digits and decimals once; written out they would stand in
    the text a dozen times, and planning a small book would take longer than proving it.
    """
    said = f"{{'m': {minor}, 'd': cast(abs({minor}) as varchar), 'p': {places(currency)}}}"
    padded = "lpad(x.d, cast(greatest(length(x.d), x.p + 1) as integer), '0')"
    words = (
        "case when x.m < 0 then '-' else '' end"
        " || format('{:,}', cast(left(x.d, length(x.d) - x.p) as bigint))"
        " || case when x.p = 0 then '' else '.' || right(x.d, x.p) end"
    )
    full = f"{{'m': x.m, 'd': {padded}, 'p': x.p}}"
    return (
        f"(list_transform(list_transform([{said}], lambda x: {full}), lambda x: {words})[1]"
        f" || ' ' || {currency})"
    )


def wide(value: str) -> str:
    """Return the SQL expression of a decimal that is to be multiplied.

    DuckDB keeps the product of two short decimals in eighteen digits: of two with six decimals each
    nothing from a million up would fit.
    """
    return f"cast({value} as decimal(38, 6))"


def number(quantity: str) -> str:
    """Return the SQL expression for a quantity or price in words, without trailing zeros."""
    return f"rtrim(rtrim(cast(cast({quantity} as decimal(18, 6)) as varchar), '0'), '.')"


def unit(quantity: str, code: str) -> str:
    """Return the SQL expression for a quantity with its unit: 10 KGM."""
    return f"trim({number(quantity)} || ' ' || coalesce({code}, ''))"
