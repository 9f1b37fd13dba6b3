"""From papers to observations, and a town altered from end to end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from trade_text import SCHEMAS, Trade

from tailrace.engines.duckdb import DuckDBEngine
from tailrace.evidence.steps import CHANGES, STEPS
from tailrace.street.rules import packaged
from tailrace.town import build
from tailrace.town.records import records

RULES = packaged().changes
Row = dict[str, Any]


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
