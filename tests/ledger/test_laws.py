"""Laws of the ledger, whatever happened: nothing is created, nobody is overdrawn, order is nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ledger_world import World

from tailrace.ledger.steps import FACTS

FIRMS = "ABC"
PAIRS = st.sampled_from([(a, b) for a in FIRMS for b in FIRMS if a != b])
AMOUNTS = st.integers(0, 100)
STATES = st.fixed_dictionaries({
    "amount": AMOUNTS, "proven": AMOUNTS, "credited": AMOUNTS, "paid": AMOUNTS,
    "set_off": AMOUNTS, "sold": st.sampled_from(["", *FIRMS]), "price": AMOUNTS,
    "goods": st.integers(-5, 50), "grave": st.booleans(),
})  # fmt: skip
# claims by parties, each as the book knows it on a first day and on a second
STORIES = st.lists(st.tuples(PAIRS, STATES, STATES), min_size=1, max_size=4)
DAYS = (date(2026, 3, 31), date(2026, 4, 30))
# a world takes half a second: a failing story is shown as found, not made smaller
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
DECISIONS = ("clearing", "set_off", "contract")


def told(world: World, story: Any, day: int, *, backwards: bool = False) -> None:
    """Fill a world with the claims as they are on a day; what was decided before stays decided."""
    for kind in FACTS:
        if kind not in DECISIONS:
            world.rows[kind].clear()
    world.firms(*FIRMS)
    for i, ((creditor, debtor), *states) in enumerate(story):
        name, s = f"c{i}", states[day]
        proven = min(s["proven"], max(s["amount"] - s["credited"], 0))
        credited = min(s["credited"], s["amount"])
        world.claim(name, creditor, debtor, s["amount"], proven=proven, credited_minor=credited)
        if s["grave"]:
            world.add("finding", finding_id=f"f{i}", grave=True, claim_id=name)
        if s["paid"]:
            world.paid(name, f"p{i}", s["paid"])
        if s["set_off"]:
            world.set_off(f"s{day}.{i}", name, debtor, creditor, s["set_off"])
        if s["sold"] and s["sold"] != creditor:
            price = min(s["price"], proven)
            money = {"notional_minor": proven, "price_at_purchase_minor": price}
            world.sale(f"k{day}.{i}", name, creditor, s["sold"], debtor, **money)
        if s["goods"]:
            world.receipt(f"R{i}", debtor, creditor, str(s["goods"]))
    if backwards:
        for kind in FACTS:
            world.rows[kind].reverse()


def held(world: World) -> dict[tuple[str, str], int]:
    rows = world.engine.get("balance").to_pylist()
    return {(r["account"], r["unit"]): r["balance"] for r in rows}


def lawful(world: World, story: Any, day: int) -> None:
    """Check every law on the balances as they stand."""
    by_unit: dict[str, int] = defaultdict(int)
    by_firm: dict[tuple[str, str], int] = defaultdict(int)
    for (account, unit), amount in held(world).items():
        firm, _, name = account.rpartition("/")
        by_unit[unit] += amount
        if name in ("free", "held"):
            assert amount >= 0
        if name == "owed":
            assert amount <= 0
        if not unit.startswith(("goods:", "obligation:")):
            by_firm[firm, unit] += amount
    assert set(by_unit.values()) <= {0}  # debits are credits
    assert set(by_firm.values()) <= {0}  # in each firm's own books too
    stock: dict[str, int] = defaultdict(int)
    for (creditor, debtor), *states in story:
        stock[debtor] += states[day]["goods"] * 1_000_000
        stock[creditor] -= states[day]["goods"] * 1_000_000
    balances = world.balances("goods:bolt|EA")
    for firm in FIRMS:  # goods in less goods out
        here = balances.get(f"{firm}/stock", 0) + balances.get(f"{firm}/delivered", 0)
        assert here == stock[firm]


@settings(max_examples=12, deadline=None, phases=QUICK)
@given(STORIES)
def test_whatever_is_restated_the_laws_hold_and_nothing_is_posted_twice(story: Any) -> None:
    world = World()
    for day, on in enumerate(DAYS):
        told(world, story, day)
        world.post(on)
        lawful(world, story, day)
        again = world.post(on)
        assert again["transfer"].num_rows == again["refusal"].num_rows == 0


@settings(max_examples=6, deadline=None, phases=QUICK)
@given(STORIES)
def test_the_order_of_rows_does_not_matter(story: Any) -> None:
    one, other = World(), World()
    told(one, story, 0)
    told(other, story, 0, backwards=True)
    assert one.post() == other.post()


@settings(max_examples=8, deadline=None, phases=QUICK)
@given(STORIES)
def test_a_fact_restated_leaves_the_books_as_if_it_had_been_so_from_the_start(story: Any) -> None:
    """Where nothing was decided on what was believed before."""
    for _, *states in story:
        for s in states:
            s |= {"set_off": 0, "sold": ""}
    straight, restated = World(), World()
    told(straight, story, 1)
    straight.post()
    for day in (0, 1):
        told(restated, story, day)
        restated.post()
    there, back = ({k: v for k, v in held(w).items() if v} for w in (straight, restated))
    assert there == back
