"""The contract engine: terms in, events out, many contracts at once.

A type's three functions (schedule, payoff, transition) work on arrays; the engine orders the events
and walks them: the first of every contract together, then the second, and so on. A single contract
is an array of one. A projection is float64 in currency units; `amounts_due` alone makes money of it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.base.errors import BadTerms, NotFound
from tailrace.base.money import Money, exponent
from tailrace.contracts.states import EVENTS, PRD, Events, Floats, Ints, State
from tailrace.contracts.tables import EVENT_TABLE
from tailrace.contracts.terms import NEVER, Terms, of_contracts

_EXACT = 2**53  # whole numbers up to here are told apart by float64


class ContractType(Protocol):
    """What a file in `types/` offers."""

    CODE: str

    def schedule(self, terms: Terms) -> Events:
        """Return every event of the contracts."""

    def payoff(self, code: Ints, day: Ints, state: State, terms: Terms) -> Floats:
        """Return the cash of one event a contract."""

    def transition(self, code: Ints, day: Ints, state: State, terms: Terms) -> State:
        """Return the state after one event a contract."""


def contract_type(code: str) -> ContractType:
    """Return the contract type of an ACTUS code; raise `NotFound` where nobody has written it."""
    name = f"tailrace.contracts.types.{code.lower()}"
    if code.isidentifier():
        try:
            return cast(ContractType, import_module(name))
        except ModuleNotFoundError as why:
            if why.name != name:
                raise
        for entry in entry_points(group="tailrace.contracts", name=code):
            return cast(ContractType, entry.load())
    mend = "write contracts/types/<code>.py, or use PAM"
    raise NotFound(f"no contract type {code!r}", where="contractType", mend=mend)


def project(terms: pa.Table, *, to: date) -> pa.Table:
    """Return the events of a table of kind `contract` up to and with a day, as `contract_event`.

    Rows stand in the order of the contracts given, then of day and ACTUS sequence. A contract's
    events begin at its status day, and at its purchase where it is bought. Raises `NotFound` for an
    unknown type and `BadTerms` for terms that cannot mean anything.
    """
    codes = sorted(set(terms["contract_type"].to_pylist()))
    if len(codes) == 1:
        return project_terms(codes[0], of_contracts(terms), to=to)
    kinds = np.array(terms["contract_type"].to_pylist())
    parts, places = [], []
    for code in codes:
        rows = np.flatnonzero(kinds == code)
        part, owner = _project(code, of_contracts(terms.take(rows)), to)
        parts.append(part)
        places.append(rows[owner])
    if not parts:
        return EVENT_TABLE.empty()
    return pa.concat_tables(parts).take(np.argsort(np.concatenate(places), kind="stable"))


def project_terms(code: str, terms: Terms, *, to: date) -> pa.Table:
    """Return the events of contracts of one type up to and with a day, as `contract_event`."""
    return _project(code, terms, to)[0]


def _project(code: str, terms: Terms, to: date) -> tuple[pa.Table, Ints]:
    _check(terms)
    kind = contract_type(code)
    events = kind.schedule(terms)
    events = events.take(events.day <= (to - date(1970, 1, 1)).days)
    events = events.take(np.lexsort((events.code, events.day, events.owner)))
    payoffs, after = _walk(kind, terms, events)
    told = _told(events, terms)
    events, after = events.take(told), after.take(told)
    table = pa.table(
        {
            "contract_id": terms.contract_id.take(pa.array(events.owner)),
            "event_on": pa.array(events.day.astype(np.int32), pa.int32()).cast(pa.date32()),
            "event_type": pa.array([EVENTS[c] for c in events.code.tolist()], pa.string()),
            "payoff": payoffs[told],
            "currency": terms.currency.take(pa.array(events.owner)),
            "notional_principal": after.notional,
            "nominal_interest_rate": after.rate,
            "accrued_interest": after.accrued,
        }
    )
    return EVENT_TABLE.cast(table), events.owner


def _check(terms: Terms) -> None:
    for term, day, what in (
        ("maturityDate", terms.maturity, "ends"),
        ("purchaseDate", terms.purchase, "is bought"),
    ):
        bad = np.flatnonzero(day < terms.initial_exchange)
        if len(bad):
            where = str(terms.contract_id[int(bad[0])])
            mend = f"{term} is initialExchangeDate or later"
            raise BadTerms(f"the contract {what} before it begins", where=where, mend=mend)


def _walk(kind: ContractType, terms: Terms, events: Events) -> tuple[Floats, State]:
    """Return each event's payoff and the state after it."""
    size = len(terms)
    counts = np.bincount(events.owner, minlength=size)
    starts = np.cumsum(counts) - counts
    zeros = np.zeros(size)
    state = State(
        since=np.full(size, NEVER), notional=zeros.copy(), rate=zeros.copy(), accrued=zeros.copy()
    )
    payoffs = np.zeros(len(events.owner))
    after = state.take(events.owner)
    for place in range(int(counts.max(initial=0))):
        mine = np.flatnonzero(counts > place)
        rows = starts[mine] + place
        held, said = state.take(mine), terms if len(mine) == size else terms.take(mine)
        code, day = events.code[rows], events.day[rows]
        payoffs[rows] = kind.payoff(code, day, held, said)
        new = kind.transition(code, day, held, said)
        state.put(mine, new)
        after.put(rows, new)
    return payoffs, after


def _told(events: Events, terms: Terms) -> NDArray[np.bool_]:
    """Return which events are the record creator's: from the status day, and once bought, only after."""
    bought = terms.purchase[events.owner]
    ours = (events.day > bought) | ((events.day == bought) & (events.code >= PRD))
    return (events.day >= terms.status[events.owner]) & (ours | (bought == NEVER))


def amounts_due(events: pa.Table, *, rounding: str) -> Ints:
    """Return each event's payoff in minor units, rounded by the named `decimal` rounding.

    A payoff that is a whole number of minor units, as far as float64 can tell, stays that number.
    Raises `BadTerms` above 2^53 minor units, where float64 no longer tells them apart.
    """
    coded = events["currency"].combine_chunks().dictionary_encode()
    codes = coded.dictionary.to_pylist()
    scale = np.array([10.0 ** exponent(code) for code in codes])
    payoff = events["payoff"].to_numpy()
    scaled = payoff * scale[coded.indices.to_numpy()] if len(payoff) else payoff
    if (np.abs(scaled) > _EXACT).any():
        mend = "split the contract: amounts projected are below 9.0e15 minor units"
        raise BadTerms("an amount due is too large to be exact", where="amounts_due", mend=mend)
    whole = np.rint(scaled)
    due = whole.astype(np.int64)
    for i in np.flatnonzero(np.abs(scaled - whole) > 1e-6):
        amount = Decimal(repr(float(payoff[i])))
        due[i] = Money.of(
            amount, codes[coded.indices[int(i)].as_py()], rounding=rounding
        ).amount_minor
    return due
