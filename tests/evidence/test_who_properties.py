"""Who is who does not turn on the order of rows, on strangers, or on what was taken back."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from trade_text import GIVEN, SCHEMAS, Trade, rules

from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import WHO
from tailrace.evidence.who import schemes
from tailrace.evidence.who.joining import same_firm
from tailrace.evidence.who.names import likely
from tailrace.evidence.who.working import IN_FORCE, KNOWN_BY

ON = date(2026, 6, 30)
PARTIES = [f"p{n}" for n in range(7)]
NUMBERS = [
    ("LEI A", 0, "LEI"),
    ("LEI B", 0, "LEI"),
    ("VAT XA1", 1, "VAT XA"),
    ("VAT XA2", 1, "VAT XA"),
    ("VAT XB1", 1, "VAT XB"),
    ("GLN 1", 2, "GLN"),
    ("GLN 2", 2, "GLN"),
    ("REG XA 1", 4, "REG XA"),
    ("IBAN 1", 9, "IBAN"),
    ("IBAN 2", 9, "IBAN"),
]
carried = st.sets(
    st.tuples(st.sampled_from(PARTIES), st.sampled_from(NUMBERS), st.booleans()), max_size=18
)
pairs = st.lists(
    st.tuples(st.sampled_from(["merge", "split"]), st.sampled_from(list(combinations(PARTIES, 2)))),
    max_size=3,
)


def known_by(told) -> list[dict]:
    rows = {
        (party, token): {
            "party_id": party,
            "token": token,
            "rank": rank,
            "kind": kind,
            "banked": banked and rank == schemes.ACCOUNT_RANK,
        }
        for party, (token, rank, kind), banked in sorted(told)
    }
    return list(rows.values())


def in_force(decided) -> pa.Table:
    return IN_FORCE.rows(
        {
            "decision_id": f"d{n}",
            "what": what,
            "party_id": one,
            "other_id": other,
            "reason": "because",
            "decided_on": ON,
        }
        for n, (what, (one, other)) in enumerate(decided)
    )


def joined(rows: list[dict], decided=()) -> dict[str, tuple[str, str]]:
    made = same_firm(KNOWN_BY.rows(rows), in_force(decided), evidence=rules())["same_firm"]
    return {row["party_id"]: (row["firm_id"], row["reason"]) for row in made.to_pylist()}


def firm_of(made: dict[str, tuple[str, str]], party: str) -> str:
    return made.get(party, (party, ""))[0]


@given(carried, pairs, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_firm_and_no_reason(told, decided, random):
    rows = known_by(told)
    mixed = rows.copy()
    random.shuffle(mixed)
    assert joined(mixed, decided) == joined(rows, decided)


@given(carried, pairs)
def test_a_parted_pair_is_never_one_firm_and_each_firm_bears_its_smallest_id(told, decided):
    made = joined(known_by(told), decided)
    for what, (one, other) in decided:
        assert what != "split" or firm_of(made, one) != firm_of(made, other)
    for firm in {firm for firm, _ in made.values()}:
        assert firm == min(party for party, (of, _) in made.items() if of == firm)


@given(carried)
def test_no_firm_comes_to_carry_two_leis_or_a_number_that_only_another_firm_shares(told):
    rows = known_by(told)
    made = joined(rows)
    of_lei: dict[str, set[str]] = {}
    for row in rows:
        if row["kind"] == "LEI":
            of_lei.setdefault(firm_of(made, row["party_id"]), set()).add(row["token"])
    both = [party for party in PARTIES if len(leis(rows, party)) > 1]
    assert both or all(len(found) == 1 for found in of_lei.values())


def leis(rows: list[dict], party: str) -> set[str]:
    return {r["token"] for r in rows if r["party_id"] == party and r["kind"] == "LEI"}


@given(carried, pairs)
def test_a_party_that_shares_nothing_changes_nothing_for_the_others(told, decided):
    rows = known_by(told)
    stranger = [
        {"party_id": "p9", "token": token, "rank": rank, "kind": kind, "banked": False}
        for token, rank, kind in (("VAT XA9", 1, "VAT XA"), ("GLN 9", 2, "GLN"))
    ]
    made = joined([*stranger, *rows], decided)
    assert made.pop("p9") == ("p9", "alone")
    assert made == joined(rows, decided)


@given(carried)
def test_who_shares_an_uncontested_number_is_one_firm(told):
    rows = known_by(told)
    made = same_firm(KNOWN_BY.rows(rows), in_force(()), evidence=rules())
    contested = set(made["contested"]["token"].to_pylist())
    firm = {r["party_id"]: r["firm_id"] for r in made["same_firm"].to_pylist()}
    for a, b in combinations(rows, 2):
        strong = a["rank"] < schemes.ACCOUNT_RANK and a["token"] not in contested
        if strong and a["token"] == b["token"]:
            assert firm[a["party_id"]] == firm[b["party_id"]]


WORLD = """
    firm Mill VAT=XA-MILL EMAIL=books@grain.example
    firm Store 0088=4012345000009 EMAIL=books@grain.example
    firm Shop VAT=XA-MILL 0088=4012345000016
    firm Kiln IBAN=DE89370400440532013000
    account Mill DE89370400440532013000
    order B1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00
    receipt W1 2026-03-04 buyer=Store seller=Farm | 1 wheat 100 KGM order=B1/1
    receipt W2 2026-03-04 buyer=Shop seller=Kiln | 1 coal 1 KGM
"""
MADE = tuple(kind for step in (*WHO, likely) for kind in step.writes if kind != "in_force")
whats = st.sampled_from(["merge", "split", "affiliate"])
names = st.sampled_from(list(combinations(("Mill", "Store", "Shop", "Kiln", "Farm"), 2)))


def who(world: str | Trade) -> dict[str, pa.Table]:
    trade = Trade(world) if isinstance(world, str) else world
    engine, tables = DuckDBEngine(SCHEMAS), trade.tables()
    for schema in GIVEN:
        engine.put(schema.kind, tables.get(schema.kind, schema.empty()))
    for step in (*WHO, likely):
        engine.run(step, on=ON, evidence=rules())
    made = {kind: engine.get(kind) for kind in MADE}
    engine.close()
    return made


@settings(max_examples=12)
@given(whats, names)
def test_a_decision_taken_back_leaves_every_table_as_it_was(what, pair):
    decided = f"decide {what} {' '.join(pair)} 2026-04-01 name=d"
    before = who(WORLD)
    after = who(f"{WORLD}\n{decided}\ndecide undo d 2026-04-02")
    assert all(after[kind].equals(table) for kind, table in before.items())


def test_every_kind_of_decision_changes_some_table():
    before = who(WORLD)
    for decided in ("merge Mill Store", "split Mill Shop", "affiliate Mill Farm"):
        after = who(f"{WORLD}\ndecide {decided} 2026-04-01")
        assert any(not after[kind].equals(table) for kind, table in before.items()), decided


def test_a_party_that_says_two_leis_at_once_makes_their_owners_no_one_firm():
    leis = ("5493000IBP32UQZ0KL24", "213800KUD8LAJWSQ9D15")
    trade = Trade(f"""
        firm Mill 0199={leis[0]}
        firm Farm 0199={leis[1]}
        firm Fraud 0199={leis[0]} CUSTOMER=1
        order B1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00
        order B2 2026-03-01 buyer=Fraud seller=Farm | 1 wheat 100 KGM 2.00
    """)
    before = {row["name"] for row in who(trade)["firm"].to_pylist()}
    assert len(before) == 2  # Fraud writes Mill's LEI and no other: it is Mill
    fraud = trade.party("Fraud")
    trade._put("party_identifier", party_id=fraud, scheme="0199", value=leis[1])
    made = who(trade)
    assert {row["name"] for row in made["firm"].to_pylist()} == {"Mill", "Farm", "Fraud"}
    assert fraud not in made["known_by"]["party_id"].to_pylist()
