"""Rounds on a book: told before they bind, reserved, adopted whole, and seen as known at any time."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from kills import killed, python_env
from rounds_world import (
    AT,
    BOUND,
    DAY,
    PROVEN,
    accepted_by_all,
    book,
    cleared,
    final,
    on,
    opened,
    papers,
    put,
    trade,
    verified,
)

from tailrace.base.errors import BadTerms
from tailrace.network.adopt import open_debts
from tailrace.network.rounds.reserving import reserved
from tailrace.network.rounds.verifying import verify_rounds
from tailrace.street import open_book
from tailrace.street.loop import decide, run_id_of
from tailrace.street.moments import as_known
from tailrace.street.rounds import Round
from tailrace.street.rules import packaged

__all__ = ["book", "papers"]  # fixtures


def test_a_month_from_the_call_to_the_deed(book):
    made = opened(book)
    assert cleared(made.run("preliminary", **on(0))) == 1500
    word = {"obligation_id": "R1", "firm_id": "B"}
    made.say("change", [word | {"amount_minor": 200}], reason="returned", by="Jo", **on(2))
    assert cleared(made.run("final", **on(3))) == 600
    assert made.awaited() == ["A", "B", "C"]
    with pytest.raises(BadTerms, match="3 parties have yet to accept: A, B, C"):
        made.adopt(**on(3))
    accepted_by_all(made)
    made.adopt(by="the scheme", **on(4))
    assert verified(book) == {made.round_id: "adopted"}
    said = book.table("round_act").to_pylist()
    assert [row["what"] for row in said[4:7]] == ["preliminary", "change", "final"]
    assert (said[5]["acted_by"], said[5]["reason"]) == ("Jo", "returned")
    assert book.table("clearing")["round_id"].to_pylist() == [made.round_id]
    rows = book.table("set_off").to_pylist()
    assert {r["obligation_id"]: r["amount_minor"] for r in rows} == dict.fromkeys(
        ("R1", "R2", "R3"), 200
    )


def test_a_round_is_adopted_once(book):
    made = final(book, BOUND)
    made.adopt(**on(3))
    head = book.head
    with pytest.raises(BadTerms, match="the round is adopted: nothing more is done in it"):
        Round(book, made.round_id).adopt(**on(3))
    assert book.head == head
    assert book.table("set_off").num_rows == 3


def test_what_a_final_run_reserves_is_neither_cleared_nor_paid_until_the_round_ends(papers):
    made = final(papers, PROVEN)
    assert made.seen(DAY)[0]["held"].to_pylist() == [False] * 4
    engine = decide(papers, ("obligation",), on=DAY, rules=packaged(), accept="cheapest", at=AT)
    assert engine.get("obligation")["held"].to_pylist() == [True] * 4
    bound = ("set_off", "instruction", "contract")
    assert [papers.table(kind).num_rows for kind in bound] == [0, 0, 0]
    made = Round(papers)
    made.cancel(reason="the law changed", **on(0))
    engine = decide(papers, ("set_off",), on=DAY, rules=packaged(), accept="none", at=AT)
    assert engine.get("set_off")["amount_minor"].to_pylist() == [50_000] * 3
    assert verified(papers) == {made.round_id: "cancelled"}


def test_a_second_round_leaves_to_the_first_what_that_reserves(book):
    final(book)
    other = opened(book, days=5)
    told = other.run("preliminary", **on(5))
    assert told.proposal is not None
    why = told.proposal.lines["left_out"].to_pylist()
    assert why == ["sold, instructed or in another round"] * 4
    with pytest.raises(BadTerms, match="2 rounds are not over"):
        Round(book)


def test_a_refusal_makes_the_run_again_without_the_firm_and_its_undo_with_it(book):
    made = final(book)
    told = made.answer("refuse", "C", reason="insolvency", **on(3))
    assert cleared(told) == 0
    assert told.loss is not None
    assert told.loss["lost_minor"].to_pylist() == [500] * 3
    assert told.loss["firm_id"].to_pylist() == ["C", "A", "B"]
    assert [row["what"] for row in book.table("round_act").to_pylist()][-2:] == ["refuse", "final"]
    held = reserved(book.table("round_act"), book.table("round_line"))
    assert held["obligation_id"].to_pylist() == ["R1", "R4"]
    back = made.undo(told.act["round_act_id"][:12], **on(3))
    assert cleared(back) == 1500
    accepted_by_all(made)
    made.adopt(**on(3))
    assert verified(book) == {made.round_id: "adopted"}


def test_an_acceptance_stands_while_nothing_of_the_firms_own_set_off_changes(book):
    made = final(book)
    accepted_by_all(made)
    made.run("final", **on(3))
    assert made.awaited() == []
    made.answer("refuse", "D", **on(3))
    assert made.awaited() == []
    accept = made.state.of("accept").to_pylist()[0]
    made.undo(accept["round_act_id"], **on(3))
    assert made.awaited() == [accept["firm_id"]]
    made.answer("accept", accept["firm_id"], **on(3))
    made.adopt(**on(3))
    assert verified(book) == {made.round_id: "adopted"}


def test_what_was_credited_between_the_final_run_and_adoption_is_not_set_off(papers):
    final(papers, PROVEN)
    put(papers, "credit_note G1 2026-03-30 buyer=A seller=B of=R1 | 1 wheat 450 KGM 1.00")
    made = Round(papers)
    head = papers.head
    with pytest.raises(BadTerms, match="50,000 was to be set off and 5,000 is free"):
        made.adopt(**on(0))
    assert papers.head == head
    assert cleared(made.run("final", **on(0))) == 15_000
    made.adopt(**on(0))
    assert verified(papers) == {made.round_id: "adopted"}


def test_after_an_adoption_new_debts_clear_and_nothing_adopted_moves(papers):
    """R1 to R3 clear 500 each, R2 keeps 200 and R3 100; then C owes B 300, and 200 of it clears.

    All at once: 700 of R2 against R5's 300 and the ring's 400 more, 600 + 1200 = 1800 cleared.
    """
    final(papers, PROVEN).adopt(**on(0))
    before = papers.table("set_off")
    put(papers, trade({"R5": ("C", "B", 300)}))
    made = opened(papers, PROVEN, days=30)
    made.run("preliminary", **on(30))
    [joint] = made.run("final", **on(30)).joint
    assert joint == {
        "currency": "EUR",
        "adopted_minor": 150_000,
        "added_minor": 40_000,
        "joint_minor": 190_000,
        "loss_minor": 0,
    }
    made.adopt(**on(30))
    assert papers.table("set_off").slice(0, 3).equals(before)
    assert papers.table("set_off")["amount_minor"].to_pylist()[3:] == [20_000, 20_000]
    assert set(verified(papers).values()) == {"adopted"}
    left = open_debts(Round(papers, made.round_id).seen(DAY + timedelta(30))[0])
    assert sorted(left["amount_minor"].to_pylist()) == [9_000, 10_000, 10_000]


def test_a_round_is_seen_as_known_at_any_moment(book):
    made = final(book, BOUND)
    made.adopt(**on(9))
    stages = [Round(as_known(book, AT + timedelta(n))).state.stage for n in (0, 1, 3, 8, 9)]
    assert stages == ["preliminary", "preliminary", "final", "final", "adopted"]


def test_a_round_makes_another_run_of_the_street(book):
    before = run_id_of(book, DAY, packaged(), "none")
    final(book)
    assert run_id_of(book, DAY, packaged(), "none") != before


def test_a_bent_round_does_not_verify(book):
    made = final(book, BOUND)
    made.adopt(**on(3))
    tables = {
        kind: book.table(kind)
        for kind in ("round", "round_act", "round_line", "clearing", "debt", "set_off")
    }
    assert verify_rounds(*tables.values()) == {made.round_id: "adopted"}
    bends = {
        "set_off": "what was adopted is not the run",
        "debt": "the debts its clearing saw are not those of the run",
        "round_act": "not numbered",
    }
    for kind, says in bends.items():
        bent = tables | {kind: tables[kind].slice(1)}
        with pytest.raises(BadTerms, match=says):
            verify_rounds(*bent.values())
    acts = tables["round_act"]
    without = tables | {"round_act": acts.slice(0, acts.num_rows - 1)}
    with pytest.raises(BadTerms, match="a clearing names it and it is not adopted"):
        verify_rounds(*without.values())
    with pytest.raises(BadTerms, match="names no round of this book"):
        verify_rounds(*(tables | {"round": tables["round"].slice(1)}).values())


def test_an_adoption_killed_at_any_moment_is_whole_or_nothing(tmp_path):
    path = tmp_path / "book.db"
    with open_book(str(path)) as book:
        made = final(book, BOUND)
        round_id = made.round_id
    script = (
        "import sys; from datetime import *; from tailrace.street import open_book; "
        "from tailrace.street.rounds import Round; book = open_book(sys.argv[1]); "
        "made = Round(book, sys.argv[2]); print('ready', flush=True); "
        "made.state.stage == 'adopted' or made.adopt(on=date(2026, 4, 3), "
        "at=datetime(2026, 4, 4, tzinfo=UTC))"
    )
    command = [sys.executable, "-c", script, str(path), round_id]
    deaths = 0
    for kill in killed(command, times=4, seed=7, within=0.25, starts=b"ready", env=python_env()):
        deaths += kill.killed
        with open_book(str(path)) as book:
            stage = Round(book, round_id).state.stage
            assert verified(book) == {round_id: stage}
            assert (stage, book.table("set_off").num_rows) in (("final", 0), ("adopted", 3))
    assert deaths
    with open_book(str(path)) as book:
        made = Round(book, round_id)
        if made.state.stage == "final":
            made.adopt(**on(5))
        assert verified(book) == {round_id: "adopted"}
