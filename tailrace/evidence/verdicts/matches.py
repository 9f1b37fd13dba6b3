"""All that bears on a claim, in one table, with whose word it is."""

from __future__ import annotations

from tailrace.base.ids import sql_id
from tailrace.base.steps import step
from tailrace.evidence.verdicts.states import SHARED, SHARES


@step(
    reads=(
        "part_amount",
        "goods",
        "bill",
        "credit",
        "paid",
        "line",
        "advanced",
        *SHARED,
    ),
    writes="match",
    version=5,
)
def match() -> str:
    """Put together all that bears on a claim: lines that prove it, credit notes, payments.

    A credit note for one claim is told line by line, with the invoice line of its item where there
    is only one; for several claims it is told whole. A conversion of units stands beside the rule.
    A prepayment and the invoice that deducts it are told on both, with the amount deducted.
    """
    of_line = sql_id("s.rule", "s.line_id", "s.with_line_id")
    of_credit = sql_id("'credited'", "claim_id", "with_document_id", "with_line_id")
    of_prepaid = sql_id("'prepaid'", "a.claim_id", "a.ahead_id", "b.document_id")
    of_payment = sql_id("'paid'", "claim_id", "payment_id")
    return f"""
        with alone as (
            select document_id from credit group by 1
            having count(*) = 1 and count(claim_id) = 1 and min(rule) <> 'replaced'),
        item as (
            select g.document_id, g.item, g.unit, min(g.line_id) as line_id
            from goods g where g.role = 'invoiced'
              and g.document_id in (select b.document_id from bill b semi join credit using (claim_id))
            group by 1, 2, 3 having count(*) = 1),
        credited as (
            select c.claim_id, i.line_id, c.document_id as with_document_id,
                   g.line_id as with_line_id, g.quantity, l.net_minor as amount_minor,
                   c.rule, b.creditor_id as told_by_id
            from credit c semi join alone using (document_id)
            join bill b using (claim_id) join goods g on g.document_id = c.document_id
            join line l on l.line_id = g.line_id
            left join item i on i.document_id = b.document_id and i.item = g.item
                 and i.unit = g.unit
            where l.net_minor is not null
            union all
            select c.claim_id, null, c.document_id, null, null, c.amount_minor, c.rule,
                   b.creditor_id
            from credit c join bill b using (claim_id) where not (
                c.document_id in (select document_id from alone)
                and c.document_id in (select document_id from line where net_minor is not null)))
        select {of_line} as match_id, s.claim_id, s.line_id, s.role, s.with_document_id,
               s.with_line_id, cast(null as varchar) as with_payment_id, s.quantity,
               coalesce(p.amount_minor, s.net_minor) as amount_minor,
               concat_ws('; ', s.rule, s.turned) as rule, s.told_by_id, s.standing
        from ({SHARES}) s left join part_amount p on p.line_id = s.line_id
             and p.with_line_id = s.with_line_id and p.role = s.side and p.rule = s.rule
        union all
        select {of_credit}, claim_id, line_id, 'credited', with_document_id, with_line_id, null,
               quantity, amount_minor, rule, told_by_id, 'own side' from credited
        union all
        select {of_prepaid}, a.claim_id, null, 'prepaid', b.document_id, null, null, null,
               a.amount_minor, a.rule, b.creditor_id, 'own side'
        from advanced a join bill b on b.claim_id = a.ahead_id where a.amount_minor > 0
        union all
        select {of_prepaid}, a.ahead_id, null, 'prepaid', b.document_id, null, null, null,
               a.amount_minor, a.rule, b.creditor_id, 'own side'
        from advanced a join bill b using (claim_id)
        where a.ahead_id is not null and a.amount_minor > 0
        union all
        select {of_payment}, claim_id, null, 'paid', null, null, payment_id, null, amount_minor,
               rule, null, 'third party'
        from paid"""
