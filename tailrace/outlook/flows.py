"""What is expected to move between whom and when, in the three stages: SQL shared by the steps.

Stage `before` is every obligation as proven, `cleared` the same less its set-offs, `left` what is
due once contracts have changed hands too. A debtor is charged on the due day; its creditor expects
the money at the due day plus the debtor's median delay, and at the two ends of its interval for the
early and late curve. What should have moved already is expected tomorrow, never today or earlier.
"""

from __future__ import annotations

from datetime import date, timedelta

STAGES = ("before", "cleared", "left")


def flows(on: date) -> str:
    """Return SQL: one row for each stage and obligation that still moves money.

    Columns: stage, obligation_id, payer_id, payee_id, currency, amount_minor, due_on, and the days
    out_on (payer), mid_on, late_on, early_on (payee).
    """
    tomorrow = f"date '{on + timedelta(days=1)}'"
    return f"""
        select stage, obligation_id, payer_id, payee_id, currency, amount_minor, due_on,
               greatest(due_on, {tomorrow}) as out_on,
               greatest(due_on + coalesce(days_mid, 0), {tomorrow}) as mid_on,
               greatest(due_on + coalesce(days_high, 0), {tomorrow}) as late_on,
               greatest(due_on + coalesce(days_low, 0), {tomorrow}) as early_on
        from ({_moving()}) moving
        left join (select debtor_id, cast(days_low as integer) as days_low,
                          cast(days_mid as integer) as days_mid,
                          cast(days_high as integer) as days_high from delay) late
          on late.debtor_id = moving.payer_id
        where amount_minor > 0 and payer_id <> payee_id"""


def _moving() -> str:
    return """
        select 'before' as stage, obligation_id, debtor_id as payer_id, creditor_id as payee_id,
               currency, amount_minor, due_on
        from obligation
        union all
        select 'cleared', o.obligation_id, o.debtor_id, o.creditor_id, o.currency,
               o.amount_minor - coalesce(s.amount_minor, 0), o.due_on
        from obligation o
        left join (select obligation_id, cast(sum(amount_minor) as bigint) as amount_minor
                   from set_off group by 1) s using (obligation_id)
        union all
        select 'left', obligation_id, debtor_id, holder_id, currency, due_minor, due_on
        from due"""


def balances(on: date) -> str:
    """Return SQL: each firm's bank balance by currency, and the newest day it is known for.

    An account counts with its latest closing entry on or before `on`: latest day first, then the
    highest sequence number. Its firm is the statement's owner, else the party that is known by the
    account number; an account that is nobody's is left out.
    """
    return f"""
        with closing as (
            select e.account, e.currency, e.amount_minor, e.owner_id, e.statement_entry_id,
                   try_cast(e.sequence as bigint) as sequence,
                   coalesce(e.booked_on, e.value_on, d.issued_on) as known_on
            from (select * from statement_entry where entry = 'closing') e
            left join document d using (document_id)),
        latest as (
            select * from closing where known_on <= date '{on}'
            qualify row_number() over (
                partition by account, currency
                order by known_on desc, sequence desc nulls last, statement_entry_id desc) = 1),
        by_account as (
            select i.value as account, min(f.firm_id) as firm_id
            from party_identifier i join firm f using (party_id)
            where i.scheme in ('IBAN', 'ACCOUNT') group by 1)
        select coalesce(f.firm_id, a.firm_id) as firm_id, l.currency,
               cast(sum(l.amount_minor) as bigint) as balance_minor, max(l.known_on) as known_on
        from latest l
        left join firm f on f.party_id = l.owner_id
        left join by_account a on a.account = l.account
        where coalesce(f.firm_id, a.firm_id) is not null
        group by 1, 2"""
