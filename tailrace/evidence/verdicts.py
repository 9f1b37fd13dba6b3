"""Verdicts: how much of each claim goods received prove, by which rows, and what is missing."""

from __future__ import annotations

from tailrace.base.ids import sql_id
from tailrace.base.steps import step
from tailrace.evidence import words
from tailrace.evidence.rules import EvidenceRules

VERSION = 1  # of the rules of proof below, named in every verdict
LINES_TOLD = 3  # open lines a verdict tells one by one
RECEIVED = (
    "share_by_despatch",
    "share_by_receipt",
    "share_by_order",
    "share_by_item",
    "share_by_content",
)
_ROLES = {
    **dict.fromkeys(RECEIVED, "received"),
    "share_order": "ordered",
    "share_despatch": "despatched",
}
_SHARES = " union all ".join(
    f"select line_id, with_line_id, quantity, rule, '{role}' as role from {kind}"
    for kind, role in _ROLES.items()
)


# Every share with what it is worth: the whole line where it covers it, else its part.
_WORTH = """
    select d.claim_id, s.line_id, s.role, s.with_line_id, s.quantity,
           case when s.quantity = d.quantity then d.net_minor else p.amount_minor end
               as amount_minor, s.rule
    from ({shares}) s join demand d using (line_id)
    left join part_amount p on p.line_id = s.line_id and p.with_line_id = s.with_line_id
         and p.role = s.role and p.rule = s.rule"""


@step(reads=("demand", *_ROLES), writes="part", version=1)
def part() -> str:
    """List the shares that are not their whole line: their amount needs a division."""
    return f"""
        select s.line_id, d.claim_id, s.role, s.with_line_id, s.quantity,
               sum(s.quantity) over (
                   partition by s.line_id, s.role order by s.with_line_id, s.rule
                   rows unbounded preceding) - s.quantity as before,
               d.quantity as whole, d.net_minor, s.rule
        from ({_SHARES}) s join demand d using (line_id) where s.quantity <> d.quantity"""


@step(
    reads=("demand", "part_amount", "goods", "bill", "credit", "paid", "line", *_ROLES),
    writes="match",
    version=1,
)
def match() -> str:
    """Put together all that bears on a claim: lines that prove it, credit notes, payments.

    A credit note for one claim is told line by line, with the invoice line of its item where there
    is only one; for several claims it is told whole.
    """
    of_line = sql_id("s.rule", "s.line_id", "s.with_line_id")
    of_credit = sql_id("'credited'", "claim_id", "with_document_id", "with_line_id")
    of_payment = sql_id("'paid'", "claim_id", "payment_id")
    return f"""
        with moved as ({_WORTH.format(shares=_SHARES)}),
        alone as (
            select document_id from credit group by 1
            having count(*) = 1 and count(claim_id) = 1),
        item as (
            select g.document_id, g.item, g.unit, min(g.line_id) as line_id
            from goods g where g.role = 'invoiced'
              and g.document_id in (select b.document_id from bill b semi join credit using (claim_id))
            group by 1, 2, 3 having count(*) = 1),
        credited as (
            select c.claim_id, i.line_id, c.document_id as with_document_id,
                   g.line_id as with_line_id, g.quantity, l.net_minor as amount_minor,
                   'invoice named' as rule
            from credit c semi join alone using (document_id)
            join bill b using (claim_id) join goods g on g.document_id = c.document_id
            join line l on l.line_id = g.line_id
            left join item i on i.document_id = b.document_id and i.item = g.item
                 and i.unit = g.unit
            where l.net_minor is not null
            union all
            select c.claim_id, null, c.document_id, null, null, c.amount_minor, 'invoice named'
            from credit c where c.claim_id is not null and not (
                c.document_id in (select document_id from alone)
                and c.document_id in (select document_id from line where net_minor is not null)))
        select {of_line} as match_id, s.claim_id, s.line_id, s.role,
               g.document_id as with_document_id, s.with_line_id, null as with_payment_id,
               s.quantity, s.amount_minor, s.rule
        from moved s join goods g on g.line_id = s.with_line_id
        union all
        select {of_credit}, claim_id, line_id, 'credited', with_document_id, with_line_id, null,
               quantity, amount_minor, rule from credited
        union all
        select {of_payment}, claim_id, null, 'paid', null, null, payment_id, null, amount_minor, rule
        from paid"""


@step(reads=("demand", "part_amount", *RECEIVED), writes="line_state", version=1)
def line_state() -> str:
    """Say of each invoice line how much was received and proven."""
    received = " union all ".join(
        f"select line_id, with_line_id, quantity, rule, 'received' as role from {kind}"
        for kind in RECEIVED
    )
    return f"""
        with proof as (
            select line_id, sum(quantity) as quantity, sum(amount_minor) as amount_minor
            from ({_WORTH.format(shares=received)}) group by 1)
        select d.line_id, d.claim_id, d.quantity, coalesce(p.quantity, 0) as received, d.net_minor,
               coalesce(cast(p.amount_minor as bigint), 0) as proven_net_minor
        from demand d left join proof p using (line_id)"""


@step(reads=("bill", "line", "worth", "line_state"), writes="claim_state", version=1)
def claim_state() -> str:
    """Put the lines of each claim together. Lines at or below zero count as they stand."""
    return """
        with flat as (
            select b.claim_id, coalesce(l.net_minor, w.net_minor, 0) as net_minor,
                   case when s.line_id is not null then s.proven_net_minor
                        when coalesce(l.net_minor, w.net_minor) <= 0
                        then coalesce(l.net_minor, w.net_minor) else 0 end as proven_net_minor,
                   case when s.line_id is not null then s.received < s.quantity
                        else coalesce(l.net_minor, w.net_minor, 1) > 0 end as is_open
            from bill b join line l using (document_id)
            left join worth w using (line_id) left join line_state s using (line_id)),
        summed as (
            select claim_id, sum(net_minor) as net_minor, count(*) as lines,
                   greatest(sum(proven_net_minor), 0) as proven_net_minor,
                   count(*) filter (is_open) as open_lines
            from flat group by 1)
        select b.claim_id, b.amount_minor, coalesce(s.net_minor, 0) as net_minor,
               coalesce(least(s.proven_net_minor, greatest(s.net_minor, 0)), 0) as proven_net_minor,
               coalesce(s.lines, 0) as lines, coalesce(s.open_lines, 0) as open_lines,
               coalesce(s.open_lines = 0, false) as whole
        from bill b left join summed s using (claim_id)"""


@step(
    reads=("claim", "claim_state", "gross", "line_state", "demand", "line", "firm"),
    writes="verdict",
    version=VERSION,
)
def verdict(evidence: EvidenceRules) -> str:
    """Judge each claim: proven if nothing is open, unproven if nothing is proven, else partly.

    A credit note takes away first what is not proven, so what is proven never exceeds what is left
    of the claim.
    """
    open_quantity = words.unit("s.quantity - s.received", "d.unit")
    open_money = words.money("s.net_minor - s.proven_net_minor", "t.currency")
    whole_money = words.money("t.open_minor", "t.currency")
    return f"""
        with named as (select distinct firm_id, name from firm),
        told as (
            select c.claim_id, c.document_id, c.currency, c.debtor_id, s.net_minor,
                   s.proven_net_minor, s.net_minor - s.proven_net_minor as open_net_minor,
                   s.lines, s.open_lines,
                   least(g.gross_minor, c.amount_minor - c.credited_minor) as proven_minor,
                   c.amount_minor - c.credited_minor - least(
                       g.gross_minor, c.amount_minor - c.credited_minor) as open_minor
            from claim c join claim_state s using (claim_id) join gross g using (claim_id)),
        lacking as (
            select t.claim_id, n.name, l.line_ref, s.line_id,
                   'no receipt for ' || {open_quantity} || ' of line ' || l.line_ref
                   || '; a receipt advice from ' || n.name || ' for ' || case
                       when d.order_line_ref is not null and d.order_ref is not null
                       then 'order ' || d.order_ref || ' line ' || d.order_line_ref
                       when d.order_ref is not null then 'order ' || d.order_ref
                       when d.despatch_ref is not null then 'despatch ' || d.despatch_ref
                       else coalesce('item ' || l.item_ref, l.item_name, 'this line') end
                   || ' would prove ' || {open_money} as words
            from told t join line_state s using (claim_id) join demand d using (line_id)
            join line l using (line_id) join named n on n.firm_id = t.debtor_id
            where t.open_minor > 0 and s.received < s.quantity),
        placed as (
            select *, row_number() over (
                partition by claim_id order by length(line_ref), line_ref, line_id) as place
            from lacking),
        missing as (
            select claim_id, string_agg(words, '; ' order by place) filter (place <= {LINES_TOLD})
                   || case when count(*) > {LINES_TOLD}
                      then ' and ' || (count(*) - {LINES_TOLD}) || ' more lines' else '' end as words
            from placed group by 1)
        select t.claim_id, case when t.open_minor = 0 then 'proven'
                                when t.proven_minor = 0 then 'unproven' else 'partly' end as verdict,
               t.currency, t.net_minor, t.proven_net_minor, t.open_net_minor, t.proven_minor,
               t.open_minor,
               case when t.open_minor > 0 then coalesce(m.words, case when t.lines = 0
                    then 'the invoice has no lines; its lines with quantities, and a receipt advice '
                         || 'for them, would prove ' || {whole_money}
                    else 'no line says how much was delivered; quantities on the invoice, and a '
                         || 'receipt advice for them, would prove ' || {whole_money} end) end
                   as missing,
               '{evidence.name.replace("'", "''")} evidence.verdict {VERSION}' as rule
        from told t left join missing m using (claim_id)"""
