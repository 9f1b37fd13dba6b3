"""PAM, principal at maturity: the whole principal comes back on the last day.

Source: ACTUS technical specification 1.1, section 7.1. What is projected: IED, IP, PRD, TD, MD.
Not yet: rate resets, capitalisation, fees, scaling, business days, prepayment.
"""

from __future__ import annotations

import numpy as np

from tailrace.contracts.functions.day_counts import year_fraction
from tailrace.contracts.functions.schedules import dates
from tailrace.contracts.states import IED, IP, MD, PRD, TD, Events, Floats, Ints, State
from tailrace.contracts.terms import NEVER, Terms

CODE = "PAM"


def schedule(terms: Terms) -> Events:
    """Return every event of the contracts, in no order; what never happens is left out.

    Interest is paid where the rate is not zero: on each date of its cycle, or at maturity alone.
    """
    every = np.arange(len(terms))
    owner, day = dates(terms.interest, terms.maturity)
    bears = (terms.rate[owner] != 0) & (day >= terms.initial_exchange[owner])
    parts = (
        (every, terms.initial_exchange, IED),
        (owner[bears], day[bears], IP),
        (every, terms.purchase, PRD),
        (every, terms.termination, TD),
        (every, terms.maturity, MD),
    )
    events = Events(
        owner=np.concatenate([who for who, _, _ in parts]),
        day=np.concatenate([when for _, when, _ in parts]),
        code=np.concatenate([np.full(len(who), code) for who, _, code in parts]),
    )
    ended = events.day > terms.termination[events.owner]
    return events.take((events.day != NEVER) & ~ended)


def payoff(code: Ints, day: Ints, state: State, terms: Terms) -> Floats:
    """Return the cash of one event for each contract, to the record creator, in currency units."""
    accrued = _accrued(day, state, terms)
    return np.select(
        [code == IED, code == IP, code == PRD, code == TD, code == MD],
        [
            -terms.sign * (terms.notional + terms.premium_discount),
            accrued,
            -terms.sign * (terms.purchase_price + accrued),
            terms.sign * (terms.termination_price + accrued),
            state.notional,
        ],
    )


def transition(code: Ints, day: Ints, state: State, terms: Terms) -> State:
    """Return the state of each contract after one event."""
    begins, ends = code == IED, (code == MD) | (code == TD)
    notional = np.where(begins, terms.sign * terms.notional, state.notional)
    accrued = np.where(begins, terms.sign * terms.accrued_interest, _accrued(day, state, terms))
    return State(
        since=day,
        notional=np.where(ends, 0.0, notional),
        rate=np.where(begins, terms.rate, state.rate),
        accrued=np.where(ends | (code == IP), 0.0, accrued),
    )


def _accrued(day: Ints, state: State, terms: Terms) -> Floats:
    """Return the interest accrued to the day; before the first exchange there is none."""
    passed = year_fraction(terms.day_count, np.minimum(state.since, day), day)
    return state.accrued + passed * state.rate * state.notional
