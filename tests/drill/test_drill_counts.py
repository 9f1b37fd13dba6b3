"""What the drill counts as found, missed and falsely suspected."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tailrace.base.errors import BadTerms, NotFound
from tailrace.drill.frauds import sold_twice
from tailrace.drill.kinds import FINGERPRINT, KINDS
from tailrace.drill.measure import ALL, Count, Row, count, interval, pooled, summed
from tailrace.drill.running import PACKS, defaults, drill, plant_of, scene
from tailrace.drill.scene import BASE, Planted, Scene
from tailrace.evidence.finding import TESTS

CLAIM = {"amount_minor": 1200, "currency": "EUR", "vats": ["XA1"], "verdict": "partly"}


def counted(
    *findings: tuple[str, bool, str], proven: int = 1200, kind: str = "round_trip"
) -> Count:
    """Count a world of one planted claim P and one honest claim H, with findings on them."""
    claims = [{**CLAIM, "claim_id": c, "number": c, "proven_minor": proven} for c in ("P", "H")]
    rows = [
        {"test": t, "grave": g, "claim_id": c, "number": None, "vat": None, "what": "so it is"}
        for t, g, c in findings
    ]
    truth = [Planted(kind=kind, number="P", creditor="XA1", excess_minor=200, what="two loads")]
    return count("small", truth, {"claim": claims, "finding": rows})


def row_of(planted: int, found: int, honest: int, alarms: int, *, pack: str = "small") -> Row:
    return Row(
        pack=pack,
        kind="split",
        caught_by="",
        planted=planted,
        found=found,
        by_test=found,
        honest=honest,
        false_alarms=alarms,
    )


def test_every_named_test_has_a_kind_of_its_own_and_a_pack_that_plants_it() -> None:
    planted = {t.kind for pack in PACKS for t in scene(pack, seed=3, firms=24).truth} - {BASE}
    assert planted == set(KINDS)
    assert {test for kind in KINDS.values() for test in kind.tests} == {*TESTS, FINGERPRINT}


def test_a_grave_finding_of_the_kinds_own_test_is_found() -> None:
    assert counted(("round_trip", True, "P")).rows[0].found == 1


def test_a_miss_says_what_was_planted_what_was_found_and_why_no_test_spoke() -> None:
    made = counted(("over_quantity", True, "P"))
    miss = made.misses[0]
    assert made.rows[0].found == 0
    assert miss["found_instead"] == ["over_quantity"]
    assert miss["planted"] == "two loads"
    assert miss["why"].startswith("round_trip says nothing of it; needed: two to six firms")
    assert not made.rows[0].passed()


def test_a_finding_that_is_not_grave_does_not_count_for_a_grave_kind() -> None:
    made = counted(("round_trip", False, "P"))
    assert made.rows[0].found == 0
    assert "only tells it, not gravely: 'so it is'" in made.misses[0]["why"]


def test_a_miss_of_a_claim_that_is_not_there_says_so() -> None:
    truth = [Planted(kind="diverted", number="NONE", creditor="XA1")]
    miss = count("small", truth, {"claim": [], "finding": []}).misses[0]
    assert miss["verdict"] == "no claim"
    assert "hold no claim NONE of VAT XA1" in miss["why"]


def test_an_excess_left_unproven_is_found_by_the_verdict_and_not_by_a_test() -> None:
    row = counted(proven=1000, kind="inflated_quantity").rows[0]
    assert (row.found, row.by_test) == (1, 0)


def test_one_cent_of_the_excess_proven_is_a_miss_that_names_both_amounts() -> None:
    made = counted(proven=1001, kind="inflated_quantity")
    assert made.rows[0].found == 0
    said = "proves 10.01 EUR of 12.00 EUR, and 10.00 EUR is honest"
    assert said in made.misses[0]["why"]


def test_only_a_grave_finding_on_an_honest_claim_is_a_false_alarm_of_a_grave_kind() -> None:
    assert counted(("round_trip", True, "H")).rows[0].false_alarms == 1
    told = counted(("round_trip", False, "H"))
    assert told.rows[0].false_alarms == told.rows[-1].false_alarms == 0
    assert told.told == {"round_trip": 1}


def test_a_kind_that_is_only_told_counts_what_it_tells_of_honest_claims() -> None:
    for kind, test, alarms in (
        ("date_anomaly", "date_anomaly", 1),
        ("price_conflict", "price_conflict", 0),  # a fact: honest papers say it too
    ):
        assert counted((test, False, "H"), kind=kind).rows[0].false_alarms == alarms
    assert [k for k, kind in KINDS.items() if kind.fact] == [
        "inflated_quantity",
        "short_goods",
        "short_payment",
        "price_conflict",
    ]


def test_counts_of_seeds_add_up() -> None:
    one = counted(("round_trip", True, "P"))
    both = summed([one, counted()])
    assert (both.rows[0].planted, both.rows[0].found, both.rows[0].honest) == (2, 1, 2)


def test_packs_that_plant_one_kind_are_pooled() -> None:
    both = pooled([row_of(8, 8, 90, 1), row_of(4, 3, 10, 0, pack="other")])
    assert both == [row_of(12, 11, 100, 1, pack=ALL)]


def test_a_row_is_sure_once_both_intervals_leave_their_bars_behind() -> None:
    assert row_of(72, 72, 1000, 0).passed()
    assert not row_of(72, 72, 1000, 0).sure()  # Wilson's lower end of 72 of 72 is 0.9493
    assert row_of(73, 73, 765, 0).sure()
    assert not row_of(73, 73, 764, 0).sure()  # the upper end of 0 of 764 is 0.00501


def test_the_interval_of_a_half_of_ten_is_wilsons() -> None:
    low, high = interval(5, 10) or (0.0, 0.0)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    assert interval(0, 0) is None


def test_every_pack_has_its_page_which_names_its_parameters() -> None:
    place = Path(sys.modules["tailrace.drill.packs"].__path__[0])
    for pack in PACKS:
        text = (place / f"{pack}.md").read_text("utf-8")
        for part in ("## Facts", "## What we model", "## What we leave out", "## Parameters"):
            assert part in text, pack
        told = text.split("## Parameters")[1]
        assert all(f"`{name}`" in told for name in defaults(plant_of(pack))), pack


def test_the_same_seed_plants_the_same_frauds_and_packs_have_towns_of_their_own() -> None:
    one, two = (scene("stenn", seed=4, firms=20) for _ in range(2))
    assert one.truth == two.truth
    other = scene("camsing", seed=4, firms=20)
    assert one.honest["document"] != other.honest["document"]


def test_a_parameter_makes_a_variant() -> None:
    parameters = {"count": "3", "times": "2.5", "disguise": "exact"}
    made = scene("first_brands", seed=4, firms=20, parameters=parameters)
    assert [t.kind for t in made.truth].count("invented") == 3
    limit = scene("approval_splitting", seed=4, firms=20, parameters={"limit": "500000"})
    assert limit.rules["evidence"]["approval_limit"][0]["limit_minor"] == 500_000
    made = drill("approval_splitting", seed=4, firms=20, parameters={"limit": "500000"})
    assert made.misses == []


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"size": "3"}, "no parameter 'size'"),
        ({"count": "many"}, "write it as count=8"),
        ({"count": "-1"}, "a whole number from 0"),
        ({"times": "NaN"}, "write it as times=4.87"),
        ({"disguise": "hidden"}, "disguise 'hidden'"),
    ],
)
def test_a_parameter_without_meaning_is_refused(parameters: dict[str, str], says: str) -> None:
    with pytest.raises(BadTerms, match=says):
        scene("first_brands", seed=1, firms=20, parameters=parameters)


def test_a_parameter_with_which_nothing_can_be_planted_is_refused() -> None:
    with pytest.raises(BadTerms, match="nothing can be planted with shells=0"):
        scene("stenn", seed=1, firms=20, parameters={"shells": "0"})
    with pytest.raises(BadTerms, match="30 firms in euro; the town has"):
        scene("carousel", seed=1, firms=20, parameters={"length": "30"})


def test_a_strangers_generator_is_a_pack(tmp_path: Path) -> None:
    place = tmp_path / "mine.py"
    place.write_text(
        "from tailrace.drill.frauds import invented\n"
        "def plant(s, *, count: int = 2):\n    invented(s, count)\n",
        "utf-8",
    )
    made = drill(str(place), seed=1, firms=20, parameters={"count": "4"})
    assert [(row.pack, row.kind, row.found) for row in made.rows][:1] == [("mine", "invented", 4)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n", "without a function `plant`"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("def plant(s):\n    s.nothing()\n", "AttributeError"),
    ],
)
def test_a_generator_that_is_none_is_refused(tmp_path: Path, text: str, says: str) -> None:
    place = tmp_path / "mine.py"
    place.write_text(text, "utf-8")
    with pytest.raises(BadTerms, match=says):
        drill(str(place), seed=1, firms=20)


def test_what_is_no_pack_or_disguise_is_refused() -> None:
    with pytest.raises(NotFound, match="no pack"):
        drill("nowhere", seed=1, firms=20)
    with pytest.raises(BadTerms, match="disguise"):
        sold_twice(Scene("x", 1, 20), 1, lenders=2, disguise="hidden")
