"""A scheme's book and the acts of a month in it, for tests of rounds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from msgspec import structs
from trade_text import Trade

from tailrace.base.book import Book
from tailrace.network import verify_adopted
from tailrace.network.rounds.verifying import verify_rounds
from tailrace.street import open_book
from tailrace.street.rounds import Round, Told, open_round
from tailrace.street.rules import Rules, packaged

DAY = date(2026, 3, 31)
AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
# Three firms in a ring of 500, 700 and 600, by documents of both sides; D owes A 90 beside it.
RING = {"R1": ("A", "B", 500), "R2": ("B", "C", 700), "R3": ("C", "A", 600), "R4": ("D", "A", 90)}


def trade(debts: dict[str, tuple[str, str, int]]) -> str:
    """Return an order, its receipt and its invoice for each debt, due on the 20th of March."""
    lines = []
    for n, (number, (debtor, creditor, amount)) in enumerate(debts.items()):
        who = f"buyer={debtor} seller={creditor}"
        lines += [
            f"order O{number} 2026-03-0{n % 5 + 1} {who} | 1 wheat {amount} KGM 1.00",
            f"receipt W{number} 2026-03-0{n % 5 + 2} {who} | 1 wheat {amount} KGM order=O{number}/1",
            f"invoice {number} 2026-03-0{n % 5 + 3} due=2026-03-20 {who} "
            f"| 1 wheat {amount} KGM 1.00 order=O{number}/1",
        ]
    return "\n".join(lines)


def filled(book: Book, debts: dict[str, tuple[str, str, int]]) -> Book:
    put(book, trade(debts))
    return book


def put(book: Book, text: str) -> None:
    """Put the documents of a trade into a book."""
    for kind, table in Trade(text).tables().items():
        if table.num_rows:
            key = f"{kind}/{book.head.position}"
            page = book.draft(table, kind=kind, rule="formats.intake", version=1, key=key)
            book.append([page], after=book.head)


@pytest.fixture
def book():
    """A scheme's book: four debts in their debtors' word, no documents."""
    with open_book("memory://") as made:
        yield made


@pytest.fixture
def papers():
    """A book whose documents prove the same debts."""
    with open_book("memory://") as made:
        yield filled(made, RING)


def ruled(network: dict[str, Any] | None = None, **other) -> Rules:
    """Return the packaged rules with another rule book, and rules of the circle."""
    rules = packaged()
    circle = structs.replace(rules.network, **(network or {}))
    return structs.replace(rules, rounds=structs.replace(rules.rounds, **other), network=circle)


DECLARED = ruled(eligibility="declared")
BOUND = ruled(eligibility="declared", acceptance="rule book")
PROVEN = ruled(acceptance="rule book", correction_days=0)


def declared(debts: dict[str, tuple[str, str, int]] = RING, **other) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"obligation_id": name, "debtor": debtor, "creditor": creditor, "currency": "EUR"}
            | {"amount_minor": amount, "due_on": date(2026, 3, 20)}
            | other
            for name, (debtor, creditor, amount) in debts.items()
        ]
    )


def on(days: int) -> dict:
    return {"on": DAY + timedelta(days), "at": AT + timedelta(days)}


def opened(book: Book, rules: Rules = DECLARED, days: int = 0) -> Round:
    day = DAY + timedelta(days)
    row = open_round(book, on=day, opened_on=day, rules=rules, at=AT + timedelta(days))
    made = Round(book, row["round_id"])
    if rules.rounds.eligibility != "proven":
        made.declare(declared(), **on(days))
    return made


def final(book: Book, rules: Rules = DECLARED) -> Round:
    made = opened(book, rules)
    made.run("preliminary", **on(0))
    made.run("final", **on(rules.rounds.correction_days))
    return made


def cleared(told: Told) -> int:
    assert told.proposal is not None
    return told.proposal.totals["EUR"].cleared_minor


def verified(book: Book) -> dict[str, str]:
    book.verify()
    kept = ("debt", "set_off", "price", "clearing", "shadow_price", "circle", "cycle")
    verify_adopted(*(book.table(kind) for kind in kept))
    kinds = ("round", "round_act", "round_line", "clearing", "debt", "set_off")
    return verify_rounds(*(book.table(kind) for kind in kinds))


def accepted_by_all(made: Round, days: int = 3) -> None:
    for name in made.awaited():
        made.answer("accept", name, **on(days))
