"""An invoice line whose price is not that of its order line. The quantity stays proven."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=(
        "share_order",
        "demand",
        "line",
        "paper",
        "document",
        "claim",
        "tolerance",
    ),
    writes="found_price_conflict",
    version=3,
)
def price_conflict(evidence: EvidenceRules) -> str:
    """An invoice line whose price is not that of its order line. The quantity stays proven."""
    share = f"cast(coalesce(t.price_rel, {evidence.price_tolerance}) as decimal(9, 6))"
    forgiven = (  # for one price base quantity of the order
        f"{words.wide('abs(o.price)')} * {share}"
        f" + {words.wide(f'coalesce(t.price_abs, {evidence.price_tolerance_absolute})')}"
        " * coalesce(o.price_base_quantity, 1)"
    )
    query = f"""
        select d.claim_id, d.line_id, s.with_line_id, c.document_id, c.number, c.currency, l.line_ref,
               o.document_id as order_id, p.number as order_number, o.line_ref as order_line,
               l.price, coalesce(l.price_base_quantity, 1) as base, o.price as order_price,
               coalesce(o.price_base_quantity, 1) as order_base, l.net_minor
        from (select distinct line_id, with_line_id from share_order) s
        join demand d using (line_id) join line l using (line_id)
        join line o on o.line_id = s.with_line_id join paper p on p.document_id = o.document_id
        join document x on x.document_id = o.document_id join claim c on c.claim_id = d.claim_id
        left join tolerance t on t.firm_id = d.buyer_id
        where l.price is not null and o.price is not null
          and coalesce(x.currency, c.currency) = c.currency
          and coalesce(l.price_base_quantity, 1) > 0 and coalesce(o.price_base_quantity, 1) > 0
          and abs({words.wide("l.price")} * coalesce(o.price_base_quantity, 1)
                  - {words.wide("o.price")} * coalesce(l.price_base_quantity, 1))
              > {words.wide(forgiven)} * coalesce(l.price_base_quantity, 1)"""
    return test_of(
        "price_conflict",
        query,
        cause="line_id || ' ' || with_line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        other_id="order_id",
        amount_minor="net_minor",
        currency="currency",
        what=f"""'line ' || line_ref || ' of invoice ' || number || ' has the price '
            || {words.number("price")} || ' ' || currency || ' for ' || {words.number("base")}
            || '; order ' || order_number || ' line ' || order_line || ' says '
            || {words.number("order_price")} || ' ' || currency || ' for '
            || {words.number("order_base")}""",
    )
