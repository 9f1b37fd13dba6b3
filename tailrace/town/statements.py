"""The bank's statements of the town as record rows: balances, entries, and the payments they tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.tables import TEXT
from tailrace.town.arrays import sums
from tailrace.town.calendar import month_end
from tailrace.town.columns import days, joined, padded, pick, same, texts, where
from tailrace.town.papers import Desk, Part
from tailrace.town.payments import TAKINGS, WAGES


def statements(d: Desk) -> Part:
    """Return a statement a month for every account: opening, entries, closing."""
    months, firms = d.e.months, len(d.e.firms)
    firm, month = np.repeat(np.arange(firms), len(months)), np.tile(months, firms)
    ended_on = np.minimum(month_end(month), d.e.on)
    owner, code = pick(d.parties.owner, firm), pick(texts(d.e.firms.code), firm)
    year = pa.array(month // 12 + 1970).cast(TEXT)
    return Part(
        document={
            "kind": same("statement", len(firm)),
            "number": joined(code, "-S", year, padded(month % 12 + 1, 2)),
            "issued_on": days(ended_on),
            "currency": pick(d.currency, firm),
        },
        entries=_entries(d, firm, month, ended_on, owner),
        payments=_bank_payments(d),
    )


def _statement_of(d: Desk) -> np.ndarray:
    """Return the place of the statement each booking stands on."""
    booked = d.e.entries.booked_on.astype("datetime64[D]").astype("datetime64[M]")
    return d.e.entries.firm * len(d.e.months) + booked.astype(np.int64) - d.e.months[0]


def _entries(
    d: Desk, firm: np.ndarray, month: np.ndarray, ended_on: np.ndarray, owner: pa.Array
) -> dict[str, Any]:
    """Return the lines of the statements; opening and entries add up to closing."""
    entries, count, span = d.e.entries, len(firm), len(d.e.months)
    statement = _statement_of(d)
    moved = sums(entries.amount, statement, count).reshape(-1, span)
    closing = (d.e.opening[:, None] + np.cumsum(moved, axis=1)).reshape(-1)
    begun_on = month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    at = np.concatenate([np.arange(count), statement, np.arange(count)])
    turn = np.repeat([0, 1, 2], [count, len(entries), count])
    order = np.lexsort((np.arange(len(at)), turn, at))
    amount = np.concatenate([closing - moved.reshape(-1), entries.amount, closing])[order]
    day = days(np.concatenate([begun_on, entries.booked_on, ended_on])[order])
    at, turn = at[order], turn[order]
    payment = np.concatenate([np.full(count, -1), entries.payment, np.full(count, -1)])[order]
    total = len(at)
    words = where(amount < 0, same(WAGES, total), same(TAKINGS, total))
    trade = np.where(amount < 0, "PMNT/ICDT/ESCT", "PMNT/RCDT/ESCT")
    other = np.where(amount < 0, "PMNT/ICDT/SALA", "PMNT/CCRD/POSP")
    inner = turn == 1
    return {
        "at": at,
        "account": pick(texts(d.e.firms.iban), firm[at]),
        "owner_id": pick(owner, at),
        "sequence": pa.array(at % span + 1).cast(TEXT),
        "entry": texts(np.array(["opening", "entry", "closing"])[turn]),
        "amount_minor": amount,
        "currency": pick(d.currency, firm[at]),
        "reversal": np.zeros(total, bool),
        "status": where(inner, same("BOOK", total)),
        "booked_on": day,
        "value_on": where(inner, day),
        "bank_code": where(inner, texts(np.where(payment >= 0, trade, other))),
        "entry_ref": where(inner, joined("TB", padded(np.arange(total), 9))),
        "text": where(inner & (payment < 0), words),
    }


def _bank_payments(d: Desk) -> dict[str, Any]:
    """Return the payments as the statements tell them: one for each entry, in their order.

    Wages and card takings are payments too, with nobody named on the other side.
    """
    entries = d.e.entries
    told, count = entries.payment, len(entries)
    trade, debit = told >= 0, entries.amount < 0
    debtor = np.where(trade, d.e.payments.debtor[told], np.where(debit, entries.firm, -1))
    creditor = np.where(trade, d.e.payments.creditor[told], np.where(debit, -1, entries.firm))
    strange = np.where(trade, _payer_stranger(d)[told], -1)
    iban, strange_iban = texts(d.e.firms.iban), texts(d.parties.stranger_iban)
    owner, account = d.parties.owner, d.parties.account
    paid_by = where(debit, pick(owner, debtor), pick(account, debtor))
    payee = where(debit, pick(account, creditor), pick(owner, creditor))
    other = where(debit, same(WAGES, count), same(TAKINGS, count))
    one, text = _said(d)
    booked_on = days(entries.booked_on)
    return {
        "at": _statement_of(d),
        "told_by": same("bank", count),
        "direction": where(debit, same("debit", count), same("credit", count)),
        "reversal": np.zeros(count, bool),
        "amount_minor": np.abs(entries.amount),
        "currency": pick(d.currency, entries.firm),
        "debtor_id": where(strange >= 0, pick(d.parties.stranger, strange), paid_by),
        "creditor_id": payee,
        "debtor_account": where(strange >= 0, pick(strange_iban, strange), pick(iban, debtor)),
        "creditor_account": pick(iban, creditor),
        "end_to_end_ref": pick(d.numbers.end_to_end, told),
        "structured_ref": pick(one, told),
        "remittance_text": where(trade, pick(text, told), other),
        "booked_on": booked_on,
        "value_on": booked_on,
    }


def _payer_stranger(d: Desk) -> np.ndarray:
    """Return, by payment, the place of the stranger who made it, or -1."""
    first = d.e.parts.invoice[np.searchsorted(d.e.parts.payment, np.arange(len(d.e.payments)))]
    return np.where(d.e.payments.stranger, d.stranger[first], -1)


def _said(d: Desk) -> tuple[pa.Array, pa.Array]:
    """Return, by payment, the structured reference, or else the invoice numbers it names."""
    parts, payments = d.e.parts, d.e.payments
    starts = np.searchsorted(parts.payment, np.arange(len(payments) + 1))
    numbers = pick(d.numbers.invoice, parts.invoice)
    listed = pa.ListArray.from_arrays(pa.array(starts.astype(np.int32)), numbers)
    text = pc.binary_join(listed, " ")
    single = (payments.count == 1) & d.e.firms.structured[payments.creditor]
    reference = pick(d.numbers.payment_ref, parts.invoice[starts[:-1]])
    return where(single, reference), where(~single, text)
