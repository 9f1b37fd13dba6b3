"""A line whose amount is not its quantity times its price, with its allowances and charges."""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.finding import test_of
from tailrace.evidence.rules import EvidenceRules


@step(
    reads=(
        "allowance_charge",
        "line",
        "paper",
        "document",
        "claim",
        "tolerance",
    ),
    writes="found_amount_conflict",
    version=1,
)
def amount_conflict(evidence: EvidenceRules) -> str:
    """A line whose amount is not its quantity times its price, with its allowances and charges."""
    factor = f"(10.0 ** {words.places('currency')})"
    query = f"""
        with extra as (
            select line_id, sum(case when charge then amount_minor else -amount_minor end) as extra
            from allowance_charge where line_id is not null group by 1),
        flat as (
            select l.line_id, l.document_id, l.line_ref, l.quantity, l.price, l.net_minor,
                   coalesce(l.price_base_quantity, 1) as base, d.currency, p.kind, p.number,
                   p.buyer_id,
                   coalesce(e.extra, 0) as extra
            from line l join paper p using (document_id) join document d using (document_id)
            left join extra e using (line_id)
            where p.kind in ('order', 'invoice', 'credit_note') and l.quantity is not null
              and l.price is not null and l.net_minor is not null and d.currency is not null
              and coalesce(l.price_base_quantity, 1) > 0)
        select f.*, c.claim_id
        from flat f left join (select document_id, claim_id from claim) c using (document_id)
        left join tolerance t on t.firm_id = f.buyer_id
        where abs(cast(quantity as double) * cast(price as double) / cast(base as double) * {factor}
                  + extra - net_minor) > 0.5 + greatest(
            coalesce(t.amount_minor, {evidence.amount_tolerance_minor}),
            cast(coalesce(t.amount_rel, {evidence.amount_tolerance}) as double) * abs(net_minor))"""
    return test_of(
        "amount_conflict",
        query,
        cause="line_id",
        claim_id="claim_id",
        document_id="document_id",
        line_id="line_id",
        amount_minor="net_minor",
        currency="currency",
        what=f"""'line ' || line_ref || ' of ' || replace(kind, '_', ' ') || ' ' || number
            || ' asks for ' || {words.money("net_minor", "currency")} || '; its quantity is '
            || {words.number("quantity")} || ' and its price ' || {words.number("price")} || ' '
            || currency || ' for ' || {words.number("base")}""",
    )
