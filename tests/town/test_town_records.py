"""The town's documents as record tables."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from tailrace.base.ids import digest_id
from tailrace.records.tables import RECORDS
from tailrace.town.columns import decimals
from tailrace.town.records import records


@pytest.fixture
def ask(tables):
    """Return a function that answers a query over the tables."""
    with duckdb.connect() as db:
        for kind, table in tables.items():
            db.register(kind, table)
        yield lambda query: db.execute(query).fetchall()


def test_the_demo_town_has_about_twenty_thousand_documents(tables):
    assert 18_000 < tables["document"].num_rows < 22_000


def test_tables_have_the_declared_columns_and_keys_are_unique(tables, ask):
    for schema in RECORDS:
        if schema.kind in tables:
            assert tables[schema.kind].schema.equals(schema.arrow)
    for kind in ("document", "line", "payment", "statement_entry", "party"):
        assert ask(f"select count(*) - count(distinct {kind}_id) from {kind}") == [(0,)]


def test_ids_are_digests_of_name_source_and_row(tables):
    row = tables["document"].slice(17, 1).to_pylist()[0]
    assert row["document_id"] == digest_id("document", row["source_id"], 17)
    line = tables["line"].slice(5, 1).to_pylist()[0]
    assert line["line_id"] == digest_id("line", line["document_id"], 5)


def test_every_pointer_leads_to_a_row(tables, ask):
    for schema in RECORDS:
        for column, kind in schema.pointers().items() if schema.kind in tables else ():
            if kind in tables:
                lost = f'select count(*) from "{schema.kind}" a anti join "{kind}" b'
                lost += f" on a.{column} = b.{kind}_id where a.{column} is not null"
                assert ask(lost) == [(0,)], column


def test_opening_and_entries_add_up_to_closing_and_months_follow_each_other(ask):
    wrong = ask("""
        with s as (
            select document_id, any_value(account) as account, any_value(sequence) as sequence,
                   sum(amount_minor) filter (entry = 'opening') as opening,
                   coalesce(sum(amount_minor) filter (entry = 'entry'), 0) as moved,
                   sum(amount_minor) filter (entry = 'closing') as closing
            from statement_entry group by 1)
        select count(*) from s a
        left join s b on b.account = a.account
                     and cast(b.sequence as int) = cast(a.sequence as int) + 1
        where a.opening + a.moved <> a.closing or b.opening <> a.closing""")
    assert wrong == [(0,)]


def test_a_payment_stands_in_both_statements_under_one_reference(ask):
    told = ask("""
        select n, ways, amounts, count(*) from (
            select end_to_end_ref, count(*) as n, count(distinct direction) as ways,
                   count(distinct amount_minor) as amounts
            from payment where told_by = 'bank' and end_to_end_ref is not null group by 1)
        group by all order by all""")
    assert [row[:3] for row in told] == [(1, 1, 1), (2, 2, 1)]
    assert told[0][3] == 2  # strangers, who bank elsewhere
    assert told[1][3] > 1000


def test_allocations_add_up_to_their_remittance(ask):
    wrong = ask("""
        select count(*) from payment p join (
            select payment_id, sum(amount_minor) as amount_minor from allocation group by 1) a
        using (payment_id) where a.amount_minor <> p.amount_minor""")
    assert wrong == [(0,)]
    assert ask("select count(*) from allocation where deduction_minor > 0")[0][0] > 0


def test_totals_are_the_sums_of_the_lines_and_tax_is_exact(ask):
    wrong = ask("""
        select count(*) from document d join (
            select document_id, sum(net_minor) as net from line group by 1) l using (document_id)
        left join tax_subtotal t using (document_id)
        where d.kind in ('invoice', 'credit_note')
          and (net <> line_total_minor or payable_minor <> net + tax_total_minor
               or t.taxable_minor <> net or t.tax_minor * 100 <> net * t.rate)""")
    assert wrong == [(0,)]
    priced = ask("""
        select count(*) from line l join document d using (document_id)
        where net_minor is not null and net_minor <>
            cast(quantity * 10 as bigint) * cast(price * 100 as bigint)
            / case d.currency when 'JPY' then 1000 else 10 end""")
    assert priced == [(0,)]


def test_several_currencies_appear_and_no_trade_mixes_them(ask):
    assert ask("select distinct currency from document where kind = 'invoice' order by 1") == [
        ("CHF",), ("EUR",), ("JPY",),
    ]  # fmt: skip
    mixed = ask("""
        select count(*) from payment p join statement_entry s using (document_id)
        where p.currency <> s.currency""")
    assert mixed == [(0,)]


def test_numbers_are_unique_for_their_issuer_and_collide_between_issuers(ask):
    again = ask("""
        select count(*) from (
            select kind, issuer_id, number from document where issuer_id is not null
            group by all having count(*) > 1)""")
    assert again == [(0,)]
    assert (
        ask("select count(distinct issuer_id) from document where number = '26R00001'")[0][0] > 20
    )


def test_one_despatch_serves_several_orders_and_one_order_line_several_receipts(ask):
    assert (
        ask("""
        select count(*) from (
            select document_id from line join document d using (document_id)
            where d.kind = 'despatch' group by 1 having count(distinct order_ref) > 1)""")[0][0]
        > 5
    )
    assert (
        ask("""
        select count(*) from (
            select buyer_id, order_ref, order_line_ref from line join document d using (document_id)
            where d.kind = 'receipt' and quantity > 0 group by all having count(*) > 1)""")[0][0]
        > 50
    )


def test_references_lead_to_documents_but_for_orders_never_written(ask):
    lost = ask("""
        select distinct d.kind, r.to_kind, d.number from reference r join document d using (document_id)
        anti join document t on t.kind = r.to_kind and t.number = r.to_number
        order by all""")
    assert {(kind, to) for kind, to, _ in lost} == {("invoice", "order")}
    assert 1 <= len(lost) <= 4


def test_remittance_text_fits_its_field(ask):
    assert ask("select max(length(remittance_text)) <= 140 from payment") == [(True,)]


def test_larger_towns_have_more_documents_in_proportion(make):
    assert 45_000 < records(make(firms=500))["document"].num_rows < 56_000


def test_decimals_keep_sign_and_scale():
    values = decimals(np.array([125, -125, 0, 10**12]), 1).to_pylist()
    assert [str(v) for v in values] == [
        "12.500000", "-12.500000", "0.000000", "100000000000.000000",
    ]  # fmt: skip
    mixed = decimals(np.array([15050, 7000]), np.array([2, 0])).to_pylist()
    assert [str(v) for v in mixed] == ["150.500000", "7000.000000"]
