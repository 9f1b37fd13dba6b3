"""Decisions of who is who are pages of the book, explain themselves, and can be taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from town_world import build_town, run_town
from trade_text import Trade

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms, Moved, NotFound
from tailrace.street import open_book
from tailrace.street.deciding import decide_who, find_party, firms_of
from tailrace.street.loop import derive, everything, run_id_of
from tailrace.street.rules import of_folder, packaged
from tailrace.street.why import trace

ON = date(2026, 6, 30)
AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
RULES = packaged()
GLN = "4012345000009"
WORLD = f"""
    firm Mill VAT=XA-MILL
    firm Shop VAT=XA-MILL 0088={GLN}
    order B1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00
    despatch D1 2026-03-02 buyer=Shop seller=Farm | 1 wheat 100 KGM order=B1/1
    receipt W1 2026-03-04 buyer=Store seller=Farm | 1 wheat 100 KGM order=B1/1
    invoice R1 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00 order=B1/1
"""


def filled(book: Book, text: str = WORLD) -> Book:
    """Put a small trade into an empty book."""
    for kind, table in Trade(text).tables().items():
        if table.num_rows:
            page = book.draft(table, kind=kind, rule="formats.intake", version=1, key=kind)
            book.append([page], after=book.head)
    return book


@pytest.fixture
def book():
    with open_book("memory://") as made:
        yield filled(made)


def decide(book: Book, what: str, *whom: str, on: date = ON, **more):
    said = {"reason": "register extract seen"} | more
    return decide_who(book, what, whom, on=on, rules=RULES, at=AT, **said)


def known(book: Book, kinds=("firm", "claim", "verdict", "affiliate", "finding"), on: date = ON):
    engine = derive(book, kinds, on=on, rules=RULES)
    try:
        return {kind: engine.get(kind) for kind in kinds}
    finally:
        engine.close()


def verdict(book: Book, on: date = ON) -> str:
    return known(book, on=on)["verdict"]["verdict"].to_pylist()[0]


def test_a_merge_makes_one_firm_from_its_day_on_and_says_why(book):
    assert verdict(book) == "unproven"
    told = decide(book, "merge", "Mill", "Store", by="Jo")
    assert [(firm["name"], len(firm["parties"])) for firm in told["firms"]] == [("Mill", 3)]
    assert verdict(book) == "proven"
    assert verdict(book, on=date(2026, 6, 29)) == "unproven"
    reasons = {row["reason"] for row in known(book)["firm"].to_pylist()}
    assert f"decision {told['decision_id'][:12]} of 2026-06-30: register extract seen" in reasons


def test_a_split_takes_one_party_out(book):
    told = decide(book, "split", "Mill", GLN)
    assert sorted(len(firm["parties"]) for firm in told["firms"]) == [1, 1]


@pytest.mark.parametrize(
    ("what", "whom"),
    [("merge", ("Mill", "Store")), ("split", ("Mill", GLN)), ("affiliate", ("Mill", "Farm"))],
)
def test_undo_restores_every_table_and_undo_of_undo_the_decision(book, what, whom):
    before = known(book)
    one = decide(book, what, *whom)["decision_id"]
    decided = known(book)
    assert any(not decided[kind].equals(table) for kind, table in before.items())
    two = decide(book, "undo", one[:8], reason="wrong")["decision_id"]
    assert all(known(book)[kind].equals(table) for kind, table in before.items())
    decide(book, "undo", two, reason="right after all")
    assert all(known(book)[kind].equals(table) for kind, table in decided.items())


def test_the_same_decision_may_be_made_again_after_it_was_taken_back(book):
    one = decide(book, "merge", "Mill", "Store")["decision_id"]
    decide(book, "undo", one)
    again = decide(book, "merge", "Mill", "Store")["decision_id"]
    assert again != one
    assert verdict(book) == "proven"


def test_a_dry_run_says_the_same_and_appends_nothing(book):
    head = book.head
    told = decide(book, "merge", "Mill", "Store", dry_run=True)
    assert (book.head, told["appended"], len(told["firms"])) == (head, False, 1)


@pytest.mark.parametrize(
    ("what", "whom", "error", "says"),
    [
        ("merge", ("Mill", GLN), BadTerms, "they are one firm already"),
        ("split", ("Mill", "Store"), BadTerms, "they are two firms already"),
        ("split", ("Mill", "Mill"), BadTerms, "they are one party"),
        ("affiliate", ("Mill", GLN), BadTerms, "they are one firm"),
        ("merge", ("Mill",), BadTerms, "merge names 2, not 1"),
        ("marry", ("Mill", "Store"), BadTerms, "'marry' decides nothing"),
        ("merge", ("Mill", "Nobody"), NotFound, "nobody is called 'Nobody'"),
        ("undo", ("abc",), NotFound, "0 decisions begin with 'abc'"),
    ],
)
def test_a_decision_that_would_change_nothing_is_refused_and_nothing_is_appended(
    book, what, whom, error, says
):
    head = book.head
    with pytest.raises(error, match=says):
        decide(book, what, *whom)
    assert book.head == head


def test_a_decision_needs_a_reason(book):
    with pytest.raises(BadTerms, match="a decision without a reason"):
        decide(book, "merge", "Mill", "Store", reason="  ")


def test_a_merge_does_not_go_over_a_split_that_stands(book):
    decide(book, "split", "Mill", GLN)
    with pytest.raises(BadTerms, match="a split parts them"):
        decide(book, "merge", "Mill", GLN)


def test_what_is_taken_back_cannot_be_taken_back_twice(book):
    one = decide(book, "merge", "Mill", "Store")["decision_id"]
    decide(book, "undo", one)
    with pytest.raises(BadTerms, match="it is taken back already"):
        decide(book, "undo", one)


def test_somebody_elses_append_in_between_is_not_overwritten(book, monkeypatch):
    head = book.head
    monkeypatch.setattr(type(book), "head", property(lambda _: head))
    filled_elsewhere = book.draft(
        Trade("receipt W9 2026-03-04 buyer=A seller=B | 1 x 1 KGM").tables()["party"],
        kind="party",
        rule="formats.intake",
        version=1,
        key="late",
    )
    book.append([filled_elsewhere], after=head)
    with pytest.raises(Moved):
        decide(book, "merge", "Mill", "Store")


def test_a_party_is_found_by_id_number_or_name(book):
    with firms_of(book, ON, RULES) as engine:
        rows = engine.get("firm").to_pylist()
        mill = next(row["firm_id"] for row in rows if row["name"] == "Mill")
        firm = {r["party_id"] for r in rows if r["firm_id"] == mill}
        assert find_party(engine, "Mill") in firm
        assert find_party(engine, "XA-MILL") == find_party(engine, "VAT XAMILL") == mill
        assert find_party(engine, rows[0]["party_id"][:10]) == rows[0]["party_id"]
        assert find_party(engine, GLN) in {r["party_id"] for r in rows if r["firm_id"] == mill}


def test_a_name_of_two_firms_is_no_name():
    with open_book("memory://") as book:
        twin = "firm Twin VAT=XA-TWIN name=Mill"
        more = "invoice R2 2026-03-06 buyer=Twin seller=Farm | 1 x 1 EA 1.00"
        filled(book, f"{twin}\n{WORLD}\n{more}")
        with pytest.raises(BadTerms, match="2 firms are called 'Mill'"):
            decide(book, "merge", "Mill", "Store")


def test_a_run_after_a_decision_is_another_run(book):
    before = run_id_of(book, ON, RULES, "none")
    decide(book, "merge", "Mill", "Store")
    assert run_id_of(book, ON, RULES, "none") != before


def test_a_book_with_decisions_is_run_explained_and_read_as_before(tmp_path):
    build_town(tmp_path, firms=20, seed=3)
    run_town(tmp_path)
    url, day = str(tmp_path / "out" / "book.db"), date(2026, 3, 31)
    with open_book(url) as book:
        rows = known(book, ("firm",), on=day)["firm"].to_pylist()
        one, other = sorted({row["firm_id"] for row in rows})[:2]
        told = decide(book, "merge", one, other, on=day)
    run_town(tmp_path)
    with open_book(url) as book:
        assert book.table("run").num_rows == 2
        book.verify()
        engine = derive(book, everything(), on=day, rules=of_folder(tmp_path))
        firms = {r["party_id"]: r["firm_id"] for r in engine.get("firm").to_pylist()}
        assert firms[one] == firms[other]
        [node, *_] = trace(book, engine, told["decision_id"])
        assert node.kind == "decision"
        engine.close()
