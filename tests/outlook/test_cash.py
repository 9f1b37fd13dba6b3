"""Cash curves: small ones added up by hand, and a brute-force loop over random ones."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from outlook_world import ON, RULES, closing, day, outlook, owes, set_off, settled

LATE = [settled("late", n, 10, issued_on=date(2025, 5, 1)) for n in range(3)]  # always 10 days late


def curve(made: dict, name: str, stage: str) -> list[tuple[int, int, int, int]]:
    """Return (day from ON, in, out, balance) of a firm's curve."""
    return [
        ((r["on"] - ON).days, r["in_minor"], r["out_minor"], r["balance_minor"])
        for r in made["cash"]
        if r["firm_id"] == name and r["stage"] == stage
    ]


def test_money_in_comes_late_and_money_out_leaves_on_its_day():
    made = outlook(
        firms="a late b",
        closings=[closing("a", 50)],
        obligations=[owes("late", "a", 100, 5), owes("a", "b", 120, 8)],
        claims=LATE,
    )
    assert curve(made, "a", "before") == [(0, 0, 0, 50), (8, 0, 120, -70), (15, 100, 0, 30)]


def test_what_is_overdue_moves_tomorrow_and_never_before():
    made = outlook(
        firms="a late b",
        closings=[closing("a", 50)],
        obligations=[owes("late", "a", 100, -40), owes("a", "b", 30, -3), owes("a", "b", 1, 0)],
        claims=LATE,
    )
    assert curve(made, "a", "left") == [(0, 0, 0, 50), (1, 100, 31, 119)]


def test_set_offs_leave_less_to_move():
    first, second = owes("a", "b", 100, 3), owes("b", "a", 70, 9)
    made = outlook(
        firms="a b",
        closings=[closing("a", 20)],
        obligations=[first, second],
        set_offs=[set_off(first, 70), set_off(second, 70)],
    )
    assert curve(made, "a", "before") == [(0, 0, 0, 20), (3, 0, 100, -80), (9, 70, 0, -10)]
    assert curve(made, "a", "cleared") == [(0, 0, 0, 20), (3, 0, 30, -10)]
    assert curve(made, "a", "left") == curve(made, "a", "cleared")


def bought(buyer: str, seller: str, obligation: dict, *, price: int, pay: int) -> dict:
    return {
        "contract_id": "k",
        "contract_type": "PAM",
        "contract_role": "RPA",
        "product": "member_early_payment",
        "obligation_id": obligation["obligation_id"],
        "claim_id": obligation["claim_id"],
        "seller_id": seller,
        "buyer_id": buyer,
        "debtor_id": obligation["debtor_id"],
        "currency": "EUR",
        "notional_minor": obligation["amount_minor"],
        "price_at_purchase_minor": price,
        "status_on": ON,
        "initial_exchange_on": ON,
        "purchase_on": day(pay),
        "maturity_on": obligation["due_on"],
        "nominal_interest_rate": 0.0,
        "day_count": "A360",
        "rate_pa": 0.05,
    }


def test_a_contract_brings_the_price_early_and_the_face_to_the_buyer():
    owed = owes("d", "a", 100, 20)
    sold = owed | {"holder_id": "m", "held": True, "due_minor": 100}
    due = [{k: v for k, v in sold.items() if k in DUE_NAMES}]
    made = outlook(
        firms="a d m",
        closings=[closing("a", 0), closing("m", 500)],
        obligations=[owed],
        due=due,
        contracts=[bought("m", "a", owed, price=99, pay=2)],
    )
    assert curve(made, "a", "before") == [(0, 0, 0, 0), (20, 100, 0, 100)]
    assert curve(made, "a", "left") == [(0, 0, 0, 0), (2, 99, 0, 99)]
    assert curve(made, "m", "left") == [(0, 0, 0, 500), (2, 0, 99, 401), (20, 100, 0, 501)]


def test_a_price_the_bank_has_told_of_is_not_counted_again():
    owed = owes("d", "a", 100, 20)
    made = outlook(
        firms="a d m",
        closings=[closing("a", 99, on=day(-1)), closing("m", 401, on=day(-4))],
        obligations=[owed],
        due=[],
        contracts=[bought("m", "a", owed, price=99, pay=-2)],
    )
    assert curve(made, "a", "left") == [(0, 0, 0, 99)]
    assert curve(made, "m", "left") == [(0, 0, 0, 401), (1, 0, 99, 302)]


def test_a_firm_without_a_known_balance_has_no_curve():
    made = outlook(firms="a b", closings=[closing("a", 5)], obligations=[owes("b", "a", 9, 4)])
    assert {r["firm_id"] for r in made["cash"]} == {"a"}


def test_a_balance_is_the_latest_closing_of_each_account():
    closings = [
        closing("a", 10, on=day(-9)),
        closing("a", 20, on=day(-2), sequence="9"),
        closing("a", 30, on=day(-2), sequence="10"),  # the second statement of that day
        closing("a", 40, on=day(1)),  # of tomorrow: not seen
        closing("a", 5, account="other", on=day(-30)),
        closing("a", 7, account="usd", currency="USD"),
        closing("a", 1000, on=day(-1), entry="opening"),
    ]
    made = outlook(firms="a", closings=closings, obligations=[])
    left = {r["currency"]: r["balance_minor"] for r in made["cash"] if r["stage"] == "left"}
    assert left == {"EUR": 35, "USD": 7}


def test_an_account_without_an_owner_is_its_holders():
    number = {
        "party_id": "p-a",
        "scheme": "IBAN",
        "value": "acc-x",
        "source_id": "s",
        "position": 0,
    }
    made = outlook(
        firms="a",
        closings=[closing("x", 11, owner_id=None), closing("nobody", 99, owner_id=None)],
        obligations=[],
        accounts=[number],
    )
    assert curve(made, "a", "left") == [(0, 0, 0, 11)]
    assert {r["firm_id"] for r in made["cash"]} == {"a"}


def test_surplus_is_the_lowest_point_if_everybody_pays_late():
    made = outlook(
        firms="a late b",
        closings=[closing("a", 50)],
        obligations=[owes("late", "a", 100, 5), owes("a", "b", 40, 12)],
        claims=[
            settled("late", n, d, issued_on=date(2025, 5, 1)) for n, d in enumerate((0, 0, 20))
        ],
    )
    assert made["surplus"] == [{"firm_id": "a", "currency": "EUR", "lowest_minor": 10}]
    assert (12, 0, 40, 110) in curve(made, "a", "left")


DUE_NAMES = (
    "obligation_id",
    "claim_id",
    "debtor_id",
    "creditor_id",
    "holder_id",
    "currency",
    "due_minor",
    "due_on",
    "held",
)
LAG = {"a": 0, "b": 10, "c": -4}  # days each debtor is late, always
PAST = [
    settled(who, n, late, issued_on=date(2025, 5, 1)) for who, late in LAG.items() for n in range(3)
]
debts = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from("abc"), st.integers(1, 500), st.integers(-30, 80)
    ),
    max_size=25,
)


def brute(name: str, opening: int, owed: list[dict]) -> dict[date, int]:
    """The expected balance at each day something moves, by the loop anybody would write."""
    moves = {ON: 0}
    for o in owed:
        if o["debtor_id"] == o["creditor_id"]:
            continue
        if o["debtor_id"] == name:
            when = max(o["due_on"], day(1))
            moves[when] = moves.get(when, 0) - o["amount_minor"]
        if o["creditor_id"] == name:
            when = max(o["due_on"] + timedelta(days=LAG[o["debtor_id"]]), day(1))
            moves[when] = moves.get(when, 0) + o["amount_minor"]
    held, found = opening, {}
    for when in sorted(moves):
        if when <= ON + timedelta(days=RULES.horizon_days):
            held += moves[when]
            found[when] = held
    return found


@settings(max_examples=20, deadline=None)
@given(debts)
def test_a_curve_is_that_of_a_plain_loop(rows):
    owed = [owes(d, c, amount, due, ref=str(n)) for n, (d, c, amount, due) in enumerate(rows)]
    made = outlook(
        firms="a b c", closings=[closing(n, 100) for n in "abc"], obligations=owed, claims=PAST
    )
    for name in "abc":
        rows_ = [r for r in made["cash"] if (r["firm_id"], r["stage"]) == (name, "before")]
        assert {r["on"]: r["balance_minor"] for r in rows_} == brute(name, 100, owed)
        assert all(r["low_minor"] == r["balance_minor"] == r["high_minor"] for r in rows_)


@settings(max_examples=10, deadline=None)
@given(debts, st.randoms())
def test_low_is_below_expected_is_below_high_and_order_does_not_matter(rows, random):
    owed = [owes(d, c, amount, due, ref=str(n)) for n, (d, c, amount, due) in enumerate(rows)]
    mixed_past = [
        settled(who, n, late, issued_on=date(2025, 5, 1))
        for who in "abc"
        for n, late in enumerate((-7, 0, 3, 25))
    ]
    closings = [closing(n, 100) for n in "abc"]
    made = outlook(firms="a b c", closings=closings, obligations=owed, claims=mixed_past)
    for r in made["cash"]:
        assert r["low_minor"] <= r["balance_minor"] <= r["high_minor"]
    again = outlook(
        firms="c b a",
        closings=closings[::-1],
        obligations=random.sample(owed, len(owed)),
        claims=mixed_past,
    )
    assert again == made
