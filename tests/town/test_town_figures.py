"""The figures are those of the logs, and the town follows them."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise

import duckdb
import numpy as np
import pytest

from tailrace.town import figures
from tailrace.town.figures import Quantiles

MIDDLE = [0.25, 0.5, 0.75, 0.9]


def quantiles_of(table: Quantiles) -> np.ndarray:
    return table.at(np.array(MIDDLE))


@pytest.mark.parametrize("table", [v for v in vars(figures).values() if isinstance(v, Quantiles)])
def test_quantiles_rise_from_zero_to_one(table):
    assert table.levels[0] == 0.0 and table.levels[-1] == 1.0
    assert len(table.levels) == len(table.values) <= 20
    assert all(a < b for a, b in pairwise(table.levels))
    assert all(a <= b for a, b in pairwise(table.values))


def test_prices_and_quantities_are_those_of_the_purchase_log(shared):
    packed = shared("records/ocel/ocel2-p2p-part1.json.gz").read_bytes()
    log = json.loads(gzip.decompress(packed))
    found = [
        {a["name"]: a["value"] for a in o["attributes"]}
        for o in log["objects"]
        if o["type"] == "material"
    ]
    price = [row["NetPriceEKPONETPR"] for row in found]
    quantity = [row["QuantityEKPOMENGE"] for row in found]
    assert np.allclose(quantiles_of(figures.PRICE), np.quantile(price, MIDDLE), rtol=0.02)
    assert np.allclose(quantiles_of(figures.QUANTITY), np.quantile(quantity, MIDDLE), rtol=0.02)


def test_delays_and_shares_are_those_of_the_order_log(shared):
    place = shared("data/p2p-bpi2019")
    with duckdb.connect() as db:
        db.execute(f"""
            create table seen as
            select item_id, activity, ts::timestamptz::timestamp::date as day
            from (from read_csv('{place}/events.csv.gz') union all
                  from read_csv('{place}/rare-events.csv.gz'))
            where ts::timestamptz between '2018-01-01' and '2019-02-01'""")
        db.execute("""
            create table item as
            select min(day) filter (activity = 'Record Goods Receipt') as received,
                   min(day) filter (activity = 'Vendor creates invoice') as invoiced,
                   min(day) filter (activity = 'Clear Invoice') as cleared,
                   count(*) filter (activity = 'Record Goods Receipt') as receipts,
                   count(*) filter (activity = 'Record Invoice Receipt') as bills,
                   count(*) filter (activity = 'Clear Invoice') as clearings,
                   count(*) filter (activity = 'Change Price') > 0 as priced,
                   count(*) filter (activity = 'Vendor creates debit memo') > 0 as noted,
                   count(*) filter (activity = 'Cancel Goods Receipt') > 0 as undone
            from seen group by item_id""")
        to_invoice, to_payment, shares = db.execute(f"""
            select quantile_cont(invoiced - received, {MIDDLE}) filter (receipts = 1 and bills = 1),
                   quantile_cont(cleared - invoiced, {MIDDLE}) filter (bills = 1 and clearings = 1),
                   [avg(priced::int), avg(noted::int), avg(undone::int)]
            from item""").fetchone()
    assert np.allclose(quantiles_of(figures.RECEIPT_TO_INVOICE), to_invoice, atol=1)
    assert np.allclose(quantiles_of(figures.INVOICE_TO_PAYMENT), to_payment, atol=1)
    told = [figures.PRICE_CHANGED, figures.CREDIT_NOTED, figures.RECEIPT_REVERSED]
    assert np.allclose(told, shares, atol=0.001)


def test_the_town_orders_as_the_log_does(two_hundred):
    e = two_hundred
    euro = e.firms.area[e.orders.seller[e.lines.order]] == 0
    price = np.quantile(e.lines.price[euro] / 100, MIDDLE)
    quantity = np.quantile(e.lines.quantity / 10, MIDDLE)
    assert np.allclose(price, quantiles_of(figures.PRICE), rtol=0.15)
    assert np.allclose(quantity, quantiles_of(figures.QUANTITY), rtol=0.05)


def test_goods_come_and_bills_are_paid_as_late_as_in_the_logs(make):
    e = make(seed=3, firms=400)
    plain = e.orders.fraud == 0
    days = np.quantile(e.orders.receipt_days[plain], MIDDLE)
    assert np.allclose(days, quantiles_of(figures.ORDER_TO_RECEIPT), atol=2)
    paid = e.payments.paid_on[e.parts.payment] - e.invoices.issued_on[e.parts.invoice]
    old = e.invoices.issued_on[e.parts.invoice] < e.on - 150  # all of these are paid by now
    # Payment runs come once a week: three days later on average than the delay alone.
    shift = np.quantile(paid[old], MIDDLE) - quantiles_of(figures.INVOICE_TO_PAYMENT)
    assert np.all((shift > -10) & (shift < 12))


def test_deviations_are_as_frequent_as_in_the_logs(make):
    e = make(seed=2, firms=600)
    assert np.isclose(np.mean(e.orders.deliveries == 0), figures.NEVER_RECEIVED, atol=0.01)
    assert np.isclose(np.mean(~e.orders.billed), figures.NEVER_INVOICED, atol=0.02)
    changed = np.mean(e.lines.price != e.lines.price_billed)
    assert np.isclose(changed, figures.PRICE_CHANGED, atol=0.02)
    noted = np.mean(e.lines.credited & (e.lines.missing > 0))
    assert np.isclose(noted, figures.CREDIT_NOTED, atol=0.01)
    assert np.isclose(np.mean(e.lines.undone > 0), figures.RECEIPT_REVERSED, atol=0.01)
    several = np.mean(e.orders.deliveries[e.orders.deliveries > 0] > 1)
    expected = 1 - figures.DELIVERIES.counts[0] / sum(figures.DELIVERIES.counts)
    assert np.isclose(several, expected, atol=0.02)
