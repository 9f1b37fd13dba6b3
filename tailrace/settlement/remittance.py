"""What the parties are told, as UBL RemittanceAdvice: payments to come, and debts set off.

One advice for each payer, payee, currency and day says which invoices a payment is for. A set-off
is an advice too, of no money: its total is zero and its lines name what was cleared.
Source: OASIS UBL 2.1, RemittanceAdvice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa
from msgspec import Struct

from tailrace.base.ids import digest_id
from tailrace.formats import ubl
from tailrace.records.ids import STRONG

Row = Mapping[str, Any]
NUMBER_DIGITS = 16  # of the digest in an advice's number


class Known(Struct, frozen=True, kw_only=True):
    """What an advice needs to know beside the instructions."""

    names: Mapping[str, str]  # firm id -> name
    numbers: Mapping[str, Sequence[tuple[str, str]]]  # firm id -> (scheme, value), strong ones
    claims: Mapping[str, tuple[str, date]]  # claim id -> number and day of the invoice


def known(firm: pa.Table, party_identifier: pa.Table, claim: pa.Table) -> Known:
    """Gather names, numbers and invoices from the tables of these kinds."""
    parties = firm.select(["party_id", "firm_id", "name"]).to_pylist()
    of_party = {row["party_id"]: row["firm_id"] for row in parties}
    numbers: dict[str, set[tuple[str, str]]] = {}
    for row in party_identifier.select(["party_id", "scheme", "value"]).to_pylist():
        if row["scheme"] in STRONG and row["party_id"] in of_party:
            pairs = numbers.setdefault(of_party[row["party_id"]], set())
            pairs.add((row["scheme"], row["value"]))
    bills = claim.select(["claim_id", "number", "issued_on"]).to_pylist()
    return Known(
        names={row["firm_id"]: row["name"] for row in parties},
        numbers={firm_id: sorted(pairs) for firm_id, pairs in numbers.items()},
        claims={row["claim_id"]: (row["number"], row["issued_on"]) for row in bills},
    )


def payment_advices(
    instructions: Iterable[Row], about: Known, *, on: date
) -> Iterator[tuple[str, bytes]]:
    """Yield (number, content) of an advice for each payment that settles one or more invoices.

    instructions: `instruction` rows in any order. The price of an accepted offer is no payment of
    an invoice and has no advice. The bank is asked for single transfers, so an advice with one
    invoice carries its end-to-end reference.
    """
    due = [row for row in instructions if row["reason"] == "obligation"]
    for rows in _grouped(
        due, lambda r: (r["payer_id"], r["payee_id"], r["currency"], r["execute_on"])
    ):
        first = rows[0]
        payment = {
            "amount_minor": sum(row["amount_minor"] for row in rows),
            "end_to_end_ref": first["end_to_end_ref"] if len(rows) == 1 else None,
            "structured_ref": first["structured_ref"] if len(rows) == 1 else None,
            "remittance_text": first["remittance_text"] if len(rows) == 1 else None,
            "debtor_account": first["payer_account"],
            "creditor_account": first["payee_account"],
            "value_on": first["execute_on"],
        }
        number = _number("advice", [row["instruction_id"] for row in rows])
        parties = (first["payer_id"], first["payee_id"])
        yield number, _advice(number, parties, payment, rows, about, on, note=None)


def set_off_advices(
    set_offs: Iterable[Row], about: Known, *, on: date
) -> Iterator[tuple[str, bytes]]:
    """Yield (number, content) of an advice for each debtor and creditor of a clearing.

    set_offs: `set_off` rows in any order. The total paid is zero: no money moves.
    """
    for rows in _grouped(
        list(set_offs),
        lambda r: (r["debtor_id"], r["creditor_id"], r["currency"], r["clearing_id"]),
    ):
        first = rows[0]
        number = _number("set_off", [row["set_off_id"] for row in rows])
        parties = (first["debtor_id"], first["creditor_id"])
        note = f"Set off without money in clearing {first['clearing_id']}; nothing is paid"
        payment = {"amount_minor": 0, "value_on": on}
        yield number, _advice(number, parties, payment, rows, about, on, note=note)


def _grouped(rows: Sequence[Row], key: Callable[[Row], tuple[Any, ...]]) -> Iterator[list[Row]]:
    """Yield rows of one key together, in order of key and claim."""
    ordered = sorted(rows, key=lambda row: (*key(row), row["claim_id"]))
    for _, group in groupby(ordered, key=key):
        yield list(group)


def _number(kind: str, causes: Sequence[str]) -> str:
    return f"TR-{digest_id(kind, *sorted(causes))[:NUMBER_DIGITS].upper()}"


def _advice(
    number: str,
    parties: tuple[str, str],
    payment: Row,
    rows: Sequence[Row],
    about: Known,
    on: date,
    *,
    note: str | None,
) -> bytes:
    payer, payee = parties
    tables: dict[str, list[dict[str, Any]]] = {
        "document": [
            {
                "kind": "remittance",
                "number": number,
                "issued_on": on,
                "issuer_id": payer,
                "buyer_id": payer,
                "seller_id": payee,
                "currency": rows[0]["currency"],
                "payable_minor": payment["amount_minor"],
                "note": note,
            }
        ],
        "payment": [{"payment_id": number, "currency": rows[0]["currency"], **payment}],
        "allocation": [_allocation(number, row, about) for row in rows],
        "party": [{"party_id": p, "name": _name(p, about)} for p in dict.fromkeys(parties)],
        "party_identifier": [
            {"party_id": party, "scheme": scheme, "value": value}
            for party in dict.fromkeys(parties)
            for scheme, value in about.numbers.get(party, ())
        ],
    }
    return ubl.write(tables)


def _allocation(number: str, row: Row, about: Known) -> dict[str, Any]:
    # A claim that later records no longer make is told by what the instruction said of it.
    invoice, issued_on = about.claims.get(row["claim_id"], (_as_said(row), None))
    return {
        "payment_id": number,
        "to_kind": "invoice",
        "to_number": invoice,
        "to_issued_on": issued_on,
        "amount_minor": row["amount_minor"],
    }


def _name(firm_id: str, about: Known) -> str:
    return about.names.get(firm_id) or firm_id.removeprefix("funder:")


def _as_said(row: Row) -> str:
    """Return what a row itself says of the claim it is for."""
    return str(row.get("remittance_text") or row["claim_id"])
