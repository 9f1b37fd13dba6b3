"""What changed: golden series a reader adds up by hand, the test against its exact law, worlds.

A golden case is a text file: a title behind `#`, then sections. `seen` holds a series a line:
measure, seller, buyer, first day, days between, then the values behind a bar; a value with `+` is not
over yet, `item=` names the item of a price, `order` is an order in minor units. `open` says what a
pair has open, invoiced since and ordered since, in minor units. `rules` changes [changes], `since`
and `on` are days. `change` and `series` are tables of exactly the rows expected; a table tells only
the columns it names; `says` needs to occur.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trade_text import SCHEMAS, Trade

from tailrace.base.errors import BadTerms
from tailrace.base.ids import digest_id
from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.changes.breaks import by_mean, by_shift, dated
from tailrace.evidence.changes.judging import changed
from tailrace.evidence.changes.measures import MEASURES, TERMS, VOLUME
from tailrace.evidence.changes.ranks import Laid, corrected, judge, tails
from tailrace.evidence.changes.rules import ChangeRules
from tailrace.evidence.changes.working import OBSERVATION, OPEN_SUM
from tailrace.evidence.steps import CHANGES, STEPS
from tailrace.evidence.tables import FIRM
from tailrace.street.rules import load, packaged
from tailrace.town import build
from tailrace.town.changing import PLANTS, Plant, World, world
from tailrace.town.records import records

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


def laid(
    values: list[float],
    later: list[bool],
    *,
    strata: list[int] | None = None,
    unfinished: list[bool] | None = None,
) -> Laid:
    n = len(values)
    return Laid(
        np.zeros(n, np.int64),
        np.array(strata if strata else [0] * n),
        np.arange(n),
        np.array(values, float),
        np.array(unfinished if unfinished else [False] * n),
        np.array(later),
        1,
    )


def gehan(x: Laid) -> list[float]:
    """Score each by the definition: surely smaller less surely larger, within its stratum."""
    scores = []
    for i in range(len(x.value)):
        total = 0
        for j in range(len(x.value)):
            if x.stratum[i] != x.stratum[j] or i == j:
                continue
            a, b = x.value[i], x.value[j]
            if not x.open[j] and (b < a or (b == a and x.open[i])):
                total += 1
            elif not x.open[i] and (b > a or (b == a and x.open[j])):
                total -= 1
        scores.append(float(total))
    return scores


SMALL = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.booleans(), st.integers(0, 2)),
    min_size=2,
    max_size=12,
)


@given(SMALL)
def test_scores_are_those_of_the_definition(rows):
    x = laid(
        [float(v) for v, *_ in rows],
        [late for _, late, _, _ in rows],
        strata=[s for *_, s in rows],
        unfinished=[o for _, _, o, _ in rows],
    )
    mine = judge(x)
    for i, score in enumerate(gehan(x)):
        same = x.stratum == x.stratum[i]
        both = x.since[same].any() and not x.since[same].all()
        assert math.isclose(mine.score[i], score / (same.sum() + 1) if both else 0.0)


@given(st.lists(st.integers(0, 4), min_size=6, max_size=10), st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_mean_and_variance_are_those_of_all_divisions(values, later):
    """Every way to choose the later part, counted: no approximation enters z."""
    scores = np.array(gehan(laid([float(v) for v in values], [False] * len(values))))
    sums_ = [scores[list(c)].sum() for c in itertools.combinations(range(len(values)), later)]
    order = sorted(range(len(values)), key=lambda i: (i * 7919) % len(values))
    chosen = set(order[:later])
    x = laid([float(v) for v in values], [i in chosen for i in range(len(values))])
    spread = np.sqrt(np.mean(np.square(sums_)))
    assert math.isclose(np.mean(sums_), 0, abs_tol=1e-9)
    got = judge(x)
    if spread == 0:
        assert math.isnan(got.p[0])
        return
    step = min(np.diff(np.unique(scores)))
    wanted = max(abs(scores[sorted(chosen)].sum()) - step / 2, 0) / spread
    assert abs(got.z[0]) <= wanted + 1e-9  # neighbours that are alike may widen the variance


@pytest.mark.parametrize("ones", [3, 5, 8])
@pytest.mark.parametrize("later", [5, 8, 12])
def test_p_of_rare_events_is_not_far_below_the_exact_one(ones, later):
    """Shares of few and rare disputes are skewed; a normal curve would sound alarm at nothing."""
    n = 40
    for hit in range(min(ones, later) + 1):
        values = [0.0] * n
        values[: ones - hit] = [1.0] * (ones - hit)
        values[n - later : n - later + hit] = [1.0] * hit
        rng = np.random.default_rng(ones * 100 + later * 10 + hit)
        order = np.concatenate([rng.permutation(n - later), n - later + rng.permutation(later)])
        p = judge(laid([values[i] for i in order], [i >= n - later for i in range(n)])).p[0]
        ways = math.comb(n, later)
        up = sum(
            math.comb(ones, k) * math.comb(n - ones, later - k)
            for k in range(hit, min(ones, later) + 1)
        )
        down = sum(
            math.comb(ones, k) * math.comb(n - ones, later - k)
            for k in range(hit + 1)
            if 0 <= later - k <= n - ones
        )
        exact = min(1.0, 2 * min(up, down) / ways)
        assert p >= 0.6 * exact


@given(SMALL, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, chance):
    order = list(range(len(rows)))
    chance.shuffle(order)

    def tested(rows: list[Any], days: list[int]) -> Any:
        x = laid(
            [float(v) for v, *_ in rows],
            [late for _, late, _, _ in rows],
            strata=[s for *_, s in rows],
            unfinished=[o for _, _, o, _ in rows],
        )
        return judge(x._replace(day=np.array(days)))

    a = tested(rows, order)
    place = np.argsort(order)
    b = tested([rows[i] for i in place], [order[i] for i in place])
    np.testing.assert_allclose(a.z, b.z, atol=1e-12)
    np.testing.assert_allclose(a.p, b.p)


def test_a_new_mix_of_customers_is_no_change_of_terms():
    """Ten invoices at 30 days and ten at 60 before; since, two at 30 and ten at 60."""
    values = [30.0] * 10 + [60.0] * 10 + [30.0] * 2 + [60.0] * 10
    strata = [0] * 10 + [1] * 10 + [0] * 2 + [1] * 10
    later = [False] * 20 + [True] * 12
    assert judge(laid(values, later)).z[0] > 0.5
    assert math.isnan(judge(laid(values, later, strata=strata)).p[0])  # nothing varies within


def test_open_claims_are_at_least_so_late_and_no_sign_of_speed():
    """Paid five late before; since, one paid five late and the others five late and still open."""
    values, later = [5.0] * 10 + [5.0] * 6, [False] * 10 + [True] * 6
    still = [False] * 11 + [True] * 5
    assert judge(laid(values, later, unfinished=still)).sum[0] > 0
    young = [5.0] * 11 + [1.0] * 5  # open for one day only: nothing is known against them
    assert judge(laid(young, later, unfinished=still)).sum[0] == 0


def test_neighbours_that_are_alike_widen_the_variance():
    rng = np.random.default_rng(3)
    smooth = np.convolve(rng.normal(size=69), np.ones(10) / 10, "valid")
    rough = rng.permutation(smooth[:40]).tolist() + rng.permutation(smooth[40:]).tolist()
    later = [False] * 40 + [True] * 20
    assert judge(laid(smooth.tolist(), later)).p[0] > judge(laid(rough, later)).p[0]


def test_q_is_that_of_benjamini_and_hochberg():
    from scipy.stats import false_discovery_control

    p = np.array([0.001, 0.2, 0.013, 0.04, 1.0, 0.001])
    np.testing.assert_allclose(corrected(p), false_discovery_control(p))
    assert corrected(np.zeros(0)).size == 0


def test_tails_without_skew_are_the_normal_curve_and_skew_only_widens():
    assert math.isclose(tails(np.array([1.959964]), np.zeros(1))[0], 0.05, abs_tol=1e-6)
    z = np.linspace(0, 8, 30)
    for skew in (-2.0, 0.1, 1.0, 3.0):
        assert (tails(z, np.full(30, skew)) >= tails(z, np.zeros(30)) - 1e-15).all()


@given(st.integers(-30, 30), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_shift_found_is_the_shift_made(shift, seed):
    base = np.random.default_rng(seed).integers(0, 9, 24).astype(float)
    later = np.arange(24) >= 14
    plain = by_shift(laid(base.tolist(), later.tolist()))
    moved = by_shift(laid((base + shift * later).tolist(), later.tolist()))
    assert abs(moved.effect[0] - plain.effect[0] - shift) < 1e-3
    assert moved.low[0] - 1e-3 <= moved.effect[0] <= moved.high[0] + 1e-3


def test_means_are_held_against_each_other_within_strata():
    """10 to 20 with one firm, 100 to 110 with the other: ten more, whoever ordered how often."""
    x = laid(
        [10, 10, 20, 100, 110, 110, 110],
        [False, False, True, False, True, True, True],
        strata=[0, 0, 0, 1, 1, 1, 1],
    )
    size = by_mean(x)
    assert math.isclose(size.effect[0], 10)
    assert size.low[0] == size.high[0] == size.effect[0]  # nothing varies within the parts


def test_the_day_of_the_break_is_the_first_of_the_new_figure():
    values = [30.0] * 12 + [30.0] * 3 + [60.0] * 8
    x = laid(values, [False] * 12 + [True] * 11)
    found = dated(x, judge(x).score)
    assert found.best[0] == 15
    # Scores are 15 and -8. Splits by sum squared over later times earlier, of 120 at row 15: 99.6 at
    # row 14 and 98.4 at row 16; over the variance of a score, 5.45, 3.75 and 3.95 less than the best.
    assert (found.first[0], found.last[0]) == (14, 15)


# Worlds: unchanged ones stay silent, planted ones are found.


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


# From papers to observations.

SINCE, ON = date(2026, 3, 1), date(2026, 6, 30)


def of_papers(
    text: str | None = None, *, tables: Any = None, since: date = SINCE, on: date = ON
) -> DuckDBEngine:
    tables = Trade(text).tables() if tables is None else tables
    engine = DuckDBEngine(SCHEMAS)
    for kind, schema in SCHEMAS.items():
        engine.put(kind, tables.get(kind, schema.empty()))
    rules = packaged()
    for step in (*STEPS, *CHANGES):
        named = {"evidence": rules.evidence, "logs": rules.logs, "changes": rules.changes}
        engine.run(step, on=on, since=since, **named)
    return engine


def observed(text: str, **said: Any) -> list[tuple[Any, ...]]:
    rows = of_papers(text, **said).get("observation").to_pylist()
    return sorted((r["measure"], str(r["day"]), r["value"], r["open"]) for r in rows)


TRADE = """
    order B1 2026-03-02 buyer=Mill seller=Farm | 1 wheat 100 KGM 2.00
    receipt G1 2026-03-12 buyer=Mill seller=Farm order=B1 | 1 wheat 80 KGM order=B1/1
    invoice R1 2026-03-15 buyer=Mill seller=Farm order=B1 due_on=2026-04-14 | 1 wheat 80 KGM 2.00 order=B1/1
    account Mill M-ACC
    account Farm F-ACC
    payment P1 2026-04-20 from=Mill to=Farm amount=160.00 text=R1
"""


def test_papers_are_read_as_observations_a_reader_can_check():
    """Ordered on the 2nd, 80 of 100 there on the 12th, due on 14 April, paid on the 20th."""
    assert observed(TRADE) == [
        ("dispute rate", "2026-03-15", 0.0, False),
        ("fill rate", "2026-03-02", 0.8, False),
        ("lead time", "2026-03-02", 10.0, False),
        ("order", "2026-03-02", 20_000.0, False),
        ("payment delay", "2026-04-14", 6.0, False),
        ("payment terms", "2026-03-15", 30.0, False),
        ("price", "2026-03-15", 2.0, False),
    ]


def test_what_is_not_over_by_the_day_is_open_and_what_had_no_time_is_left_out():
    """On 10 March nothing came yet: eight days and counting. The fill rate needs 45 days."""
    assert observed(TRADE, on=date(2026, 3, 10)) == [
        ("lead time", "2026-03-02", 8.0, True),
        ("order", "2026-03-02", 20_000.0, False),
    ]
    late = observed(TRADE, on=date(2026, 4, 18))
    assert ("payment delay", "2026-04-14", 4.0, True) in late
    assert ("dispute rate", "2026-03-15", 0.0, False) in late


def test_goods_after_the_fill_days_and_credits_after_the_dispute_days_do_not_count():
    more = """
    receipt G2 {day} buyer=Mill seller=Farm order=B1 | 1 wheat 20 KGM order=B1/1
    credit_note C1 {credit} seller=Farm buyer=Mill of=R1 | 1 wheat 10 KGM 2.00
    """
    soon = observed(TRADE + more.format(day="2026-04-16", credit="2026-04-14"))
    late = observed(TRADE + more.format(day="2026-04-17", credit="2026-04-15"))
    assert ("fill rate", "2026-03-02", 1.0, False) in soon
    assert ("fill rate", "2026-03-02", 0.8, False) in late
    assert ("dispute rate", "2026-03-15", 1.0, False) in soon
    assert ("dispute rate", "2026-03-15", 0.0, False) in late


@pytest.mark.parametrize("what", ["rejected_quantity=5", "short_quantity=5"])
def test_a_rejected_or_short_receipt_is_a_dispute(what):
    text = TRADE.replace("80 KGM order=B1/1\n    invoice", f"80 KGM order=B1/1 {what}\n    invoice")
    assert ("dispute rate", "2026-03-15", 1.0, False) in observed(text)


def test_what_is_open_is_less_what_is_paid_and_credited():
    (row,) = of_papers(TRADE, on=date(2026, 4, 18)).get("open_sum").to_pylist()
    figures = ("open_minor", "invoiced_minor", "ordered_minor")
    assert [row[k] for k in figures] == [16_000, 16_000, 20_000]
    (row,) = of_papers(TRADE).get("open_sum").to_pylist()
    assert row["open_minor"] == 0


# The town, altered.

TOWN_ON, TOWN_SINCE = date(2026, 3, 31), date(2025, 12, 1)


@pytest.fixture(scope="module")
def village() -> dict[str, pa.Table]:
    town = build(7, 24, months=12, on=TOWN_ON, fraud_share=0.0, csv_share=0.0)
    return records(town)


def altered(tables: dict[str, pa.Table]) -> tuple[dict[str, pa.Table], str]:
    """Give the seller with the most invoices terms thirty days longer and prices a tenth higher."""
    import duckdb

    db = duckdb.connect()
    db.register("document", tables["document"])
    db.register("line", tables["line"])
    (seller,) = db.execute("""
        select seller_id from document where kind = 'invoice'
        group by 1 order by count(*) desc, 1 limit 1""").fetchone()
    mine = f"kind = 'invoice' and seller_id = '{seller}' and issued_on >= date '{TOWN_SINCE}'"
    document = db.execute(f"""
        select * replace (case when {mine} then due_on + 30 else due_on end as due_on)
        from document""").to_arrow_table()
    line = db.execute(f"""
        select l.* replace (cast(case when {mine} then l.price * 1.1 else l.price end
                                 as decimal(18, 6)) as price)
        from line l join document d using (document_id)""").to_arrow_table()
    return {**tables, "document": document, "line": line}, seller


def test_an_unchanged_town_tells_no_more_than_chance(village):
    engine = of_papers(tables=village, since=TOWN_SINCE, on=TOWN_ON)
    series = engine.get("series")
    judged = series.filter(pa.compute.equal(series["state"], "judged"))
    assert judged.num_rows > 100
    assert engine.get("change").num_rows <= 2


def test_a_seller_that_changes_terms_and_prices_is_told_with_need_and_papers(village):
    tables, seller = altered(village)
    engine = of_papers(tables=tables, since=TOWN_SINCE, on=TOWN_ON)
    firm = {r["party_id"]: r["firm_id"] for r in engine.get("firm").to_pylist()}
    found = {
        r["measure"]: r
        for r in engine.get("change").to_pylist()
        if r["seller_id"] == firm[seller] and r["view"] == "seller"
    }
    assert {"payment terms", "price"} <= set(found)
    terms, price = found["payment terms"], found["price"]
    assert abs(terms["effect"] - 30) < 1
    assert abs(price["effect"] - 0.1) < 0.01
    assert terms["need"] == "renegotiate the term"
    assert terms["need_for_id"] == terms["seller_id"]
    (total,) = engine.sql(f"""
        select sum(invoiced_minor) as minor from open_sum
        where seller_id = '{firm[seller]}' and currency = '{terms["currency"]}'""").to_pylist()
    days = (TOWN_ON - TOWN_SINCE).days + 1
    assert terms["amount_minor"] == int(total["minor"]) * terms["need_days"] // days
    assert TOWN_SINCE <= terms["broke_on"] <= TOWN_SINCE + timedelta(days=14)
    papers = {r["document_id"]: r for r in tables["document"].to_pylist()}
    first = papers[terms["document_id"]]
    assert first["kind"] == "invoice"
    assert first["issued_on"] >= terms["broke_on"]
    assert firm[first["seller_id"]] == firm[seller]


def test_a_change_points_to_the_same_id_on_every_machine():
    parts = ("payment terms", "relation", "Farm", "Mill", "EUR", date(2026, 3, 1))
    rows = made(sections((GOLDEN / "terms_longer.txt").read_text("utf-8")))["change"].to_pylist()
    assert [r["change_id"] for r in rows] == [digest_id("change", *parts)]
