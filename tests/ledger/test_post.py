"""Posting: order-exact, all or none, each status reached, equal to the plain reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_ledger import Balances, reference_post

from tailrace.ledger.chart import FLOORS
from tailrace.ledger.post import post
from tailrace.ledger.tables import BALANCE, TRANSFER

DAY = date(2026, 3, 31)


def transfer(deed: str, debit: str, credit: str, amount: int, unit: str = "u", seq: int = 1) -> Any:
    return {
        "transfer_id": f"{deed}.{seq}",
        "deed_id": deed,
        "sequence": seq,
        "debit": debit,
        "credit": credit,
        "unit": unit,
        "amount": amount,
        "valid_on": DAY,
        "recorded_on": DAY,
        "rule": "test",
        "cause_kind": "claim",
        "cause_id": deed,
    }


def posted(
    wanted: Sequence[Any], held: Balances | None = None, before: Sequence[Any] = ()
) -> tuple[list[Any], list[tuple[str, str]]]:
    """Post plain rows; return the transfers accepted and (deed, status) of the refusals."""
    balances = BALANCE.rows(
        {"account": a, "unit": u, "balance": n, "debits": 0, "credits": 0, "transfers": 0}
        for (a, u), n in (held or {}).items()
    )
    accepted, refused = post(
        TRANSFER.rows(wanted), held=balances, posted=TRANSFER.rows(before), floors=FLOORS
    )
    rows = refused.to_pylist()
    return accepted.to_pylist(), [(row["deed_id"], row["status"]) for row in rows]


def test_a_second_sale_of_the_same_obligation_is_refused_like_an_overdraft() -> None:
    wanted = [
        transfer("proof", "seller/free", "debtor/owed", 100),
        transfer("sale-1", "bank-1/held", "seller/free", 100),
        transfer("sale-2", "bank-2/held", "seller/free", 100),
    ]
    accepted, refused = posted(wanted)
    assert [row["deed_id"] for row in accepted] == ["proof", "sale-1"]
    assert refused == [("sale-2", "overdrawn")]


def test_a_refusal_says_which_account_and_by_how_much() -> None:
    table = TRANSFER.rows([transfer("sale", "bank/held", "seller/free", 100)])
    _, refused = post(table, held=BALANCE.empty(), posted=TRANSFER.empty(), floors=FLOORS)
    [row] = refused.to_pylist()
    assert row["account"] == "seller/free"
    assert row["what"] == "would hold -100 u; its floor is 0"
    assert row["cause_id"] == "sale"


def test_one_broken_transfer_refuses_its_whole_deed() -> None:
    wanted = [
        transfer("set-off", "debtor/payable", "debtor/clearing", 50, "EUR", 1),
        transfer("set-off", "debtor/owed", "creditor/free", 50, "u", 2),
    ]
    assert posted(wanted) == ([], [("set-off", "overdrawn")])


def test_within_a_deed_only_the_whole_counts() -> None:
    wanted = [
        transfer("through", "b/held", "a/free", 50, "u", 1),
        transfer("through", "a/free", "d/owed", 50, "u", 2),
    ]
    accepted, refused = posted(wanted)
    assert (len(accepted), refused) == (2, [])


def test_order_decides_who_comes_first() -> None:
    held = {("a/free", "u"): 60}
    small, large = (
        transfer("small", "b/held", "a/free", 40),
        transfer("large", "c/held", "a/free", 50),
    )
    assert posted([small, large], held)[1] == [("large", "overdrawn")]
    assert posted([large, small], held)[1] == [("small", "overdrawn")]


def test_a_refused_deed_gives_nothing_to_those_after_it() -> None:
    wanted = [
        transfer("1", "b/free", "a/free", 10),
        transfer("2", "c/free", "b/free", 10),
        transfer("3", "d/free", "c/free", 10),
    ]
    assert posted(wanted)[1] == [(name, "overdrawn") for name in "123"]


def test_money_coming_in_is_welcome_even_below_the_floor() -> None:
    held = {("a/free", "u"): -100}
    accepted, refused = posted([transfer("in", "a/free", "d/owed", 30)], held)
    assert (len(accepted), refused) == (1, [])


def test_facts_are_not_refused_however_deep_an_account_goes() -> None:
    accepted, refused = posted([transfer("paid", "a/payable", "a/bank", 10**15, "EUR")])
    assert (len(accepted), refused) == (1, [])


@pytest.mark.parametrize("amount", [0, -5])
def test_an_amount_of_nothing_or_less_is_refused(amount: int) -> None:
    wanted = [transfer("bad", "a/bank", "a/bank", amount), transfer("good", "a/bank", "a/sales", 1)]
    accepted, refused = posted(wanted)
    assert [row["deed_id"] for row in accepted] == ["good"]
    assert refused == [("bad", "amount_must_be_positive")]


def test_a_transfer_to_itself_is_refused() -> None:
    assert posted([transfer("self", "a/bank", "a/bank", 5)])[1] == [
        ("self", "accounts_must_be_different")
    ]


def test_a_balance_beyond_64_bits_is_refused_and_the_next_is_not() -> None:
    held = {("a/bank", "EUR"): 2**63 - 10}
    wanted = [
        transfer("too much", "a/bank", "a/sales", 10, "EUR"),
        transfer("fits", "a/bank", "a/sales", 9, "EUR"),
    ]
    accepted, refused = posted(wanted, held)
    assert [row["deed_id"] for row in accepted] == ["fits"]
    assert refused == [("too much", "overflow")]


def test_the_same_deed_again_is_answered_by_the_first_answer() -> None:
    sale = transfer("sale", "b/held", "a/free", 50)
    assert posted([sale], {("a/free", "u"): 100}, before=[sale]) == ([], [])


def test_a_repeated_refusal_is_told_once() -> None:
    bad, other = transfer("bad", "a/held", "b/free", 5), transfer("ok", "a/bank", "a/sales", 5)
    assert posted([bad, other, bad])[1] == [("bad", "overdrawn")]


def test_the_same_deed_with_another_amount_has_its_own_status() -> None:
    before = transfer("sale", "b/held", "a/free", 50)
    wanted = [transfer("sale", "b/held", "a/free", 51)]
    assert posted(wanted, {("a/free", "u"): 100}, before=[before]) == (
        [],
        [("sale", "exists_with_different_fields")],
    )


def test_the_first_named_status_wins() -> None:
    """Every fault at once: repeated with other fields, nothing moved, one account, overdrawn."""
    before = [transfer("d", "x/bank", "x/sales", 1)]
    legs = [
        transfer("d", "a/bank", "a/bank", 0, seq=1),
        transfer("d", "b/held", "a/free", 9, seq=2),
    ]
    assert posted(legs, before=before)[1] == [("d", "exists_with_different_fields")]
    assert posted(legs)[1] == [("d", "amount_must_be_positive")]
    legs[0]["amount"] = 3
    assert posted(legs)[1] == [("d", "accounts_must_be_different")]
    legs[0] = transfer("d", "a/free", "a/bank", 2**62, seq=1) | {"unit": "v"}
    held = {("a/free", "v"): 2**62}
    assert posted(legs, held)[1] == [("d", "overflow")]
    assert posted(legs[1:])[1] == [("d", "overdrawn")]


def test_nothing_wanted_posts_nothing() -> None:
    assert posted([]) == ([], [])


ACCOUNTS = st.sampled_from(["a/free", "b/free", "c/held", "d/owed", "a/bank", "x/y/free"])
AMOUNTS = st.integers(-1, 6) | st.sampled_from([2**62, 2**63 - 1])
LEG = st.tuples(ACCOUNTS, ACCOUNTS, AMOUNTS, st.sampled_from(["u", "v"]))


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Any], Balances, list[Any]]:
    """Deeds of one to three transfers, ids that come back, balances before, deeds before."""
    small = st.integers(-5, 12) | st.just(2**63 - 3)
    held = draw(
        st.dictionaries(st.tuples(ACCOUNTS, st.sampled_from(["u", "v"])), small, max_size=8)
    )
    deeds = draw(st.lists(st.lists(LEG, min_size=1, max_size=3), max_size=14))
    names = draw(st.lists(st.integers(0, 20), min_size=len(deeds), max_size=len(deeds)))
    wanted, last = [], None
    for name, legs in zip(names, deeds, strict=True):
        name = f"{name}b" if f"{name}" == last else f"{name}"  # side by side they would be one
        last = name
        wanted += [transfer(name, d, c, n, u, i) for i, (d, c, n, u) in enumerate(legs)]
    before: list[Any] = []
    if wanted and draw(st.booleans()):
        twin = wanted[0]["deed_id"]
        before = wanted[
            : next((i for i, t in enumerate(wanted) if t["deed_id"] != twin), len(wanted))
        ]
        if draw(st.booleans()):
            before = [before[0] | {"amount": 77}, *before[1:]]
    return wanted, held, before


@settings(max_examples=200, deadline=None)
@given(batches())
def test_the_fast_ledger_answers_as_the_plain_one(
    batch: tuple[list[Any], Balances, list[Any]],
) -> None:
    wanted, held, before = batch
    accepted, refused, after = reference_post(wanted, held, before, FLOORS)
    fast_accepted, fast_refused = posted(wanted, held, before)
    assert fast_accepted == accepted
    assert fast_refused == refused
    for (account, unit), amount in after.items():
        floor = FLOORS.get(account.rpartition("/")[2], amount)
        assert amount >= min(floor, held.get((account, unit), 0))


def test_a_table_in_many_chunks_is_posted_as_in_one() -> None:
    rows = [transfer(f"{i:03}", "a/free", "d/owed", 1) for i in range(50)]
    rows += [transfer("sale", "b/held", "a/free", 51)]
    table = pa.concat_tables(TRANSFER.rows(rows[i : i + 7]) for i in range(0, 51, 7))
    accepted, refused = post(table, held=BALANCE.empty(), posted=TRANSFER.empty(), floors=FLOORS)
    assert accepted.num_rows == 50
    assert refused["deed_id"].to_pylist() == ["sale"]
