"""How late debtors pay, and how often the interval covered, against loops a reader can follow."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outlook_world import ON, RULES, claim, run_delays, settled

from tailrace.base.errors import BadTerms

SHARES = (0.1, 0.5, 0.9)


def estimate(waits: list[tuple[int, bool]], shares: tuple[float, ...]) -> tuple[list[int], bool]:
    """Kaplan and Meier's estimate as a loop: the delay at each share, and whether the last is known."""
    ended = sorted({days for days, end in waits if end})
    unpaid, curve = 1.0, []
    for day in ended:
        risk = sum(days >= day for days, _ in waits)
        unpaid *= 1 - sum(days == day and end for days, end in waits) / risk
        curve.append((day, unpaid))
    found = [next((day for day, left in curve if left <= 1 - p + 1e-9), ended[-1]) for p in shares]
    enough = 2 * sum(end for _, end in waits) >= len(waits)
    return found, enough and curve[-1][1] <= 1 - shares[-1] + 1e-9


def waits(claims: list[dict], day: date, *, strictly: bool = False) -> list[tuple[int, bool]]:
    """How long each claim known on a day had waited, and whether it was paid by then."""
    told = []
    for c in claims:
        if c["issued_on"] < day or (c["issued_on"] == day and not strictly):
            paid = c["settled_on"]
            end = paid is not None and (paid < day or (paid == day and not strictly))
            told.append((((paid if end else day) - c["due_on"]).days, end))
    return told


def test_a_debtor_with_enough_past_has_its_own_delay():
    start = date(2025, 1, 10)
    claims = [settled("slow", n, n, issued_on=start) for n in range(1, 11)]  # 1..10 days late
    row = run_delays(claims)["delay"].to_pylist()[0]
    assert row == {
        "debtor_id": "slow",
        "paid": 10,
        "days_low": 1,
        "days_mid": 5,
        "days_high": 9,
        "basis": "own",
    }


def test_a_debtor_with_little_past_has_the_books():
    start = date(2025, 1, 10)
    claims = [settled("slow", n, 10 * n, issued_on=start) for n in range(1, 4)]
    claims.append(settled("new", 1, -5, issued_on=start))
    rows = {r["debtor_id"]: r for r in run_delays(claims)["delay"].to_pylist()}
    assert (rows["new"]["basis"], rows["new"]["paid"]) == ("all", 4)
    assert [rows["new"][k] for k in ("days_low", "days_mid", "days_high")] == [-5, 10, 30]
    assert rows["slow"]["basis"] == "own"


def test_a_book_without_a_past_expects_payment_on_the_due_day():
    row = run_delays([claim("new", 1, date(2026, 3, 1), date(2026, 4, 1))])["delay"].to_pylist()[0]
    assert (row["basis"], row["paid"], row["days_mid"]) == ("none", 0, 0)


def test_what_is_settled_after_the_day_is_not_seen():
    claims = [settled("slow", n, 10, issued_on=date(2025, 5, 1)) for n in range(3)]
    claims += [settled("slow", n, 60, issued_on=date(2026, 2, 1)) for n in range(3, 9)]
    row = run_delays(claims)["delay"].to_pylist()[0]
    assert (row["paid"], row["days_high"]) == (3, 10)


def test_an_interval_that_is_none_is_refused():
    rules = msgspec.structs.replace(RULES, interval=(0.9, 0.1))
    with pytest.raises(BadTerms, match="no interval") as told:
        run_delays([], rules)
    assert "outlook.interval" in str(told.value)
    assert "interval = [0.1, 0.9]" in told.value.mend


pasts = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 400),  # issued so many days before ON
        st.integers(-20, 40),
    ),
    max_size=40,
)


def as_claims(past: list[tuple[str, int, int]]) -> list[dict]:
    return [
        settled(who, n, late, issued_on=ON - timedelta(days=ago))
        for n, (who, ago, late) in enumerate(past)
    ]


@settings(max_examples=25, deadline=None)
@given(pasts)
def test_quantiles_are_those_of_a_plain_loop(past):
    claims = as_claims(past)
    for row in run_delays(claims)["delay"].to_pylist():
        own = waits([c for c in claims if c["debtor_id"] == row["debtor_id"]], ON)
        every = waits(claims, ON)
        found, known = estimate(own, SHARES) if any(end for _, end in own) else ([], False)
        if not known or sum(end for _, end in own) < RULES.own_past_min:
            found = estimate(every, SHARES)[0] if any(end for _, end in every) else [0, 0, 0]
        assert [row["days_low"], row["days_mid"], row["days_high"]] == found


def test_open_claims_make_the_estimate_later():
    """Ten claims paid on the day, eight still open a year later: nobody knows how late."""
    start = date(2025, 1, 10)
    quick = [settled("a", n, 0, issued_on=start) for n in range(10)]
    late = [settled("a", n, 800, issued_on=start) for n in range(10, 18)]
    assert run_delays(quick)["delay"]["days_high"].to_pylist() == [0]
    row = run_delays(quick + late)["delay"].to_pylist()[0]
    assert (row["basis"], row["days_low"], row["days_mid"]) == ("all", 0, 0)


def judged(claims: list[dict]) -> dict[str, tuple[int, int]]:
    """Coverage as a loop: each claim by what was known on the first of its issue month."""
    counts = {"own": [0, 0], "all": [0, 0]}
    for c in claims:
        first = c["issued_on"].replace(day=1)
        own = waits([k for k in claims if k["debtor_id"] == c["debtor_id"]], first, strictly=True)
        every = waits(claims, first, strictly=True)
        ends = [sum(end for _, end in told) for told in (own, every)]
        scope, (found, known) = "own", estimate(own, SHARES) if ends[0] else ([], False)
        if not known or ends[0] < RULES.own_past_min:
            scope, (found, known) = "all", estimate(every, SHARES) if ends[1] else ([], False)
        if known and c["due_on"] + timedelta(days=found[2]) <= ON:
            late = (c["settled_on"] - c["due_on"]).days
            counts[scope][0] += 1
            counts[scope][1] += found[0] <= late <= found[2]
    counts["book"] = [sum(v) for v in zip(counts["own"], counts["all"], strict=True)]
    return {scope: (n, inside) for scope, (n, inside) in counts.items()}


@settings(max_examples=25, deadline=None)
@given(pasts)
def test_coverage_is_that_of_a_plain_loop_over_what_was_known(past):
    claims = as_claims(past)
    rows = run_delays(claims)["coverage"].to_pylist()
    assert {r["scope"]: (r["claims"], r["covered"]) for r in rows} == judged(claims)
    for r in rows:
        assert r["share"] == (r["covered"] / r["claims"] if r["claims"] else None)


def test_coverage_never_uses_what_was_settled_later():
    """Six claims paid 5 days late, then six paid 50 days late: the later six are all missed."""
    early = [settled("a", n, 5, issued_on=date(2025, 1, 10)) for n in range(6)]
    late = [settled("a", n, 50, issued_on=date(2025, 6, 10)) for n in range(6, 12)]
    rows = {r["scope"]: r for r in run_delays(early + late)["coverage"].to_pylist()}
    assert (rows["own"]["claims"], rows["own"]["covered"]) == (6, 0)
    assert rows["book"]["share"] == 0.0
    assert rows["all"]["share"] is None


@settings(max_examples=10, deadline=None)
@given(pasts, st.randoms())
def test_the_order_of_claims_does_not_matter(past, random):
    claims = as_claims(past)
    mixed = random.sample(claims, len(claims))
    one, other = run_delays(claims), run_delays(mixed)
    assert one["delay"].equals(other["delay"])
    assert one["coverage"].equals(other["coverage"])
