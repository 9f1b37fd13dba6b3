"""What holds an amount below what arrived: the order's quantity and the order's price.

Nobody is owed for goods nobody ordered, nor more than was agreed. Where an order line stands behind an
invoice line, what is received for it counts up to the quantity ordered, with the buyer's tolerance;
and where the invoice is dearer than the order by more than the tolerance, the order's price counts.
A blanket order (UNTDID 1001: 221), or an order line without a quantity, sets no limit of quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from tailrace.base.money import exponent, text
from tailrace.base.quantity import plain
from tailrace.base.steps import array_step, step
from tailrace.base.tables import rows_of
from tailrace.evidence import words
from tailrace.evidence.goods.working import PRICE_CAP

_ORDER_LINE = "buyer_id, seller_id, order_ref, order_line_ref, unit"
BLANKET = "221"  # UNTDID 1001: a blanket order; its quantity is an outlook


@step(
    reads=("received", "beyond", "demand", "goods", "document", "tolerance"),
    writes="quantity_cap",
    version=2,
)
def quantity_cap() -> str:
    """Say which invoice lines count for less than arrived, as more arrived than was ordered.

    The lines of one order line stand in a row by day, as the goods do: the first are served first.
    """
    ordered = words.unit("ordered", "unit")
    came = words.unit("came", "unit")
    return f"""
        with given as (
            select d.line_id, {_ORDER_LINE}, r.received as quantity, d.day
            from beyond join received r using (line_id) join demand d using (line_id)),
        arrived as (select {_ORDER_LINE}, sum(quantity) as came from given group by all),
        lines as materialized (
            select line_id as order_line_id, document_id, quantity as ordered, is_lot, {_ORDER_LINE}
            from goods semi join arrived using ({_ORDER_LINE}) where role = 'ordered'),
        over as (
            select distinct {_ORDER_LINE}, a.came
            from arrived a join lines l using ({_ORDER_LINE}) where a.came > l.ordered),
        asked as (
            select {_ORDER_LINE}, o.came, sum(g.ordered) as ordered,
                   bool_or(g.is_lot or coalesce(d.type_code, '') = '{BLANKET}') as blanket
            from over o join lines g using ({_ORDER_LINE})
            join (select document_id, type_code from document) d using (document_id)
            group by all),
        served as (
            select s.line_id, {_ORDER_LINE}, s.quantity, s.day,
                   sum(s.quantity) over (
                       partition by {_ORDER_LINE} order by s.day, s.line_id
                       rows unbounded preceding) as upto
            from given s semi join asked using ({_ORDER_LINE})),
        held as (
            select s.line_id, s.quantity, s.upto, a.came, s.unit, s.order_ref, s.order_line_ref,
                   a.ordered, t.quantity_rel, t.quantity_abs, t.rule,
                   cast(a.ordered * (1 + t.quantity_rel) + t.quantity_abs as decimal(18, 6)) as most
            from served s join asked a using ({_ORDER_LINE})
            join tolerance t on t.firm_id = s.buyer_id
            where not a.blanket and a.came > a.ordered)
        select line_id, greatest(quantity - greatest(upto - most, 0), 0) as quantity,
               'order ' || order_ref || ' line ' || order_line_ref || ' is for ' || {ordered}
               || '; ' || {came} || ' were received for it' || case
                   when quantity_rel = 0 and quantity_abs = 0 then ''
                   else ', beyond the tolerance' || coalesce(' of ' || rule, '') end as words
        from held where upto > most"""


@step(
    reads=("dearer", "demand", "line", "document", "bill", "tolerance", "reckoned"),
    writes="priced",
    version=2,
)
def priced() -> str:
    """List the invoice lines that are dearer than the order line behind them allows.

    What is agreed for one unit is the order line's amount by its quantity, which holds its allowances
    and charges, else its price by its price base quantity. Compared in one currency and one unit. Of
    several order lines the dearest counts. Less than half a minor unit is rounding.
    """
    factor = f"(10.0 ** {words.places('b.currency')})"
    return f"""
        with pair as (
            select d.line_id, d.net_minor, d.buyer_id, d.quantity, o.agreed_minor as order_net,
                   o.quantity as ordered, o.price, o.price_base_quantity as base, b.currency,
                   c.number as order_ref, o.line_ref as order_line_ref,
                   case when o.agreed_minor > 0 and o.quantity > 0
                        then cast(o.agreed_minor as double) / cast(o.quantity as double)
                        else cast(o.price as double) * {factor}
                             / cast(coalesce(o.price_base_quantity, 1) as double) end as agreed,
                   {factor} as factor
            from dearer s
            join demand d using (line_id) join line i on i.line_id = s.line_id
            join (select l.*, least(l.net_minor, k.net_minor) as agreed_minor
                  from line l left join reckoned k using (line_id)) o on o.line_id = s.with_line_id
            join document c on c.document_id = o.document_id
            join bill b on b.claim_id = d.claim_id
            where d.turned is null and d.quantity > 0 and coalesce(i.unit, '') = coalesce(o.unit, '')
              and coalesce(c.currency, b.currency) = b.currency
              and coalesce(o.price_base_quantity, 1) > 0
              and ((o.agreed_minor > 0 and o.quantity > 0) or o.price >= 0))
        select p.line_id, p.net_minor, p.quantity, p.order_net, p.ordered, p.price, p.base, p.currency,
               p.order_ref, p.order_line_ref, t.rule
        from pair p join tolerance t on t.firm_id = p.buyer_id
        where p.net_minor - p.agreed * cast(p.quantity as double) > 0.5
          and p.net_minor / cast(p.quantity as double)
              > p.agreed * (1 + cast(t.price_rel as double)) + cast(t.price_abs as double) * factor
                + 1e-9
        qualify row_number() over (
            partition by p.line_id order by p.agreed desc, p.order_ref, p.order_line_ref) = 1"""


@array_step(reads=("priced",), writes="price_cap", version=1)
def price_cap(priced: pa.Table) -> pa.Table:
    """Return what each of these lines is worth at the order's price, rounded half up.

    Few lines come here, so each is told exactly and in words.
    """
    made = []
    for row in rows_of(priced):
        agreed, told = _agreed(row)
        worth = agreed * Fraction(row["quantity"])
        most = min(int(worth + Fraction(1, 2)), row["net_minor"])
        money = row["currency"]
        made.append(
            {
                "line_id": row["line_id"],
                "net_minor": most,
                "words": f"order {row['order_ref']} line {row['order_line_ref']} agrees {told}; "
                f"{text(row['net_minor'], money)} are asked for {plain(row['quantity'])}, at the "
                f"order's price {text(most, money)}"
                + (f", beyond the tolerance of {row['rule']}" if row["rule"] else ""),
            }
        )
    return PRICE_CAP.rows(made)


def _agreed(row: Mapping[str, Any]) -> tuple[Fraction, str]:
    """Return minor units agreed for one unit, and how the order says it."""
    money = row["currency"]
    if row["order_net"] and row["ordered"] and row["ordered"] > 0:
        told = f"{text(row['order_net'], money)} for {plain(row['ordered'])}"
        return Fraction(row["order_net"]) / Fraction(row["ordered"]), told
    base = row["base"] or Decimal(1)
    told = f"{plain(row['price'])} {money} for {plain(base)}"
    return Fraction(row["price"]) * 10 ** exponent(money) / Fraction(base), told
