"""What every contract type speaks in: event codes in their order, rows of events, states."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# ACTUS dictionary 1.4, eventType: the sequence orders events of one day and stands for the type.
IED, IP, PRD, TD, MD = 1, 8, 14, 16, 19
EVENTS = {IED: "IED", IP: "IP", PRD: "PRD", TD: "TD", MD: "MD"}


class Events(Struct, frozen=True, kw_only=True):
    """Scheduled events, a row each: whose (row of the terms), when, and which."""

    owner: Ints
    day: Ints
    code: Ints

    def take(self, rows: NDArray) -> Events:
        return Events(owner=self.owner[rows], day=self.day[rows], code=self.code[rows])


class State(Struct, frozen=True, kw_only=True):
    """The state of contracts after an event; principal and accrual carry the sign of the role."""

    since: Ints  # day of the last event
    notional: Floats  # Nt
    rate: Floats  # Ipnr
    accrued: Floats  # Ipac

    def take(self, rows: NDArray) -> State:
        return State(
            since=self.since[rows],
            notional=self.notional[rows],
            rate=self.rate[rows],
            accrued=self.accrued[rows],
        )

    def put(self, rows: NDArray, new: State) -> None:
        """Write the rows' new state in place."""
        self.since[rows], self.notional[rows] = new.since, new.notional
        self.rate[rows], self.accrued[rows] = new.rate, new.accrued
