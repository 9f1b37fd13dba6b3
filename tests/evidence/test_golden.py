"""Every case in tests/golden/evidence: a small trade, and the verdicts a bookkeeper adds up by hand.

A case is a text file: a title behind `#`, then sections. `records` holds the trade as trade_text
reads it; `rules` the rules it changes, a line each; `on` the day. The others are tables of what is
expected: a heading of column names, a row a line, bars between. `verdict` and `match` must hold
exactly the rows that evidence makes, `finding` and `fault` exactly what the tests find, `firm`,
`affiliate` and `likely` exactly who is who; a table tells only the columns it names. A cell that ends in `...` needs to begin so; `says` to occur.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from trade_text import ON, Told, Trade, told

from tailrace.evidence.finding import TESTS
from tailrace.evidence.rules import EvidenceRules
from tailrace.evidence.who.names import likely
from tailrace.street.rules import load

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "evidence"
CASES = sorted(GOLDEN.rglob("*.txt"))
KINDS = ("verdict", "claim", "match", "finding", "fault", "firm", "affiliate", "likely")
HEADS = ("records", "rules", "on", *KINDS)
Table = list[dict[str, str]]


def sections(text: str) -> dict[str, list[str]]:
    """Return the lines of each section by its heading."""
    found: dict[str, list[str]] = {}
    head = ""
    for line in text.splitlines():
        if line.strip() in HEADS:
            head = line.strip()
            found[head] = []
        elif line.strip() and not line.lstrip().startswith("#"):
            assert head, f"{line!r} stands before any heading"
            found[head].append(line.strip())
    return found


def table(lines: list[str]) -> Table:
    """Return the rows of a table of bars, by column."""
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def evidence_rules(lines: list[str]) -> EvidenceRules:
    own = tomllib.loads("\n".join(lines))
    return load({"evidence": own}, where="golden case").evidence


def world(path: Path) -> tuple[Told, dict[str, list[str]]]:
    said = sections(path.read_text("utf-8"))
    on = date.fromisoformat(said["on"][0]) if "on" in said else ON
    trade = Trade("\n".join(said["records"]))
    return Told(trade.tables(), on, evidence_rules(said.get("rules", []))), said


def money(minor: int | None) -> str:
    return (
        ""
        if minor is None
        else f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"
    )


def quantity(value: Any) -> str:
    return "" if value is None else f"{value.normalize():f}"


def rows(proof: Told, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a section with names and amounts as the text writes them."""
    numbers = {row["claim_id"]: number for number, row in proof.claims.items()}
    papers = {row["document_id"]: row["number"] for row in proof.rows("document")}
    names = {row[key]: row["name"] for row in proof.rows("firm") for key in ("party_id", "firm_id")}
    called = {row["party_id"]: row["name"] or "" for row in proof.rows("party")}
    if kind == "likely":
        proof.engine.run(likely, **proof.given)
    if kind == "finding":
        made = proof.findings
    else:
        made = proof.rows("contradiction" if kind == "fault" else kind)
    for row in made:
        said = {k: "" if v is None else str(v) for k, v in row.items()}
        said |= {k[:-6]: money(v) for k, v in row.items() if k.endswith("_minor")}
        said |= {k[:-3]: names.get(v, "") for k, v in row.items() if k.endswith("_id")}
        number = numbers.get(row.get("claim_id") or "") or papers.get(row.get("document_id") or "")
        said["number"] = said.get("number") or number or ""
        said["with"] = papers.get(row.get("with_document_id") or "", "")
        if kind == "finding":
            said["other"] = papers.get(row.get("other_id") or "", "")
        if kind == "firm":
            said["party"] = called.get(row["party_id"], "")
        said["grave"] = "yes" if row.get("grave") else "no"
        if "quantity" in row:
            said["quantity"] = quantity(row["quantity"])
        said["says"] = said.get("what", "")
        yield said


def alike(expected: dict[str, str], made: dict[str, Any]) -> bool:
    for name, want in expected.items():
        got = made[name]
        if name == "says" or name == "missing":
            if want not in got:
                return False
        elif want.endswith("..."):
            if not got.startswith(want[:-3]):
                return False
        elif got != want:
            return False
    return True


def check(kind: str, expected: Table, made: list[dict[str, Any]]) -> None:
    """Pair expected and made rows one to one; complain with both where that cannot be done."""
    left = list(made)
    for row in expected:
        fits = [m for m in left if alike(row, m)]
        shown = "\n".join(str({k: m[k] for k in row}) for m in left)
        assert fits, f"no {kind} like {row} among\n{shown}"
        left.remove(fits[0])
    columns = list(expected[0]) if expected else ["number", "says", "test", "role"]
    rest = "\n".join(str({k: m[k] for k in columns if k in m}) for m in left)
    assert not left, f"{kind} not expected:\n{rest}"


@pytest.mark.parametrize("path", CASES, ids=[str(p.relative_to(GOLDEN))[:-4] for p in CASES])
def test_the_case_adds_up(path: Path):
    proof, said = world(path)
    for kind in KINDS:
        if kind in said:
            check(kind, table(said[kind]), list(rows(proof, kind)))
    assert {*KINDS} & set(said), "nothing is expected"


def fired() -> set[str]:
    """Return the tests that some golden case expects to find something."""
    tables = (table(sections(p.read_text("utf-8")).get("finding", [])) for p in CASES)
    return {row["test"] for rows in tables for row in rows}


def test_every_named_test_has_a_case_in_which_it_finds_something():
    assert sorted(set(TESTS) - fired()) == []


def test_every_rule_of_evidence_has_a_case_that_turns_on_it():
    changed = {
        key
        for p in CASES
        for key in tomllib.loads("\n".join(sections(p.read_text("utf-8")).get("rules", [])))
    }
    assert sorted({f.name for f in msgspec.structs.fields(EvidenceRules)} - changed) == []


def test_a_case_that_does_not_add_up_is_told_with_both_rows():
    proof = told("invoice R1 2026-03-05 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00")
    with pytest.raises(AssertionError, match=r"no verdict like .*proven"):
        check("verdict", [{"number": "R1", "verdict": "proven"}], list(rows(proof, "verdict")))
