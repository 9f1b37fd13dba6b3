"""Saying: what a party says of one debt, as an act of a round, or why it means nothing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.errors import BadTerms, NotFound
from tailrace.network.rounds.acts import SAYS

Row = dict[str, Any]


def word_of(what: str, debt: Row, line: Row | None) -> Row:
    """Return the act of a word on one debt, or raise where the word means nothing."""
    where = f"debt {debt['obligation_id']}"
    if line is None:
        mend = "declare it first, with debtor, creditor, currency, amount and due day"
        raise NotFound("the round knows no such debt", where=where, mend=mend)
    firm = debt.get("firm_id") or line["debtor_id"]
    if firm not in (line["debtor_id"], line["creditor_id"]):
        mend = f"its parties are {line['debtor_id']} and {line['creditor_id']}"
        raise BadTerms(f"{firm} is no party to it", where=where, mend=mend)
    if what == "withdraw" and line["mandatory"]:
        mend = "dispute it, or change what is open of it"
        raise BadTerms("it is mandatory: nobody withdraws it", where=where, mend=mend)
    amount = debt.get("amount_minor")
    if what == "confirm" and amount is None:
        amount = line["amount_minor"]
    if what in SAYS and (amount is None or amount < 0):
        mend = "say what is open, in whole minor units"
        raise BadTerms("no amount, or one below zero", where=where, mend=mend)
    kept = ("obligation_id", "debtor_id", "creditor_id", "currency", "due_on")
    told = {"firm_id": firm, "amount_minor": amount if what in SAYS else None}
    return told | {key: line[key] for key in kept}


def takes_part(lines: pa.Table, firm: str) -> bool:
    """Whether a firm is a party to one of these lines."""
    sides = (lines["debtor_id"], lines["creditor_id"])
    return any(pc.any(pc.equal(side, firm)).as_py() for side in sides)
