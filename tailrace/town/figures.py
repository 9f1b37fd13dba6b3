"""Figures measured in public logs of real and simulated purchasing; nothing of the logs themselves.

- OCEL: the purchase-to-payment log in OCEL 2.0 of Park and Tacke genannt Unterberg (RWTH Aachen,
  Zenodo 8412920), 1,354 order lines of 933 orders that begin before 2023-10-01.
- XES: one trace for each variant of the BPI Challenge 2019 log, 6,033 order items.
- BPI2019: the whole category "3-way match, invoice after goods receipt" of the BPI Challenge 2019
  log (van Dongen, 4TU.ResearchData, CC BY 4.0), its 9,529 items and events of 2018 and Jan 2019.

A table of quantiles is read linearly between its levels; tails are cut at the first and last
hundredth, where a log of one year holds slips of the pen more than delays.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct


class Quantiles(Struct, frozen=True, kw_only=True):
    """A measured distribution: the value at each level, and the log it was measured in."""

    source: str
    levels: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, level: np.ndarray) -> np.ndarray:
        """Return the value at each level between 0 and 1."""
        return np.interp(level, self.levels, self.values)


class Shares(Struct, frozen=True, kw_only=True):
    """How often each of a few whole numbers occurs, and the log it was counted in."""

    source: str
    values: tuple[int, ...]
    counts: tuple[int, ...]

    def at(self, level: np.ndarray) -> np.ndarray:
        """Return the whole number at each level between 0 and 1."""
        steps = np.cumsum(self.counts) / sum(self.counts)
        found = np.searchsorted(steps, level, side="right")
        return np.asarray(self.values)[np.minimum(found, len(self.values) - 1)]


_LEVELS = (0.0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0)

# Net price of an order line in whole units of money; the same item has one price throughout.
PRICE = Quantiles(
    source="OCEL",
    levels=_LEVELS,
    values=(100, 150, 200, 350, 400, 450, 650, 750, 950, 1050, 1200, 1250, 1350, 1400, 1500),
)
# Quantity of an order line; uncorrelated with the price (0.015 between logarithms).
QUANTITY = Quantiles(
    source="OCEL",
    levels=_LEVELS,
    values=(1, 6, 11, 20, 26, 31, 41, 50, 61, 71, 77, 82, 91, 95, 100),
)
# Lines of an order. The log stops at four; the town adds a few orders of five.
LINES = Shares(source="OCEL", values=(1, 2, 3, 4, 5), counts=(613, 243, 53, 24, 5))

# Days from the order item to its first goods receipt (5,732 traces).
ORDER_TO_RECEIPT = Quantiles(
    source="XES",
    levels=(0.0, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0),
    values=(0, 0, 2, 6, 11, 15, 22, 26, 31, 49, 67, 128),
)
# Days from the one goods receipt to the day on the vendor's one invoice (5,310 items): the invoice
# is often written when the goods leave, before the receipt is booked.
RECEIPT_TO_INVOICE = Quantiles(
    source="BPI2019",
    levels=(0.0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0),
    values=(-40, -8, -6, -4, -3, -2, -1, -1, 0, 0, 1, 2, 9, 18, 34),
)
# Days from the day on the vendor's invoice to its clearing (5,242 items).
INVOICE_TO_PAYMENT = Quantiles(
    source="BPI2019",
    levels=(0.0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0),
    values=(20, 24, 36, 48, 52, 58, 64, 69, 72, 80, 85, 87, 97, 106, 147),
)
# Days on which goods of one order item were received (9,127 items; seven stands for more), and the
# days between two of them (1,905 gaps).
DELIVERIES = Shares(
    source="BPI2019", values=(1, 2, 3, 4, 5, 6, 7), counts=(8507, 419, 70, 25, 19, 10, 77)
)
DELIVERY_GAP = Quantiles(
    source="BPI2019",
    levels=(0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 1.0),
    values=(1, 1, 3, 4, 5, 8, 13, 19, 26, 28, 31, 42, 59, 125),
)
# Shares of order items, BPI2019, 9,529 items.
NEVER_RECEIVED = 0.042
NEVER_INVOICED = 0.169  # received before October, no invoice by the end of January
RECEIPT_REVERSED = 0.019
CREDIT_NOTED = 0.032  # a debit memo of the vendor
PRICE_CHANGED = 0.087
PRICE_FORGIVEN = 0.005  # dearer than the order by less is owed as invoiced, as the rules have it
QUANTITY_CHANGED = 0.056  # here: half are delivered short of the order, half above it
CONFIRMED = 0.097  # order confirmations, XES
# Clearings fall on a run day: 5,669 on a Thursday, 1,611 on a Friday, 432 on the other five days.
THURSDAY = 0.78  # of the two
