"""What the rooms find in the town is what its truth says."""

from __future__ import annotations

from datetime import date

import pyarrow.compute as pc
import pytest

from tailrace.contracts import tables as contract_tables
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence import steps as evidence
from tailrace.evidence import tables as evidence_tables
from tailrace.network import steps as network
from tailrace.network import tables as network_tables
from tailrace.network.clearing import clear
from tailrace.records import tables as record_tables
from tailrace.settlement import tables as settlement_tables
from tailrace.street.rules import load, packaged
from tailrace.town import truth
from tailrace.town.records import records
from tailrace.town.settings import tailrace_toml

ON = date(2026, 3, 31)
ROOMS = (record_tables, evidence_tables, network_tables, contract_tables, settlement_tables)
SCHEMAS = {schema.kind: schema for room in ROOMS for schema in room.TABLES}


@pytest.fixture(scope="module")
def proven(two_hundred, tables):
    """Return an engine that has judged the demo's town, with its truth beside."""
    engine = DuckDBEngine(SCHEMAS)
    for kind, schema in SCHEMAS.items():
        engine.put(kind, tables.get(kind, schema.empty()))
    for step in (*evidence.STEPS, network.obligation):
        engine.run(step, on=ON, evidence=packaged().evidence, logs=packaged().logs)
    db = engine._db
    db.register("truth", truth.claims(two_hundred))
    db.execute("""
        create table judged as
        with vat as (
            select distinct value as vat, firm_id
            from party_identifier join firm using (party_id) where scheme = 'VAT')
        select t.*, c.claim_id, c.amount_minor as asked, c.credited_minor as credited,
               c.paid_minor as paid, v.verdict as found, v.proven_minor as proven,
               d.vat as debtor
        from truth t
        left join vat s on s.vat = t.creditor_vat
        left join claim c on c.creditor_id = s.firm_id and c.number = t.number
        left join vat d on d.firm_id = c.debtor_id
        left join verdict v using (claim_id)""")
    yield engine
    engine.close()


def test_every_claim_is_proven_as_far_as_the_truth_says(proven):
    wrong = proven.sql("""
        select number, creditor_vat, verdict, found, provable_minor, proven from judged
        where (verdict, provable_minor, credited_minor, paid_minor, amount_minor, debtor_vat)
              is distinct from (found, proven, credited, paid, asked, debtor)""")
    assert wrong.to_pylist() == []


def test_every_planted_fraud_is_found_and_no_honest_claim_is_held_out(proven):
    found = proven.sql("""
        select distinct j.fraud, j.number, j.creditor_vat, f.test from judged j
        left join finding f on f.claim_id = j.claim_id and f.test = j.fraud
        where j.fraud is not null""").to_pylist()
    assert len(found) == 28 and all(row["test"] == row["fraud"] for row in found)
    accused = proven.sql("""
        select test, number from finding join judged using (claim_id)
        where grave and honest = 'yes'""")
    assert accused.to_pylist() == []


def test_an_honest_claim_is_unproven_only_while_its_goods_are_on_their_way(proven):
    received = proven.sql("""
        select j.number from judged j
        join match m on m.claim_id = j.claim_id and m.role = 'received'
        where j.honest = 'yes' and j.found = 'unproven'""")
    assert received.num_rows == 0


def test_set_off_clears_between_a_sixth_and_a_third_of_the_euro_debt(proven):
    debt = proven.get("obligation")
    euro = debt.filter(pc.equal(debt["currency"], "EUR"))
    cleared = int(clear(euro, packaged().network).set_off.sum())
    share = cleared / sum(euro["amount_minor"].to_pylist())
    assert 0.15 < share < 0.36


def test_the_summary_adds_up_what_the_verdicts_say(proven, two_hundred):
    told = truth.summary(two_hundred, {}, 0)["currencies"]
    for currency, figures in told.items():
        row = proven.sql(f"""
            select count(*) as claims,
                   cast(sum(greatest(c.amount_minor - c.credited_minor - c.paid_minor, 0)) as bigint)
                       as debt_minor,
                   cast(sum(greatest(v.proven_minor - c.paid_minor, 0)) as bigint)
                       as proven_open_minor
            from claim c join verdict v using (claim_id)
            where c.currency = '{currency}'""").to_pylist()[0]
        assert row == {name: figures[name] for name in row}
        open_minor = proven.sql(f"""
            select cast(sum(amount_minor) as bigint) from obligation
            where currency = '{currency}'""").column(0)[0]
        assert open_minor.as_py() == figures["proven_open_minor"] - figures["held_out_minor"]


def test_the_towns_own_rules_are_rules_of_a_run(two_hundred):
    import tomllib

    rules = load(tomllib.loads(tailrace_toml(two_hundred)), where="tailrace.toml")
    assert rules.run.on == ON
    assert {funder.currency for funder in rules.offers.funder} == {"EUR", "CHF", "JPY"}


def test_truth_holds_for_another_town_without_frauds(make):
    e = make(seed=9, firms=60, months=4, frauds=0.0)
    claims = truth.claims(e)
    assert set(claims["honest"].to_pylist()) == {"yes"}
    assert truth.frauds(e).num_rows == 0
    assert records(e)["document"].num_rows > 1000
