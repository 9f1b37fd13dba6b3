"""What is observed between two firms: a row an order, an invoice or a line of one."""

from __future__ import annotations

from datetime import date, timedelta

from tailrace.base.steps import step
from tailrace.evidence.changes.measures import DELAY, DISPUTE, FILL, LEAD, PRICE, TERMS
from tailrace.evidence.changes.rules import ChangeRules

ORDER = "order"
_CONFLICTS = ("found_price_conflict", "found_unit_conflict", "found_rejected_by_buyer")
_COLUMNS = "seller_id, buyer_id, currency"


@step(
    reads=("paper", "document", "line", "goods", "tied", "claim", "match", *_CONFLICTS),
    writes="observation",
    version=1,
)
def observation(on: date, since: date, changes: ChangeRules) -> str:
    """List the observations of every measure from the start of the history to `on`.

    What is not over yet is kept and marked open: an order of which nothing came, a claim not paid.
    A fill rate and a dispute need time to show. Each order and invoice gets the same time, and one
    that has not had it by `on` is left out, or the newest would always look the best.
    """
    start = since - timedelta(days=changes.history_days)
    parts = (
        _orders(),
        _lead(on),
        _fill(on, changes.fill_days),
        _disputes(on, start, changes.dispute_days),
        _prices(on, start),
        _terms(on, start),
        _delays(on, start),
    )
    return f"""
        with ordered as (
            select p.document_id, p.seller_id, p.buyer_id, d.currency, p.number, p.issued_on as day,
                   coalesce(sum(l.net_minor), any_value(d.tax_exclusive_minor),
                            any_value(d.payable_minor)) as net_minor
            from paper p join document d using (document_id) left join line l using (document_id)
            where p.kind = 'order' and p.seller_id is not null and p.buyer_id is not null
              and d.currency is not null and p.issued_on between date '{start}' and date '{on}'
            group by all),
        arrived as (
            select g.buyer_id, coalesce(g.order_ref, t.order_ref) as number, g.item, g.unit, g.day,
                   g.quantity
            from goods g left join tied t using (line_id)
            where g.role = 'received' and coalesce(g.order_ref, t.order_ref) is not null
              and g.day <= date '{on}')
        {" union all ".join(f"select * from ({part})" for part in parts)}"""


@step(reads=("claim", "observation"), writes="open_sum", version=1)
def open_sum(on: date, since: date) -> str:
    """Sum what is open, and what was invoiced and ordered since the day, between two firms."""
    return f"""
        with told as (
            select creditor_id as seller_id, debtor_id as buyer_id, currency,
                   greatest(amount_minor - credited_minor - paid_minor - coalesce(closed_minor, 0),
                            0) as open_minor,
                   case when issued_on >= date '{since}' then amount_minor else 0 end
                       as invoiced_minor,
                   0 as ordered_minor
            from claim where issued_on <= date '{on}'
            union all
            select {_COLUMNS}, 0, 0, cast(value as bigint) from observation
            where measure = '{ORDER}' and day >= date '{since}')
        select {_COLUMNS}, sum(open_minor) as open_minor, sum(invoiced_minor) as invoiced_minor,
               sum(ordered_minor) as ordered_minor
        from told group by all"""


def _row(measure: str, day: str, value: str, row_id: str, **said: str) -> str:
    """Return the columns of an observation; those not given have their usual value."""
    item, per, open_ = said.get("item", "''"), said.get("per", "1.0"), said.get("open", "false")
    return f"""'{measure}' as measure, {_COLUMNS}, {item} as item, {day} as day,
        cast({value} as double) as value, cast({per} as double) as per, {open_} as open,
        {row_id} as row_id, document_id"""


def _orders() -> str:
    columns = _row(ORDER, "day", "net_minor", "document_id")
    return f"select {columns} from ordered where net_minor > 0"


def _lead(on: date) -> str:
    """Order to the first receipt; receipts before the order belong to an older one of its number."""
    value = f"coalesce(came_on, date '{on}') - day"
    columns = _row(LEAD.name, "day", value, "document_id", open="came_on is null")
    return f"""
        select {columns} from (
            select o.document_id, o.seller_id, o.buyer_id, o.currency, o.day, min(a.day) as came_on
            from ordered o left join arrived a
              on a.buyer_id = o.buyer_id and a.number = o.number and a.day >= o.day
             and a.quantity > 0
            group by all)"""


def _fill(on: date, days: int) -> str:
    """The mean over the items of an order of the share that came in time, one at the most."""
    return f"""
        select {_row(FILL.name, "day", "filled", "document_id")} from (
            with wanted as (
                select o.document_id, o.seller_id, o.buyer_id, o.currency, o.day, o.number,
                       g.item, g.unit, sum(g.quantity) as quantity
                from ordered o join goods g using (document_id)
                where o.day <= date '{on}' - {days} group by all having sum(g.quantity) > 0),
            came as (
                select w.document_id, w.item, w.unit, sum(a.quantity) as quantity
                from wanted w join arrived a
                  on a.buyer_id = w.buyer_id and a.number = w.number and a.item = w.item
                 and a.unit = w.unit and a.day >= w.day and a.day <= w.day + {days}
                group by all)
            select w.document_id, w.seller_id, w.buyer_id, w.currency, w.day,
                   avg(greatest(least(coalesce(cast(c.quantity as double), 0)
                                      / cast(w.quantity as double), 1), 0)) as filled
            from wanted w left join came c using (document_id, item, unit) group by all)"""


def _disputes(on: date, start: date, days: int) -> str:
    """One where a credit, a short or rejected receipt or a conflict meets the invoice in time."""
    conflicts = " union ".join(f"select claim_id from {kind}" for kind in _CONFLICTS)
    return f"""
        select {_row(DISPUTE.name, "day", "disputed", "row_id")} from (
            with asked as (
                select claim_id, document_id, creditor_id as seller_id, debtor_id as buyer_id,
                       currency, issued_on as day
                from claim
                where issued_on between date '{start}' and date '{on}' - {days}),
            told as (
                select a.claim_id from asked a join match m using (claim_id)
                join document d on d.document_id = m.with_document_id
                where m.role = 'credited' and d.issued_on <= a.day + {days}
                union
                select a.claim_id from asked a join match m using (claim_id)
                join line l on l.line_id = m.with_line_id
                join document d on d.document_id = l.document_id
                where m.role = 'received' and d.issued_on <= a.day + {days}
                  and (l.rejected_quantity > 0 or l.short_quantity > 0)
                union {conflicts})
            select a.*, a.claim_id as row_id,
                   case when t.claim_id is null then 0 else 1 end as disputed
            from asked a left join told t using (claim_id))"""


def _prices(on: date, start: date) -> str:
    columns = _row(
        PRICE.name, "day", "price", "line_id", item="item || ' ' || unit", per="price_base"
    )
    return f"""
        select {columns} from (
            select l.line_id, c.document_id, c.creditor_id as seller_id, c.debtor_id as buyer_id,
                   c.currency, c.issued_on as day, l.price,
                   coalesce(l.price_base_quantity, 1) as price_base, g.item, g.unit
            from claim c join line l using (document_id) join goods g using (line_id)
            where l.price > 0 and coalesce(l.price_base_quantity, 1) > 0 and g.item <> ''
              and c.issued_on between date '{start}' and date '{on}')"""


def _terms(on: date, start: date) -> str:
    return f"""
        select {_row(TERMS.name, "day", "days", "claim_id")} from (
            select c.claim_id, c.document_id, c.creditor_id as seller_id, c.debtor_id as buyer_id,
                   c.currency, c.issued_on as day, d.due_on - c.issued_on as days
            from claim c join document d using (document_id)
            where d.due_on >= c.issued_on and c.issued_on between date '{start}' and date '{on}')"""


def _delays(on: date, start: date) -> str:
    """Due day to the day it was settled; one not settled by `on` is at least so late."""
    value = f"coalesce(over_on, date '{on}') - day"
    return f"""
        select {_row(DELAY.name, "day", value, "claim_id", open="over_on is null")} from (
            select claim_id, document_id, creditor_id as seller_id, debtor_id as buyer_id, currency,
                   due_on as day,
                   coalesce(settled_on, case when paid_minor + credited_minor
                            + coalesce(closed_minor, 0) >= amount_minor
                            then first_paid_on end) as over_on
            from claim
            where due_on between date '{start}' and date '{on}' and amount_minor > credited_minor)"""
