"""Lines of goods as the matching sees them: who, which order line, which despatch, what, how much."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.base.steps import array_step, step
from tailrace.evidence import words
from tailrace.evidence.components import components
from tailrace.evidence.goods.tolerances import quoted
from tailrace.evidence.goods.working import ARTICLE
from tailrace.evidence.rules import EvidenceRules

# The numbers of an item by who gave them: the seller's, the buyer's, the standard one. `item_ref`
# holds the seller's, else another of the two; a standard number below six digits is none.
_OF_SELLER = """case when l.item_ref is distinct from l.buyer_item_ref
    and l.item_ref is distinct from l.standard_item_ref then l.item_ref end"""
_STANDARD = "case when length(l.standard_item_ref) >= 6 then l.standard_item_ref end"
_ROLES = {
    "order": "ordered",
    "despatch": "despatched",
    "receipt": "received",
    "timesheet": "worked",
    "acceptance": "accepted",
    "response": "answered",
    "invoice": "invoiced",
    "credit_note": "credited",
}
_ROLE = " ".join(f"when '{kind}' then '{role}'" for kind, role in _ROLES.items())


@step(reads=("line", "paper"), writes="alias", version=1)
def alias() -> str:
    """List which numbers lines give one item: the seller's, the buyer's, the standard one."""
    return f"""
        with said as (
            select distinct 's' || chr(31) || p.seller_id || chr(31) || {_OF_SELLER} as s,
                   'b' || chr(31) || p.buyer_id || chr(31) || l.buyer_item_ref as b,
                   't' || chr(31) || chr(31) || {_STANDARD} as t
            from line l join paper p using (document_id)
            where l.standard_item_ref is not null or l.buyer_item_ref is not null)
        select distinct s as token, b as other from said where s is not null and b is not null
        union select distinct s, t from said where s is not null and t is not null
        union select distinct b, t from said where b is not null and t is not null"""


@array_step(reads=("alias",), writes="article", version=1)
def article(alias: pa.Table) -> pa.Table:
    """Join item numbers: each with the smallest of its item."""
    if alias.num_rows == 0:
        return ARTICLE.empty()
    both = pa.chunked_array(alias["token"].chunks + alias["other"].chunks)
    tokens = pc.unique(both).sort()
    a, b = (pc.index_in(alias[n], tokens).to_numpy().astype(np.int64) for n in ("token", "other"))
    label = components(len(tokens), a, b)
    scheme, owner, number = (
        pc.list_element(pc.split_pattern(tokens, "\x1f", max_splits=2), place) for place in range(3)
    )
    return pa.table(
        {
            "scheme": scheme,
            "owner": owner,
            "number": number,
            "item": tokens.take(pa.array(label)),
        }
    )


@step(reads=("line", "paper", "reference", "article", "factor"), writes="goods", version=3)
def goods(evidence: EvidenceRules) -> str:
    """Put lines together with what their documents and references say of them.

    A line belongs to the order, despatch or receipt it names, else to the one its document names,
    if that is only one; the order by the seller's own number for it (BT-14) where a paper of that
    seller gives both. A line without a quantity is one lot. What was rejected did not arrive. A
    receipt that does not say who delivered has the seller of the order it names. A quantity is
    turned into another unit where a factor is declared and the result is exact in six decimals.
    """
    return f"""
        with {_NAMED_BY_PAPER}, {_NAMED_BY_LINE},
        flat as (
            select l.line_id, l.document_id, case p.kind {_ROLE} end as role, p.buyer_id,
                   p.seller_id, p.writer_id, p.number,
                   case when p.kind = 'order' then p.number
                        else coalesce(l.order_ref, x.o.n, p.order_ref) end as order_ref,
                   case when p.kind = 'order' then l.line_ref
                        else coalesce(l.order_line_ref, x.o.l) end as order_line_ref,
                   case when p.kind = 'despatch' then p.number
                        else coalesce(x.d.n, p.despatch_ref) end as despatch_ref,
                   case when p.kind = 'despatch' then l.line_ref else x.d.l end
                       as despatch_line_ref,
                   coalesce(x.receipt_ref, p.receipt_ref) as receipt_ref,
                   {_STANDARD} as t, {_OF_SELLER} as s, l.buyer_item_ref as b, l.item_name as n,
                   coalesce(case when l.quantity is not null then l.unit end, '') as unit,
                   case when p.kind in ('receipt', 'timesheet', 'acceptance')
                        then coalesce(try_cast(l.quantity - coalesce(l.rejected_quantity, 0)
                                               as decimal(18, 6)), 1)
                        else coalesce(l.quantity, 1) end as quantity,
                   case when p.kind = 'receipt' then coalesce(l.delivered_on, p.day)
                        else p.issued_on end as day, l.net_minor,
                   l.quantity is null as is_lot, l.parent_ref is not null as is_part
            from line l join named p using (document_id) left join of_line x using (line_id)),
        {_turned(evidence)}
        select f.line_id, f.document_id, f.role, f.buyer_id,
               coalesce(f.seller_id, s.seller_id) as seller_id, f.writer_id, f.number, f.order_ref,
               f.order_line_ref, f.despatch_ref, f.despatch_line_ref, f.receipt_ref,
               coalesce(a.item, 't' || t, 's' || s, 'b' || b, 'n' || lower(trim(n)), '') as item,
               coalesce(u.into_unit, f.unit) as unit, coalesce(u.quantity, f.quantity) as quantity,
               f.day, f.net_minor, f.is_lot, f.is_part, u.turned
        from flat f left join turned u on u.line_id = f.line_id
        left join article a on a.number = coalesce(f.t, f.s, f.b)
             and a.scheme = case when f.t is not null then 't' when f.s is not null then 's'
                                 else 'b' end
             and a.owner = case when f.t is not null then '' when f.s is not null
                                then f.seller_id else f.buyer_id end
        left join sold s on s.buyer_id = f.buyer_id
             and s.number = case when f.seller_id is null then f.order_ref end"""


# What a document names once for all its lines: an order by the seller's own number too (BT-14), where
# one order goes by it. And the one seller of an order of a buyer.
_NAMED_BY_PAPER = """
    lacking as (select document_id from line where order_ref is null),
    told as (
        select document_id, case to_kind when 'timesheet' then 'receipt' else to_kind end as kind,
               to_kind, to_number
        from reference
        where line_id is null and to_kind in ('despatch', 'receipt', 'timesheet', 'sales_order')
        union all
        select document_id, to_kind, to_kind, to_number from reference semi join lacking using (document_id)
        where line_id is null and to_kind = 'order'),
    often as (select document_id, kind from told group by 1, 2 having count(*) > 1),
    alone as (
        select document_id, kind, to_number from told anti join often using (document_id, kind)
        union all
        select document_id, kind, min_by(number, to_kind) from (
            select document_id, kind, to_kind, min(to_number) as number
            from told semi join often using (document_id, kind) group by 1, 2, 3
            having min(to_number) = max(to_number)) group by 1, 2),
    sales as (select document_id, to_number as sales_ref from alone where kind = 'sales_order'),
    sale as (
        select p.seller_id, s.sales_ref, min(n.number) as order_ref
        from sales s join paper p using (document_id) join (
            select document_id, number from paper where kind = 'order'
            union all select document_id, to_number from reference where to_kind = 'order'
            union all select document_id, order_ref from line where order_ref is not null) n
            using (document_id)
        group by 1, 2 having min(n.number) = max(n.number)),
    named as (
        select p.*, coalesce(o.to_number, v.order_ref) as order_ref, d.to_number as despatch_ref,
               r.to_number as receipt_ref
        from paper p
        left join (from alone where kind = 'order') o on o.document_id = p.document_id
        left join (from alone where kind = 'despatch') d on d.document_id = p.document_id
        left join (from alone where kind = 'receipt') r on r.document_id = p.document_id
        left join sales z on z.document_id = p.document_id
        left join sale v on v.seller_id = p.seller_id and v.sales_ref = z.sales_ref),
    sold as (
        select buyer_id, number, min(seller_id) as seller_id from paper
        where kind = 'order' and seller_id is not null
          and buyer_id in (select buyer_id from paper where seller_id is null)
        group by 1, 2 having count(distinct seller_id) = 1)"""
_NAMED_BY_LINE = """
    of_line as (
        select line_id, min({'n': to_number, 'l': to_line}) filter (to_kind = 'order') as o,
               min({'n': to_number, 'l': to_line}) filter (to_kind = 'despatch') as d,
               min(to_number) filter (to_kind in ('receipt', 'timesheet')) as receipt_ref
        from (
            select line_id, to_kind, to_number, to_line from reference
            where line_id is not null and to_kind in ('despatch', 'receipt', 'timesheet')
            union all
            select line_id, to_kind, to_number, to_line from reference
            semi join (select line_id from line semi join (
                           select document_id from paper where kind <> 'order') using (document_id)
                       where order_ref is null or order_line_ref is null) using (line_id)
            where to_kind = 'order')
        group by 1)"""


_NOTHING = "cast(null as decimal(18, 6)) as quantity, cast(null as varchar) as turned"


def _turned(evidence: EvidenceRules) -> str:
    """Return a common table of the lines whose unit a declared factor turns into another."""
    if not evidence.unit:  # then `flat` is asked once and need not be kept
        return f"turned as (select line_id, unit as into_unit, {_NOTHING} from line where false)"
    units = ", ".join(sorted({quoted(u.unit) for u in evidence.unit}))
    return f"""
        turned as (
            select f.line_id, x.into_unit, cast({words.wide("f.quantity")} * x.factor as decimal(18, 6)) as quantity,
                   {words.number("x.factor")} || ' ' || x.into_unit || ' for 1 ' || x.unit as turned
            from (select * from flat where unit in ({units})) f join factor x on x.unit = f.unit
             and (x.item is null or x.item in (f.s, f.b, f.t))
             and (x.seller_id is null or x.seller_id = f.seller_id)
            where {words.wide("f.quantity")} * x.factor
                  = try_cast({words.wide("f.quantity")} * x.factor as decimal(18, 6))
            qualify row_number() over (
                partition by f.line_id order by x.item is null, x.seller_id is null, x.place) = 1)"""


@step(reads=("goods",), writes="tied", version=1)
def tied() -> str:
    """Find the order line of lines that do not name it.

    First through the despatch they name: its line, else its only line of the item. Then through the
    order they name: its only line of the item.
    """
    return """
        with loose as (
            select line_id, role, buyer_id, seller_id, order_ref, despatch_ref, despatch_line_ref,
                   item
            from goods where order_line_ref is null
              and role in ('despatched', 'received', 'invoiced', 'worked', 'accepted')
              and (order_ref is not null or despatch_ref is not null)),
        ordered as (
            select buyer_id, order_ref, item, min(order_line_ref) as order_line_ref
            from goods where role = 'ordered' and order_line_ref is not null and item <> ''
            group by 1, 2, 3 having count(*) = 1),
        by_order as (
            select l.line_id, l.order_ref, o.order_line_ref
            from loose l join ordered o using (buyer_id, order_ref, item)),
        sent as (
            select g.seller_id, g.despatch_ref, g.despatch_line_ref, g.item,
                   coalesce(b.order_ref, g.order_ref) as order_ref,
                   coalesce(b.order_line_ref, g.order_line_ref) as order_line_ref
            from goods g left join by_order b using (line_id)
            where g.role = 'despatched' and exists (
                select 1 from loose l where l.role <> 'despatched'
                and l.seller_id = g.seller_id and l.despatch_ref = g.despatch_ref)),
        by_line as (
            select l.line_id, min(s.order_ref) as order_ref, min(s.order_line_ref) as order_line_ref
            from loose l join sent s using (seller_id, despatch_ref, despatch_line_ref)
            where l.role <> 'despatched' and s.order_ref = coalesce(l.order_ref, s.order_ref)
            group by 1 having count(*) = 1),
        by_item as (
            select l.line_id, min(s.order_ref) as order_ref, min(s.order_line_ref) as order_line_ref
            from loose l join sent s using (seller_id, despatch_ref, item)
            where l.role <> 'despatched' and item <> ''
              and s.order_ref = coalesce(l.order_ref, s.order_ref)
            group by 1 having count(*) = 1)
        select line_id, coalesce(a.order_ref, b.order_ref, c.order_ref) as order_ref,
               coalesce(a.order_line_ref, b.order_line_ref, c.order_line_ref) as order_line_ref
        from loose left join by_line a using (line_id) left join by_item b using (line_id)
        left join by_order c using (line_id)
        where coalesce(a.order_line_ref, b.order_line_ref, c.order_line_ref) is not null
          and coalesce(a.order_ref, b.order_ref, c.order_ref) is not null"""
