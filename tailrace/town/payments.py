"""Payments of the town and the bank accounts they pass through."""

from __future__ import annotations

import numpy as np

from tailrace.base.money import exponent
from tailrace.town import figures
from tailrace.town.arrays import Arrays, grouped, normal_share, ranks, stream, sums
from tailrace.town.billing import Credits, Invoices
from tailrace.town.calendar import month_of, run_day
from tailrace.town.firms import CURRENCIES, Firms
from tailrace.town.orders import HONEST

BUNDLE_MAX = 8  # invoices of one payment: their numbers fit into 140 characters
HABIT = 0.6  # how much of a payment's delay is the payer's habit, the rest is its day
TIGHT_SHARE = 0.35  # firms whose cash will not cover the coming weeks
OPENING_MIN = 2_000_000  # minor units held where nothing is owed
WAGES, TAKINGS = "Wages and taxes", "Card takings"
ROUND = 10_000  # minor units: wages and takings are round amounts


class Payments(Arrays, frozen=True, kw_only=True):
    """One row for each payment booked, by payer and day."""

    debtor: np.ndarray
    creditor: np.ndarray
    paid_on: np.ndarray
    amount: np.ndarray
    stranger: np.ndarray  # a stranger's account paid instead of the debtor's
    count: np.ndarray  # invoices it pays


class Parts(Arrays, frozen=True, kw_only=True):
    """One row for each invoice a payment pays."""

    payment: np.ndarray
    invoice: np.ndarray
    amount: np.ndarray
    deduction: np.ndarray  # held back for goods not received


class Entries(Arrays, frozen=True, kw_only=True):
    """One row for each booking on an account, by account, day and payment."""

    firm: np.ndarray
    booked_on: np.ndarray
    amount: np.ndarray  # above zero: credit
    payment: np.ndarray  # -1 for wages and takings


def pay(
    seed: int, town: Firms, invoices: Invoices, notes: Credits, strangers: np.ndarray, *, on: int
) -> tuple[Payments, Parts]:
    """Return the payments booked by day `on`; `strangers` are invoices that a stranger pays."""
    rng = stream(seed, "payments")
    credited, credited_on = credit_of(invoices, notes)
    day = _days(rng, town, invoices)
    late = np.maximum(invoices.known_on, credited_on) + 1
    short = invoices.lasting != invoices.net
    day = run_day(np.where(short, np.maximum(day, late), day), town.thursday[invoices.buyer])
    by_stranger = np.zeros(len(invoices), bool)
    by_stranger[strangers] = True
    day = np.where(by_stranger, (invoices.issued_on + on) // 2, day)
    gross = invoices.net + invoices.tax
    owed = gross - credited
    # What did not come is not paid: net and tax stand in one proportion, so this is exact.
    amount = np.minimum(gross * invoices.lasting // invoices.net, owed)
    honest = invoices.fraud == HONEST
    due = (day <= on) & (amount > 0) & (honest | by_stranger) & ~invoices.strange_payee
    rows = np.flatnonzero(due)
    return _gathered(town, invoices, rows, day[rows], amount[rows], owed[rows], by_stranger[rows])


def credit_of(invoices: Invoices, notes: Credits) -> tuple[np.ndarray, np.ndarray]:
    """Return what each invoice is credited with in all, and on which day."""
    amount, day = np.zeros(len(invoices), np.int64), np.zeros(len(invoices), np.int64)
    amount[notes.invoice] = notes.net + notes.tax
    day[notes.invoice] = notes.issued_on
    return amount, day


def _days(rng: np.random.Generator, town: Firms, invoices: Invoices) -> np.ndarray:
    """Return the day on which each invoice comes up for payment, by the measured delays."""
    own = rng.standard_normal(len(invoices))
    z = np.sqrt(HABIT) * town.haste[invoices.buyer] + np.sqrt(1.0 - HABIT) * own
    delay = figures.INVOICE_TO_PAYMENT.at(normal_share(z))
    return invoices.issued_on + np.rint(delay).astype(np.int64)


def _gathered(
    town: Firms,
    invoices: Invoices,
    rows: np.ndarray,
    day: np.ndarray,
    amount: np.ndarray,
    owed: np.ndarray,
    by_stranger: np.ndarray,
) -> tuple[Payments, Parts]:
    """Put the invoices that a payer pays to one payee on one day into one payment."""
    debtor, creditor = invoices.buyer[rows], invoices.seller[rows]
    pair = (debtor * len(town) + creditor) * 100_000 + day
    # Who sends no advice pays by itself what it does not pay in full: its payee could not tell
    # otherwise which of the invoices was cut.
    cut = amount != (invoices.net + invoices.tax)[rows]
    alone = ~town.bundles[debtor] | by_stranger | (cut & ~town.remits[debtor])
    place = ranks(pair, np.arange(len(rows)))
    key = pair * 64 + np.minimum(place // BUNDLE_MAX, 62)
    key = np.where(alone, -1 - np.arange(len(rows)), key)
    first, group = grouped(key)
    payments = Payments(
        debtor=debtor[first],
        creditor=creditor[first],
        paid_on=day[first],
        amount=sums(amount, group, len(first)),
        stranger=by_stranger[first],
        count=np.bincount(group, minlength=len(first)),
    )
    order = np.lexsort((first, payments.creditor, payments.paid_on, payments.debtor))
    moved = np.empty(len(first), np.int64)
    moved[order] = np.arange(len(order))
    parts = Parts(payment=moved[group], invoice=rows, amount=amount, deduction=owed - amount)
    return payments.take(order), parts.take(np.lexsort((parts.invoice, parts.payment)))


def book(town: Firms, payments: Payments, *, months: np.ndarray, on: int) -> Entries:
    """Return every booking of the months: payments at both ends, wages and card takings.

    A payment by a stranger is booked at the payee only: the stranger banks elsewhere. `months` are
    counted from January 1970. Wages take most of what a firm earns in a month; a firm that earns
    less than it spends sells the difference over the counter.
    """
    index = np.arange(len(payments))
    own = ~payments.stranger
    trade = Entries(
        firm=np.concatenate([payments.debtor[own], payments.creditor]),
        booked_on=np.concatenate([payments.paid_on[own], payments.paid_on]),
        amount=np.concatenate([-payments.amount[own], payments.amount]),
        payment=np.concatenate([index[own], index]),
    )
    cell = trade.firm * len(months) + month_of(trade.booked_on) - months[0]
    net = sums(trade.amount, cell, len(town) * len(months))
    other = -np.trunc(net * 0.9 / ROUND).astype(np.int64) * ROUND
    firm = np.repeat(np.arange(len(town)), len(months))
    month = np.tile(months, len(town))
    first = month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    day = np.minimum(first + np.where(other < 0, 24, 27), on)
    extra = Entries(firm=firm, booked_on=day, amount=other, payment=np.full(len(firm), -1))
    entries = trade.plus(extra.take(other != 0))
    return entries.take(np.lexsort((entries.payment, entries.booked_on, entries.firm)))


def opening(
    seed: int,
    town: Firms,
    invoices: Invoices,
    notes: Credits,
    parts: Parts,
    entries: Entries,
    *,
    on: int,
) -> np.ndarray:
    """Return each account's balance before the first month.

    It is chosen so that on day `on` some firms hold a small part of what they owe in the sixty days
    to come, and the others enough or plenty.
    """
    rng = stream(seed, "opening")
    credited, _ = credit_of(invoices, notes)
    unpaid = invoices.net + invoices.tax - credited
    unpaid -= sums(parts.amount, parts.invoice, len(invoices))
    soon = np.where((invoices.due_on > on) & (invoices.due_on <= on + 60), unpaid, 0)
    owed = sums(soon, invoices.buyer, len(town))
    tight = rng.random(len(town)) < TIGHT_SHARE
    share = np.where(tight, rng.uniform(0.02, 0.15, len(town)), rng.uniform(0.4, 2.0, len(town)))
    held = (owed * share).astype(np.int64) + rng.integers(OPENING_MIN // 4, OPENING_MIN, len(town))
    return held - sums(entries.amount, entries.firm, len(town))


def currency(town: Firms, firm: np.ndarray) -> np.ndarray:
    """Return the currency of each firm's area."""
    return np.array(CURRENCIES)[town.area[firm]]


def places(town: Firms, firm: np.ndarray) -> np.ndarray:
    """Return how many decimals the currency of each firm's area has."""
    return np.array([exponent(code) for code in CURRENCIES])[town.area[firm]]
