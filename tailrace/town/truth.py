"""What is true of the town: how much of each claim its records prove, which are honest, which not.

A claim's provable amount is what an outsider who holds every record of the town can prove by
receipts, however honest it is: an honest claim for goods still on their way proves nothing yet. A
fraud with receipts on paper can be proven to the cent; that it is a fraud is another column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tailrace.base.tables import TEXT
from tailrace.town.arrays import sums
from tailrace.town.calendar import day
from tailrace.town.columns import days, pick, texts
from tailrace.town.economy import Economy
from tailrace.town.firms import CURRENCIES
from tailrace.town.numbers import Numbers, numbers
from tailrace.town.orders import (
    DUPLICATE,
    FRAUDS,
    HONEST,
    NO_GOODS,
    OVER_QUANTITY,
    ROUND_TRIP,
    STRANGER,
)
from tailrace.town.payments import credit_of, currency

VERDICTS = ("proven", "partly", "unproven")
GRAVE = (DUPLICATE, STRANGER, ROUND_TRIP, NO_GOODS)  # held out of clearing, whatever is proven
WHAT = {
    NO_GOODS: "invoiced; nothing was sent or received",
    OVER_QUANTITY: "invoiced more than was sent and received",
    DUPLICATE: "the same invoice once more; the first is {other}",
    STRANGER: "{account}",
    ROUND_TRIP: "goods that go round three affiliates and come back to the first",
}
PAID_FROM = "paid from an account that is not the debtor's"
PAY_TO = "asks for payment to an account that is not the creditor's"


def amounts(e: Economy) -> dict[str, np.ndarray]:
    """Return, by invoice: amount, credited, paid, provable (gross, minor units) and verdict."""
    i, flat = e.invoices, e.invoice_lines
    gross = i.net + i.tax
    credited, _ = credit_of(i, e.credits)
    proven_net = sums(flat.proven, flat.invoice, len(i))
    provable = np.minimum(gross * proven_net // i.net, gross - credited)
    left = gross - credited - provable
    return {
        "amount": gross,
        "credited": credited,
        "paid": sums(e.parts.amount, e.parts.invoice, len(i)),
        "provable": provable,
        "verdict": np.where(left == 0, 0, np.where(provable > 0, 1, 2)),
    }


def claims(e: Economy) -> pa.Table:
    """Return one row for each claim: its parties, amounts, the verdict to expect, and its fraud."""
    i, known, said = e.invoices, amounts(e), numbers(e)
    return pa.table(
        {
            "number": said.invoice,
            "creditor_vat": pick(texts(e.firms.vat), i.seller),
            "debtor_vat": pick(texts(e.firms.vat), i.buyer),
            "currency": texts(currency(e.firms, i.seller)),
            "amount_minor": known["amount"],
            "provable_minor": known["provable"],
            "verdict": texts(np.array(VERDICTS)[known["verdict"]]),
            "honest": texts(np.where(i.fraud == HONEST, "yes", "no")),
            "fraud": texts(np.array(FRAUDS)[i.fraud]),
            "issued_on": days(i.issued_on),
            "due_on": days(i.due_on),
            "credited_minor": known["credited"],
            "paid_minor": known["paid"],
        }
    )


def frauds(e: Economy) -> pa.Table:
    """Return one row for each claim that is a fraud, with what is wrong in words."""
    i, said = e.invoices, numbers(e)
    rows = np.flatnonzero(i.fraud != HONEST)
    vat = texts(e.firms.vat)
    return pa.table(
        {
            "name": texts(np.array(FRAUDS)[i.fraud[rows]]),
            "number": pick(said.invoice, rows),
            "creditor_vat": pick(vat, i.seller[rows]),
            "debtor_vat": pick(vat, i.buyer[rows]),
            "amount_minor": (i.net + i.tax)[rows],
            "what": pa.array([_what(e, said, row) for row in rows.tolist()], TEXT),
        }
    )


def _what(e: Economy, said: Numbers, row: int) -> str:
    fraud, first = int(e.invoices.fraud[row]), int(e.invoices.copy_of[row])
    other = said.invoice[first].as_py() if first >= 0 else ""
    account = PAY_TO if e.invoices.strange_payee[row] else PAID_FROM
    return WHAT[fraud].format(other=other, account=account)


def summary(e: Economy, documents: dict[str, int], faults: int) -> dict[str, Any]:
    """Return the counts and sums of the town, amounts in minor units by currency."""
    known, area = amounts(e), e.firms.area[e.invoices.seller]
    return {
        "seed": e.seed,
        "on": day(e.on).isoformat(),
        "months": len(e.months),
        "firms": len(e.firms),
        "documents": documents,
        "faults": faults,
        "frauds": {FRAUDS[n]: int((e.invoices.fraud == n).sum()) for n in range(1, len(FRAUDS))},
        "currencies": {
            code: _sums(e, {name: column[area == n] for name, column in known.items()}, area == n)
            for n, code in enumerate(CURRENCIES)
            if (area == n).any()
        },
    }


def _sums(e: Economy, known: dict[str, np.ndarray], here: np.ndarray) -> dict[str, Any]:
    """Return the figures of one currency; `unpaid` are the claims not paid or credited in full."""
    debt = known["amount"] - known["credited"] - known["paid"]
    open_proven = np.maximum(known["provable"] - known["paid"], 0)
    grave = np.isin(e.invoices.fraud[here], GRAVE)
    unpaid = debt > 0
    amount = np.where(known["verdict"] == 2, debt, open_proven)
    return {
        "claims": len(debt),
        "invoiced_minor": int(known["amount"].sum()),
        "credited_minor": int(known["credited"].sum()),
        "paid_minor": int(known["paid"].sum()),
        "unpaid": int(unpaid.sum()),
        "debt_minor": int(debt[unpaid].sum()),
        "verdicts": {name: int((known["verdict"] == n).sum()) for n, name in enumerate(VERDICTS)},
        "unpaid_verdicts": {
            name: {
                "count": int((unpaid & (known["verdict"] == n)).sum()),
                "amount_minor": int(amount[unpaid & (known["verdict"] == n)].sum()),
            }
            for n, name in enumerate(VERDICTS)
        },
        "proven_open_minor": int(open_proven.sum()),
        "held_out_minor": int(open_proven[grave].sum()),
    }
