"""The check of a placement turns down every answer that was bent, however it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from debts_world import world
from liquidity_world import lines, trade

from tailrace.base.errors import BadTerms
from tailrace.network.liquidity import Placement, lenders_in, place, verify_liquidity

DEBTS = world(("a", "b", 50), ("b", "c", 40), ("c", "d", 30), ("d", "e", 60), ("e", "e", 5))
SAID = lines(
    ("", "own", "d", 5, 0), ("in", "inside", None, 10, 20), ("out", "outside", None, 20, 50)
)


def honest() -> Placement:
    debts = trade(DEBTS)
    return place(debts, 25, lenders_in(SAID, debts))


def proof(**what: Callable[[Any], Any]) -> Placement:
    """Return the honest placement with these parts of its proof bent."""
    placement = honest()
    parts = {name: bend(getattr(placement.proof, name)) for name, bend in what.items()}
    return msgspec.structs.replace(
        placement, proof=msgspec.structs.replace(placement.proof, **parts)
    )


def changed(at: int, by: int) -> Callable[[Any], Any]:
    def bend(values: Any) -> Any:
        bent = np.array(values)
        bent[at] += by
        return bent

    return bend


def test_the_honest_answer_passes():
    placement = honest()
    assert verify_liquidity(DEBTS, placement) == placement.settled_minor


@pytest.mark.parametrize(
    ("bent", "what"),
    [
        (lambda: proof(own=changed(3, 1)), "a firm uses more money than it has"),
        (lambda: proof(own=changed(0, -1)), "an amount of money is below zero"),
        (lambda: proof(loan=changed(0, 1)), "a lender lends more than it offers"),
        (lambda: proof(loan=changed(0, 100)), "a loan passes the limit of its line"),
        (lambda: proof(loan=changed(0, -1)), "at a what comes in is not what goes out"),
        (lambda: proof(kept=changed(4, 1)), "at e what comes in is not what goes out"),
        (lambda: proof(price=changed(0, 1)), "not proven the most"),
        (lambda: proof(price=lambda p: p[:-1]), "prices are not one for each firm"),
        (lambda: proof(price=changed(0, -(2**40))), "the prices let money that is kept gain"),
        (lambda: proof(put=lambda p: (p[0], p[1], p[2] - 1)), "a source gives more than it was given"),
        (
            lambda: proof(scale=lambda s: msgspec.structs.replace(s, debt=1)),
            "the costs of money could outweigh a debt",
        ),
        (lambda: msgspec.structs.replace(honest(), budget_minor=24), "more is lent than the budget"),
        (lambda: msgspec.structs.replace(honest(), cost=0), "the cost is not the loans"),
        (lambda: msgspec.structs.replace(honest(), lent_minor=0), "the totals are not the sums"),
        (
            lambda: msgspec.structs.replace(honest(), settled=honest().settled + 100),
            "a row is settled below zero or above its debt",
        ),
    ],
)  # fmt: skip
def test_a_bent_answer_is_turned_down(bent, what):
    with pytest.raises(BadTerms, match=what):
        verify_liquidity(DEBTS, bent())


def test_a_poorer_placement_of_the_same_budget_is_not_proven():
    """Ten lent to d settle 10, ten lent to a would settle 40; all else about it is in order."""
    debts = trade(DEBTS)
    best = place(debts, 10)
    poor = msgspec.structs.replace(
        best,
        settled=np.array([0, 0, 0, 10, 5]),
        settled_minor=15,
        proof=msgspec.structs.replace(
            best.proof,
            loan=np.array([0, 0, 0, 10, 0]),
            kept=np.array([0, 0, 0, 0, 10]),
        ),
    )
    with pytest.raises(BadTerms, match="the gain is 15 and the prices allow 45"):
        verify_liquidity(DEBTS, poor)


def test_outside_money_used_before_inside_money_is_turned_down():
    """The most that ten outside can do is proven, but inside money was held back from doing it."""
    debts = trade(DEBTS)
    outside = place(debts, 10, lenders_in(SAID.filter([True, False, True]), debts))
    lenders = lenders_in(SAID, debts)  # "in" first, then "out", whose lines come last
    price = outside.proof.price
    loan = np.concatenate([np.zeros(len(debts.firms), np.int64), outside.proof.loan])
    dear = np.insert(price, len(debts.firms) + 4, 2**40)
    dear[len(debts.firms) + 2] = (
        2**40
    )  # so dear that inside money gains nothing where it is put to 0
    bent = msgspec.structs.replace(
        outside,
        lenders=lenders,
        proof=msgspec.structs.replace(outside.proof, loan=loan, price=dear),
    )
    with pytest.raises(BadTerms, match="a later source is used before that of an earlier one"):
        verify_liquidity(DEBTS, bent)
