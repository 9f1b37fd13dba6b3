"""The checker turns down every answer that is not the greatest set-off, however it was bent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from tailrace.base.errors import BadTerms
from tailrace.network import Clearing, clear, verify_clearing

# a -> b -> c -> a clears 5 all round; d only owes.
DEBTS = pa.table(
    {
        "obligation_id": ["o0", "o1", "o2", "o3"],
        "debtor": ["a", "b", "c", "d"],
        "creditor": ["b", "c", "a", "a"],
        "currency": ["EUR"] * 4,
        "amount_minor": [5, 7, 6, 3],
    }
)


def bent(set_off: list[int], prices: dict[str, int] | None = None) -> Clearing:
    """Return the clearing of DEBTS with other set-offs, prices and the total these sum to."""
    honest = clear(DEBTS)
    moved = np.array(set_off, np.int64)
    table = honest.certificate.prices
    if prices is not None:
        rows = [(firm, "EUR", price) for firm, price in prices.items()]
        table = pa.table(
            dict(zip(table.column_names, map(list, zip(*rows, strict=True)), strict=True))
        )
    proof = msgspec.structs.replace(honest.certificate, set_off=moved, prices=table)
    totals = msgspec.structs.replace(honest.totals["EUR"], cleared_minor=int(moved.sum()))
    return msgspec.structs.replace(honest, set_off=moved, certificate=proof, totals={"EUR": totals})


def test_the_honest_answer_passes():
    assert verify_clearing(DEBTS, bent([5, 5, 5, 0])) == {"EUR": 15}


@pytest.mark.parametrize(
    ("set_off", "what"),
    [
        ([4, 4, 4, 0], "12 is set off and the prices allow 15: not proven the greatest"),
        ([0, 0, 0, 0], "0 is set off and the prices allow 15"),
        ([6, 6, 6, 0], "below zero or above its debt"),
        ([-1, -1, -1, 0], "below zero or above its debt"),
        ([5, 5, 4, 1], "the net position of c moves"),
    ],
)
def test_set_offs_that_are_not_the_greatest_are_refused(set_off, what):
    with pytest.raises(BadTerms, match=what):
        verify_clearing(DEBTS, bent(set_off))


@pytest.mark.parametrize(
    ("prices", "what"),
    [
        ({"a": 0, "b": 0, "c": 0, "d": 0}, "15 is set off and the prices allow 21"),
        ({"a": 0, "b": 2, "c": 1}, "a firm has no price"),
        ({"a": 0, "b": 2, "c": 1, "d": 2**62}, "prices are out of range"),
    ],
)
def test_prices_that_prove_nothing_are_refused(prices, what):
    with pytest.raises(BadTerms, match=what):
        verify_clearing(DEBTS, bent([5, 5, 5, 0], prices))


def test_the_proof_holds_when_debt_times_price_passes_sixty_four_bits():
    big = 2**60
    count = 9
    ring = pa.table(
        {
            "obligation_id": list(range(count + 1)),
            "debtor": [*range(count), 0],
            "creditor": [*((n + 1) % count for n in range(count)), 1],
            "currency": ["EUR"] * (count + 1),
            "amount_minor": [big, *[2**58] * (count - 1), 1],
        }
    )
    clearing = clear(ring)
    assert verify_clearing(ring, clearing) == {"EUR": count * 2**58}


def test_a_total_that_is_not_the_sum_is_refused():
    honest = clear(DEBTS)
    totals = {"EUR": msgspec.structs.replace(honest.totals["EUR"], cleared_minor=16)}
    with pytest.raises(BadTerms, match="the total of EUR is not its set-offs"):
        verify_clearing(DEBTS, msgspec.structs.replace(honest, totals=totals))


@pytest.mark.parametrize(
    ("bend", "what"),
    [
        (lambda x: x[:3], "one int64 for each row"),
        (lambda x: x.astype(np.float64), "one int64 for each row"),
        (lambda x: x + 1, "differ from the certificate's"),
    ],
)
def test_set_offs_of_another_shape_or_hand_are_refused(bend: Callable[[Any], Any], what: str):
    honest = clear(DEBTS)
    other = bend(honest.set_off)
    proof = honest.certificate
    if "differ" not in what:
        proof = msgspec.structs.replace(proof, set_off=other)
    with pytest.raises(BadTerms, match=what):
        verify_clearing(DEBTS, msgspec.structs.replace(honest, set_off=other, certificate=proof))


def test_a_debt_that_was_hidden_from_the_solver_is_noticed():
    clearing = clear(DEBTS)
    amounts = pa.array([6, 7, 6, 3])  # the ring could clear 6
    with pytest.raises(BadTerms, match="15 is set off and the prices allow 18"):
        verify_clearing(DEBTS.set_column(4, "amount_minor", amounts), clearing)
