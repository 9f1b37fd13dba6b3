"""What holds of every verdict, whatever was ordered, received, invoiced and forgiven."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trade_text import ON, Told, Trade, rules

LIST = st.lists(
    st.tuples(
        st.integers(1, 120),  # ordered
        st.lists(st.integers(1, 80), max_size=3),  # received
        st.lists(st.tuples(st.integers(1, 120), st.integers(180, 230)), min_size=1, max_size=2),
    ),
    min_size=2,
    max_size=5,
)
FEW = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
FORGIVEN = {"quantity_tolerance": Decimal("0.05"), "price_tolerance": Decimal("0.01")}
Deal = tuple[int, list[int], list[tuple[int, int]]]


def papers(deals: list[Deal]) -> list[str]:
    """Return the deals as text: each between a buyer and a seller of its own, at 2.00 ordered."""
    said = []
    for n, (ordered, received, invoiced) in enumerate(deals):
        who, line = f"buyer=Mill{n} seller=Farm{n}", f"order=B{n}/1"
        said.append(f"order B{n} 2026-03-01 {who} | 1 wheat {ordered} KGM 2.00")
        for m, q in enumerate(received):
            said.append(f"receipt W{n}x{m} 2026-03-{4 + m:02} {who} | 1 wheat {q} KGM {line}")
        for m, (q, price) in enumerate(invoiced):
            said.append(
                f"invoice R{n}x{m} 2026-03-{10 + m} {who} | 1 wheat {q} KGM {price / 100:.2f} {line}"
            )
    return said


def verdicts(said: list[str]) -> dict[str, tuple[object, ...]]:
    """Return what is told of each invoice, by its number."""
    told = Told(Trade("\n".join(said)).tables(), ON, rules(**FORGIVEN))
    names = ("verdict", "amount_minor", "credited_minor", "proven_minor", "open_minor", "held_to")
    whole = {number: told.claims[number] | row for number, row in told.verdicts.items()}
    return {number: tuple(row[name] for name in names) for number, row in whole.items()}


@FEW
@given(LIST)
def test_no_verdict_exceeds_what_was_invoiced_what_came_or_what_was_ordered(deals: list[Deal]):
    told = verdicts(papers(deals))
    for n, (ordered, received, invoiced) in enumerate(deals):
        whole = 0
        for m, (quantity, price) in enumerate(invoiced):
            _, amount, credited, proven, left, _ = told[f"R{n}x{m}"]
            assert amount == quantity * price
            assert proven + left == amount - credited
            assert 0 <= proven <= amount
            # Ordered at 2.00, of which one per cent is forgiven: 2.03 and more come down to 2.00.
            assert proven <= quantity * (price if price <= 202 else 200)
            whole += proven
        most = min(Decimal(sum(received)), ordered * Decimal("1.05"))
        assert whole <= most * 202


@FEW
@given(LIST, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_strangers_change_nothing(
    deals: list[Deal], chance: random.Random
):
    said = papers(deals)
    first = verdicts(said)
    shuffled = [
        *said,
        "order Z1 2026-03-01 buyer=Bakery seller=Barn | 1 wheat 9 KGM 1.00",
        "receipt Z2 2026-03-02 buyer=Bakery seller=Barn | 1 wheat 9 KGM",
    ]
    chance.shuffle(shuffled)
    assert verdicts(shuffled) == first
