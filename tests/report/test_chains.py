"""The chain behind a claim: as a table that adds up, and drawn."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from trade_text import Told, told

from tailrace.report import chains as drawn
from tailrace.street.chains import HEAD, aligned, chain_of, chains, table

WORLD = """
    order B1 2026-03-01 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00 | 2 <rye> 10 KGM 3.00
    despatch L1 2026-03-02 buyer=Mill seller=Farm | 1 wheat 100 KGM order=B1/1
    receipt W1 2026-03-03 buyer=Mill seller=Farm | 1 wheat 60 KGM order=B1/1 | 2 <rye> 10 KGM order=B1/2
    receipt W2 2026-03-04 buyer=Mill seller=Farm | 1 wheat 30 KGM order=B1/1
    invoice R1 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00 order=B1/1 | 2 <rye> 10 KGM 3.00 order=B1/2
    payment P1 2026-04-01 from=Mill to=Farm amount=210.00 text=R1
"""


@pytest.fixture(scope="module")
def proof() -> Told:
    made = told(WORLD)
    assert made.findings is not None
    return made


def test_the_table_tells_each_line_with_what_bears_on_it(proof):
    (made,) = chain_of(proof.engine, proof.claims["R1"]["claim_id"])
    first, second = table(made)
    assert dict(zip(HEAD, first, strict=True)) == {
        "line": "1",
        "item": "wheat",
        "invoiced": "100 KGM",
        "ordered": "100 B1",
        "despatched": "100 L1",
        "proven by": first[5],
        "net proven": "180.00 EUR of 200.00 EUR",
    }
    assert "60 W1" in first[5] and "30 W2" in first[5]
    assert second[-1] == "30.00 EUR of 30.00 EUR"
    text = "\n".join(aligned(made))
    assert "210.00 EUR paid" in text and "joined by" in text


def test_what_the_lines_say_adds_up_to_the_verdict(proof):
    (made,) = chain_of(proof.engine, proof.claims["R1"]["claim_id"])
    assert sum(line.proven_minor for line in made.lines) == 21000
    assert proof.verdicts["R1"]["proven_net_minor"] == 21000


def test_the_picture_is_sound_xml_with_every_document_in_it(proof):
    (made,) = chain_of(proof.engine, proof.claims["R1"]["claim_id"])
    picture = ElementTree.fromstring(drawn.draw(made))
    words = {e.text for e in picture.iter() if e.tag.endswith("text")}
    assert {"B1", "L1", "W1", "W2", "R1", "210.00 EUR"} <= words
    ribbons = [e for e in picture.iter() if "ribbon" in e.get("class", "")]
    assert len(ribbons) == 6  # B1-L1, L1-W1, L1-W2, W1-R1, W2-R1, R1-payment


def test_the_report_draws_the_claims_that_say_most(proof):
    made = chains(proof.rows("chain"))
    told_of = {c.claim_id: ("R1 <partly>", "remark & more") for c in made}
    section = drawn.section(made, told_of)
    assert "R1 &lt;partly&gt;" in section and "remark &amp; more" in section
    assert "&lt;rye&gt;" in section and "<rye>" not in section
