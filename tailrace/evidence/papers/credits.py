"""What corrects an invoice: credit notes, corrective invoices, and what they free.

A credit note takes off the invoice it names (BG-3), else the only one it fits by content. A
corrective invoice (384) takes the place of the one it names. Goods of what was credited are no
longer asked for, so a new invoice for them can be proven by the same receipts.
"""

from __future__ import annotations

from tailrace.base.steps import step
from tailrace.evidence.papers.claims import AMOUNT_MAX
from tailrace.evidence.rules import EvidenceRules

_ALIKE_MAX = 50  # lines of one pair, item, unit and price: beyond, a line tells no invoice apart
_NOTE = f"""
    note as (
        select p.document_id, p.seller_id, p.buyer_id, p.issued_on, d.currency,
               abs(coalesce(d.payable_minor, d.tax_inclusive_minor)) as amount_minor
        from paper p join document d using (document_id)
        where (p.kind = 'credit_note' or (p.kind = 'invoice' and d.payable_minor < 0))
          and d.currency is not null
          and abs(coalesce(d.payable_minor, d.tax_inclusive_minor)) <= {AMOUNT_MAX})"""


@step(reads=("paper", "document", "reference", "bill", "line"), writes="placed", version=1)
def placed() -> str:
    """Place credit notes that name no invoice on the one they fit.

    Of the same parties and currency, not younger than the note and not below it: first the one
    whose lines hold every line of the note at the same price and whose amount is the note's, then
    the one that holds its lines, then, where the note has no lines, the one of its amount. Where
    two fit, or two notes fit one, none is guessed.
    """
    item = "coalesce({0}.item_ref, {0}.standard_item_ref, lower(trim({0}.item_name)))"
    return f"""
        with {_NOTE},
        bare as (
            select * from note anti join (
                select document_id from reference where to_kind = 'invoice') using (document_id)
            where amount_minor > 0),
        named as (
            select distinct b.claim_id from reference r join note n using (document_id)
            join bill b on b.number = r.to_number and b.creditor_id = n.seller_id
            where r.to_kind = 'invoice'),
        free as (
            select b.* from bill b anti join named using (claim_id)
            semi join (select distinct seller_id, buyer_id from bare) k
              on k.seller_id = b.creditor_id and k.buyer_id = b.debtor_id),
        credited as (
            select n.document_id, n.seller_id, n.buyer_id, n.currency, l.line_id,
                   {item.format("l")} as item, coalesce(l.unit, '') as unit, l.price,
                   coalesce(l.quantity, 1) as quantity,
                   count(*) over (partition by n.document_id) as lines
            from bare n join line l using (document_id)),
        sold as (
            select f.creditor_id as seller_id, f.debtor_id as buyer_id, f.currency, f.claim_id,
                   {item.format("l")} as item, coalesce(l.unit, '') as unit, l.price,
                   sum(coalesce(l.quantity, 1)) as quantity
            from free f join line l using (document_id) group by all),
        told as (
            select * from sold qualify count(*) over (
                partition by seller_id, buyer_id, currency, item, unit, price) <= {_ALIKE_MAX}),
        holds as (
            select c.document_id, t.claim_id from credited c join told t
              using (seller_id, buyer_id, currency, item, unit)
            where t.quantity >= c.quantity and t.price is not distinct from c.price
            group by 1, 2, c.lines having count(distinct c.line_id) = c.lines),
        fits as (
            select n.document_id, f.claim_id,
                   case when n.amount_minor = f.amount_minor then 0 else 1 end as rank
            from holds h join bare n using (document_id) join free f using (claim_id)
            where f.issued_on <= n.issued_on and f.amount_minor >= n.amount_minor
            union all
            select n.document_id, f.claim_id, 2
            from bare n join free f on f.creditor_id = n.seller_id and f.debtor_id = n.buyer_id
                 and f.currency = n.currency and f.amount_minor = n.amount_minor
            where f.issued_on <= n.issued_on
              and n.document_id not in (select document_id from credited)),
        best as (
            select *, count(*) over (partition by document_id) as claims
            from (select * from fits qualify rank = min(rank) over (partition by document_id))),
        sure as (select *, count(*) over (partition by claim_id) as notes from best where claims = 1)
        select document_id, claim_id from sure where notes = 1"""


@step(reads=("paper", "document", "reference", "bill", "placed"), writes="credit", version=2)
def credit() -> str:
    """Take credit notes, and invoices below zero, off the claims they name (BG-3) or fit.

    A note that names one claim goes to it whole. One that names several goes to the oldest first,
    each up to its amount, and the rest to the last. What names no claim of its writer and fits none
    has no claim. A corrective invoice (384) that names an invoice replaces it: what credit notes
    left of the old claim is undone.
    """
    return f"""
        with {_NOTE},
        named as (
            select distinct n.document_id, b.claim_id, 'invoice named' as rule
            from note n join reference r using (document_id)
            join bill b on b.creditor_id = n.seller_id and b.number = r.to_number
                       and b.currency = n.currency
                       and (r.to_issued_on is null or year(r.to_issued_on) = year(b.issued_on))
            where r.to_kind = 'invoice'
            union all
            select document_id, claim_id, 'content' from placed),
        in_turn as (
            select n.document_id, b.claim_id, m.rule, n.amount_minor as whole, n.currency,
                   n.issued_on, sum(b.amount_minor) over oldest - b.amount_minor as before,
                   b.amount_minor, row_number() over newest = 1 as last
            from named m join note n using (document_id) join bill b using (claim_id)
            window oldest as (partition by n.document_id order by b.issued_on, b.claim_id
                              rows unbounded preceding),
                   newest as (partition by n.document_id order by b.issued_on desc, b.claim_id desc)),
        taken as (
            select document_id, claim_id, currency, issued_on, rule,
                   case when last then greatest(whole - before, 0)
                        else least(greatest(whole - before, 0), amount_minor) end as amount_minor
            from in_turn),
        replaced as (
            select b.claim_id, n.currency, min({{'d': n.issued_on, 'i': n.document_id}}) as first,
                   any_value(b.amount_minor) as amount_minor
            from bill n join document d using (document_id) join reference r using (document_id)
            join bill b on b.creditor_id = n.creditor_id and b.debtor_id = n.debtor_id
                 and b.number = r.to_number and b.currency = n.currency
                 and b.claim_id <> n.claim_id and b.issued_on <= n.issued_on
                 and (r.to_issued_on is null or year(r.to_issued_on) = year(b.issued_on))
            where d.type_code = '384' and r.to_kind = 'invoice' and n.amount_minor > 0
            group by 1, 2),
        off as (select claim_id, sum(amount_minor) as amount_minor from taken group by 1)
        select document_id, claim_id, amount_minor, currency, issued_on, rule from taken
        where amount_minor > 0
        union all
        select document_id, null, amount_minor, currency, issued_on, null
        from note anti join named using (document_id) where amount_minor > 0
        union all
        select r.first.i, r.claim_id, r.amount_minor - coalesce(o.amount_minor, 0), r.currency,
               r.first.d, 'replaced'
        from replaced r left join off o using (claim_id)
        where r.amount_minor > coalesce(o.amount_minor, 0)"""


@step(reads=("bill", "credit", "goods", "line"), writes="undone", version=1)
def undone(evidence: EvidenceRules) -> str:
    """Say of which invoice lines how much is no longer asked for.

    All of an invoice that is credited or replaced in full. Else what a credit note for that invoice
    alone credits of the only line of its item and unit, where it credits a quantity: its amount is
    that of the quantity at the invoice's price. A note that only lowers the price frees no goods.
    """
    tolerance = evidence.amount_tolerance_minor
    return f"""
        with off as (
            select claim_id, sum(amount_minor) as amount_minor from credit
            where claim_id is not null group by 1),
        corrected as (
            select b.claim_id, b.document_id, o.amount_minor >= b.amount_minor as whole
            from bill b join off o using (claim_id)),
        asked as (
            select c.claim_id, c.whole, g.line_id, g.item, g.unit, g.quantity, l.net_minor,
                   count(*) over (partition by c.claim_id, g.item, g.unit) as lines
            from corrected c join goods g using (document_id) join line l using (line_id)
            where g.role = 'invoiced' and g.quantity > 0),
        alone as (
            select document_id, min(claim_id) as claim_id from credit group by 1
            having count(*) = 1 and count(claim_id) = 1 and min(rule) <> 'replaced'),
        back as (
            select a.claim_id, g.item, g.unit, sum(abs(g.quantity)) as quantity,
                   cast(sum(abs(l.net_minor)) as bigint) as net_minor
            from alone a join goods g using (document_id) join line l using (line_id)
            where g.role in ('credited', 'invoiced') and l.net_minor is not null
              and g.quantity <> 0
            group by 1, 2, 3)
        select a.line_id, a.claim_id, a.quantity, coalesce(a.net_minor, 0) as net_minor
        from asked a where a.whole
        union all
        select a.line_id, a.claim_id, least(b.quantity, a.quantity), least(b.net_minor, a.net_minor)
        from asked a join back b using (claim_id, item, unit)
        where not a.whole and a.lines = 1 and a.net_minor > 0
          and cast(b.net_minor + {tolerance} as decimal(19, 0)) * a.quantity
              >= cast(a.net_minor as decimal(19, 0)) * cast(b.quantity as decimal(18, 6))
          and cast(b.net_minor - {tolerance} as decimal(19, 0)) * a.quantity
              <= cast(a.net_minor as decimal(19, 0)) * cast(b.quantity as decimal(18, 6))"""


@step(reads=("bill", "document", "reference", "line"), writes="advanced", version=1)
def advanced() -> str:
    """Say which prepayment invoices (386) a final invoice deducts, the oldest first.

    Those it names (BG-3); where it names none, those of the orders it names. What it deducts
    beyond them (BT-113) was paid ahead without an invoice that is here.
    """
    return """
        with final as (
            select b.claim_id, b.document_id, b.creditor_id, b.debtor_id, b.currency, b.issued_on,
                   d.prepaid_minor
            from bill b join document d using (document_id)
            where d.prepaid_minor > 0 and d.type_code is distinct from '386'),
        early as (
            select b.* from bill b join document d using (document_id) where d.type_code = '386'),
        named as (
            select distinct f.claim_id, e.claim_id as ahead_id, 'invoice named' as rule
            from final f join reference r using (document_id)
            join early e on e.creditor_id = f.creditor_id and e.debtor_id = f.debtor_id
                 and e.currency = f.currency and e.number = r.to_number
            where r.to_kind = 'invoice'),
        ordered as (
            select document_id, to_number as number from reference
            where to_kind = 'order' and document_id in (
                select document_id from early union select document_id from final)
            union
            select document_id, order_ref from line
            where order_ref is not null and document_id in (
                select document_id from early union select document_id from final)),
        by_order as (
            select distinct f.claim_id, e.claim_id as ahead_id, 'same order' as rule
            from final f join ordered o using (document_id) join ordered p using (number)
            join early e on e.document_id = p.document_id and e.creditor_id = f.creditor_id
                 and e.debtor_id = f.debtor_id and e.currency = f.currency
                 and e.issued_on <= f.issued_on
            where f.claim_id not in (select claim_id from named)),
        pair as (select * from named union all select * from by_order),
        in_turn as (
            select p.*, f.prepaid_minor, e.amount_minor as whole,
                   sum(e.amount_minor) over (
                       partition by p.claim_id order by e.issued_on, e.claim_id
                       rows unbounded preceding) - e.amount_minor as before
            from pair p join final f using (claim_id) join early e on e.claim_id = p.ahead_id)
        select claim_id, ahead_id, prepaid_minor, cast(before as bigint) as before_minor,
               least(whole, greatest(prepaid_minor - before, 0)) as amount_minor, rule
        from in_turn
        union all
        select claim_id, null, prepaid_minor, 0, prepaid_minor, null
        from final where claim_id not in (select claim_id from pair)"""
