"""`why` walks to the document lines, and an accepted offer binds once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from town_world import AT, ON, build_town, run_town, seen

from tailrace import BadTerms, NotFound
from tailrace.street.accepting import accept
from tailrace.street.opening import open_book
from tailrace.street.rules import of_folder
from tailrace.street.why import lines, trace


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    folder = build_town(tmp_path_factory.mktemp("why"), firms=40, seed=7)
    run_town(folder)
    return folder


@pytest.fixture(scope="module")
def engine(town):
    return seen(town)


def book_of(town: Path):
    return open_book(str(town / "out" / "book.db"))


def kinds_below(node) -> set[str]:
    return {node.kind}.union(*(kinds_below(cause) for cause in node.causes))


def sources_below(node) -> set[tuple[str, str]]:
    own = {(node.source, node.digest)} if node.source else set()
    return own.union(*(sources_below(cause) for cause in node.causes))


@pytest.mark.parametrize("kind", ["set_off", "instruction", "offer", "obligation", "transfer"])
def test_any_number_walks_back_to_document_lines(town, engine, kind):
    row = engine.get(kind).slice(0, 1).to_pylist()[0]
    with book_of(town) as book:
        (node,) = trace(book, engine, row[f"{kind}_id"])
    assert node.kind == kind
    assert node.rule
    if kind != "transfer":
        assert {"claim", "document", "line"} <= kinds_below(node)
    for name, digest in sources_below(node):
        path = town / name
        if path.suffix == ".xml":
            import hashlib

            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def test_a_position_opens_the_very_element(town, engine):
    row = engine.sql("""
        select l.line_id, l.position, l.line_ref, s.name from line l join source s using (source_id)
        where s.format = 'ubl' order by line_id limit 20""").to_pylist()
    for line in row:
        there = (town / line["name"]).read_bytes()[line["position"] :][:40]
        assert there.startswith(b"<cac:") and b"Line" in there


def test_a_document_number_tells_its_claim_in_words(town, engine):
    number = engine.get("claim")["number"][0].as_py()
    with book_of(town) as book:
        nodes = trace(book, engine, number)
    told = "\n".join(line for node in nodes for line in lines(node))
    assert "read from records/" in told and "sha256" in told and "verdict" in told


def test_the_start_of_an_id_is_enough_and_too_little_is_refused(town, engine):
    claim_id = engine.get("claim")["claim_id"][0].as_py()
    with book_of(town) as book:
        assert trace(book, engine, claim_id[:12])[0].id == claim_id
        with pytest.raises((NotFound, BadTerms)):
            trace(book, engine, claim_id[:2])
        with pytest.raises(NotFound, match="nothing is known by"):
            trace(book, engine, "no-such-number")


def test_why_prints_json_for_programs(town, engine):
    number = engine.get("claim")["number"][0].as_py()
    command = [sys.executable, "-m", "tailrace.cli", "why", str(town), number, "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout)[0]["kind"] == "claim"


def test_an_accepted_offer_binds_once_and_stays_bound(tmp_path):
    folder = build_town(tmp_path / "town", firms=40, seed=7)
    run_town(folder)
    rules = of_folder(folder)
    offer = seen(folder, "offer").get("offer").to_pylist()[0]
    with book_of(folder) as book:
        contract = accept(book, offer["offer_id"][:16], on=ON, rules=rules, at=AT)
        assert contract["price_at_purchase_minor"] == offer["price_minor"]
        with pytest.raises(NotFound, match="no offer"):
            accept(book, offer["offer_id"], on=ON, rules=rules, at=AT)
        kinds = {page.kind for page in book.pages() if page.key.split("/")[1] != "x"}
        assert {"acceptance", "contract", "instruction", "transfer"} <= kinds
        book.verify()
    engine = seen(folder)
    assert contract["obligation_id"] not in {
        o["obligation_id"] for o in engine.get("offer").to_pylist()
    }
    paid = [
        i
        for i in engine.get("instruction").to_pylist()
        if i["contract_id"] == contract["contract_id"]
    ]
    assert [i["amount_minor"] for i in paid if i["reason"] == "purchase"] == [offer["price_minor"]]


def test_nobody_is_bound_on_figures_older_than_the_records(tmp_path):
    folder = build_town(tmp_path / "town", firms=14, seed=3)
    run_town(folder)
    rules = of_folder(folder)
    with (
        book_of(folder) as book,
        pytest.raises(BadTerms, match="since the offers were made") as why,
    ):
        accept(book, "0" * 32, on=ON.replace(day=30), rules=rules, at=AT)
    assert "tailrace run first" in why.value.mend
