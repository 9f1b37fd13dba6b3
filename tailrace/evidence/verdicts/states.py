"""How lines and claims stand: what was received, what of it counts, what it is worth."""

from __future__ import annotations

from tailrace.base.steps import step

_PARTS = {"share": "received", "share_order": "ordered", "share_despatch": "despatched"}
# Every share, by the side it is told on.
SHARES = " union all ".join(
    f"select *, '{side}' as side from {kind}" for kind, side in _PARTS.items()
)
SHARED = tuple(_PARTS)


@step(reads=("quantity_cap", "price_cap", *SHARED), writes="part", version=3)
def part() -> str:
    """List the shares that are not their whole line at its amount: theirs needs a division.

    Of a capped line, what counts is the cap's quantity, at the cap's amount for the whole line. The
    caps hold what proves; orders and despatches are shown as they are.
    """
    return f"""
        with shares as ({SHARES}),
        capped as (select line_id from quantity_cap union select line_id from price_cap),
        parts as (
            select * from shares where quantity <> whole
            union all
            select s.* from shares s semi join capped using (line_id)
            where s.side = 'received' and s.quantity = s.whole)
        select s.line_id, s.claim_id, s.side as role, s.with_line_id, s.quantity,
               sum(s.quantity) over (
                   partition by s.line_id, s.side order by s.with_line_id, s.rule
                   rows unbounded preceding) - s.quantity as before,
               s.whole, case when s.side = 'received' then coalesce(q.quantity, s.whole)
                             else s.whole end as counts,
               case when s.side = 'received' then coalesce(p.net_minor, s.net_minor)
                    else s.net_minor end as net_minor, s.rule
        from parts s left join quantity_cap q on q.line_id = s.line_id
        left join price_cap p on p.line_id = s.line_id"""


@step(reads=("received", "part_amount", "quantity_cap"), writes="line_state", version=3)
def line_state() -> str:
    """Say of each invoice line how much was received, how much of it counts, and what is proven.

    A line that came whole by one share and is not capped has no part: all of its amount is proven.
    """
    return """
        with parts as (
            select line_id, cast(sum(amount_minor) as bigint) as amount_minor from part_amount
            where role = 'received' group by 1)
        select r.line_id, r.claim_id, r.quantity, r.received,
               coalesce(q.quantity, r.received) as counted, r.net_minor,
               case when r.received = 0 then 0 else coalesce(p.amount_minor, r.net_minor) end
                   as proven_net_minor
        from received r left join parts p using (line_id) left join quantity_cap q using (line_id)"""


@step(
    reads=("bill", "goods", "demand", "worth", "line_state", "undone"),
    writes="claim_state",
    version=4,
)
def claim_state() -> str:
    """Put the lines of each claim together. Lines at or below zero count as they stand.

    A line that was credited whole asks for nothing: it is not open, and nothing of it is proven. A
    line that is part of another (a sub-line) counts in that one.
    """
    return """
        with aside as (
            select b.claim_id, coalesce(g.net_minor, w.net_minor, 0) as net_minor,
                   least(coalesce(g.net_minor, w.net_minor, 0), 0) as proven_net_minor,
                   u.line_id is null and coalesce(g.net_minor, w.net_minor, 1) > 0 as is_open
            from (select * from goods anti join demand using (line_id)
                  where role = 'invoiced' and not is_part) g
            join bill b using (document_id) left join worth w using (line_id)
            left join undone u using (line_id)),
        flat as (
            select claim_id, s.net_minor + coalesce(u.net_minor, 0) as net_minor, proven_net_minor,
                   counted < s.quantity or proven_net_minor < s.net_minor as is_open
            from line_state s left join undone u using (line_id, claim_id)
            union all from aside),
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
