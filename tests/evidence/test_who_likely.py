"""Candidates of who is who: what blocks let through is all there is, and its cost grows as firms do."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import combinations
from time import process_time

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import JaroWinkler
from trade_text import GIVEN, SCHEMAS, rules

from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import WHO
from tailrace.evidence.who.names import likely

ON = date(2026, 6, 30)
NAMES = ("Miller", "Miller GmbH", "Millers", "Miler Mill", "Mill Miller AG", "Kiln Works", "Farm")
PLACES = (None, "1 Mill Lane, 10115 Town", "2 Mill Lane, 10115 Town", "1 Kiln Road, 20095 Port")
MAILS = (None, "a@mill.example", "b@mill.example", "a@kiln.example")
LANDS = (None, "XA", "XB")
firms = st.lists(
    st.tuples(*(st.sampled_from(told) for told in (NAMES, PLACES, MAILS, LANDS))),
    min_size=2,
    max_size=4,
)
FORMS = {"gmbh", "ag"}


def candidates(told, **who) -> tuple[dict[tuple[int, int], int], float]:
    """Return the weight of each pair of firms by their places in the list, and the step's seconds."""
    engine = DuckDBEngine(SCHEMAS, threads=1)
    for schema in GIVEN:
        engine.put(schema.kind, schema.empty())
    key = {f"{n:032x}": n for n in range(len(told))}
    where = {"source_id": "s", "position": 0}
    parties = [
        {"party_id": p, "name": told[n][0], "address": told[n][1], "country": told[n][3]} | where
        for p, n in key.items()
    ]
    mails = [
        {"party_id": p, "scheme": "EMAIL", "value": told[n][2]} | where
        for p, n in key.items()
        if told[n][2]
    ]
    for kind, rows in (("party", parties), ("party_identifier", mails)):
        engine.put(kind, SCHEMAS[kind].rows(rows) if rows else SCHEMAS[kind].empty())
    for step in WHO:
        engine.run(step, on=ON, evidence=rules())
    begun = process_time()
    engine.run(likely, on=ON, evidence=rules())
    took = process_time() - begun
    made: pa.Table = engine.get("likely")
    engine.close()
    rows = made.to_pylist()
    return {(key[r["firm_id"]], key[r["other_id"]]): r["weight"] for r in rows}, took


@cache
def root(name: str) -> str:
    return " ".join(word for word in name.lower().split() if word not in FORMS)


def weight(one, other) -> int:
    """Add up by hand what speaks for two firms; the weights are those of the packaged rules."""
    (a, at, mail, land), (b, by, post, home) = one, other
    total = 0
    if root(a) == root(b):
        total += 50
    elif JaroWinkler.similarity(root(a), root(b)) >= 0.92:
        total += 35
    if at and by:
        total += 35 * (at == by) + 10 * (at.split()[3] == by.split()[3])
    if mail and post:
        total += 30 * (mail == post) + 10 * (mail.split("@")[1] == post.split("@")[1])
    if land and home:
        total += 5 if land == home else -20
    return total


@settings(max_examples=12, deadline=None)
@given(firms)
def test_in_a_small_book_blocks_hold_back_no_pair_that_weighs_enough(told):
    pairs = {(i, j): weight(told[i], told[j]) for i, j in combinations(range(len(told)), 2)}
    assert candidates(told)[0] == {pair: sum_ for pair, sum_ in pairs.items() if sum_ >= 60}


def town(count: int):
    """Firms of one country with two words of their names shared by twenty each; then the first again."""
    for n in range(count):
        name = f"N{n % (count // 20)}x M{n // 20}y Trading"
        yield (name, f"{n} Common Road, {10000 + n % 50} Town", None, "XA")
    yield ("N0x M0y Trading AG", "0 Common Road, 10000 Town", None, "XA")


def test_many_firms_of_one_country_are_not_compared_all_with_all():
    found, took = candidates([*town(1_000)])
    assert found == {(0, 1_000): 50 + 35 + 10 + 5}
    found, longer = candidates([*town(4_000)])
    assert found == {(0, 4_000): 50 + 35 + 10 + 5}
    assert longer < 6 * took + 0.5  # four times the firms; all with all is sixteen times as much


def test_firms_of_a_name_too_common_to_meet_by_weigh_it_when_an_address_brings_them_together():
    place = "1 Mill Lane, 10115 Town"
    told = [("Miller", f"{n} Road, {20000 + n} Town", None, "XA") for n in range(60)]
    told += [("Miller", place, None, "XA"), ("Miller GmbH", place, None, "XA")]
    assert candidates(told)[0] == {(60, 61): 50 + 35 + 10 + 5}
