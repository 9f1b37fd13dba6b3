"""The numbers on the town's documents: each issuer has a series for each kind of document.

Half of the firms put their code into their numbers; the others' numbers collide with one another,
as real ones do: a number means something only together with its issuer.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from msgspec import Struct

from tailrace.base.tables import TEXT
from tailrace.town.arrays import ranks
from tailrace.town.columns import joined, padded, pick, where
from tailrace.town.economy import Economy
from tailrace.town.firms import Firms


class Numbers(Struct, frozen=True, kw_only=True):
    """The number of every document, by place in the economy's arrays."""

    order: pa.Array
    response: pa.Array  # by order
    despatch: pa.Array  # by shipment
    receipt: pa.Array  # by shipment
    reversal: pa.Array  # by parcel
    invoice: pa.Array
    payment_ref: pa.Array  # by invoice
    credit: pa.Array
    remittance: pa.Array  # by payment
    end_to_end: pa.Array  # by payment


def numbers(e: Economy) -> Numbers:
    """Return the numbers; they run by day within each issuer's series."""
    o, s, i, p = e.orders, e.shipments, e.invoices, e.payments
    ordinal = ranks(i.seller, i.issued_on, np.arange(len(i))) + 1
    invoice = _series(e.firms, "R", i.seller, ordinal)
    taker, giver = i.seller[e.credits.invoice], s.buyer[e.parcels.shipment]
    return Numbers(
        order=_series(e.firms, "B", o.buyer, _ordinal(o.buyer, o.ordered_on)),
        response=_series(e.firms, "A", o.seller, _ordinal(o.seller, o.ordered_on)),
        despatch=_series(e.firms, "L", s.seller, _ordinal(s.seller, s.despatched_on)),
        receipt=_series(e.firms, "W", s.buyer, _ordinal(s.buyer, s.received_on)),
        reversal=_series(e.firms, "X", giver, _ordinal(giver, e.parcels.undone_on)),
        invoice=invoice,
        payment_ref=where(
            e.firms.structured[i.seller], creditor_references(e.firms, i.seller, ordinal), invoice
        ),
        credit=_series(e.firms, "G", taker, _ordinal(taker, e.credits.issued_on)),
        remittance=_series(e.firms, "Z", p.debtor, _ordinal(p.debtor, p.paid_on)),
        end_to_end=joined(
            pick(pa.array(e.firms.code.tolist(), TEXT), p.debtor),
            where(p.stranger, pa.repeat("-N", len(p)), pa.repeat("-E", len(p))),
            padded(_ordinal(p.debtor, p.paid_on), 6),
        ),
    )


def creditor_references(town: Firms, seller: np.ndarray, ordinal: np.ndarray) -> pa.Array:
    """Return ISO 11649 references: RF, two check digits, the seller's number and a running one."""
    stem = np.char.lstrip(town.vat, "ABCX").astype(np.int64)[seller] * 10**7 + ordinal
    check = 98 - (stem % 97 * pow(10, 6, 97) + 271500) % 97  # R and F count as 27 and 15
    return joined("RF", padded(check, 2), pa.array(stem).cast(TEXT))


def _ordinal(issuer: np.ndarray, day: np.ndarray) -> np.ndarray:
    return ranks(issuer, day, np.arange(len(issuer))) + 1


def _series(town: Firms, letter: str, issuer: np.ndarray, ordinal: np.ndarray) -> pa.Array:
    code = pick(pa.array(town.code.tolist(), TEXT), issuer)
    own = joined(code, "-", letter, padded(ordinal, 5))
    return where(town.coded[issuer], own, joined("26", letter, padded(ordinal, 5)))
