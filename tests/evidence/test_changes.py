"""What changed: golden series a reader adds up by hand.

A golden case is a text file: a title behind `#`, then sections. `seen` holds a series a line:
measure, seller, buyer, first day, days between, then the values behind a bar; a value with `+` is not
over yet, `item=` names the item of a price, `order` is an order in minor units. `open` says what a
pair has open, invoiced since and ordered since, in minor units. `rules` changes [changes], `since`
and `on` are days. `change` and `series` are tables of exactly the rows expected; a table tells only
the columns it names; `says` needs to occur.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.evidence.changes.judging import changed
from tailrace.evidence.changes.measures import MEASURES
from tailrace.evidence.changes.rules import ChangeRules
from tailrace.evidence.changes.working import OBSERVATION, OPEN_SUM
from tailrace.evidence.tables import FIRM
from tailrace.street.rules import load, packaged

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "changes"
CASES = sorted(GOLDEN.glob("*.txt"))
HEADS = ("seen", "open", "rules", "since", "on", "change", "series")
RULES = packaged().changes
Row = dict[str, Any]


def sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    head = ""
    for line in text.splitlines():
        if line.strip() in HEADS:
            head = line.strip()
            found[head] = []
        elif line.strip() and not line.startswith("#"):
            found[head].append(line.strip())
    return found


def table(lines: list[str]) -> list[dict[str, str]]:
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def seen(lines: list[str]) -> list[Row]:
    """Return the observations of series written a line each."""
    rows: list[Row] = []
    for line in lines:
        head, values = line.split("|")
        *words, first, every = head.split()
        item = next((w.removeprefix("item=") for w in words if w.startswith("item=")), "")
        *measure, seller, buyer = (w for w in words if not w.startswith("item="))
        for i, value in enumerate(values.split()):
            row_id = f"{' '.join(measure)} {seller} {buyer} {item} {len(rows)}"
            rows.append(
                {
                    "measure": " ".join(measure),
                    "seller_id": seller,
                    "buyer_id": buyer,
                    "currency": "EUR",
                    "item": item,
                    "day": date.fromisoformat(first) + timedelta(days=int(every) * i),
                    "value": float(value.rstrip("+")),
                    "per": 1.0,
                    "open": value.endswith("+"),
                    "row_id": row_id,
                    "document_id": row_id,
                }
            )
    return rows


def firms(rows: list[Row]) -> pa.Table:
    names = sorted({row[k] for row in rows for k in ("seller_id", "buyer_id")})
    return FIRM.rows({"party_id": n, "firm_id": n, "name": n, "reason": "alone"} for n in names)


def sums(lines: list[str]) -> pa.Table:
    names = ("open_minor", "invoiced_minor", "ordered_minor")
    rows = []
    for line in lines:
        seller, buyer, *figures = line.split()
        of = {"seller_id": seller, "buyer_id": buyer, "currency": "EUR"}
        rows.append(of | dict(zip(names, map(int, figures), strict=True)))
    return OPEN_SUM.rows(rows)


def rules_of(lines: list[str]) -> ChangeRules:
    return load({"changes": tomllib.loads("\n".join(lines))}, where="golden case").changes


def made(said: dict[str, list[str]]) -> dict[str, pa.Table]:
    rows = seen(said["seen"])
    return changed(
        OBSERVATION.rows(rows),
        sums(said.get("open", [])),
        firms(rows),
        on=date.fromisoformat(said["on"][0]),
        since=date.fromisoformat(said["since"][0]),
        changes=rules_of(said.get("rules", [])),
    )


def spoken(row: Row) -> dict[str, str]:
    told = {k: "" if v is None else str(v) for k, v in row.items()}
    for name in ("before", "after", "effect", "effect_low", "effect_high"):
        if name in row:
            told[name] = f"{row[name]:.4g}"
    return told | {"says": told.get("what", "")}


@pytest.mark.parametrize("path", CASES, ids=[p.stem for p in CASES])
def test_the_golden_series_add_up(path: Path):
    said = sections(path.read_text("utf-8"))
    tables = made(said)
    assert {"change", "series"} & set(said), "nothing is expected"
    for kind in ("change", "series"):
        if kind not in said:
            continue
        left = [spoken(row) for row in tables[kind].to_pylist()]
        for want in table(said[kind]):
            fits = [
                got
                for got in left
                if all(v in got[k] if k == "says" else got[k] == v for k, v in want.items())
            ]
            shown = "\n".join(str({k: got[k] for k in want}) for got in left)
            assert fits, f"no {kind} like {want} among\n{shown}"
            left.remove(fits[0])
        assert not left, f"{kind} not expected: {left}"


def test_every_measure_has_a_golden_case_in_which_it_changes():
    told = {
        row["measure"]
        for p in CASES
        for row in table(sections(p.read_text("utf-8")).get("change", []))
    }
    assert told == {m.name for m in MEASURES}


def test_every_rule_of_changes_has_a_golden_case_that_turns_on_it():
    changed_rules = {
        key
        for p in CASES
        for key in tomllib.loads("\n".join(sections(p.read_text("utf-8")).get("rules", [])))
    }
    on_documents = {"fill_days", "dispute_days"}  # tested on papers below
    assert {f.name for f in msgspec.structs.fields(ChangeRules)} - on_documents == changed_rules


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"false_alarm_rate": 0.0}, "false_alarm_rate is a share"),
        ({"history_min": 1}, "2 or more"),
        ({"fill_days": 0}, "1 or more"),
        ({"least": {"weather": 1.0}}, "'weather'"),
        ({"least": {"price": -1.0}}, "not below 0"),
        ({"measures": ["mood"]}, "'mood'"),
    ],
)
def test_a_rule_without_meaning_is_refused_with_its_name(wrong: Row, told: str):
    with pytest.raises(BadTerms, match=told):
        load({"changes": wrong}, where="here")


# The test itself, against its exact law.


def test_a_change_points_to_the_same_id_on_every_machine():
    parts = ("payment terms", "relation", "Farm", "Mill", "EUR", date(2026, 3, 1))
    rows = made(sections((GOLDEN / "terms_longer.txt").read_text("utf-8")))["change"].to_pylist()
    assert [r["change_id"] for r in rows] == [digest_id("change", *parts)]
