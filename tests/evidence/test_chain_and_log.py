"""Real records: the official UBL chain, and a simulated purchase log of 927 payments."""

from __future__ import annotations

import gzip
from datetime import date

import pytest
from evidence_world import RULES, prove

from tailrace.formats import ocel, ubl
from tailrace.records.tables import TABLES


@pytest.fixture
def chain(shared):
    rows = {table.kind: [] for table in TABLES}
    for path in sorted(shared("records/ubl/chain-AEG012345").glob("*.xml")):
        for kind, made in ubl.read(path.read_bytes(), path.name, RULES.records).tables.items():
            rows[kind] += made
    return rows


def test_the_official_chain_proves_ninety_of_a_hundred_kilograms(chain):
    proof = prove(chain, date(2005, 6, 24))
    claim = proof.claim("A00095678")
    assert (claim["verdict"], claim["currency"]) == ("partly", "GBP")
    figures = ("net_minor", "proven_net_minor", "open_net_minor", "proven_minor", "open_minor")
    assert [claim[name] for name in figures] == [10000, 9000, 1000, 9675, 1075]
    (received,) = proof.matches("A00095678", "received")
    assert (received["quantity"], received["amount_minor"]) == (90, 9000)
    assert "10 KGM of line A" in claim["missing"]
    assert {"price_conflict", "over_quantity"} <= proof.tests()
    assert not any(f["grave"] for f in proof.get("finding"))


def test_the_credit_note_of_the_official_chain_undoes_the_debt(chain):
    claim = prove(chain, date(2005, 6, 30)).claim("A00095678")
    assert (claim["credited_minor"], claim["proven_minor"], claim["open_minor"]) == (10750, 0, 0)
    assert claim["paid_minor"] == 0  # the remittance advice is the debtor's word, not the bank's


def test_the_purchase_log_shows_repeated_payments_and_absent_invoices(shared):
    packed = shared("records/ocel/ocel2-p2p-part1.json.gz").read_bytes()
    made = ocel.read(gzip.decompress(packed), "p2p.json", RULES.records).tables
    proof = prove({table.kind: made.get(table.kind, []) for table in TABLES}, date(2023, 12, 31))
    repeated = proof.findings("repeated_payment")
    assert len(repeated) == 113
    assert sum(f["count"] - 1 for f in repeated) == 142
    (absent,) = proof.findings("dangling_reference")
    assert absent["count"] == 584
    assert all(c["paid_minor"] == 0 for c in proof.get("claim"))  # no bank tells any of them
