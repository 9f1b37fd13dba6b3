"""A book adopts a clearing under the rules of a circle, once, and proves it later from its own rows."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from adopted_world import CHAIN, LINES, OLD, PROOF, RING, TWO_WAYS, Book, ruled
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from network_world import ON, amounts, claim, engine_with, obligation_of

from tailrace.base.errors import BadTerms
from tailrace.network import check_conserved, verify_adopted
from tailrace.network.adopt import ADOPTED, adopted
from tailrace.network.constraints.solving import Infeasible
from tailrace.network.rules import (
    CreditLine,
    FirmLimit,
    Hold,
    PairLimit,
    Priority,
    SectorLimit,
)
from tailrace.network.steps import STEPS
from tailrace.network.tables import OBLIGATION


def test_a_capped_ring_is_adopted_once_and_proven_from_its_rows():
    book, rules = Book(*RING), ruled(firm=(FirmLimit(firm="b", cap_minor=450),))
    assert book.adopt(rules) == {"ab": 450, "bc": 450, "ca": 450}
    assert book.proven() == 1350
    assert book.adopt(rules) == {}
    assert book.adopt(rules, ON + timedelta(days=1)) == {}
    assert book.adopt(ruled()) == {"ab": 50, "bc": 50, "ca": 50}
    assert book.proven() == 1500
    assert [row["rules"] is None for row in book.kept["clearing"].to_pylist()] == [False, True]


SECTORS = {"d": "road", "e": "road", "c": "rail"}
EACH = {
    "hold": {"hold": (Hold(reason="disputed", firm="e"),)},
    "window": {"due_from": ON, "due_until": ON + timedelta(days=9)},
    "firm": {"firm": (FirmLimit(firm="c", floor_minor=5), FirmLimit(firm="b", cap_minor=9))},
    "pair": {"pair": (PairLimit(debtor="b", creditor="d", floor_minor=2, cap_minor=3),)},
    "each": {"sector": (SectorLimit(sector="road", each_cap_minor=3),), "sector_of": SECTORS},
    "sector": {"sector": (SectorLimit(sector="road", cap_minor=7),), "sector_of": SECTORS},
    "lines": {"credit": (CreditLine(firm="b", short_minor=3), CreditLine(firm="e", long_minor=2))},
    "classes": {"priority": (Priority(name="c", firms=("c",)), Priority(name="e", firms=("e",)))},
    "older": {"priority": (OLD,)},
    "smaller": {"priority": (Priority(name="small", firm_debt_max_minor=8, amount_max_minor=8),)},
    "weights": {"priority": (replace(OLD, weight=3),), "priority_mode": "weighted"},
    "whole": {"whole_invoices": True},
    "short": {"cycle_firms_max": 3},
    "short with lines": {
        "cycle_firms_max": 2,
        "credit": (CreditLine(firm="b", short_minor=3), CreditLine(firm="c", long_minor=3)),
    },
    "pro rata": {"allocation": "pro rata"},
    "all": {
        "firm": (FirmLimit(firm="a", cap_minor=9), FirmLimit(firm="c", floor_minor=3)),
        "credit": (CreditLine(firm="d", short_minor=2), CreditLine(firm="b", long_minor=2)),
        "priority": (OLD, Priority(name="e", firms=("e",))),
        "allocation": "pro rata",
    },
}


@pytest.mark.parametrize("said", EACH.values(), ids=EACH)
def test_under_each_rule_a_clearing_is_adopted_proven_and_made_only_once(said):
    book = Book()
    more = (("ba", "b", "a", 3), ("ab2", "a", "b", 3), ("fg", "f", "g", 4), ("gf", "g", "f", 4))
    for n, debt in enumerate((*TWO_WAYS, *more)):
        book.add(*debt, due_on=ON + timedelta(days=n))
    rules = ruled(**said)
    made = book.adopt(rules)
    assert sum(made.values()) == book.proven() > 0
    assert book.adopt(rules) == {}
    assert book.adopt(rules, ON + timedelta(days=30)) == {}
    check_conserved(book.kept["set_off"], book.kept["circle"])


def test_a_member_ends_short_by_its_line_and_all_tables_say_so():
    book, rules = Book(*CHAIN), ruled(credit=LINES)
    assert book.adopt(rules) == {"ma": 4, "ab": 4, "bn": 4}
    circle = {row["firm_id"]: row["amount_minor"] for row in book.kept["circle"].to_pylist()}
    assert circle == {"m": 4, "n": -4}
    assert book.kept["clearing"]["circle_minor"].to_pylist() == [4]
    assert amounts(book.engine, "due", "due_minor") == {"ma": 6, "ab": 6, "bn": 6}
    check_conserved(book.kept["set_off"], book.kept["circle"])
    with pytest.raises(BadTerms, match=r"firm m sets off \+4 more as debtor than as creditor"):
        check_conserved(book.kept["set_off"])
    steps = {(r["debtor_id"], r["creditor_id"]) for r in book.kept["cycle"].to_pylist()}
    assert steps == {("m", "a"), ("a", "b"), ("b", "n"), ("n", None), (None, "m")}
    assert book.proven() == 12


def test_a_line_is_of_the_standing_in_total_so_what_was_used_before_counts():
    book, rules = Book(*CHAIN), ruled(credit=LINES)
    book.adopt(rules)
    book.add("ma2", "m", "b", 9)  # m to b to n: m could go on by one unit, n by none
    assert book.adopt(rules) == {}
    longer = ruled(credit=(LINES[0], CreditLine(firm="n", long_minor=9)))
    assert sum(book.adopt(longer).values()) == 3
    circle = book.kept["circle"].group_by("firm_id").aggregate([("amount_minor", "sum")])
    assert {r["firm_id"]: r["amount_minor_sum"] for r in circle.to_pylist()} == {"m": 5, "n": -5}
    assert book.proven() == 15


def test_a_member_that_is_short_comes_back_when_it_is_owed():
    book, rules = Book(*CHAIN), ruled(credit=LINES)
    book.adopt(rules)
    book.add("nm", "n", "m", 3)  # n, long by 4, owes m, short by 4: both come back by 3
    book.rows = [row for row in book.rows if row["claim_id"] == "nm"]
    assert book.adopt(rules) == {"nm": 3}
    last = book.kept["circle"].to_pylist()[2:]
    assert {row["firm_id"]: row["amount_minor"] for row in last} == {"m": -3, "n": 3}
    assert book.proven() == 15


def test_a_floor_that_was_met_binds_no_more_though_nothing_is_left_to_meet_it():
    rules = ruled(firm=(FirmLimit(firm="a", floor_minor=500), FirmLimit(firm="c", cap_minor=500)))
    book = Book(*RING)
    assert book.adopt(rules) == {"ab": 500, "bc": 500, "ca": 500}
    assert book.adopt(rules) == {}
    book.add("cb", "c", "b", 150)  # of c's cap nothing is left
    assert book.adopt(rules) == {}
    assert book.proven() == 1500


def test_a_floor_that_cannot_be_met_stops_the_clearing_and_names_the_firms():
    with pytest.raises(Infeasible, match="must set off 600 with others"):
        Book(*RING).adopt(ruled(firm=(FirmLimit(firm="c", floor_minor=600),)))


def test_limits_of_a_month_count_from_its_first_day_and_lines_from_ever():
    cap = (FirmLimit(firm="b", cap_minor=450),)
    book = Book(*RING)
    book.adopt(ruled(firm=cap))
    later = ON + timedelta(days=1)
    assert book.adopt(ruled(firm=cap, limits_from=ON), later) == {}
    month = ruled(firm=cap, limits_from=later)
    assert book.adopt(month, later) == {"ab": 50, "bc": 50, "ca": 50}
    assert book.adopt(month, later) == {}
    assert book.proven() == 1500
    lines = Book(*CHAIN)
    lines.adopt(ruled(credit=LINES))
    assert lines.adopt(ruled(credit=LINES, limits_from=later), later) == {}


def test_a_rule_on_a_firm_the_book_does_not_know_is_refused_and_on_one_that_is_cleared_is_not():
    cap = FirmLimit(firm="zz", cap_minor=1)
    with pytest.raises(BadTerms, match="no debt names the firm zz"):
        Book(*RING).adopt(ruled(firm=(cap,)))
    assert Book(*RING).adopt(ruled(firm=(cap,), absent="skip")) == {"ab": 500, "bc": 500, "ca": 500}
    book = Book(("ab", "a", "b", 5), ("ba", "b", "a", 5))
    rules = ruled(
        firm=(FirmLimit(firm="a", cap_minor=9),),
        hold=(Hold(reason="x", obligation_id=obligation_of("cd")),),
    )
    book.add("cd", "c", "d", 1)
    assert book.adopt(rules) == {"ab": 5, "ba": 5}
    assert book.adopt(rules) == {}
    with pytest.raises(BadTerms, match="there is no debt nowhere"):
        book.adopt(ruled(hold=(Hold(reason="x", obligation_id="nowhere"),)))


def test_currencies_at_parity_are_one_clearing_told_in_the_first_of_them():
    book = Book(("ab", "a", "b", 100))
    book.add("ba", "b", "a", 1000, currency="NOK")
    book.add("ba2", "b", "a", 15)
    rules = ruled(parity={"EUR": 20, "NOK": 229}, firm=(FirmLimit(firm="a", cap_minor=79),))
    assert book.adopt(rules) == {"ab": 60, "ba": 687}
    [row] = book.kept["clearing"].to_pylist()
    assert (row["currency"], row["cleared_minor"], row["obligations"]) == ("EUR", 120, 3)
    assert amounts(book.engine, "due", "due_minor") == {"ab": 40, "ba": 313, "ba2": 15}
    told = {(r["firm_id"], r["currency"]): r for r in book.engine.get("notice").to_pylist()}
    figures = ("owed_minor", "owing_minor", "set_off_minor", "set_off_owing_minor")
    assert [told["a", "EUR"][name] for name in figures] == [100, 15, 60, 0]
    assert [told["a", "NOK"][name] for name in figures] == [0, 1000, 0, 687]
    assert book.proven() == 120
    assert book.adopt(rules) == {}


def test_credit_lines_at_parity_are_told_in_the_first_currency_and_count_again():
    book = Book(("ma", "m", "a", 100))
    book.add("an", "a", "n", 1000, currency="NOK")
    rules = ruled(
        parity={"EUR": 20, "NOK": 229},
        credit=(CreditLine(firm="m", short_minor=50), CreditLine(firm="n", long_minor=90)),
    )
    assert book.adopt(rules) == {"ma": 40, "an": 458}
    circle = {row["firm_id"]: row["amount_minor"] for row in book.kept["circle"].to_pylist()}
    assert circle == {"m": 40, "n": -40}
    assert book.proven() == 80
    assert book.adopt(rules) == {}


def test_two_currencies_are_two_clearings_under_the_same_rules():
    book = Book(*RING)
    for name, debtor, creditor, amount in RING:
        book.add(f"{name}-nok", debtor, creditor, amount * 10, currency="NOK")
    rules = ruled(firm=(FirmLimit(firm="b", cap_minor=450),))
    book.adopt(rules)
    told = {r["currency"]: r["cleared_minor"] for r in book.kept["clearing"].to_pylist()}
    assert told == {"EUR": 1350, "NOK": 1350}
    assert book.proven() == 2700
    assert book.adopt(rules) == {}


def test_a_debts_own_weight_is_kept_and_counts_in_the_proof():
    rows = engine_with([claim(*debt) for debt in TWO_WAYS])
    rows.run(STEPS[1])
    table = rows.get("obligation")
    heavy = pc.if_else(pc.equal(table["creditor_id"], "c"), 5, 1)
    none = {schema.kind: schema.empty() for schema in ADOPTED}
    before = [none[kind] for kind in ("set_off", "clearing", "circle")]
    made = adopted(table.append_column("weight", heavy), *before, ON, ruled())
    assert sorted(made["set_off"]["amount_minor"].to_pylist()) == [2, 2, 2, 8, 8, 10]
    assert sum(verify_adopted(*(made[kind] for kind in PROOF)).values()) == 32
    light = made["debt"].set_column(
        made["debt"].column_names.index("weight"), "weight", pa.nulls(6, pa.int64())
    )
    with pytest.raises(BadTerms, match="not proven the greatest"):
        verify_adopted(light, *(made[kind] for kind in PROOF[1:]))


firms = st.sampled_from("abcde")
drawn = st.lists(st.tuples(firms, firms, st.integers(1, 30)), min_size=1, max_size=14)
more = st.sampled_from(
    [
        {},
        {"whole_invoices": True},
        {"cycle_firms_max": 3},
        {"cycle_firms_max": 2},
        {"allocation": "pro rata"},
        {"priority": (OLD, Priority(name="small", firm_debt_max_minor=40))},
        {"priority": (replace(OLD, weight=3),), "priority_mode": "weighted"},
        {"sector": (SectorLimit(sector="s", cap_minor=25),), "sector_of": {"a": "s", "b": "s"}},
    ]
)


@settings(max_examples=80, deadline=None)
@given(drawn, st.integers(0, 40), st.integers(0, 15), more)
def test_cleared_again_with_nothing_new_binds_nothing_under_any_rules(debts, cap, line, said):
    obligation = obligations(debts)
    rules = ruled(
        firm=tuple(FirmLimit(firm=firm, cap_minor=cap) for firm in "ac"),
        pair=(PairLimit(debtor="b", creditor="c", cap_minor=cap),),
        credit=tuple(CreditLine(firm=f, short_minor=line, long_minor=line) for f in "bd"),
        absent="skip",
        **said,
    )
    kept = {schema.kind: schema.empty() for schema in ADOPTED}
    made = adopted(obligation, *(kept[k] for k in ("set_off", "clearing", "circle")), ON, rules)
    told = verify_adopted(*(made[kind] for kind in PROOF))
    assert sum(told.values()) == pc.sum(made["set_off"]["amount_minor"]).as_py() or not told
    left = after(obligation, made["set_off"])
    again = adopted(left, *(made[k] for k in ("set_off", "clearing", "circle")), ON, rules)
    assert again["set_off"].num_rows == 0


def obligations(debts: list[tuple[str, str, int]]) -> pa.Table:
    """Return kind `obligation` of debts between two firms each, due a day after one another."""
    return OBLIGATION.rows(
        {
            "obligation_id": f"o{n:02}",
            "claim_id": f"o{n:02}",
            "debtor_id": debtor,
            "creditor_id": creditor,
            "holder_id": creditor,
            "currency": "EUR",
            "amount_minor": amount,
            "set_off_minor": 0,
            "open_minor": amount,
            "due_on": ON + timedelta(days=n),
            "held": False,
        }
        for n, (debtor, creditor, amount) in enumerate(debts)
        if debtor != creditor
    )


def after(obligation: pa.Table, set_off: pa.Table) -> pa.Table:
    """Return the obligations as the next run sees them."""
    done = {row["obligation_id"]: row["amount_minor"] for row in set_off.to_pylist()}
    rows = obligation.to_pylist()
    for row in rows:
        row["set_off_minor"] = done.get(row["obligation_id"], 0)
        row["open_minor"] = row["amount_minor"] - row["set_off_minor"]
    return OBLIGATION.rows(rows)
