"""What the drill counts as found, missed and falsely suspected."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tailrace.base.errors import BadTerms, NotFound
from tailrace.drill.frauds import sold_twice
from tailrace.drill.measure import Count, count, interval, summed
from tailrace.drill.running import PACKS, drill, scene, write
from tailrace.drill.scene import Planted, Scene

CLAIM = {"amount_minor": 1200, "currency": "EUR", "vats": ["XA1"], "verdict": "partly"}


def counted(
    *findings: tuple[str, bool, str], proven: int = 1200, kind: str = "round_trip"
) -> Count:
    """Count a world of one planted claim P and one honest claim H, with findings on them."""
    claims = [{**CLAIM, "claim_id": c, "number": c, "proven_minor": proven} for c in ("P", "H")]
    rows = [
        {"test": t, "grave": g, "claim_id": c, "number": None, "vat": None, "what": ""}
        for t, g, c in findings
    ]
    truth = [Planted(kind=kind, number="P", creditor="XA1", excess_minor=200)]
    return count("small", truth, {"claim": claims, "finding": rows})


def test_a_grave_finding_of_the_kinds_own_test_is_found() -> None:
    assert counted(("round_trip", True, "P")).rows[0].found == 1


def test_a_finding_of_another_test_is_a_miss_and_is_named() -> None:
    made = counted(("over_quantity", True, "P"))
    assert made.rows[0].found == 0
    assert made.misses[0]["found_instead"] == ["over_quantity"]
    assert not made.rows[0].passed()


def test_a_finding_that_is_not_grave_does_not_count_for_a_grave_kind() -> None:
    assert counted(("round_trip", False, "P")).rows[0].found == 0


def test_an_excess_left_unproven_is_found_by_the_verdict_and_not_by_a_test() -> None:
    row = counted(proven=1000, kind="inflated_quantity").rows[0]
    assert (row.found, row.by_test) == (1, 0)


def test_one_cent_of_the_excess_proven_is_a_miss() -> None:
    assert counted(proven=1001, kind="inflated_quantity").rows[0].found == 0


def test_only_a_grave_finding_on_an_honest_claim_is_a_false_alarm() -> None:
    assert counted(("no_goods", True, "H")).rows[-1].false_alarms == 1
    told = counted(("over_quantity", False, "H"))
    assert told.rows[-1].false_alarms == 0
    assert told.told == {"over_quantity": 1}


def test_counts_of_seeds_add_up() -> None:
    one = counted(("round_trip", True, "P"))
    both = summed([one, counted()])
    assert (both.rows[0].planted, both.rows[0].found, both.rows[0].honest) == (2, 1, 2)


def test_the_interval_of_a_half_of_ten_is_wilsons() -> None:
    low, high = interval(5, 10) or (0.0, 0.0)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    assert interval(0, 0) is None


def test_every_pack_has_its_page() -> None:
    place = Path(sys.modules["tailrace.drill.packs"].__path__[0])
    for pack in PACKS:
        text = (place / f"{pack}.md").read_text("utf-8")
        for part in ("## Facts", "## What we model", "## What we leave out", "## Parameters"):
            assert part in text, pack


def test_a_pack_written_and_read_again_counts_the_same(tmp_path: Path) -> None:
    write("carousel", tmp_path, seed=3, firms=20)
    again, first = drill(str(tmp_path), seed=0, firms=20), drill("carousel", seed=3, firms=20)
    assert [r.found for r in again.rows] == [r.found for r in first.rows]
    assert [r.honest for r in again.rows] == [r.honest for r in first.rows]


def test_the_same_seed_plants_the_same_frauds() -> None:
    assert scene("stenn", seed=4, firms=20).truth == scene("stenn", seed=4, firms=20).truth


def test_what_is_no_pack_or_disguise_is_refused() -> None:
    with pytest.raises(NotFound, match="no pack"):
        drill("nowhere", seed=1, firms=20)
    with pytest.raises(BadTerms, match="disguise"):
        sold_twice(Scene("x", 1, 20), 1, lenders=2, disguise="hidden")
