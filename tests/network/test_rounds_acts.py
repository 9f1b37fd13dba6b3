"""Acts of a round: what stands, what may follow what, and what takes part by which rule book."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.evidence.tables import AFFILIATE
from tailrace.network.rounds.acts import last_words, may, refusing, standing, state_of
from tailrace.network.rounds.debts import lines_of
from tailrace.network.rounds.joint import joint_loss
from tailrace.network.rounds.proposing import by_firm, left_out, lost, propose
from tailrace.network.rounds.reserving import reserved
from tailrace.network.rounds.rules import RoundRules
from tailrace.network.rounds.tables import RESERVED, ROUND_ACT, ROUND_LINE
from tailrace.network.rules import NetworkRules
from tailrace.network.tables import OBLIGATION, SET_OFF

DAY = date(2026, 3, 31)
NETWORK = NetworkRules(minimum_minor=1)
RULES = RoundRules(
    mandatory=True,
    mandatory_days=0,
    voluntary="asked",
    eligibility="proven",
    acceptance="all",
    correction_days=3,
    minimum_minor={},
    affiliates=True,
    exclude=(),
)
PARTIES = {"ab": "ab", "bc": "bc", "ca": "ca"}


def rules(**other: Any) -> RoundRules:
    return msgspec.structs.replace(RULES, **other)


def act(what: str, **other: Any) -> dict[str, Any]:
    return {"what": what, "acted_on": DAY} | other


def word(what: str, debt: str, firm: str, amount: int | None = None) -> dict[str, Any]:
    """A word on a debt whose name is its debtor's and creditor's letters."""
    row = {"obligation_id": debt, "firm_id": firm, "debtor_id": debt[0], "creditor_id": debt[1]}
    return act(what, **row, currency="EUR", amount_minor=amount, due_on=DAY)


def acts(*rows: dict[str, Any], round_id: str = "r") -> pa.Table:
    """Number the acts; `undoes` names one by its number."""
    told = []
    for seq, given_row in enumerate(rows, start=1):
        row = dict(given_row)
        if "undoes" in row:
            row["undoes_id"] = f"{round_id}{row.pop('undoes')}"
        told.append({"round_act_id": f"{round_id}{seq}", "round_id": round_id, "seq": seq} | row)
    return ROUND_ACT.rows(told)


def debts(*rows: tuple[str, int], **other: Any) -> pa.Table:
    """Obligations by name, as the book proves them: debtor and creditor are the name's letters."""
    return OBLIGATION.rows(
        {
            "obligation_id": name,
            "claim_id": f"claim-{name}",
            "debtor_id": name[0],
            "creditor_id": name[1],
            "holder_id": name[1],
            "currency": "EUR",
            "amount_minor": amount,
            "set_off_minor": 0,
            "open_minor": amount,
            "due_on": DAY,
            "held": False,
        }
        | other
        for name, amount in rows
    )


RING = debts(("ab", 500), ("bc", 700), ("ca", 600))


def lines(table: pa.Table, obligation: pa.Table = RING, book: RoundRules = RULES, **other: Any):
    empty = {"affiliate": AFFILIATE.empty(), "reserved": RESERVED.empty()} | other
    return lines_of(state_of("r", table), obligation, **empty, on=DAY, rules=book)


def why(table: pa.Table) -> dict[str, str | None]:
    return dict(zip(table["obligation_id"].to_pylist(), table["left_out"].to_pylist(), strict=True))


def amounts(table: pa.Table) -> dict[str, int]:
    names, whole = table["obligation_id"].to_pylist(), table["amount_minor"].to_pylist()
    return dict(zip(names, whole, strict=True))


def test_a_round_goes_from_open_to_adopted_and_no_further():
    table = acts(act("preliminary"), act("final"), act("adopt"))
    stages = [state_of("r", table.slice(0, n)).stage for n in range(4)]
    assert stages == ["open", "preliminary", "final", "adopted"]
    with pytest.raises(BadTerms, match="the round is adopted: nothing more is done in it"):
        may(state_of("r", table), "adopt", DAY, RULES)


@pytest.mark.parametrize(
    ("before", "what", "days", "book", "says"),
    [
        ((), "final", 0, RULES, "no preliminary run"),
        ((), "adopt", 0, RULES, "there is no final run yet"),
        ((act("preliminary"),), "preliminary", 0, RULES, "the preliminary run is made"),
        ((act("preliminary"),), "final", 2, RULES, "corrections are heard until 2026-04-03"),
        ((act("preliminary"),), "dispute", 4, RULES, "corrections were heard until 2026-04-03"),
        ((act("preliminary"), act("final")), "confirm", 3, RULES, "corrections are closed"),
        ((act("preliminary"),), "refuse", 3, RULES, "there is no final run yet"),
        ((act("preliminary"), act("final")), "refuse", 3, rules(acceptance="rule book"), "nobody"),
        ((act("preliminary"),), "dispute", -1, RULES, "was recorded on 2026-03-31, later than"),
        ((act("cancel"),), "preliminary", 0, RULES, "the round is cancelled"),
        ((), "marry", 0, RULES, "'marry' is no act of a round"),
    ],
)
def test_what_has_no_place_is_refused_by_name(before, what, days, book, says):
    with pytest.raises(BadTerms, match=says):
        may(state_of("r", acts(*before)), what, DAY + timedelta(days), book)


def test_the_last_day_of_corrections_hears_them_and_makes_the_final_run():
    state, last = state_of("r", acts(act("preliminary"))), DAY + timedelta(3)
    may(state, "dispute", last, RULES)
    may(state, "final", last, RULES)


def test_an_undo_takes_back_and_an_undo_of_it_restores():
    one = word("dispute", "ab", "a")
    assert standing(acts(one)).num_rows == 1
    assert standing(acts(one, act("undo", undoes=1))).num_rows == 0
    again = standing(acts(one, act("undo", undoes=1), act("undo", undoes=2)))
    assert again["what"].to_pylist() == ["dispute"]


def test_each_sides_last_word_counts_in_the_order_of_recording():
    said = (word("change", "ab", "a", 300), word("change", "ab", "a", 400))
    assert amounts(lines(acts(*said)))["ab"] == 400
    assert amounts(lines(acts(*reversed(said))))["ab"] == 300
    both = acts(*said, word("change", "ab", "b", 350))
    assert amounts(lines(both))["ab"] == 350
    disputed = acts(word("dispute", "ab", "a"), word("confirm", "ab", "b", 500))
    assert why(lines(disputed))["ab"] == "disputed"
    words = last_words(state_of("r", both), "change")
    assert words["debtor"]["seq"].to_pylist() == [2]


def test_no_word_raises_a_debt_above_what_the_book_holds_open():
    assert amounts(lines(acts(word("change", "ab", "a", 900))))["ab"] == 500


def test_what_is_not_due_takes_part_only_if_somebody_asks_or_the_rule_book_says_so():
    late = debts(("ab", 500), ("bc", 700), ("ca", 600), due_on=DAY + timedelta(1))
    assert set(why(lines(acts(), late)).values()) == {"voluntary, and nobody asked"}
    asked = lines(acts(word("confirm", "ab", "a", 500)), late)
    assert why(asked)["ab"] is None
    assert not any(asked["mandatory"].to_pylist())
    assert set(why(lines(acts(), late, rules(voluntary="all"))).values()) == {None}
    assert set(why(lines(acts(), late, rules(voluntary="none"))).values()) == {"not mandatory"}


def test_a_debt_is_mandatory_so_many_days_after_its_due_day():
    book = rules(mandatory_days=30)
    assert not any(lines(acts(), book=book)["mandatory"].to_pylist())
    old = debts(("ab", 500), due_on=DAY - timedelta(30))
    assert lines(acts(), old, book)["mandatory"].to_pylist() == [True]
    assert lines(acts(), old, rules(mandatory=False))["mandatory"].to_pylist() == [False]


def test_confirmed_by_both_means_both_and_the_lower_amount():
    book = rules(eligibility="confirmed")
    one = acts(word("declare", "ab", "a", 450))
    assert why(lines(one, book=book))["ab"] == "not confirmed by its creditor"
    assert why(lines(acts(), book=book))["ab"] == "not confirmed by its debtor"
    both = lines(acts(word("declare", "ab", "a", 450), word("confirm", "ab", "b", 480)), book=book)
    assert (why(both)["ab"], amounts(both)["ab"]) == (None, 450)


def test_declared_takes_the_debtors_word_for_what_no_record_proves():
    book = rules(eligibility="declared")
    told = lines(acts(word("declare", "xy", "x", 90), word("declare", "yx", "x", 70)), book=book)
    assert why(told) == dict.fromkeys(("ab", "bc", "ca"), "not declared by its debtor") | {
        "xy": None,
        "yx": "not declared by its debtor",
    }
    assert (
        dict(zip(told["obligation_id"].to_pylist(), told["claim_id"].to_pylist(), strict=True))[
            "xy"
        ]
        is None
    )
    assert why(lines(acts(word("declare", "xy", "x", 90))))["xy"] == "not proven by the book"


def test_the_first_reason_is_told():
    group = AFFILIATE.rows([{"firm_id": "a", "other_id": "b", "reason": "declared"}])
    assert why(lines(acts(), book=rules(exclude=("c",)))) == {
        "ab": None,
        "bc": "a firm the rule book excludes",
        "ca": "a firm the rule book excludes",
    }
    assert why(lines(acts(), book=rules(affiliates=False), affiliate=group))["ab"] == (
        "between affiliates"
    )
    assert why(lines(acts(), affiliate=group))["ab"] is None
    floor = rules(minimum_minor={"EUR": 600})
    assert why(lines(acts(), book=floor))["ab"] == "below the minimum"
    assert why(lines(acts(), book=floor))["ca"] is None
    assert why(lines(acts(), debts(("ab", 5), held=True)))["ab"] == (
        "sold, instructed or in another round"
    )
    assert why(lines(acts(word("withdraw", "ab", "b"))))["ab"] == "withdrawn"
    assert why(lines(acts(word("change", "ab", "b", 0))))["ab"] == "nothing of it is open"
    assert left_out(lines(acts(word("withdraw", "ab", "b")))) == [
        {"left_out": "withdrawn", "currency": "EUR", "debts": 1, "amount_minor": 500}
    ]


def test_a_run_sets_off_the_ring_and_tells_each_party():
    made = propose(lines(acts()), "run", NETWORK)
    assert made.lines["set_off_minor"].to_pylist() == [500, 500, 500]
    told = {row["firm_id"]: row for row in by_firm(made.lines).to_pylist()}
    assert told["a"] == {
        "firm_id": "a",
        "currency": "EUR",
        "owed_minor": 500,
        "owing_minor": 600,
        "set_off_minor": 500,
        "received_minor": 500,
        "net_minor": 100,
    }


def test_a_refusal_shows_what_the_others_lose_and_gain():
    """Round a-b-c-e 500 run, and 200 round a-b-d through what is left of ab: without c, d's grows."""
    world = debts(("ab", 700), ("bc", 500), ("ce", 500), ("ea", 500), ("bd", 300), ("da", 300))
    before = propose(lines(acts(), world), "one", NETWORK).lines
    said = acts(act("preliminary"), act("final"), act("refuse", firm_id="c", proposal_id="r2"))
    assert refusing(state_of("r", said)) == ["c"]
    after = propose(lines(said, world), "two", NETWORK).lines
    assert why(after)["bc"] == why(after)["ce"] == "a party refused"
    rows = lost(before, after, "c").to_pylist()
    assert [(r["firm_id"], r["before_minor"], r["after_minor"], r["lost_minor"]) for r in rows] == [
        ("c", 500, 0, 500),
        ("e", 500, 0, 500),
        ("a", 700, 300, 400),
        ("b", 700, 300, 400),
        ("d", 200, 300, -100),
    ]


def test_debts_of_a_final_run_are_reserved_until_its_end():
    run = propose(lines(acts()), "r2", NETWORK).lines
    other = lines(acts(word("withdraw", "ab", "a")))
    assert other.num_rows == 3
    path = (act("preliminary"), act("final"), act("adopt"))
    held = [reserved(acts(*path[:n]), run)["obligation_id"].to_pylist() for n in range(4)]
    assert held == [[], [], ["ab", "bc", "ca"], []]
    cancelled = acts(*path[:2], act("cancel"))
    assert reserved(cancelled, run).num_rows == 0
    assert reserved(ROUND_ACT.empty(), ROUND_LINE.empty()).num_rows == 0


def test_adopted_stays_and_the_loss_against_clearing_all_at_once_is_told():
    """ab 100 and ba 60 clear 60 each; then bc 100 and ca 100 come, and only 40 of ab is left.

    All at once a ring of three takes 100 a debt: 300, against 120 and 120 step by step.
    """
    adopted = SET_OFF.rows(
        {
            "set_off_id": name,
            "clearing_id": "k",
            "obligation_id": name,
            "claim_id": name,
            "debtor_id": name[0],
            "creditor_id": name[1],
            "currency": "EUR",
            "amount_minor": 60,
        }
        for name in ("ab", "ba")
    )
    left = debts(("ab", 40), ("bc", 100), ("ca", 100))
    left = left.drop_columns(["amount_minor"]).rename_columns(
        [
            "amount_minor" if n == "open_minor" else n
            for n in left.column_names
            if n != "amount_minor"
        ]
    )
    assert joint_loss(adopted, left, NETWORK) == [
        {
            "currency": "EUR",
            "adopted_minor": 120,
            "added_minor": 120,
            "joint_minor": 300,
            "loss_minor": 60,
        }
    ]


firms = st.sampled_from("abcde")
pairs = st.tuples(firms, firms).filter(lambda p: p[0] != p[1])
NAMES = st.lists(st.tuples(pairs, st.integers(1, 90)), max_size=14, unique_by=lambda d: d[0])
WORDS = st.lists(
    st.tuples(
        st.sampled_from(["confirm", "change", "dispute", "withdraw"]),
        pairs,
        st.booleans(),
        st.integers(0, 90),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(NAMES, WORDS, firms)
def test_nobodys_net_position_moves_and_who_refuses_has_no_set_off(world, words, firm):
    obligation = (
        debts(*((d + c, amount) for (d, c), amount in world)) if world else OBLIGATION.empty()
    )
    known = {d + c for (d, c), _ in world}
    said = [
        word(what, d + c, d if owes else c, amount if what in ("confirm", "change") else None)
        for what, (d, c), owes, amount in words
        if d + c in known
    ]
    path = [*said, act("preliminary"), act("final"), act("refuse", firm_id=firm)]
    for count in (len(said), len(path)):
        made = propose(lines(acts(*path[:count]), obligation), "x", NETWORK)
        rows = made.lines.to_pylist()
        assert all(0 <= r["set_off_minor"] <= r["amount_minor"] for r in rows)
        assert all(r["set_off_minor"] == 0 for r in rows if r["left_out"])
        for row in by_firm(made.lines).to_pylist():
            assert row["set_off_minor"] == row["received_minor"]
            assert count == len(said) or row["firm_id"] != firm


@settings(max_examples=30, deadline=None)
@given(NAMES, NAMES)
def test_step_by_step_never_clears_more_than_all_at_once(first, second):
    once = propose(lines(acts(), debts(*((d + c, n) for (d, c), n in first))), "x", NETWORK).lines
    taken = once.filter(pa.compute.greater(once["set_off_minor"], 0))
    adopted = SET_OFF.rows(
        {k: row.get(k) for k in SET_OFF.names}
        | {"set_off_id": row["obligation_id"], "clearing_id": "k"}
        | {"amount_minor": row["set_off_minor"]}
        for row in taken.to_pylist()
    )
    gone = {r["obligation_id"]: r["set_off_minor"] for r in once.to_pylist()}
    left = [(d + c, n - gone[d + c]) for (d, c), n in first]
    both = lines(acts(), debts(*left)).to_pylist()
    more = [
        r | {"obligation_id": digest_id(r["obligation_id"])}
        for r in lines(acts(), debts(*((d + c, n) for (d, c), n in second))).to_pylist()
    ]
    table = ROUND_LINE.rows([*both, *more])
    table = table.filter(pa.compute.is_null(table["left_out"]))
    for row in joint_loss(adopted, table, NETWORK):
        assert row["loss_minor"] >= 0
