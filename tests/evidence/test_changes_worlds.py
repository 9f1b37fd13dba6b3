"""Worlds: unchanged ones stay silent, planted changes are found in their measure and dated."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from tailrace.evidence.changes.judging import changed
from tailrace.evidence.changes.measures import TERMS, VOLUME
from tailrace.evidence.changes.rules import ChangeRules
from tailrace.evidence.changes.working import OBSERVATION, OPEN_SUM
from tailrace.evidence.tables import FIRM
from tailrace.street.rules import packaged
from tailrace.town.changing import PLANTS, Plant, World, world

RULES = packaged().changes
Row = dict[str, Any]


def asked(w: World, rules: ChangeRules = RULES) -> dict[str, pa.Table]:
    return changed(w.observation, w.open_sum, w.firm, on=w.on, since=w.since, changes=rules)


def test_unchanged_worlds_sound_no_more_alarms_than_the_rate():
    """At a rate of 5 % at most 5 % of unchanged worlds may sound any: of 40, 6 with 99 % chance."""
    alarmed = sum(asked(world(seed))["change"].num_rows > 0 for seed in range(40))
    assert alarmed <= 6


def test_p_of_unchanged_series_is_uniform_or_larger():
    p = np.concatenate(
        [
            asked(world(seed))["series"]["p"].drop_null().to_numpy(zero_copy_only=False)
            for seed in range(15)
        ]
    )
    assert len(p) > 2_000
    for level in (0.2, 0.05, 0.01):
        assert (p < level).mean() < level + 4 * np.sqrt(level / len(p))
    assert (p < 0.5).mean() > 0.3  # and not so large that nothing could ever be found


@pytest.mark.parametrize("measure", sorted(PLANTS))
def test_what_is_planted_is_found_in_its_measure_and_dated(measure):
    hit, days = 0, []
    for seed in (1, 2):
        w = world(seed, weekly=10.0, plant=Plant(measure=measure, relations=3))
        for row in asked(w)["change"].to_pylist():
            pair = (row["seller_id"], row["buyer_id"])
            if row["view"] == "relation" and row["measure"] == measure and pair in w.changed:
                hit += 1
                days.append((row["broke_on"] - w.since).days)
                assert row["effect_low"] <= row["effect"] <= row["effect_high"]
                assert row["broke_from"] <= row["broke_on"] <= row["broke_to"]
    least = 2 if measure == "dispute rate" else 4  # of six: ten invoices a week show little of 13 %
    assert hit >= least
    assert 0 <= np.median(days) <= 30


def test_what_is_too_small_to_matter_is_judged_and_not_told():
    w = world(1, weekly=10.0, plant=Plant(measure=TERMS.name, relations=3))
    told = {r["measure"] for r in asked(w)["change"].to_pylist()}
    assert TERMS.name in told
    deaf = msgspec.structs.replace(RULES, least={**RULES.least, TERMS.name: 31.0})
    made_ = asked(w, deaf)
    assert TERMS.name not in {r["measure"] for r in made_["change"].to_pylist()}
    q = [r["q"] for r in made_["series"].to_pylist() if r["measure"] == TERMS.name and r["q"]]
    assert min(q) < RULES.false_alarm_rate


def test_a_world_in_another_order_tells_the_same():
    w = world(4, weekly=6.0, plant=Plant(measure=VOLUME.name, relations=3))
    order = np.random.default_rng(1).permutation(w.observation.num_rows)
    shuffled = msgspec.structs.replace(w, observation=w.observation.take(pa.array(order)))
    a, b = asked(w)["change"].to_pylist(), asked(shuffled)["change"].to_pylist()
    assert [r["change_id"] for r in a] == [r["change_id"] for r in b]
    assert [r["what"] for r in a] == [r["what"] for r in b]


def test_no_observation_at_all_makes_empty_tables():
    empty = changed(
        OBSERVATION.empty(),
        OPEN_SUM.empty(),
        FIRM.empty(),
        on=date(2026, 3, 31),
        since=date(2026, 1, 1),
        changes=RULES,
    )
    assert [t.num_rows for t in empty.values()] == [0, 0, 0]
