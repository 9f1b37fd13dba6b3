"""Obligations: what of each claim is proven and unpaid, and what set-offs leave to be paid.

The SQL of two query steps; `steps.py` names them.
"""

from __future__ import annotations

from tailrace.base.ids import sql_id

# What was set off by clearings, and who holds an obligation now. A contract sells an obligation to
# its buyer; a second contract on one cannot exist, but the smallest id decides all the same. What an
# open round reserves is held until the round is adopted or cancelled.
_STANDING = """
    cleared as (
        select obligation_id, sum(amount_minor) as set_off_minor
        from set_off group by obligation_id),
    sold as (
        select obligation_id, arg_min(buyer_id, contract_id) as buyer_id
        from contract group by obligation_id),
    told as (select distinct obligation_id from instruction),
    kept as (select obligation_id, min(round_id) as round_id from reserved group by 1)"""


def obligation_sql() -> str:
    """Return the SQL of kind `obligation`: one row for each claim with something proven and unpaid.

    A claim under a grave finding is held out until it is cleared up; a firm's claim on itself is
    no debt. The amount is what is proven and not undone by credit notes, less what was paid: to the
    creditor, as the claim tells, or to whoever bought it, as the bank's answer to the instruction.
    """
    obligation_id = sql_id("'obligation'", "claim_id")
    return f"""
        with {_STANDING},
        doubted as (
            select distinct claim_id from finding where grave and claim_id is not null),
        redeemed as (
            select i.obligation_id, sum(p.amount_minor) as redeemed_minor
            from instruction i join paid_once p
              on p.end_to_end_ref = i.end_to_end_ref and p.currency = i.currency
            where i.reason = 'obligation' and i.contract_id is not null
              and p.told_by = 'bank' and not p.reversed
            group by i.obligation_id),
        claimed as (
            select {obligation_id} as obligation_id, claim_id, debtor_id, creditor_id,
                   c.currency, c.due_on,
                   least(v.proven_minor, c.amount_minor - c.credited_minor) - c.paid_minor
                       - coalesce(c.closed_minor, 0) as unpaid_minor
            from claim c join verdict v using (claim_id) anti join doubted using (claim_id)
            where c.debtor_id <> c.creditor_id),
        owed as (
            select k.* exclude (unpaid_minor),
                   k.unpaid_minor - coalesce(r.redeemed_minor, 0) as amount_minor
            from claimed k left join redeemed r using (obligation_id))
        select obligation_id, o.claim_id, o.debtor_id, o.creditor_id,
               coalesce(s.buyer_id, o.creditor_id) as holder_id, o.currency, o.amount_minor,
               coalesce(x.set_off_minor, 0) as set_off_minor,
               greatest(o.amount_minor - coalesce(x.set_off_minor, 0), 0) as open_minor,
               o.due_on,
               (s.obligation_id is not null or t.obligation_id is not null
                or n.obligation_id is not null) as held
        from owed o
            left join cleared x using (obligation_id)
            left join sold s using (obligation_id)
            left join told t using (obligation_id)
            left join kept n using (obligation_id)
        where o.amount_minor > 0
        order by obligation_id"""


def due_sql() -> str:
    """Return the SQL of kind `due`: what is to be paid in money after every set-off.

    The rows of `set_off` hold every clearing's, this run's too, so all of them are taken from the
    amount before set-offs. A debtor that holds its own debt (it paid early) owes nothing.
    """
    return f"""
        with {_STANDING}
        select obligation_id, o.claim_id, o.debtor_id, o.creditor_id,
               coalesce(s.buyer_id, o.creditor_id) as holder_id, o.currency,
               o.amount_minor - coalesce(x.set_off_minor, 0) as due_minor, o.due_on,
               (s.obligation_id is not null or t.obligation_id is not null
                or n.obligation_id is not null) as held, n.round_id
        from obligation o
            left join cleared x using (obligation_id)
            left join sold s using (obligation_id)
            left join told t using (obligation_id)
            left join kept n using (obligation_id)
        where o.amount_minor > coalesce(x.set_off_minor, 0)
          and coalesce(s.buyer_id, o.creditor_id) <> o.debtor_id
        order by obligation_id"""
