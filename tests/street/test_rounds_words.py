"""What parties say in a round: what counts, what means nothing, and that nothing is recorded of it."""

from __future__ import annotations

import pytest
from rounds_world import (
    book,
    cleared,
    declared,
    final,
    on,
    opened,
    ruled,
    verified,
)

from tailrace.base.errors import BadTerms, Moved, NotFound
from tailrace.street.rounds import Round

__all__ = ["book"]  # a fixture


def test_confirmed_by_both_the_lower_word_counts_and_no_claim_is_named(book):
    made = opened(book, ruled(eligibility="confirmed", acceptance="rule book"))
    told = made.run("preliminary", **on(0))
    assert told.proposal is not None
    assert told.proposal.lines["left_out"].to_pylist() == ["not confirmed by its creditor"] * 4
    said = [
        {"obligation_id": row["obligation_id"], "firm_id": row["creditor"]}
        for row in declared().to_pylist()
    ]
    made.say("confirm", said, **on(1))
    made.say("change", [said[0] | {"amount_minor": 400}], **on(1))
    assert cleared(made.run("final", **on(3))) == 1200
    made.adopt(**on(3))
    assert verified(book) == {made.round_id: "adopted"}
    assert book.table("set_off")["claim_id"].to_pylist() == [None] * 3


@pytest.mark.parametrize(
    ("what", "debt", "error", "says"),
    [
        ("confirm", {"obligation_id": "x"}, NotFound, "the round knows no such debt"),
        ("declare", {}, BadTerms, "'declare' corrects nothing"),
        ("change", {"firm_id": "nobody"}, BadTerms, "nobody is no party to it"),
        ("change", {}, BadTerms, "no amount, or one below zero"),
        ("change", {"amount_minor": -1}, BadTerms, "no amount, or one below zero"),
        ("withdraw", {}, BadTerms, "it is mandatory: nobody withdraws it"),
        ("dispute", {}, BadTerms, "a dispute without a reason"),
        ("adopt", {}, BadTerms, "there is no final run yet"),
    ],
)
def test_a_word_that_means_nothing_is_refused_and_nothing_is_recorded(
    book, what, debt, error, says
):
    made = opened(book)
    head = book.head
    with pytest.raises(error, match=says):
        made.say(what, [{"obligation_id": "R1"} | debt], **on(0))
    assert book.head == head


def test_bad_rows_of_a_file_are_faults_and_the_others_are_declared(book):
    made = opened(book)
    more = declared({"R1": ("A", "B", 450), "R2": ("B", "D", 9), "R8": ("A", "D", -1)})
    count, faults = made.declare(more, **on(0))
    assert count == 1
    assert [(fault.position, fault.what) for fault in faults] == [
        (1, "the creditor is not the one the debt was told with"),
        (2, "the amount is below zero"),
    ]
    _, faults = made.declare(declared({"R9": ("A", "B", 1)}, firm_id="Z"), **on(0))
    assert [fault.what for fault in faults] == ["who says it is no party to it"]
    assert cleared(made.run("preliminary", **on(0))) == 1350
    with pytest.raises(BadTerms, match="column 'creditor' is missing"):
        made.declare(more.drop_columns(["creditor"]), **on(0))


def test_a_dry_run_says_the_same_and_records_nothing(book):
    final(book)
    head = book.head
    told = Round(book, dry_run=True).answer("refuse", "C", **on(3))
    assert cleared(told) == 0
    assert book.head == head


def test_an_undone_correction_is_as_if_it_had_not_been_said(book):
    made = opened(book)
    told = made.say("dispute", [{"obligation_id": "R1"}], reason="never arrived", **on(0))
    assert cleared(made.run("preliminary", **on(0))) == 0
    made.undo(told.act["round_act_id"][:8], **on(1))
    with pytest.raises(BadTerms, match="it is taken back already"):
        made.undo(told.act["round_act_id"][:8], **on(1))
    with pytest.raises(BadTerms, match="preliminary is not taken back"):
        made.undo(made.state.proposal["round_act_id"], **on(1))
    assert cleared(made.run("final", **on(3))) == 1500


def test_who_takes_no_part_does_not_answer(book):
    made = final(book)
    with pytest.raises(NotFound, match="nobody takes no part in the final run"):
        made.answer("accept", "nobody", **on(3))


def test_a_day_has_one_open_round_and_a_book_without_one_says_so(book):
    with pytest.raises(NotFound, match="no round was opened"):
        Round(book)
    made = opened(book)
    with pytest.raises(BadTerms, match="is not over"):
        opened(book)
    with pytest.raises(BadTerms, match="without a reason"):
        made.cancel(reason=" ", **on(0))
    made.cancel(reason="wrong day", **on(0))
    assert opened(book).round_id != made.round_id
    with pytest.raises(NotFound, match="0 rounds begin with 'zz'"):
        Round(book, "zz")


def test_somebody_elses_append_in_between_is_not_overwritten(book):
    made = opened(book)
    Round(book).run("preliminary", **on(0))
    with pytest.raises(Moved):
        made.run("preliminary", **on(0))
