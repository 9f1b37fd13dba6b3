"""An invoice line at a price far above that of its order line."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=("share_order", "demand", "line", "paper", "document", "claim"),
    writes="found_inflated_price",
    version=2,
)
def inflated_price(evidence: EvidenceRules) -> str:
    """Find lines above `inflated_price` times the order's price, in one currency and unit.

    Grave: no rounding, surcharge or slip of a price list explains half as much again. Compared by
    multiplying with both price base quantities, so nothing is divided.
    """
    dearest = f"{words.wide('order_price')} * cast({evidence.inflated_price} as decimal(9, 6))"
    query = f"""
        with priced as (
            select d.claim_id, d.line_id, s.with_line_id, c.document_id, c.number, c.currency,
                   l.line_ref, l.net_minor, o.document_id as order_id, p.number as order_number,
                   l.price, coalesce(l.price_base_quantity, 1) as base, o.price as order_price,
                   coalesce(o.price_base_quantity, 1) as order_base
            from (select distinct line_id, with_line_id from share_order) s
            join demand d using (line_id) join line l using (line_id)
            join line o on o.line_id = s.with_line_id join paper p on p.document_id = o.document_id
            join document x on x.document_id = o.document_id join claim c on c.claim_id = d.claim_id
            where l.price > 0 and o.price > 0 and coalesce(x.currency, c.currency) = c.currency
              and coalesce(l.unit, '') = coalesce(o.unit, ''))
        select * from priced
        where base > 0 and order_base > 0
          and {words.wide("price")} * order_base > {words.wide(dearest)} * base"""
    return test_of(
        "inflated_price",
        query,
        grave=True,
        cause="line_id || ' ' || with_line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        other_id="order_id",
        amount_minor="net_minor",
        currency="currency",
        what=f"""'line ' || line_ref || ' of invoice ' || number || ' has the price '
            || {words.number("price")} || ' ' || currency || ' for ' || {words.number("base")}
            || ', more than {evidence.inflated_price} times the ' || {words.number("order_price")}
            || ' for ' || {words.number("order_base")} || ' of order ' || order_number""",
    )
