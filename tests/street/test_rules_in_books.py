"""Runs and rounds adopt under the rules of the circle, and the book proves them afterwards."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from click.testing import CliRunner
from rounds_world import (
    AT,
    DAY,
    RING,
    accepted_by_all,
    book,
    cleared,
    declared,
    filled,
    final,
    on,
    opened,
    papers,
    put,
    ruled,
    trade,
    verified,
)

from tailrace.base.book import Book
from tailrace.base.errors import BadTerms
from tailrace.cli import verify as verify_command
from tailrace.network.constraints.solving import Infeasible
from tailrace.network.rounds.verifying import verify_rounds
from tailrace.network.rules import (
    CreditLine,
    FirmLimit,
    Hold,
    PairLimit,
    Priority,
)
from tailrace.street import open_book
from tailrace.street.loop import decide, derive
from tailrace.street.rounds import Round
from tailrace.street.rules import Rules

__all__ = ["book", "papers"]  # fixtures
PAIR = {"S1": ("B", "E", 80), "S2": ("E", "B", 120)}
ROUNDS = ("round", "round_act", "round_line", "clearing", "debt", "set_off")


def firms_of(book: Book) -> dict[str, str]:
    """Return the id of each firm of the book's documents by its name."""
    with closing(derive(book, ("firm",), on=DAY, rules=ruled())) as engine:
        return {row["name"]: row["firm_id"] for row in engine.get("firm").to_pylist()}


def runs(book: Book, rules: Rules, days: int = 0) -> dict[str, int]:
    """Run the street on a day; return what that set off, by creditor's name."""
    before = book.table("set_off").num_rows
    day = DAY + timedelta(days)
    decide(book, ("due",), on=day, rules=rules, accept="none", at=AT + timedelta(days)).close()
    names = {firm: name for name, firm in firms_of(book).items()}
    rows = book.table("set_off").slice(before).to_pylist()
    return {names[row["creditor_id"]]: row["amount_minor"] for row in rows}


@pytest.fixture
def firm(papers):
    """The id of a firm of the papers by its name."""
    return firms_of(papers)


def test_a_run_adopts_under_a_cap_and_what_it_used_counts_in_the_next(papers, firm):
    def capped(cap: int) -> Rules:
        return ruled({"firm": (FirmLimit(firm=firm["B"], cap_minor=cap),)})

    assert runs(papers, capped(45_000)) == {"A": 45_000, "B": 45_000, "C": 45_000}
    assert runs(papers, capped(45_000), days=1) == {}
    put(papers, trade(PAIR))
    assert runs(papers, capped(49_000), days=2) == {"B": 4_000, "E": 4_000}
    verified(papers)


def test_a_run_lets_members_end_short_and_long_and_the_ledger_says_with_whom():
    """D owes A, A owes B, B owes C: D's line lets 90 through to C, and nobody's books are square."""
    chain = {"R1": ("D", "A", 90), "R2": ("A", "B", 500), "R3": ("B", "C", 700)}
    with open_book("memory://") as book:
        filled(book, chain)
        firm = firms_of(book)
        lines = (
            CreditLine(firm=firm["D"], short_minor=8_000),
            CreditLine(firm=firm["C"], long_minor=9_000),
        )
        rules = ruled({"credit": lines})
        assert runs(book, rules) == {"A": 8_000, "B": 8_000, "C": 8_000}
        assert runs(book, rules, days=1) == {}
        verified(book)
        day = DAY + timedelta(2)
        kinds = ("transfer", "due", "notice")
        engine = decide(book, kinds, on=day, rules=rules, accept="none", at=AT + timedelta(2))
        transfers, due = (engine.get(kind).to_pylist() for kind in ("transfer", "due"))
        notices = {row["firm_id"]: row for row in engine.get("notice").to_pylist()}
        engine.close()
    held: dict[str, int] = {}
    for row in transfers:
        for side, sign in (("debit", 1), ("credit", -1)):
            if row[side].endswith("/clearing"):
                held[row[side]] = held.get(row[side], 0) + sign * row["amount"]
    square = {account: amount for account, amount in held.items() if amount}
    assert square == {f"{firm['D']}/clearing": -8_000, f"{firm['C']}/clearing": 8_000}
    left = {row["creditor_id"]: row["due_minor"] for row in due}
    assert left == {firm["A"]: 1_000, firm["B"]: 42_000, firm["C"]: 62_000}
    told = notices[firm["D"]]
    assert (told["set_off_minor"], told["set_off_owing_minor"]) == (8_000, 0)
    assert (told["net_minor"], told["net_after_minor"]) == (-9_000, -1_000)


def test_a_run_whose_floor_cannot_be_met_records_nothing(papers, firm):
    head = papers.head
    with pytest.raises(Infeasible, match="the floors cannot be met"):
        runs(papers, ruled({"firm": (FirmLimit(firm=firm["C"], floor_minor=60_000),)}))
    assert papers.head == head


def test_a_round_is_bound_by_the_rules_of_the_circle_it_was_opened_under(book):
    rules = ruled(
        {
            "hold": (Hold(reason="insolvent", firm="D"),),
            "pair": (PairLimit(debtor="A", creditor="B", cap_minor=300),),
            "priority": (Priority(name="large", amount_max_minor=600),),
        },
        eligibility="declared",
    )
    made = final(book, rules)
    run = made.lines(made._proposal())[made._proposal()]
    said = dict(zip(run["obligation_id"].to_pylist(), run["left_out"].to_pylist(), strict=True))
    assert said == {"R1": None, "R2": None, "R3": None, "R4": "held out: insolvent"}
    accepted_by_all(made)
    made.adopt(**on(3))
    assert book.table("set_off")["amount_minor"].to_pylist() == [300] * 3
    assert verified(book) == {made.round_id: "adopted"}
    [row] = book.table("clearing").to_pylist()
    assert row["rules"] == rules.network.text()


def test_a_round_between_members_with_lines_is_told_adopted_and_proven(book):
    lines = (CreditLine(firm="D", short_minor=50), CreditLine(firm="A", long_minor=90))
    made = final(book, ruled({"credit": lines}, eligibility="declared", acceptance="rule book"))
    made.adopt(**on(3))
    circle = {row["firm_id"]: row["amount_minor"] for row in book.table("circle").to_pylist()}
    assert circle == {"D": 50, "A": -50}
    assert verified(book) == {made.round_id: "adopted"}
    rounds = {kind: book.table(kind) for kind in ROUNDS}
    narrow = rounds["round"]["rules"][0].as_py().replace('"short_minor":50', '"short_minor":49')
    assert narrow != rounds["round"]["rules"][0].as_py()
    at = rounds["round"].column_names.index("rules")
    rounds["round"] = rounds["round"].set_column(at, "rules", pa.array([narrow]))
    with pytest.raises(BadTerms, match="the net position of D moves beyond its credit line"):
        verify_rounds(*rounds.values())


def test_a_clearing_that_names_other_rules_than_its_round_is_found(book):
    rules = ruled(
        {"firm": (FirmLimit(firm="B", cap_minor=400),)},
        eligibility="declared",
        acceptance="rule book",
    )
    made = final(book, rules)
    made.adopt(**on(3))
    rounds = {kind: book.table(kind) for kind in ROUNDS}
    assert verify_rounds(*rounds.values()) == {made.round_id: "adopted"}
    at = rounds["clearing"].column_names.index("rules")
    for text in (None, rules.network.text().replace("400", "401")):
        other = rounds["clearing"].set_column(at, "rules", pa.array([text], pa.string()))
        with pytest.raises(BadTerms, match="bound by other rules than the round"):
            verify_rounds(*(rounds | {"clearing": other}).values())


def test_limits_used_between_the_final_run_and_adoption_ask_for_another_final_run(papers, firm):
    """B may set off 450 in all; 80 of it goes to a debt that came after the final run."""
    network = {"firm": (FirmLimit(firm=firm["B"], cap_minor=45_000),)}
    rules = ruled(network, acceptance="rule book", correction_days=0)
    made = final(papers, rules)
    put(papers, trade(PAIR))
    assert runs(papers, rules) == {"B": 8_000, "E": 8_000}
    made = Round(papers, made.round_id)
    with pytest.raises(BadTerms, match="used more of limits or credit lines since"):
        made.adopt(**on(0))
    assert cleared(made.run("final", **on(0))) == 3 * 37_000
    made.adopt(**on(0))
    assert verified(papers) == {made.round_id: "adopted"}
    assert runs(papers, rules, days=1) == {}


def test_a_refusal_is_solved_again_under_the_same_rules(book):
    rules = ruled(
        {"firm": (FirmLimit(firm="A", cap_minor=400),), "allocation": "pro rata"},
        eligibility="declared",
    )
    made = final(book, rules)
    told = made.answer("refuse", "C", **on(3))
    assert cleared(told) == 0
    back = made.undo(told.act["round_act_id"][:12], **on(3))
    assert cleared(back) == 1200
    accepted_by_all(made)
    made.adopt(**on(3))
    assert verified(book) == {made.round_id: "adopted"}


def test_a_rule_on_a_firm_no_line_names_stops_the_run_and_says_so(book):
    rules = ruled({"firm": (FirmLimit(firm="ZZ", cap_minor=1),)}, eligibility="declared")
    with pytest.raises(BadTerms, match="no debt names the firm ZZ"):
        final(book, rules)


def test_pro_rata_in_a_round_gives_each_invoice_its_share(book):
    rules = ruled({"allocation": "pro rata"}, eligibility="declared", acceptance="rule book")
    made = final(book, rules)
    more = declared({"R5": ("A", "B", 250)})
    made.cancel(reason="another debt was found", **on(3))
    made = opened(book, rules, days=4)
    made.declare(more, **on(4))
    made.run("preliminary", **on(4))
    made.run("final", **on(7))
    made.adopt(**on(7))
    shares = {r["obligation_id"]: r["amount_minor"] for r in book.table("set_off").to_pylist()}
    assert shares == {"R1": 400, "R5": 200, "R2": 600, "R3": 600}
    assert verified(book)[made.round_id] == "adopted"


def test_the_command_proves_a_book_with_rules_and_names_what_was_bent(tmp_path):
    path = tmp_path / "book.db"
    with open_book(str(path)) as book:
        filled(book, RING)
        cap = FirmLimit(firm=firms_of(book)["B"], cap_minor=45_000)
        runs(book, ruled({"firm": (cap,)}))
    done = CliRunner().invoke(verify_command.command, [str(path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "clearings: 1" in done.output
    with open_book(str(path)) as book:
        set_off = book.table("set_off")
        more = set_off.set_column(
            set_off.column_names.index("set_off_id"),
            "set_off_id",
            pc.binary_join_element_wise(set_off["set_off_id"], "x", ""),
        )
        page = book.draft(more, kind="set_off", rule="by hand", version=1, key="by hand")
        book.append([page], after=book.head)
    done = CliRunner().invoke(verify_command.command, [str(path)])
    assert isinstance(done.exception, BadTerms)
