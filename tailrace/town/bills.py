"""Invoice, credit note and remittance advice of the town as record rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from tailrace.base.tables import TEXT
from tailrace.town.columns import days, decimals, joined, pick, same, texts, where
from tailrace.town.firms import TAXED
from tailrace.town.papers import (
    TENTH_PLACES,
    Desk,
    Part,
    inside,
    one_order,
    order_lines,
    running,
    whole,
)
from tailrace.town.payments import credit_of

RATE = 20


def invoices(d: Desk) -> Part:
    """Return the invoices."""
    i, flat = d.e.invoices, d.e.invoice_lines
    at, line = flat.invoice, flat.line
    sides = d.sides(d.parties.trade, i.seller, i.buyer)
    sent_on = d.e.shipments.despatched_on[np.maximum(i.shipment, 0)]
    own = pick(texts(d.e.firms.iban), i.seller)
    strange = pick(texts(d.parties.stranger_iban), d.stranger)
    named = d.e.firms.refers[i.seller][at]
    return Part(
        document={
            "kind": same("invoice", len(i)),
            "type_code": same("380", len(i)),
            "number": d.numbers.invoice,
            "issued_on": days(i.issued_on),
            "issuer_id": sides["seller_id"],
            **sides,
            "delivered_on": where(i.shipment >= 0, days(sent_on)),
            "currency": pick(d.currency, i.seller),
            "due_on": days(i.due_on),
            "terms_text": joined(pa.array(i.due_on - i.issued_on).cast(TEXT), " days net"),
            "payment_ref": d.numbers.payment_ref,
            "payee_account": where(i.strange_payee, strange, own),
            **_totals(i.net, i.tax),
        },
        lines={
            "at": at,
            "line_ref": running(at),
            **d.goods(line),
            **{name: where(named, column) for name, column in d.of_order(line).items()},
            "quantity": decimals(flat.quantity, TENTH_PLACES),
            "price": d.price(line, d.e.lines.price_billed[line]),
            "net_minor": flat.net,
            **_rates(d, i.seller[at]),
        },
        references=_invoice_references(d),
        taxes=_taxes(d, i.seller, i.net, i.tax),
    )


def _invoice_references(d: Desk) -> list[dict[str, Any]]:
    """Return the orders and despatches that invoices name, where their sellers name any."""
    i, flat = d.e.invoices, d.e.invoice_lines
    refers = d.e.firms.refers[i.seller]
    named = np.flatnonzero(refers[flat.invoice])
    by_line = order_lines(d, flat.invoice, flat.line)
    by_line = {
        k: pick(v, named) if isinstance(v, pa.Array) else v[named] for k, v in by_line.items()
    }
    single = one_order(d, flat.invoice, flat.line, len(i))
    kept = np.flatnonzero(refers[single["at"]])
    single = whole(single["at"][kept], "order", pick(single["to_number"], kept))
    sent = np.flatnonzero(refers & (i.shipment >= 0))
    monthly = np.flatnonzero((i.shipment[flat.invoice] < 0) & (flat.parcel >= 0))
    monthly = monthly[refers[flat.invoice[monthly]]]
    shipment = d.e.parcels.shipment[flat.parcel[monthly]]
    return [
        by_line,
        single,
        whole(sent, "despatch", pick(d.numbers.despatch, i.shipment[sent])),
        {
            **whole(flat.invoice[monthly], "despatch", pick(d.numbers.despatch, shipment)),
            "line": monthly,
        },
    ]


def credit_notes(d: Desk) -> Part:
    """Return the credit notes."""
    i, notes, rows = d.e.invoices, d.e.credits, d.e.credit_lines
    seller, buyer = i.seller[notes.invoice], i.buyer[notes.invoice]
    sides = d.sides(d.parties.trade, seller, buyer)
    line = d.e.invoice_lines.line[rows.invoice_line]
    corrected = whole(np.arange(len(notes)), "invoice", pick(d.numbers.invoice, notes.invoice))
    return Part(
        document={
            "kind": same("credit_note", len(notes)),
            "type_code": same("381", len(notes)),
            "number": d.numbers.credit,
            "issued_on": days(notes.issued_on),
            "issuer_id": sides["seller_id"],
            **sides,
            "currency": pick(d.currency, seller),
            **_totals(notes.net, notes.tax),
            "note": same("Goods not received", len(notes)),
        },
        lines={
            "at": rows.credit,
            "line_ref": running(rows.credit),
            **d.goods(line),
            **d.of_order(line),
            "quantity": decimals(rows.quantity, TENTH_PLACES),
            "price": d.price(line, d.e.lines.price_billed[line]),
            "net_minor": rows.net,
            **_rates(d, seller[rows.credit]),
        },
        references=[
            order_lines(d, rows.credit, line),
            {**corrected, "to_issued_on": days(i.issued_on[notes.invoice])},
        ],
        taxes=_taxes(d, seller, notes.net, notes.tax),
    )


def remittances(d: Desk) -> Part:
    """Return the remittance advices of the payers who send them."""
    p = d.e.payments
    shown = np.flatnonzero(d.e.firms.remits[p.debtor] & ~p.stranger)
    rows, at = inside(d.e.parts.payment, shown, len(p))
    sides = d.sides(d.parties.trade, p.creditor[shown], p.debtor[shown])
    own = np.arange(len(shown))
    paid_on, account = days(p.paid_on[shown]), texts(d.e.firms.iban)
    return Part(
        document={
            "kind": same("remittance", len(shown)),
            "number": pick(d.numbers.remittance, shown),
            "issued_on": paid_on,
            "issuer_id": sides["buyer_id"],
            **sides,
            "currency": pick(d.currency, p.debtor[shown]),
            "payee_account": pick(account, p.creditor[shown]),
            "payable_minor": p.amount[shown],
        },
        payments={
            "at": own,
            "told_by": same("debtor", len(shown)),
            "reversal": np.zeros(len(shown), bool),
            "amount_minor": p.amount[shown],
            "currency": pick(d.currency, p.debtor[shown]),
            "debtor_id": sides["buyer_id"],
            "creditor_id": sides["seller_id"],
            "debtor_account": pick(account, p.debtor[shown]),
            "creditor_account": pick(account, p.creditor[shown]),
            "end_to_end_ref": pick(d.numbers.end_to_end, shown),
        },
        allocations=_allocations(d, rows, at),
    )


def _allocations(d: Desk, rows: np.ndarray, at: np.ndarray) -> list[dict[str, Any]]:
    """Return what each payment says it pays: invoices in full, credit notes taken from them."""
    parts, notes = d.e.parts, d.e.credits
    invoice = parts.invoice[rows]
    credited, _ = credit_of(d.e.invoices, notes)
    note = np.full(len(d.e.invoices), -1)
    note[notes.invoice] = np.arange(len(notes))
    held = parts.deduction[rows]
    taken = np.flatnonzero(note[invoice] >= 0)
    return [
        {
            "payment": at,
            "to_kind": same("invoice", len(rows)),
            "to_number": pick(d.numbers.invoice, invoice),
            "to_issued_on": days(d.e.invoices.issued_on[invoice]),
            "amount_minor": parts.amount[rows] + credited[invoice],
            "deduction_minor": where(held > 0, pa.array(held)),
            "reason": where(held > 0, same("goods not received", len(rows))),
        },
        {
            "payment": at[taken],
            "to_kind": same("credit_note", len(taken)),
            "to_number": pick(d.numbers.credit, note[invoice[taken]]),
            "to_issued_on": days(notes.issued_on[note[invoice[taken]]]),
            "amount_minor": -credited[invoice[taken]],
        },
    ]


def _totals(net: np.ndarray, tax: np.ndarray) -> dict[str, Any]:
    gross = net + tax
    return {
        "line_total_minor": net,
        "tax_exclusive_minor": net,
        "tax_total_minor": tax,
        "tax_inclusive_minor": gross,
        "payable_minor": gross,
    }


def _rates(d: Desk, seller: np.ndarray) -> dict[str, Any]:
    """Return VAT category and rate: standard in the first area, zero in the others."""
    taxed = np.array(TAXED)[d.e.firms.area[seller]]
    return {
        "tax_category": texts(np.where(taxed, "S", "Z")),
        "tax_rate": decimals(np.where(taxed, RATE, 0), 0),
    }


def _taxes(d: Desk, seller: np.ndarray, net: np.ndarray, tax: np.ndarray) -> dict[str, Any]:
    rates = _rates(d, seller)
    return {
        "at": np.arange(len(seller)),
        "category": rates["tax_category"],
        "rate": rates["tax_rate"],
        "taxable_minor": net,
        "tax_minor": tax,
        "currency": pick(d.currency, seller),
    }
