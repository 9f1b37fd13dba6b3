"""Contract terms as arrays: one place for each ACTUS term the engine knows, whatever they came from.

Names are those of the ACTUS dictionary 1.4 in snake_case; days are counts since 1970-01-01.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct, structs
from numpy.typing import NDArray

from tailrace.base.dates import day as civil_day
from tailrace.base.errors import BadTerms
from tailrace.base.money import exponent
from tailrace.base.quantity import xs_decimal
from tailrace.contracts.functions import day_counts
from tailrace.contracts.functions.schedules import NO_CYCLE, Cycles, cycle

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEVER = 2**31  # a day after every day: the event does not take place
ROLES = {"RPA": 1.0, "RPL": -1.0}
_EPOCH = date(1970, 1, 1)


class Terms(Struct, frozen=True, kw_only=True):
    """The terms of many contracts of one type, a row each."""

    contract_id: pa.Array
    currency: pa.Array
    sign: Floats  # contractRole: 1 for RPA, -1 for RPL
    status: Ints
    initial_exchange: Ints
    maturity: Ints
    notional: Floats
    rate: Floats
    premium_discount: Floats
    accrued_interest: Floats
    day_count: Ints
    interest: Cycles
    purchase: Ints
    purchase_price: Floats
    termination: Ints
    termination_price: Floats

    def __len__(self) -> int:
        return len(self.sign)

    def take(self, rows: Ints) -> Terms:
        """Return the terms of these rows."""
        return Terms(**{name: _take(value, rows) for name, value in structs.asdict(self).items()})


def _take(value: Any, rows: Ints) -> Any:
    if isinstance(value, Cycles):
        return Cycles(**{name: part[rows] for name, part in structs.asdict(value).items()})
    return value.take(pa.array(rows)) if isinstance(value, pa.Array) else value[rows]


def of_contracts(table: pa.Table) -> Terms:
    """Return the terms of a table of kind `contract`: no cycle, no premium, exact amounts as floats.

    Raises `BadTerms` for a role, day count or currency that is not known.
    """
    scale = _scale(table["currency"])
    size = table.num_rows
    initial, purchase = _days(table, "initial_exchange_on"), _days(table, "purchase_on")
    nothing = np.zeros(size)
    return Terms(
        contract_id=table["contract_id"].combine_chunks(),
        currency=table["currency"].combine_chunks(),
        sign=_signs(table["contract_role"].to_pylist()),
        status=_days(table, "status_on"),
        initial_exchange=initial,
        maturity=_days(table, "maturity_on"),
        notional=_numbers(table, "notional_minor") / scale,
        rate=_numbers(table, "nominal_interest_rate"),
        premium_discount=nothing,
        accrued_interest=nothing,
        day_count=day_counts.codes(table["day_count"].to_pylist()),
        interest=_cycles([{}] * size, initial),
        purchase=purchase,
        purchase_price=_numbers(table, "price_at_purchase_minor") / scale,
        termination=np.full(size, NEVER),
        termination_price=nothing,
    )


_READ = {
    "accruedInterest",
    "contractID",
    "contractRole",
    "contractType",
    "currency",
    "cycleAnchorDateOfInterestPayment",
    "cycleOfInterestPayment",
    "dayCountConvention",
    "endOfMonthConvention",
    "initialExchangeDate",
    "maturityDate",
    "nominalInterestRate",
    "notionalPrincipal",
    "premiumDiscountAtIED",
    "priceAtPurchaseDate",
    "priceAtTerminationDate",
    "purchaseDate",
    "statusDate",
    "terminationDate",
}
_NEEDED = (
    "contractID",
    "contractRole",
    "currency",
    "dayCountConvention",
    "initialExchangeDate",
    "maturityDate",
    "notionalPrincipal",
    "statusDate",
)
_SILENT = {  # said, but without effect on what is projected here
    "contractDealDate",
    "contractPerformance",
    "counterpartyID",
    "creatorID",
    "marketObjectCode",
    "rateMultiplier",
}


def of_actus(contracts: Sequence[Mapping[str, str]]) -> Terms:
    """Return the terms of contracts spelled as published ACTUS JSON (camelCase, values as text).

    Raises `BadTerms` that names the term where one is not supported: an answer that leaves a term
    out would be wrong without saying so. Times of day other than midnight are not supported.
    """
    rows = [_said(contract) for contract in contracts]
    initial = _moments(rows, "initialExchangeDate")
    return Terms(
        contract_id=pa.array([row["contractID"] for row in rows], pa.string()),
        currency=pa.array([row["currency"] for row in rows], pa.string()),
        sign=_signs([row["contractRole"] for row in rows]),
        status=_moments(rows, "statusDate"),
        initial_exchange=initial,
        maturity=_moments(rows, "maturityDate"),
        notional=_floats(rows, "notionalPrincipal"),
        rate=_floats(rows, "nominalInterestRate"),
        premium_discount=_floats(rows, "premiumDiscountAtIED"),
        accrued_interest=_floats(rows, "accruedInterest"),
        day_count=day_counts.codes([row["dayCountConvention"] for row in rows]),
        interest=_cycles(rows, initial),
        purchase=_moments(rows, "purchaseDate"),
        purchase_price=_floats(rows, "priceAtPurchaseDate"),
        termination=_moments(rows, "terminationDate"),
        termination_price=_floats(rows, "priceAtTerminationDate"),
    )


def _said(contract: Mapping[str, str]) -> dict[str, str]:
    found = {name: str(value).strip() for name, value in contract.items()}
    for name in _NEEDED:
        if not found.get(name):
            mend = f"a contract says {', '.join(_NEEDED)}"
            raise BadTerms(
                f"term {name!r} is missing", where=found.get("contractID", "?"), mend=mend
            )
    for name in sorted(set(found) - _READ - _SILENT):
        mend = f"terms supported are {', '.join(sorted(_READ))}"
        raise BadTerms(f"term {name!r} is not supported", where=found["contractID"], mend=mend)
    return found


def _cycles(rows: Sequence[Mapping[str, str]], initial: Ints) -> Cycles:
    spelled = [row.get("cycleOfInterestPayment") for row in rows]
    steps = [cycle(text) if text else NO_CYCLE for text in spelled]
    anchors = _moments(rows, "cycleAnchorDateOfInterestPayment")
    return Cycles(
        anchor=np.where(anchors == NEVER, initial, anchors),
        days=np.array([s.days for s in steps], dtype=np.int64),
        months=np.array([s.months for s in steps], dtype=np.int64),
        long_stub=np.array([s.long_stub for s in steps], dtype=bool),
        end_of_month=np.array([r.get("endOfMonthConvention") == "EOM" for r in rows], dtype=bool),
    )


def _moments(rows: Sequence[Mapping[str, str]], term: str) -> Ints:
    return np.array([_moment(row, term) for row in rows], dtype=np.int64)


def _moment(row: Mapping[str, str], term: str) -> int:
    text = row.get(term)
    if not text:
        return NEVER
    day, _, hour = text.partition("T")
    if hour.strip("0:"):
        mend = "give whole days, as 2013-01-01T00:00:00"
        raise BadTerms(f"time {hour} is not supported", where=term, mend=mend)
    return (civil_day(day) - _EPOCH).days


def _floats(rows: Sequence[Mapping[str, str]], term: str) -> Floats:
    return np.array([float(xs_decimal(row.get(term) or "0")) for row in rows], dtype=np.float64)


def _signs(roles: Sequence[str]) -> Floats:
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        mend = f"use one of {', '.join(ROLES)}"
        raise BadTerms(f"unknown role {unknown[0]!r}", where="contractRole", mend=mend)
    return np.array([ROLES[role] for role in roles], dtype=np.float64)


def _scale(currency: pa.ChunkedArray) -> Floats:
    """Return how many minor units one unit of each row's currency has."""
    coded = currency.combine_chunks().dictionary_encode()
    units = np.array([10.0 ** exponent(code) for code in coded.dictionary.to_pylist()])
    return units[coded.indices.to_numpy()] if len(coded) else np.ones(0)


def _days(table: pa.Table, name: str) -> Ints:
    return table[name].cast(pa.int32()).to_numpy().astype(np.int64)


def _numbers(table: pa.Table, name: str) -> Floats:
    return table[name].to_numpy().astype(np.float64)
