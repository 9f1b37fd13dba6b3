"""The two sides of the proof: invoice lines that want it, receipt lines that can give it."""

from __future__ import annotations

from tailrace.base.steps import step


@step(reads=("goods", "tied", "bill", "worth", "undone", "document"), writes="demand", version=3)
def demand() -> str:
    """List the invoice lines of claims that receipts are to prove.

    Lines at or below zero (discounts, free goods, corrections) want no proof, nor does what was
    credited, nor a line that is part of another. A prepayment (386) is proven by what its final
    invoice delivers, not by its lines.
    """
    return """
        select g.line_id, b.claim_id, b.debtor_id as buyer_id, b.creditor_id as seller_id,
               coalesce(t.order_ref, g.order_ref) as order_ref,
               coalesce(t.order_line_ref, g.order_line_ref) as order_line_ref, g.despatch_ref,
               g.receipt_ref, g.item, g.unit, g.quantity - coalesce(u.quantity, 0) as quantity,
               coalesce(g.net_minor, w.net_minor, 0) - coalesce(u.net_minor, 0) as net_minor,
               b.issued_on as day, g.turned
        from goods g join bill b using (document_id) left join tied t using (line_id)
        left join worth w using (line_id) left join undone u using (line_id)
        where g.role = 'invoiced' and not g.is_part and g.quantity > coalesce(u.quantity, 0)
          and coalesce(g.net_minor, w.net_minor, 1) > 0
          and b.document_id not in (select document_id from document where type_code = '386')"""


_LINE = ("buyer_id", "seller_id", "order_ref", "order_line_ref", "item", "unit")
_ITEM = ("buyer_id", "seller_id", "order_ref", "item", "unit")
_PAIR = ("buyer_id", "seller_id", "item", "unit")


@step(reads=("goods", "tied", "demand", "service_supply", "affiliate"), writes="supply", version=4)
def supply() -> str:
    """List what can prove: receipts of the buyer or of a third party, of goods of somebody else.

    What the seller or an affiliate of the seller wrote is the seller's own word and proves nothing. A
    third party's receipt (a carrier's, a warehouse's) counts where the buyer's own receipts say
    nothing of the same despatch or order, so that goods are not counted twice.

    A receipt below zero takes back what came before it: of the same order line first, then of the
    same order and item, then of the same parties and item; from the receipt it names, else from the
    newest. A receipt that names neither seller nor an order with one belongs to the one seller who
    invoices under that order.
    """
    return f"""
        with {_RECEIVED},
        third as materialized (
            select line_id, buyer_id, seller_id, order_ref, despatch_ref from everyone
            where writer_id <> buyer_id),
        told as (
            select t.line_id from everyone e
            join third t using (buyer_id, seller_id, order_ref) where e.writer_id = e.buyer_id
            union
            select t.line_id from everyone e
            join third t using (buyer_id, seller_id, despatch_ref) where e.writer_id = e.buyer_id),
        own as not materialized (select * from everyone anti join told using (line_id)),
        touched as (
            select own.* from own semi join (
                select buyer_id, seller_id, item, unit from own where quantity < 0)
                using (buyer_id, seller_id, item, unit)),
        {_taken_back("line", "touched", _LINE)},
        {_taken_back("item", "line_left", _ITEM)},
        {_taken_back("pair", "item_left", _PAIR)}
        select o.* exclude (names_ref, writer_id)
                   replace (coalesce(p.quantity, o.quantity) as quantity),
               'received' as role, o.writer_id as told_by_id,
               case when o.writer_id = o.buyer_id then 'other side' else 'third party' end
                   as standing, cast(null as varchar) as for_line_id
        from own o left join pair_left p using (line_id)
        where coalesce(p.quantity, o.quantity) > 0
        union all by name
        select *, case when told_by_id = buyer_id then 'other side' else 'third party' end as standing
        from service_supply"""


_RECEIVED = """
    invoicer as (
        select buyer_id, order_ref, min(seller_id) as seller_id from demand
        where order_ref in (
            select order_ref from goods where role = 'received' and seller_id is null)
        group by 1, 2 having min(seller_id) = max(seller_id)),
    everyone as not materialized (
        select g.line_id, g.document_id, g.buyer_id, coalesce(g.seller_id, i.seller_id) as seller_id,
               coalesce(t.order_ref, g.order_ref) as order_ref,
               coalesce(t.order_line_ref, g.order_line_ref) as order_line_ref, g.despatch_ref,
               g.number as receipt_ref, g.receipt_ref as names_ref, g.item, g.unit, g.quantity,
               g.day, g.turned, g.writer_id
        from goods g left join tied t using (line_id)
        left join invoicer i on i.buyer_id = g.buyer_id
             and i.order_ref = case when g.seller_id is null then g.order_ref end
        left join (select distinct firm_id, other_id from affiliate) x on x.firm_id = g.writer_id
             and x.other_id = coalesce(g.seller_id, i.seller_id)
        where g.role = 'received' and coalesce(g.seller_id, i.seller_id) <> g.buyer_id
          and g.writer_id <> coalesce(g.seller_id, i.seller_id) and x.firm_id is null)"""


def _taken_back(name: str, rows: str, columns: tuple[str, ...]) -> str:
    """Return common tables that net receipts below zero among lines that agree in the columns.

    The last, called `<name>_left`, holds the rows with what is left of each, those below zero too.
    """
    said = ", ".join(f"coalesce({c}, '')" for c in columns)
    key = f"concat_ws(chr(31), {said})"
    return f"""
        {name}_back as (
            select {key} as lane, -sum(quantity) as back, list(distinct names_ref) as named
            from {rows} where quantity < 0 group by 1),
        {name}_met as (
            select r.line_id, b.back, r.quantity, b.named,
                   sum(abs(r.quantity)) over (
                       partition by b.lane, r.quantity > 0
                       order by coalesce(list_contains(b.named, r.receipt_ref), false) desc,
                                r.day desc, r.line_id desc rows unbounded preceding) as upto,
                   sum(greatest(r.quantity, 0)) over (partition by b.lane) as came
            from (select *, {key} as lane from {rows}) r join {name}_back b using (lane)),
        {name}_gone as (
            select line_id,
                   least(abs(quantity), greatest(least(back, came) - (upto - abs(quantity)), 0))
                       * sign(quantity) as gone
            from {name}_met),
        {name}_left as (
            select r.* replace (r.quantity - coalesce(g.gone, 0) as quantity)
            from {rows} r left join {name}_gone g using (line_id))"""
