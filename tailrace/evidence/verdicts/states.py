"""How lines and claims stand: what was received, what of it counts, what it is worth."""

from __future__ import annotations

from tailrace.base.steps import step

PROOF = (
    "share_by_despatch",
    "share_by_receipt",
    "share_by_order",
    "share_by_item",
    "share_by_content",
    "share_by_line",
)
ROLES = {
    **dict.fromkeys(PROOF, "received"),
    "share_order": "ordered",
    "share_despatch": "despatched",
}
SHARES = " union all ".join(
    f"select line_id, with_line_id, quantity, rule, '{role}' as role from {kind}"
    for kind, role in ROLES.items()
)
_PROVING = " union all ".join(
    f"select line_id, with_line_id, quantity, rule, 'received' as role from {kind}"
    for kind in PROOF
)
# Every share with what it is worth: the whole line where it covers it and no cap holds it, else its
# part.
WORTH = """
    select d.claim_id, s.line_id, s.role, s.with_line_id, s.quantity,
           coalesce(p.amount_minor, d.net_minor) as amount_minor, s.rule, d.turned
    from ({shares}) s join demand d using (line_id)
    left join part_amount p on p.line_id = s.line_id and p.with_line_id = s.with_line_id
         and p.role = s.role and p.rule = s.rule"""


@step(reads=PROOF, writes="received", version=1)
def received() -> str:
    """Sum what was received for each invoice line, whatever rule joined it."""
    return f"""
        select line_id, cast(sum(quantity) as decimal(18, 6)) as quantity
        from ({_PROVING}) group by 1"""


@step(reads=("demand", "quantity_cap", "price_cap", *ROLES), writes="part", version=2)
def part() -> str:
    """List the shares that are not their whole line at its amount: theirs needs a division.

    Of a capped line, what counts is the cap's quantity, at the cap's amount for the whole line. The
    caps hold what proves; orders and despatches are shown as they are.
    """
    return f"""
        select s.line_id, d.claim_id, s.role, s.with_line_id, s.quantity,
               sum(s.quantity) over (
                   partition by s.line_id, s.role order by s.with_line_id, s.rule
                   rows unbounded preceding) - s.quantity as before,
               d.quantity as whole,
               case when s.role = 'received' then coalesce(q.quantity, d.quantity)
                    else d.quantity end as counts,
               case when s.role = 'received' then coalesce(p.net_minor, d.net_minor)
                    else d.net_minor end as net_minor, s.rule
        from ({SHARES}) s join demand d using (line_id)
        left join quantity_cap q on q.line_id = s.line_id
        left join price_cap p on p.line_id = s.line_id
        where s.quantity <> d.quantity
           or (s.role = 'received' and (q.line_id is not null or p.line_id is not null))"""


@step(
    reads=("demand", "part_amount", "quantity_cap", *PROOF),
    writes="line_state",
    version=2,
)
def line_state() -> str:
    """Say of each invoice line how much was received, how much of it counts, and what is proven."""
    return f"""
        with proof as (
            select line_id, sum(quantity) as quantity, sum(amount_minor) as amount_minor
            from ({WORTH.format(shares=_PROVING)}) group by 1)
        select d.line_id, d.claim_id, d.quantity, coalesce(p.quantity, 0) as received,
               coalesce(q.quantity, p.quantity, 0) as counted, d.net_minor,
               coalesce(cast(p.amount_minor as bigint), 0) as proven_net_minor
        from demand d left join proof p using (line_id) left join quantity_cap q using (line_id)"""


@step(reads=("bill", "line", "worth", "line_state", "undone"), writes="claim_state", version=3)
def claim_state() -> str:
    """Put the lines of each claim together. Lines at or below zero count as they stand.

    A line that was credited whole asks for nothing: it is not open, and nothing of it is proven. A
    line that is part of another (a sub-line) counts in that one.
    """
    return """
        with flat as (
            select b.claim_id, coalesce(l.net_minor, w.net_minor, 0) as net_minor,
                   case when s.line_id is not null then s.proven_net_minor
                        when coalesce(l.net_minor, w.net_minor) <= 0
                        then coalesce(l.net_minor, w.net_minor) else 0 end as proven_net_minor,
                   case when s.line_id is not null
                        then s.counted < s.quantity or s.proven_net_minor < s.net_minor
                        when u.line_id is not null then false
                        else coalesce(l.net_minor, w.net_minor, 1) > 0 end as is_open
            from bill b join line l using (document_id)
            left join worth w using (line_id) left join line_state s using (line_id)
            left join undone u using (line_id) where l.parent_ref is null),
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
