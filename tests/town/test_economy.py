"""What happens in the town hangs together."""

from __future__ import annotations

from datetime import date

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.base.errors import BadTerms
from tailrace.town import build
from tailrace.town.arrays import ranks, sums
from tailrace.town.calendar import month_end, run_day, weekday, working
from tailrace.town.firms import glns, ibans
from tailrace.town.orders import DUPLICATE, FRAUDS, NO_GOODS, OVER_QUANTITY, ROUND_TRIP, STRANGER
from tailrace.town.truth import amounts

ON = date(2026, 3, 31)


def same(a, b) -> bool:
    """Whether two towns agree in every array."""
    for name in a.__struct_fields__:
        x, y = getattr(a, name), getattr(b, name)
        if isinstance(x, msgspec.Struct):
            if not same(x, y):
                return False
        elif not np.array_equal(x, y):
            return False
    return True


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**40), count=st.integers(12, 90), months=st.integers(1, 8))
def test_the_same_seed_gives_the_same_town_and_its_sums_hold(seed, count, months):
    wanted = {"months": months, "on": ON, "fraud_share": 0.02, "csv_share": 0.1}
    e = build(seed, count, **wanted)
    assert same(e, build(seed, count, **wanted))
    sent = sums(e.parcels.sent, e.parcels.line, len(e.lines))
    shipped = e.orders.deliveries[e.lines.order] > 0
    assert np.array_equal(sent[shipped], e.lines.sent[shipped])
    assert np.all(e.parcels.received > 0) and np.all(e.parcels.received <= e.parcels.sent)
    assert np.array_equal(
        sums(e.invoice_lines.net, e.invoice_lines.invoice, len(e.invoices)), e.invoices.net
    )
    paid = sums(e.parts.amount, e.parts.payment, len(e.payments))
    assert np.array_equal(paid, e.payments.amount)
    known = amounts(e)
    assert np.all(known["provable"] <= known["amount"] - known["credited"])
    assert np.all(known["paid"] <= known["amount"] - known["credited"])


def test_another_seed_gives_another_town(make):
    assert not same(make(seed=1, firms=20, months=2), make(seed=2, firms=20, months=2))


def test_nothing_is_dated_after_the_towns_day(two_hundred):
    e = two_hundred
    for days in (
        e.orders.ordered_on,
        e.invoices.issued_on,
        e.credits.issued_on,
        e.entries.booked_on,
    ):
        assert days.max() <= e.on


def test_some_goods_are_still_on_their_way(two_hundred):
    e = two_hundred
    assert (e.shipments.received_on > e.on).sum() > 10
    known = amounts(e)
    waiting = (known["verdict"] == 2) & (e.invoices.fraud == 0)
    parcel = e.invoice_lines.parcel[waiting[e.invoice_lines.invoice]]
    assert len(parcel) and np.all(e.shipments.received_on[e.parcels.shipment[parcel]] > e.on)


def test_firms_have_four_to_eight_suppliers_and_heavy_tailed_sizes(two_hundred):
    e = two_hundred
    honest = e.orders.fraud != ROUND_TRIP
    pairs = np.unique(e.orders.buyer[honest] * 1000 + e.orders.seller[honest]) // 1000
    suppliers = np.bincount(pairs, minlength=len(e.firms))
    large = e.firms.area == 0  # the small areas have hardly more firms than that
    assert suppliers.max() <= 8 and np.mean(suppliers[large] >= 4) > 0.98
    orders = np.sort(np.bincount(e.orders.buyer, minlength=len(e.firms)))
    assert orders[-20:].sum() > 3 * orders[:100].sum() / 2


def test_frauds_of_every_kind_are_planted_and_grow_with_the_town(make):
    small, large = make(firms=100), make(firms=400)
    for kind in (NO_GOODS, OVER_QUANTITY, DUPLICATE, STRANGER, ROUND_TRIP):
        each = 3 if kind == ROUND_TRIP else 1
        assert (small.invoices.fraud == kind).sum() == 2 * each, FRAUDS[kind]
        assert (large.invoices.fraud == kind).sum() == 8 * each, FRAUDS[kind]
    assert (make(firms=40, frauds=0.0).invoices.fraud == 0).all()


def test_an_invoice_without_goods_has_no_shipment_and_proves_nothing(two_hundred):
    e = two_hundred
    phantom = e.invoices.fraud == NO_GOODS
    assert np.all(e.invoices.shipment[phantom] == -1)
    assert np.all(amounts(e)["provable"][phantom] == 0)
    assert not e.orders.written[e.orders.fraud == NO_GOODS].all()


def test_an_inflated_invoice_asks_for_more_than_came(two_hundred):
    e = two_hundred
    known, inflated = amounts(e), e.invoices.fraud == OVER_QUANTITY
    assert np.all(known["verdict"][inflated] == 1)
    rows = inflated[e.invoice_lines.invoice]
    parcel = e.invoice_lines.parcel[rows]
    billed = e.invoice_lines.quantity[rows]
    assert np.all(billed >= e.parcels.sent[parcel])
    assert (billed > e.parcels.sent[parcel]).sum() == inflated.sum()


def test_a_duplicate_follows_its_first_within_a_week(two_hundred):
    e = two_hundred
    copies = np.flatnonzero(e.invoices.fraud == DUPLICATE)
    first = e.invoices.copy_of[copies]
    gap = e.invoices.issued_on[copies] - e.invoices.issued_on[first]
    assert np.all((gap >= 1) & (gap <= 7))
    for column in (e.invoices.net, e.invoices.seller, e.invoices.buyer, e.invoices.shipment):
        assert np.array_equal(column[copies], column[first])


def test_goods_of_a_round_trip_come_back(two_hundred):
    e = two_hundred
    circle = e.orders.fraud == ROUND_TRIP
    sellers = e.orders.seller[circle].reshape(-1, 3)
    buyers = e.orders.buyer[circle].reshape(-1, 3)
    assert np.array_equal(np.roll(sellers, -1, axis=1), buyers)
    item = e.lines.item[circle[e.lines.order]].reshape(-1, 3)
    assert np.all(item == item[:, :1])


def test_a_payment_covers_several_invoices_at_times(two_hundred):
    e = two_hundred
    assert (e.payments.count > 1).sum() > 50 and e.payments.count.max() <= 8
    days = weekday(e.payments.paid_on[~e.payments.stranger])
    assert set(days.tolist()) == {3, 4}


def test_a_firm_short_of_cash_stands_beside_one_with_plenty(two_hundred):
    e = two_hundred
    held = e.opening + sums(e.entries.amount, e.entries.firm, len(e.firms))
    known = amounts(e)
    owed = known["amount"] - known["credited"] - known["paid"]
    payable = sums(owed, e.invoices.buyer, len(e.firms))
    assert np.mean(held < payable / 4) > 0.2
    assert np.mean(held > payable) > 0.15


@given(st.lists(st.integers(0, 5), max_size=30))
def test_ranks_count_within_each_key(keys):
    found = ranks(np.array(keys, np.int64), np.arange(len(keys)))
    assert found.tolist() == [keys[:n].count(key) for n, key in enumerate(keys)]


def test_identifiers_have_right_check_digits():
    account = np.arange(10_000_000, 10_000_050)
    for iban in ibans(np.repeat(["XA", "XB"], 25), account).tolist():
        turned = iban[4:] + iban[:4]
        assert int("".join(str(int(c, 36)) for c in turned)) % 97 == 1
    for gln in glns(np.arange(50)).tolist():
        digits = [int(c) for c in gln]
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_days_fall_where_they_should():
    days = np.array([(date(2026, 3, n) - date(1970, 1, 1)).days for n in range(1, 29)])
    assert weekday(days).tolist() == [date(2026, 3, n).weekday() for n in range(1, 29)]
    assert np.all(weekday(working(days)) < 5)
    assert set(weekday(run_day(days, np.ones(len(days), bool))).tolist()) == {3}
    february = month_end(np.array([(2024 - 1970) * 12 + 1]))
    assert february[0] == (date(2024, 2, 29) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("seed", "count", "change", "what"),
    [
        (-1, 20, {}, "seed -1"),
        (1, 3, {}, "3 firms"),
        (1, 20, {"months": 0}, "0 months"),
        (1, 20, {"months": 25}, "25 months"),
        (1, 20, {"fraud_share": 1.5}, "1.5 for frauds"),
        (1, 20, {"csv_share": -0.1}, "-0.1 for csv"),
    ],
)
def test_a_town_that_cannot_be_is_refused(seed, count, change, what):
    wanted = {"months": 1, "on": ON, "fraud_share": 0.0, "csv_share": 0.0, **change}
    with pytest.raises(BadTerms, match=what):
        build(seed, count, **wanted)
