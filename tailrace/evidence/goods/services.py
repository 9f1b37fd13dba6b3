"""What proves a line without goods: timesheets, meters, and the buyer's acceptance.

A timesheet counts as its writer's word; one the seller wrote counts as the buyer's once the buyer
accepts it. An acceptance proves services only: of goods a receipt speaks.
"""

from __future__ import annotations

from collections.abc import Iterable

from tailrace.base.ids import sql_id
from tailrace.base.steps import step
from tailrace.evidence.rules import EvidenceRules

# UNTDID 4343: approved, paid. A kind `acceptance` without a code accepts; the other codes do not.
_SAYS_YES = "coalesce(status_code, 'AP') in ('AP', 'PD')"
_ITEM = "coalesce(l.standard_item_ref, l.item_ref, l.buyer_item_ref, lower(trim(l.item_name)), '')"
_ACCEPTED_ID = sql_id("'accepted'", "a.document_id", "s.line_id")
_METERED_ID = sql_id("'metered'", "m.line_id")


@step(reads=("bill", "line", "document", "reference"), writes="service_line", version=1)
def service_line(evidence: EvidenceRules) -> str:
    """List the invoice lines without goods.

    In a unit of work or time; in a unit that meters count where the line, or its invoice, names one
    meter; as a lot where the invoice or the line names a contract or timesheet.
    """
    units = (*evidence.service_units, *evidence.metered_units, *evidence.lump_units)
    return f"""
        with near as (
            select document_id, line_id,
                   case when min(to_number) filter (to_kind = 'object')
                             = max(to_number) filter (to_kind = 'object')
                        then min(to_number) filter (to_kind = 'object') end as meter_ref,
                   bool_or(to_kind in ('contract', 'timesheet')) as agreed
            from reference where to_kind in ('object', 'contract', 'timesheet')
              and document_id in (select document_id from bill) group by 1, 2),
        flat as (
            select l.line_id, b.document_id, b.debtor_id as buyer_id, b.creditor_id as seller_id,
                   coalesce(x.meter_ref, y.meter_ref) as meter_ref, {_ITEM} as item,
                   coalesce(case when l.quantity is not null then l.unit end, '') as unit,
                   coalesce(l.quantity, 1) as quantity,
                   coalesce(l.period_from, d.period_from) as period_from,
                   coalesce(l.period_to, d.period_to, l.delivered_on, d.delivered_on, b.issued_on)
                       as period_to,
                   b.issued_on as day, coalesce(x.agreed, y.agreed, false) as agreed
            from (select * from line where quantity is null
                  or coalesce(unit, '') in {_listed(units)}) l
            join bill b using (document_id) join document d using (document_id)
            left join near x on x.line_id = l.line_id
            left join near y on y.document_id = b.document_id and y.line_id is null)
        select * exclude (agreed) from flat
        where quantity > 0 and (
            unit in {_listed(evidence.service_units)}
            or (meter_ref is not null and unit in {_listed(evidence.metered_units)})
            or (agreed and unit in {_listed(evidence.lump_units)}))"""


@step(
    reads=(
        "goods",
        "tied",
        "paper",
        "document",
        "reference",
        "affiliate",
        "service_line",
        "metered",
        "bill",
        "line",
    ),
    writes="service_supply",
    version=2,
)
def service_supply(evidence: EvidenceRules) -> str:
    """List what can prove lines without goods, with whose word it is.

    A timesheet goes by order, item or its number, as receipts do. A meter and an acceptance of an
    invoice go to the lines they are for. An acceptance with lines proves what it accepts: of the
    invoice line it names, else of the order line, there in units of work only. A rejection of the
    same day or later takes the acceptance of an invoice back.
    """
    return f"""
        with {_ANSWERS}, {_WORKED},
        named as (
            select t.answer_line_id as line_id, min(s.line_id) as for_line_id
            from standing t join service_line s on s.document_id = t.bill_id
            join line l on l.line_id = s.line_id and l.line_ref = t.to_line
            where t.answer_line_id is not null group by 1 having count(*) = 1)
        select line_id, document_id, buyer_id, seller_id, order_ref, order_line_ref,
               cast(null as varchar) as despatch_ref, number as receipt_ref, item, unit, quantity,
               day, 'worked' as role, told_by_id, cast(null as varchar) as for_line_id
        from worked where told_by_id is not null
        union all
        select o.line_id, o.document_id, o.buyer_id, o.seller_id,
               case when n.line_id is null then o.order_ref end,
               case when n.line_id is null then o.order_line_ref end, null, o.number,
               case when n.line_id is null then o.item else '' end, o.unit, o.quantity, o.day,
               'accepted', o.writer_id, n.for_line_id
        from own o join answer a using (document_id) left join named n using (line_id)
        where o.role = 'accepted' and o.writer_id = o.buyer_id and {_SAYS_YES}
          and (n.line_id is not null or (o.unit in {_listed(evidence.service_units)}
               and o.document_id not in (select document_id from about)))
        union all
        select {_ACCEPTED_ID}, a.document_id, s.buyer_id, s.seller_id, null, null, null, a.number,
               '', s.unit, s.quantity, a.day, 'accepted', a.writer_id, s.line_id
        from whole a join service_line s on s.document_id = a.bill_id
        union all
        select {_METERED_ID}, s.document_id, s.buyer_id, s.seller_id, null, null, null, m.meter_ref,
               '', s.unit, m.quantity, cast(m.to_at as date), 'metered', m.told_by_id, s.line_id
        from metered m join service_line s using (line_id)"""


# What acceptances and responses say of which invoice, and which of them stand.
_ANSWERS = f"""
    answer as (
        select p.document_id, p.number, p.kind, p.writer_id, p.seller_id, p.day, p.issued_on,
               d.status_code, p.document_id in (select document_id from goods
                   where role = 'accepted') as has_lines
        from paper p join document d using (document_id)
        where p.kind in ('acceptance', 'response') and p.writer_id is not null),
    about as (
        select a.document_id, r.line_id as answer_line_id, b.claim_id, b.document_id as bill_id,
               r.to_line
        from answer a join reference r using (document_id)
        join bill b on b.debtor_id = a.writer_id and b.number = r.to_number
             and b.creditor_id = coalesce(a.seller_id, b.creditor_id)
             and b.issued_on = coalesce(r.to_issued_on, b.issued_on)
        where r.to_kind = 'invoice'
        qualify min(b.claim_id) over (partition by a.document_id, r.line_id, r.to_number)
                = max(b.claim_id) over (partition by a.document_id, r.line_id, r.to_number)),
    refused as (
        select t.claim_id, max(a.issued_on) as day
        from answer a join about t using (document_id)
        where a.status_code = 'RE' group by 1),
    standing as (
        select t.*, a.number, a.writer_id, a.day, a.has_lines
        from about t join answer a using (document_id) left join refused r using (claim_id)
        where a.kind = 'acceptance' and {_SAYS_YES}
          and (r.day is null or r.day < a.issued_on)),
    whole as (
        select a.document_id, a.bill_id, a.number, a.writer_id, a.day
        from standing a where not a.has_lines and a.answer_line_id is null
        qualify row_number() over (
            partition by a.claim_id order by a.day, a.document_id) = 1)"""
# Lines of timesheets and acceptances, and whose word a timesheet is.
_WORKED = f"""
    own as (
        select g.line_id, g.document_id, g.role, g.buyer_id, g.seller_id,
               coalesce(t.order_ref, g.order_ref) as order_ref,
               coalesce(t.order_line_ref, g.order_line_ref) as order_line_ref, g.item, g.unit,
               g.quantity, g.day, g.number, g.writer_id
        from goods g left join tied t using (line_id)
        where g.role in ('worked', 'accepted') and g.quantity > 0 and g.buyer_id is not null
          and g.seller_id is not null and g.seller_id <> g.buyer_id),
    signed as (
        select distinct a.writer_id as buyer_id, r.to_number as number
        from answer a join reference r using (document_id)
        where a.kind = 'acceptance' and {_SAYS_YES} and not a.has_lines
          and r.to_kind = 'timesheet'),
    worked as (
        select o.*, case when o.writer_id <> o.seller_id and not exists (
                   select 1 from affiliate x
                   where x.firm_id = o.writer_id and x.other_id = o.seller_id)
               then o.writer_id when s.buyer_id is not null then o.buyer_id end as told_by_id
        from own o left join signed s using (buyer_id, number) where o.role = 'worked')"""


def _listed(units: Iterable[str]) -> str:
    """Return units as an SQL list; one that no unit is in where there are none."""
    said = ", ".join(f"'{unit.replace(chr(39), chr(39) * 2)}'" for unit in units)
    return f"({said or 'null'})"
